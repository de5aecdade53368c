"""How far the boxes of a rollout have come; one query however many there are."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from checklists.models import Checklist, ChecklistItem, Decision
from checklists.page.filters import SEVERITY_NAMES
from checklists.page.sections import Figure


@dataclass
class Progress:
    """`figures` of each severity that has something to decide; `all` of them together."""

    all: Figure
    figures: list[Figure] = field(default_factory=list)
    pending: int = 0


def progress_in(checklists: Iterable[Checklist]) -> dict[UUID, Progress]:
    """What was returned or flagged has to be decided again, so it is not decided."""
    to_do = Q(verdict__in=["required", "confirm"])
    decided = to_do & ~Q(decision=Decision.OPEN) & Q(returned=False, flagged=False)
    rows = (
        ChecklistItem.objects.filter(checklist__in=[checklist.pk for checklist in checklists])
        .order_by()
        .values_list("checklist_id", "severity")
        .annotate(
            total=Count("pk", filter=to_do),
            done=Count("pk", filter=decided),
            pending=Count("pk", filter=Q(decision=Decision.PENDING)),
        )
    )
    counted: dict[UUID, dict[int | None, tuple[int, int, int]]] = {c.pk: {} for c in checklists}
    for box, severity, total, done, pending in rows:
        counted[box][severity] = (total, done, pending)
    return {box: _progress(of) for box, of in counted.items()}


def _progress(of: dict[int | None, tuple[int, int, int]]) -> Progress:
    figures = [
        Figure(key, str(label), of[severity][1], of[severity][0])
        for severity, (key, label) in SEVERITY_NAMES.items()
        if severity in of and of[severity][0]
    ]
    done, total = sum(f.done for f in figures), sum(f.total for f in figures)
    pending = sum(number for _total, _done, number in of.values())
    return Progress(Figure("all", _("All"), done, total), figures, pending)
