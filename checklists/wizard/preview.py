"""What the wizard reads of the catalogue: the header of a box, and what its answers would give.

It saves nothing. Everything is worded and decided as a checklist made of these answers would be.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Prefetch
from django.http import QueryDict
from django.utils import timezone

from advisories.applicability import Reason, Severity, Verdict
from advisories.models import Advisory, AffectedProduct, Condition, Release
from advisories.texts import both, in_language
from checklists import wording
from checklists.freezing import deployment_from, freeze_header
from checklists.wizard import rules
from checklists.wizard.rules import Answers, Header, Step


@dataclass(frozen=True)
class Row:
    """One advisory as it would stand in the checklist."""

    number: int
    tracking_id: str
    title: str
    # None: the document gives none.
    severity: Severity | None
    verdict: Verdict
    words: str


@dataclass(frozen=True)
class Preview:
    """Every advisory in scope with its verdict; the counts add up to `total`."""

    rows: list[Row]

    @property
    def total(self) -> int:
        return len(self.rows)

    @cached_property
    def groups(self) -> list[tuple[Verdict, list[Row]]]:
        """All four verdicts with their rows, in document order."""
        return [(v, [row for row in self.rows if row.verdict is v]) for v in Verdict]


class Sheet:
    """The answers of one address, read against the catalogue.

    Six queries for a known release (release, modes, releases, documents, their revisions,
    conditions), one for an unknown one, none without; one more when `steps` is asked for, and four
    for `preview`.
    """

    def __init__(self, query: QueryDict) -> None:
        self.answers = Answers.read(query)
        self.release = find_release(self.answers.release)
        self.header: Header | None = None
        if self.release is not None:
            conditions = conditions_of(self.release)
            self.header = freeze_header(self.release, conditions, timezone.localdate())
        self.faults = rules.faults(self.answers, self.header)
        self.usable = rules.usable(self.answers, self.header)

    @cached_property
    def asked_conditions(self) -> frozenset[str]:
        """Conditions that can still change a row of this box, whatever was answered to them."""
        if self.header is None:
            return frozenset()
        stated = Answers(mode=self.usable.mode, installed_with=self.usable.installed_with).stated()
        # What is not "not applicable" without any answer is what an answer can change; see
        # `applicability.can_change`, which says the same of a single row.
        open_rows = Advisory.objects.for_deployment(
            deployment_from(self.header, stated)
        ).with_verdict(Verdict.REQUIRED, Verdict.CONFIRM, Verdict.FIXED)
        slugs = Condition.objects.filter(advisories__in=open_rows.order_by().values("pk"))
        return frozenset(slugs.values_list("slug", flat=True))

    @cached_property
    def conditions(self) -> list[dict[str, Any]]:
        """The header's conditions that are asked, and those that were answered already."""
        if self.header is None:
            return []
        shown = self.asked_conditions | self.usable.yes | self.usable.no
        return [c for c in self.header["conditions"] if c["slug"] in shown]

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        asks = self.header is None or bool(self.conditions) or rules.CONDITIONS in self.faults
        return rules.steps(self.header, asks_conditions=asks)

    @property
    def has_superfluous_mode(self) -> bool:
        """A mode was named, but the product has none."""
        return bool(self.header is not None and not self.header["modes"] and self.answers.mode)

    @property
    def first_open(self) -> Step | None:
        return rules.first_open(self.answers, self.steps, self.faults)

    @property
    def documents(self) -> list[str]:
        """The documents that the preview rests on, with version and date."""
        documents = self.header["documents"] if self.header else []
        return [f"{in_language(d['title'])} {d['version']} ({d['date'] or '-'})" for d in documents]

    @cached_property
    def preview(self) -> Preview | None:
        """What the usable answers give; None while no release is known."""
        if self.header is None or self.release is None:
            return None
        stated = self.usable.stated()
        deployment = deployment_from(self.header, stated)
        row_of_product = AffectedProduct.objects.filter(product=self.release.product_id)
        advisories = Advisory.objects.for_deployment(deployment).prefetch_related(
            "modes",
            "conditions",
            Prefetch("affected", row_of_product.select_related("fixed_in")),
        )
        return Preview(
            [
                _row(number, advisory, self.header, stated)
                for number, advisory in enumerate(advisories, start=1)
            ]
        )


def find_release(slug: str) -> Release | None:
    """None without a slug or for an unknown one; at most one query."""
    if not slug or slug == rules.DAMAGED:
        return None
    return Release.objects.select_related("product").filter(slug=slug).first()


def conditions_of(release: Release) -> list[dict[str, Any]]:
    """The conditions of every advisory in scope, as a checklist of this release freezes them."""
    in_scope = Advisory.objects.covering(release.product.slug).values("pk")
    found = Condition.objects.filter(advisories__in=in_scope).distinct()
    return [
        {"slug": c.slug, "name": both(c, "name"), "hint": both(c, "hint")}
        for c in found.order_by("position", "slug")
    ]


def _row(number: int, advisory: Advisory, header: Header, stated: Mapping[str, str]) -> Row:
    reason = Reason(advisory.reason)  # type: ignore[attr-defined]
    return Row(
        number=number,
        tracking_id=advisory.tracking_id,
        title=advisory.title,
        severity=Severity(advisory.severity) if advisory.severity else None,
        verdict=reason.verdict,
        words=wording.reason_text(reason, _content(advisory), header, stated),
    )


def _content(advisory: Advisory) -> dict[str, Any]:
    """What `wording.reason_text` reads of an item's frozen content."""
    fixed = next((row for row in advisory.affected.all() if row.fixed_in), None)
    return {
        "modes": [{"slug": m.slug, "name": both(m, "name")} for m in advisory.modes.all()],
        "conditions": [
            {"slug": c.slug, "name": both(c, "name")} for c in advisory.conditions.all()
        ],
        "fix": fixed and {"scope": fixed.fix_scope, "fixed_in": both(fixed.fixed_in, "label")},
    }
