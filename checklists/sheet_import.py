"""What a check sheet that came back would change, item by item. Pure: nothing is recorded here.

A row counts when the person changed it: the hash of its decision is no longer the one it was
exported with. So a sheet does not undo what others did meanwhile in rows that nobody touched.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID, uuid5

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checklists.actions.errors import Refused
from checklists.actions.operations import FIELDS, clean_decision, decision_of
from checklists.chain import digest
from checklists.handover.xlsx_reading import SheetRow
from checklists.models import Checklist, ChecklistItem
from checklists.page.recorded import Said, said_in

NAMESPACE = UUID("0b7b1f0e-6c0a-5f3e-9a2c-2a6f7a3f5d11")
MOST_NAMED = 10


@dataclass(frozen=True)
class Change:
    """One item that the sheet would change. `stale`: somebody else was faster, so recording it
    makes a conflict; `done`: this very file has recorded it before."""

    tracking_id: str
    number: int
    title: str
    version: int
    decision: dict[str, str]
    before: Said
    after: Said
    stale: bool
    done: bool


@dataclass
class Changes:
    """`faulty` are (item's number or "", what is wrong) of rows that cannot be recorded; `notes`
    say what of the file was left out."""

    rows: list[Change] = field(default_factory=list)
    faulty: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unchanged: int = 0


def file_hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def operation_id(sha256: str, checklist: Checklist, tracking_id: str, person: int) -> UUID:
    """The same for the same file, item and person: what came twice is recorded once."""
    return uuid5(NAMESPACE, f"{sha256} {checklist.pk} {tracking_id} {person}")


def changes_of(
    checklist: Checklist,
    rows: Iterable[SheetRow],
    items: Mapping[str, ChecklistItem],
    titles: Mapping[str, str],
    recorded: Mapping[str, bool],
) -> Changes:
    """`items` and `titles` by tracking ID; `recorded` says of which this file did already."""
    changes = Changes()
    seen: dict[str, str] = {}
    elsewhere: list[str] = []
    nameless: list[str] = []
    for row in rows:
        place = f"{row.sheet}!{row.number}"
        if row.checklist != str(checklist.pk):
            (elsewhere if row.checklist else nameless).append(place)
        elif row.item not in items or row.version is None:
            nameless.append(place)
        elif row.item in seen:
            changes.faulty.append(
                (
                    str(items[row.item].position),
                    _("rows %(first)s and %(second)s are the same item")
                    % {"first": seen[row.item], "second": place},
                )
            )
            changes.rows = [change for change in changes.rows if change.tracking_id != row.item]
        else:
            seen[row.item] = place
            _add(changes, row, items[row.item], titles, recorded)
    changes.rows.sort(key=lambda change: change.number)
    if elsewhere:
        changes.notes.append(
            _("Rows of another checklist were left out, upload them there: %(rows)s")
            % {"rows": _listed(elsewhere)}
        )
    if nameless:
        changes.notes.append(
            _("Rows that do not say which item they are were left out: %(rows)s")
            % {"rows": _listed(nameless)}
        )
    missing = len(items) - len(seen)
    if missing:
        text = ngettext(
            "%(n)d item of the checklist is not in the file and stays as it is.",
            "%(n)d items of the checklist are not in the file and stay as they are.",
            missing,
        )
        changes.notes.append(text % {"n": missing})
    return changes


def _listed(places: list[str]) -> str:
    more = "…" if len(places) > MOST_NAMED else ""
    return _(", ").join(places[:MOST_NAMED]) + more


def _add(
    changes: Changes,
    row: SheetRow,
    item: ChecklistItem,
    titles: Mapping[str, str],
    recorded: Mapping[str, bool],
) -> None:
    present = decision_of(item)
    number = str(item.position)
    if row.faults:
        changes.faulty += [(number, f"{place}: {problem}") for place, problem in row.faults]
        return
    if digest(row.values) == row.was or row.values == present:
        changes.unchanged += 1
        return
    too_long = [
        _("%(cell)s: the text is too long, at most %(limit)d characters")
        % {"cell": row.places[name], "limit": limit}
        for name, (_column, limit) in FIELDS.items()
        if len(row.values[name]) > limit
    ]
    try:
        decision = clean_decision(row.values, severity=item.severity) if not too_long else {}
    except Refused as error:
        place = row.places["decision"]
        changes.faulty += [(number, f"{place}: {message}") for message in error.messages]
        return
    if too_long:
        changes.faulty += [(number, message) for message in too_long]
        return
    if decision == present:
        changes.unchanged += 1
        return
    assert row.version is not None  # noqa: S101 (rows without one were left out)
    changes.rows.append(
        Change(
            tracking_id=item.tracking_id,
            number=item.position,
            title=titles[item.tracking_id],
            version=row.version,
            decision=decision,
            before=said_in(present),
            after=said_in(decision),
            stale=row.version != item.version,
            done=recorded.get(item.tracking_id, False),
        )
    )
