"""Which advisories hit a box, and why (design section 4). Pure: no rows, no clock, no request.

The same table stands in SQL in `querysets.for_deployment`; tests hold the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


class Severity(IntegerChoices):
    HIGH = 3, _("High")
    MEDIUM = 2, _("Medium")
    LOW = 1, _("Low")

    @property
    def slug(self) -> str:
        return self.name.lower()


class Status(TextChoices):
    AFFECTED = "affected", _("affected")
    NOT_AFFECTED = "not_affected", _("not affected")
    UNDER_INVESTIGATION = "under_investigation", _("under investigation")


class FixScope(TextChoices):
    ALL_INSTALLS = "all_installs", _("all installations")
    NEW_INSTALLS = "new_installs", _("new installations only")


class Verdict(TextChoices):
    REQUIRED = "required", _("Action required")
    CONFIRM = "confirm", _("Needs an answer")
    FIXED = "fixed", _("Fixed, verify only")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")


class Reason(TextChoices):
    """Why an advisory got its verdict, in the order the rules are tried."""

    MODE = "mode", _("other deployment mode")
    PRODUCT = "product", _("product not affected")
    CONDITION = "condition", _("condition not met")
    FIXED = "fixed", _("fixed in this release")
    LINEAGE = (
        "lineage",
        _("fixed for new installations only, and the first installation is unknown"),
    )
    MODE_OPEN = "mode_open", _("deployment mode unknown")
    UNNAMED = "unnamed", _("the document does not say whether the product is affected")
    CONDITION_OPEN = "condition_open", _("condition not answered")
    AFFECTED = "affected", _("affected")

    @property
    def verdict(self) -> Verdict:
        return VERDICT_OF[self]


VERDICT_OF = {
    Reason.MODE: Verdict.NOT_APPLICABLE,
    Reason.PRODUCT: Verdict.NOT_APPLICABLE,
    Reason.CONDITION: Verdict.NOT_APPLICABLE,
    Reason.FIXED: Verdict.FIXED,
    Reason.LINEAGE: Verdict.CONFIRM,
    Reason.MODE_OPEN: Verdict.CONFIRM,
    Reason.UNNAMED: Verdict.CONFIRM,
    Reason.CONDITION_OPEN: Verdict.CONFIRM,
    Reason.AFFECTED: Verdict.REQUIRED,
}


class Unknown(Enum):
    """Not known: neither yes nor no, and never read as "not applicable"."""

    UNKNOWN = "unknown"


class Older(Enum):
    """The box was first installed with a release older than every one listed."""

    OLDER = "older"


UNKNOWN = Unknown.UNKNOWN
OLDER = Older.OLDER


@dataclass(frozen=True)
class Deployment:
    """What is known of a box.

    `mode` is a slug, UNKNOWN, or None where the product has no modes. `installed_with` is the
    rank of the release the box was first installed with, OLDER, or UNKNOWN. `answers` holds the
    conditions that were answered, True for yes. `product_modes` are the modes of the product.
    """

    product: str
    rank: int
    mode: str | Unknown | None = UNKNOWN
    installed_with: int | Older | Unknown = UNKNOWN
    answers: Mapping[str, bool] = field(default_factory=dict)
    product_modes: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Raises ValueError for a box installed with a release newer than its own."""
        if isinstance(self.installed_with, int) and self.installed_with > self.rank:
            raise ValueError("A box cannot have been installed with a newer release than its own.")
        if isinstance(self.mode, str) and self.mode not in self.product_modes:
            raise ValueError(f"The product does not support the mode {self.mode!r}.")


@dataclass(frozen=True)
class Facts:
    """What an advisory says that matters to one release of one product.

    `status` None: the advisory has no row for the product. `fix` None: no fix has been reached
    by the release; then `fixed_rank` is None too.
    """

    modes: frozenset[str] = frozenset()
    status: Status | None = None
    fix: FixScope | None = None
    fixed_rank: int | None = None
    conditions: frozenset[str] = frozenset()


def decide(facts: Facts, deployment: Deployment) -> Reason:
    """The first rule of design section 4 that holds."""
    mode, answers = deployment.mode, deployment.answers
    if isinstance(mode, str) and facts.modes and mode not in facts.modes:
        return Reason.MODE
    if facts.status == Status.NOT_AFFECTED:
        return Reason.PRODUCT
    if any(answers.get(condition) is False for condition in facts.conditions):
        return Reason.CONDITION
    if facts.fix is not None and _fix_reaches(facts, deployment):
        return Reason.FIXED
    if facts.fix is FixScope.NEW_INSTALLS and deployment.installed_with is UNKNOWN:
        return Reason.LINEAGE
    if mode is UNKNOWN and facts.modes and not deployment.product_modes <= facts.modes:
        return Reason.MODE_OPEN
    if facts.status in (None, Status.UNDER_INVESTIGATION):
        return Reason.UNNAMED
    if any(condition not in answers for condition in facts.conditions):
        return Reason.CONDITION_OPEN
    return Reason.AFFECTED


def _fix_reaches(facts: Facts, deployment: Deployment) -> bool:
    """Whether the fix, which the release has reached, also reached this box (rule 4)."""
    if facts.fix is FixScope.ALL_INSTALLS:
        return True
    first = deployment.installed_with
    return isinstance(first, int) and facts.fixed_rank is not None and first >= facts.fixed_rank


def deciding_conditions(
    conditions: frozenset[str], reason: Reason, answers: Mapping[str, bool]
) -> list[str]:
    """The conditions behind a reason, sorted: those answered "no" where one of them decided the
    verdict, those not answered where the verdict still needs an answer, none otherwise."""
    if reason is Reason.CONDITION:
        return sorted(slug for slug in conditions if answers.get(slug) is False)
    if reason.verdict is Verdict.CONFIRM:
        return sorted(slug for slug in conditions if slug not in answers)
    return []


def can_change(facts: Facts, deployment: Deployment) -> frozenset[str]:
    """The unanswered conditions of which a "no" would change the verdict, or a "yes" settle it."""
    reason = decide(facts, deployment)
    if reason in (Reason.MODE, Reason.PRODUCT, Reason.CONDITION):
        return frozenset()
    return frozenset(slug for slug in facts.conditions if slug not in deployment.answers)
