"""Operations that were stored and not applied: conflicts, and what arrived late."""

from collections.abc import Iterable

from checklists.models import Checklist, Event

WAITING = (Event.Outcome.CONFLICT, Event.Outcome.LATE)
# What may be stored without being applied.
ENTRIES = (Event.Kind.DECISION, Event.Kind.ANSWER, Event.Kind.EVIDENCE_ADDED)


def to_resolve(checklist: Checklist, *, resolved_too: bool = False) -> list[Event]:
    """Conflicting and late decisions, answers and files that nobody has resolved, oldest first.

    One is resolved by an applied event that names its op_id in `resolves`, or by a newer applied
    decision of the same person on the same item (design 5). At most two queries.
    """
    waiting = list(
        checklist.events.filter(outcome__in=WAITING, kind__in=ENTRIES)
        .select_related("item")
        .order_by("seq")
    )
    if not waiting or resolved_too:
        return waiting
    later = checklist.events.filter(
        seq__gt=waiting[0].seq,
        outcome=Event.Outcome.APPLIED,
        kind__in=(*ENTRIES, Event.Kind.RESOLVED),
    )
    return unresolved(waiting, list(later))


def unresolved(waiting: Iterable[Event], later: list[Event]) -> list[Event]:
    """Of `waiting` those that none of the applied events `later` resolves. Pure."""
    named = {op_id for event in later for op_id in event.payload.get("resolves", [])}
    return [
        event
        for event in waiting
        if str(event.op_id) not in named and not any(_supersedes(newer, event) for newer in later)
    ]


def _supersedes(newer: Event, event: Event) -> bool:
    return (
        newer.kind == event.kind == Event.Kind.DECISION
        and newer.seq > event.seq
        and newer.item_id == event.item_id
        and newer.actor_id == event.actor_id
    )


def conflicts(checklist: Checklist) -> list[Event]:
    """The unresolved conflicts, which hold up signing; late operations do not."""
    return [e for e in to_resolve(checklist) if e.outcome == Event.Outcome.CONFLICT]
