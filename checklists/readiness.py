"""What stands between a checklist and the engineer's signature (design section 6). Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import ngettext_lazy

from advisories.applicability import Verdict
from checklists.models import ChecklistItem, Decision, Event


@dataclass(frozen=True)
class Hindrance:
    """A rule that does not hold yet, and the items (tracking IDs) that it concerns."""

    kind: str
    tracking_ids: tuple[str, ...]

    def __str__(self) -> str:
        return str(_SENTENCES[self.kind] % {"n": len(self.tracking_ids)})


_SENTENCES: dict[str, Any] = {
    "open": ngettext_lazy(
        "%(n)d item still needs a decision.", "%(n)d items still need a decision.", "n"
    ),
    "returned": ngettext_lazy(
        "%(n)d returned or changed item has not been decided again.",
        "%(n)d returned or changed items have not been decided again.",
        "n",
    ),
    "conflict": ngettext_lazy(
        "%(n)d conflict is not resolved.", "%(n)d conflicts are not resolved.", "n"
    ),
    "pending": ngettext_lazy(
        "%(n)d pending item does not say who must answer and by when.",
        "%(n)d pending items do not say who must answer and by when.",
        "n",
    ),
    "pending_high": ngettext_lazy(
        "%(n)d pending item of high severity does not say who agreed to hand over with it open.",
        "%(n)d pending items of high severity do not say who agreed to hand over with them open.",
        "n",
    ),
    "unverified": ngettext_lazy(
        "%(n)d item that is fixed in this release is not verified. The box was not installed"
        " with it, so an old value may have come over.",
        "%(n)d items that are fixed in this release are not verified. The box was not installed"
        " with it, so old values may have come over.",
        "n",
    ),
}


def hindrances(
    items: Iterable[ChecklistItem],
    conflicts: Iterable[Event],
    header: Mapping[str, Any],
    answers: Mapping[str, str],
    withdrawn: Collection[str] = (),
) -> list[Hindrance]:
    """Every rule that forbids *prepared*, with its items; empty when it may be signed.

    `conflicts` are the unresolved ones, `answers` the present ones (question -> value),
    `withdrawn` the tracking IDs of items whose advisory was: they may stay open (design 7).
    """
    items = list(items)
    undecided = [i for i in items if _is_open(i) and i.tracking_id not in withdrawn]
    installed_with_release = answers["installed_with"] == header["release"]["slug"]
    found = {
        "open": [i for i in undecided if _must_decide(i)],
        "returned": [i for i in items if i.returned or i.flagged],
        "pending": [i for i in items if _pending(i) and not (i.waiting_for and i.due)],
        "pending_high": [i for i in items if _pending(i) and i.severity == 3 and not i.agreed_by],
        "unverified": [
            i for i in undecided if not installed_with_release and i.verdict == Verdict.FIXED
        ],
    }
    result = [
        Hindrance(kind, tuple(item.tracking_id for item in hit))
        for kind, hit in found.items()
        if hit
    ]
    named = tuple(e.item.tracking_id if e.item else e.payload["question"] for e in conflicts)
    return result + ([Hindrance("conflict", named)] if named else [])


def _must_decide(item: ChecklistItem) -> bool:
    return item.verdict in (Verdict.REQUIRED, Verdict.CONFIRM)


def _is_open(item: ChecklistItem) -> bool:
    return item.decision == Decision.OPEN


def _pending(item: ChecklistItem) -> bool:
    return item.decision == Decision.PENDING
