"""The chain of events: canonical JSON, hashes, verification and replay. Pure but for reading
events; replay needs no rules, because each event holds what it changed (design section 5)."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from checklists.handover.verify import FIRST, canonical, digest
from checklists.models import Event

__all__ = ["FIRST", "body_of", "broken_links", "canonical", "digest", "hash_of"]
__all__ += ["replay", "timestamp"]

# What event 1 says besides the header that later events change.
NOT_HEADER = ("release", "edition", "happened", "after")


def timestamp(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with microseconds, as hashed and printed; None stays None."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else None


def body_of(event: Event, *, tracking_id: str | None) -> dict[str, Any]:
    """What is hashed of an event; `tracking_id` is its item's, None without an item."""
    return {
        "checklist": str(event.checklist_id),
        "seq": event.seq,
        "op_id": str(event.op_id),
        "kind": event.kind,
        "item": tracking_id,
        "payload": event.payload,
        "effect": event.effect,
        "base_version": event.base_version,
        "outcome": event.outcome,
        "actor": event.actor_id,
        "actor_name": event.actor_name,
        "recorded_at": timestamp(event.recorded_at),
        "client_at": timestamp(event.client_at),
        "prev_hash": event.prev_hash,
    }


def hash_of(event: Event, *, tracking_id: str | None) -> str:
    """The event's hash from its columns."""
    return digest(body_of(event, tracking_id=tracking_id))


def broken_links(events: Iterable[Event]) -> list[str]:
    """What is wrong with a checklist's chain, a sentence each; empty when it holds.

    `events` in order of seq with `item` fetched. A cut tail shows only against a head that was
    printed elsewhere (see verification.py).
    """
    wrong, previous, expected = [], FIRST, 1
    for event in events:
        if event.seq != expected:
            numbers = {"missing": expected, "next": event.seq}
            wrong.append(_("Event %(missing)s is missing: after it comes %(next)s.") % numbers)
            expected = event.seq
        if event.prev_hash != previous:
            text = _("Event %(seq)s does not follow the event before it.")
            wrong.append(text % {"seq": event.seq})
        if hash_of(event, tracking_id=event.item.tracking_id if event.item else None) != event.hash:
            text = _("Event %(seq)s was changed after it was recorded.")
            wrong.append(text % {"seq": event.seq})
        previous, expected = event.hash, expected + 1
    return wrong


def replay(events: Iterable[Event]) -> dict[str, Any]:
    """The state that the events add up to: {"header": {name: text}, "answers": {question:
    [value, version, by, at]}, "reasons": {tracking_id: reason}, "decisions": {tracking_id:
    {..., "by", "at", "returned", "returned_comment", "returned_by", "flagged"}}, "versions":
    {...}, "assigned": {tracking_id: [person, team]}}.

    `at` is a `timestamp`, None while nobody has answered. An item that no event touched is
    missing from "decisions" and "versions".
    """
    state: dict[str, Any] = {
        "header": {},
        "answers": {},
        "reasons": {},
        "decisions": {},
        "versions": {},
        "assigned": {},
    }
    for event in events:
        if event.outcome == Event.Outcome.APPLIED:
            _apply(state, event, event.payload, event.effect)
    return state


def _apply(
    state: dict[str, Any], event: Event, payload: Mapping[str, Any], effect: Mapping[str, Any]
) -> None:
    by, at, decisions = event.actor_name, timestamp(event.recorded_at), state["decisions"]
    match event.kind:
        case Event.Kind.CREATED:
            state["header"] = {k: v for k, v in payload.items() if k not in NOT_HEADER}
            state["reasons"] = dict(effect["reasons"])
            for question, value in effect["answers"].items():
                known = (by, at) if value != "unknown" else ("", None)
                state["answers"][question] = [value, 0, *known]
        case Event.Kind.HEADER:
            state["header"] |= payload
        case Event.Kind.ANSWER:
            state["answers"][payload["question"]] = [payload["value"], effect["version"], by, at]
            state["reasons"] |= effect["reasons"]
        case Event.Kind.ASSIGNED:
            to = [payload["person"], payload["team"]]
            state["assigned"] |= dict.fromkeys(payload["items"], to)
        case Event.Kind.DECISION:
            decided = {**payload["decision"], "by": by, "at": at}
            decided |= {"returned": False, "flagged": False}
            decisions.setdefault(payload["item"], {}).update(decided)
            state["versions"][payload["item"]] = effect["version"]
        case Event.Kind.RETURNED:
            for tracking_id, version in effect["versions"].items():
                comment = payload["items"][tracking_id]
                decisions.setdefault(tracking_id, {}).update(
                    {"returned": True, "returned_comment": comment, "returned_by": by}
                )
                state["versions"][tracking_id] = version
        case Event.Kind.TAKEN:
            opened = {**effect["decision"], "by": "", "at": None} if effect["decision"] else {}
            decided = {**opened, "flagged": effect["flagged"]}
            decisions.setdefault(payload["item"], {}).update(decided)
            state["versions"][payload["item"]] = effect["version"]
            state["reasons"][payload["item"]] = effect["reason"]
            for condition in effect["conditions"]:
                state["answers"][f"condition:{condition['slug']}"] = ["unknown", 0, "", None]


def rewind(frozen: Mapping[str, Any], events: Iterable[Event]) -> tuple[dict[str, Any], list[str]]:
    """What was frozen when the checklist was made, and a sentence for each state in between that
    is not the one its event made.

    `frozen` is the present state, {"header": {...}, "items": [{"position", "tracking_id", ...}]};
    `events` in order of seq.
    """
    header, wrong = dict(frozen["header"]), []
    items = {item["tracking_id"]: item for item in frozen["items"]}
    for event in reversed(list(events)):
        payload, effect = event.payload, event.effect
        if event.kind == Event.Kind.TAKEN:
            name = payload["item"]
            if name not in items or digest(items.pop(name)) != effect["content"]:
                text = _("%(name)s is not what event %(seq)s took.")
                wrong.append(text % {"name": name, "seq": event.seq})
            if effect["before"] is not None:
                items[name] = effect["before"]
            added, present = effect["conditions"], header.get("conditions", [])
            header["conditions"] = present[: len(present) - len(added)]
            if present != [*header["conditions"], *added]:
                text = _("The conditions are not those that event %(seq)s added.")
                wrong.append(text % {"seq": event.seq})
        elif event.kind == Event.Kind.LOOKED_THROUGH:
            if any(header.get(name) != effect[name] for name in effect["before"]):
                text = _("The catalogue edition is not the one that event %(seq)s named.")
                wrong.append(text % {"seq": event.seq})
            header |= effect["before"]
    by_position = sorted(items.values(), key=lambda item: item["position"])
    return {"header": header, "items": by_position}, wrong
