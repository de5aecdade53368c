"""What was decided on each box of a rollout, advisory by advisory, and where boxes differ.

A difference between boxes of one rollout is the usual mistake: the words and shapes of this page
are for finding it. Pure but for `items_of`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import TextChoices
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from advisories.applicability import Severity, Verdict
from advisories.texts import in_language
from checklists.models import ChecklistItem, Decision
from checklists.page.filters import SEVERITY_NAMES, Facet, Option

NEEDED = (Verdict.REQUIRED, Verdict.CONFIRM)


class Difference(TextChoices):
    """How the boxes of a row differ, the weightiest first."""

    DECISION = "decision", _("Decided differently")
    VALUE = "value", _("Values differ")
    PARTLY = "partly", _("Not on every box yet")


class Found(NamedTuple):
    """An item of one box, as the matrix reads it."""

    box: UUID
    tracking_id: str
    position: int
    severity: int | None
    title: dict[str, str]
    verdict: str
    decision: str
    after: str
    returned: bool
    flagged: bool

    @property
    def counts(self) -> bool:
        """Whether a decision is wanted or was made: only these are compared."""
        return self.verdict in NEEDED or self.decision != Decision.OPEN


COLUMNS = {
    "box": "checklist_id",
    "title": "content__title",
    "after": "value_after",
}


def items_of(boxes: Iterable[UUID]) -> list[Found]:
    """The items of these boxes, without the texts that the matrix does not show; one query."""
    names = [COLUMNS.get(field, field) for field in Found._fields]
    rows = ChecklistItem.objects.filter(checklist__in=list(boxes)).order_by().values_list(*names)
    return [Found(*row) for row in rows]


@dataclass(frozen=True)
class Cell:
    """What one box says; `kind` "decision" or "verdict" names the tag's shape, `differs`: it is
    not what most boxes say. `kind` "": the box has no such item."""

    kind: str
    key: str
    label: str
    value: str = ""
    position: int = 0
    differs: bool = False
    to_do_again: bool = False


NO_ITEM = Cell("", "", "")


@dataclass(frozen=True)
class Row:
    tracking_id: str
    title: str
    severity_key: str
    severity: str
    difference: Difference | None
    cells: list[Cell]


def rows_of(items: Iterable[Found], boxes: Sequence[UUID]) -> list[Row]:
    """A row for each advisory, in document order; a cell for each of `boxes` in their order."""
    rows: dict[str, dict[UUID, Found]] = {}
    for item in sorted(items, key=lambda found: (found.position, found.tracking_id)):
        rows.setdefault(item.tracking_id, {})[item.box] = item
    return [_row(tracking_id, found, boxes) for tracking_id, found in rows.items()]


def _row(tracking_id: str, found: dict[UUID, Found], boxes: Sequence[UUID]) -> Row:
    first = next(iter(found.values()))
    severity_key, severity = SEVERITY_NAMES[first.severity]
    difference, odd = difference_of(list(found.values()))
    return Row(
        tracking_id=tracking_id,
        title=in_language(first.title),
        severity_key=severity_key,
        severity=str(severity) if first.severity else "—",
        difference=difference,
        cells=[_cell(found[box], box in odd) if box in found else NO_ITEM for box in boxes],
    )


def difference_of(items: Iterable[Found]) -> tuple[Difference | None, set[UUID]]:
    """How these items of one advisory differ, and the boxes that are not as most are. Where two
    are as frequent, nobody can say which of them is odd: all are named."""
    compared = [item for item in items if item.counts]
    decided = [item for item in compared if item.decision != Decision.OPEN]
    if odd := _odd([(item.box, item.decision) for item in decided]):
        return Difference.DECISION, odd
    if odd := _odd([(item.box, item.after) for item in decided]):
        return Difference.VALUE, odd
    if decided and len(decided) < len(compared):
        return Difference.PARTLY, {i.box for i in compared if i.decision == Decision.OPEN}
    return None, set()


def _odd(said: list[tuple[UUID, str]]) -> set[UUID]:
    counts = Counter(value for _box, value in said)
    if len(counts) < 2:
        return set()
    (usual, most), (_next, second) = counts.most_common(2)
    return {box for box, value in said if value != usual or most == second}


def _cell(item: Found, differs: bool) -> Cell:
    if not item.counts:
        verdict = Verdict(item.verdict)
        return Cell("verdict", verdict.value, str(verdict.label), position=item.position)
    decision = Decision(item.decision)
    return Cell(
        kind="decision",
        key=decision.value,
        label=str(decision.label),
        value=item.after,
        position=item.position,
        differs=differs,
        to_do_again=item.returned or item.flagged,
    )


class MatrixFilters:
    """What the query string narrows the matrix to. Unknown values choose nothing."""

    LEGENDS: dict[str, Any] = {
        "difference": _("Difference between boxes"),
        "severity": _("Severity"),
        "decision": _("Decision"),
    }

    def __init__(self, query: QueryDict, rows: Sequence[Row]) -> None:
        self.rows = rows
        self.chosen = {
            name: chosen
            for name in self.LEGENDS
            if (chosen := set(query.getlist(name)).intersection(self._known[name]))
        }

    @property
    def kept(self) -> list[Row]:
        return [
            row
            for row in self.rows
            if all(self._values(row)[name] & chosen for name, chosen in self.chosen.items())
        ]

    @cached_property
    def facets(self) -> list[Facet]:
        counts: Counter[tuple[str, str]] = Counter(
            (name, value)
            for row in self.rows
            for name, values in self._values(row).items()
            for value in values
        )
        return [
            Facet(name, str(legend), [self._option(name, value, counts) for value in known])
            for name, legend in self.LEGENDS.items()
            if (known := self._known[name])
        ]

    def _option(self, name: str, value: str, counts: Counter[tuple[str, str]]) -> Option:
        chosen = value in self.chosen.get(name, set())
        return Option(value, self._known[name][value], counts[name, value], chosen)

    @cached_property
    def _known(self) -> dict[str, dict[str, str]]:
        severities = {row.severity_key for row in self.rows}
        return {
            "difference": {value: str(label) for value, label in Difference.choices},
            "severity": {
                key: str(name)
                for number, (key, name) in SEVERITY_NAMES.items()
                if key in severities or number in Severity.values
            },
            "decision": {value: str(label) for value, label in Decision.choices},
        }

    @staticmethod
    def _values(row: Row) -> dict[str, set[str]]:
        return {
            "difference": {row.difference.value} if row.difference else set(),
            "severity": {row.severity_key},
            "decision": {cell.key for cell in row.cells if cell.kind == "decision"},
        }
