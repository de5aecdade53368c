"""The same decision on many items of one checklist, and taking it back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from checklists.actions.errors import Refused, Stale
from checklists.actions.events import in_draft, lock, require
from checklists.actions.operations import FIELDS, decision_of, record
from checklists.chain import replay
from checklists.models import Checklist, ChecklistItem, Decision, Event
from portal.models import User
from portal.roles import Role

MOST_ITEMS = 500


@dataclass(frozen=True)
class Picked:
    """An item as somebody chose it: its version on the page."""

    tracking_id: str
    version: int


@dataclass(frozen=True)
class Done:
    """What became of one item. `event` None: nothing was recorded, `messages` say why."""

    item: ChecklistItem
    event: Event | None = None
    messages: Sequence[str] = ()


def decide_items(
    *,
    checklist_id: UUID,
    op_id: UUID,
    decision: Mapping[str, str],
    items: Sequence[Picked],
    by: User,
) -> list[Done]:
    """The same decision on each of these items, in the order of the list: an operation and a
    transaction for each with its own version, so that what one item lacks does not stop another.

    Values before and after stay each item's own, and so does its note where none is given. Sent
    again with the same `op_id`, what was recorded is not recorded again. Raises Refused before
    anything is recorded without items, with too many or unknown ones, or without a decision;
    NotAllowed. Six queries, and those of `record` for each item.
    """
    with transaction.atomic():
        checklist = lock(checklist_id)
        require(checklist, by, Role.ENGINEER)
    if decision.get("decision") not in Decision.values:
        raise Refused(_("Choose a decision."))
    if not items:
        raise Refused(_("Choose at least one item."))
    if len(items) > MOST_ITEMS:
        raise Refused(_("Choose at most %(most)d items at once.") % {"most": MOST_ITEMS})
    versions = {each.tracking_id: each.version for each in items}
    found = list(checklist.items.filter(tracking_id__in=versions))
    if len(found) != len(versions):
        raise Refused(_("One of the items is not in this checklist. Reload the page."))
    ids = {item.pk: uuid5(op_id, item.tracking_id) for item in found}
    recorded = {e.op_id: e.payload for e in Event.objects.filter(op_id__in=ids.values())}
    return [
        _done(
            item,
            checklist_id=checklist_id,
            op_id=ids[item.pk],
            decision=_with_own(decision, item, recorded.get(ids[item.pk])),
            base_version=versions[item.tracking_id],
            by=by,
        )
        for item in found
    ]


def _with_own(
    decision: Mapping[str, str], item: ChecklistItem, recorded: Mapping[str, Any] | None
) -> dict[str, str]:
    """The decision for one item: what is its own stays as it is, or as it was when the same
    operation came first."""
    own = recorded.get("decision", {}) if recorded else decision_of(item)
    note = decision.get("note", "").strip() or own.get("note", "")
    kept = {"note": note, "before": own.get("before", ""), "after": own.get("after", "")}
    return {**{name: decision.get(name, "") for name in FIELDS}, **kept}


def _done(item: ChecklistItem, *, decision: Mapping[str, str], **operation: Any) -> Done:
    payload = {"item": item.tracking_id, "decision": dict(decision)}
    try:
        return Done(item, record(kind=Event.Kind.DECISION, payload=payload, **operation))
    except Refused as error:
        return Done(item, None, error.messages)


@transaction.atomic
def undo_items(*, checklist_id: UUID, op_id: UUID, by: User) -> list[Done]:
    """Record again, on each item that `decide_items` with this `op_id` changed, the decision from
    before it: an event for each. Left alone, with the reason: what somebody has decided since, and
    what was marked to be decided again, which no decision can bring back.

    A second time it changes nothing. Raises Refused when there is nothing to undo, Stale outside
    a draft, NotAllowed.
    """
    checklist = lock(checklist_id)
    require(checklist, by, Role.ENGINEER)
    events = list(checklist.events.select_related("item").order_by("seq"))
    known = {event.op_id: event for event in events}
    applied = [
        event
        for event in events
        if event.item
        and event.op_id == uuid5(op_id, event.item.tracking_id)
        and event.outcome == Event.Outcome.APPLIED
    ]
    if not applied:
        raise Refused(_("There is nothing to undo."))
    if not in_draft(checklist):
        raise Stale(_("It was signed since. Nothing was undone."))
    before = replay(event for event in events if event.seq < applied[0].seq)["decisions"]
    return [_undo(checklist, event, before, known, op_id, by) for event in _by_position(applied)]


def _by_position(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda event: event.item.position if event.item else 0)


def _undo(
    checklist: Checklist,
    event: Event,
    before: Mapping[str, Mapping[str, Any]],
    known: Mapping[UUID, Event],
    op_id: UUID,
    by: User,
) -> Done:
    item = event.item
    assert item  # noqa: S101  (a decision has one)
    own = uuid5(op_id, f"undo {item.tracking_id}")
    if own in known:
        return Done(item, known[own])
    former = before.get(item.tracking_id, {})
    if item.version != event.effect["version"]:
        return Done(item, None, [_("Somebody has decided it since. It was left as it is.")])
    if former.get("returned") or former.get("flagged"):
        return Done(
            item,
            None,
            [
                _("It was marked to be decided again, which cannot be brought back.")
                + " "
                + _("Decide it by itself.")
            ],
        )
    decision = {name: former.get(name, "") for name in FIELDS}
    return _done(
        item,
        checklist_id=checklist.pk,
        op_id=own,
        decision=decision | {"decision": former.get("decision", Decision.OPEN.value)},
        base_version=item.version,
        by=by,
    )
