"""The events of a checklist in words: who, when, what, and what became of it. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advisories.texts import in_language
from checklists.actions.creation import HEADER
from checklists.models import Event, Reply
from checklists.moves import Consequence, Step
from checklists.page.offers import consequence_words
from checklists.page.recorded import Said, moment, said_of_event

# Kinds that `recorded.said_of_event` has words for.
SAID = (
    Event.Kind.DECISION,
    Event.Kind.ANSWER,
    Event.Kind.EVIDENCE_ADDED,
    Event.Kind.EVIDENCE_REMOVED,
)


@dataclass(frozen=True)
class Line:
    """One event. `outcome_text` is "" for what was simply applied."""

    seq: int
    at: str
    who: str
    what: str
    anchor: str
    said: Said
    outcome: str
    outcome_text: str
    hash: str


def lines_of(header: Mapping[str, Any], events: Iterable[Event]) -> list[Line]:
    """`events` with their items fetched; no query."""
    return [_line(header, event) for event in events]


def _line(header: Mapping[str, Any], event: Event) -> Line:
    outcomes = {
        Event.Outcome.SAME: _("Nothing changed: this was already so."),
        Event.Outcome.CONFLICT: _("Not taken over: somebody had changed it in the meantime."),
        Event.Outcome.LATE: _("Not taken over: it came after the signature, and is kept as late."),
    }
    outcome = Event.Outcome(event.outcome)
    return Line(
        seq=event.seq,
        at=moment(event.recorded_at),
        who=event.actor_name,
        what=_what(event),
        anchor=f"item-{event.item.position}" if event.item else "",
        said=_said(header, event),
        outcome=event.outcome,
        outcome_text=outcomes.get(outcome, ""),
        hash=event.hash,
    )


def _what(event: Event) -> str:
    if event.item is not None:
        place = {
            "number": event.item.position,
            "title": in_language(event.item.content["title"]),
        }
        if event.kind == Event.Kind.COMMENTED:
            return _("No. %(number)d: the customer's comment. %(title)s") % place
        if event.kind == Event.Kind.TAKEN:
            place["revision"] = event.payload["revision"]
            return _("No. %(number)d: took revision %(revision)s. %(title)s") % place
        if event.kind == Event.Kind.EVIDENCE_ADDED:
            return _("No. %(number)d: added evidence. %(title)s") % place
        if event.kind == Event.Kind.EVIDENCE_REMOVED:
            return _("No. %(number)d: removed evidence. %(title)s") % place
        if event.kind == Event.Kind.RESOLVED:
            return _("No. %(number)d: kept the present value. %(title)s") % place
        if event.payload.get("resolves"):
            return _("No. %(number)d: decided, resolving a conflict. %(title)s") % place
        return _("No. %(number)d: decided. %(title)s") % place
    sentence = _SENTENCES[Event.Kind(event.kind)]
    return sentence(event.payload)


_SENTENCES: dict[Event.Kind, Callable[[Mapping[str, Any]], str]] = {
    Event.Kind.CREATED: lambda p: _("Made the checklist for %(host)s.") % {"host": p["host"]},
    Event.Kind.DECISION: lambda p: _("Decided an item."),
    Event.Kind.ANSWER: lambda p: _("Answered a question about the box."),
    Event.Kind.RESOLVED: lambda p: _("Kept the present answer."),
    Event.Kind.EVIDENCE_ADDED: lambda p: _("Added evidence."),
    Event.Kind.EVIDENCE_REMOVED: lambda p: _("Removed evidence."),
    Event.Kind.TAKEN: lambda p: _("Took a revision."),
    Event.Kind.LOOKED_THROUGH: lambda p: _("Looked through what the catalogue offers."),
    Event.Kind.HEADER: lambda p: (
        _("Changed the header: %(values)s")
        # PostgreSQL gives the keys back in an order of its own.
        % {"values": " / ".join(p[name] for name in HEADER if p.get(name))}
    ),
    Event.Kind.MEMBERS: lambda p: (
        _("Changed the members: %(names)s") % {"names": _(", ").join(p["members"])}
    ),
    Event.Kind.ASSIGNED: lambda p: (
        ngettext("Gave %(n)d item to %(name)s.", "Gave %(n)d items to %(name)s.", len(p["items"]))
        % {"n": len(p["items"]), "name": in_language(p["name"]) or _("nobody")}
    ),
    Event.Kind.PREPARED: lambda p: _("Signed edition %(edition)s as prepared.") % p,
    Event.Kind.WITHDRAWN: lambda p: _("Withdrew the signature of edition %(edition)s.") % p,
    Event.Kind.RETURNED: lambda p: _("Returned edition %(edition)s.") % p,
    Event.Kind.ISSUED: lambda p: _("Reviewed and issued edition %(edition)s.") % p,
    Event.Kind.REOPENED: lambda p: _("Re-opened: edition %(edition)s begins.") % p,
    Event.Kind.CLOSED: lambda p: _("Closed the draft of edition %(edition)s unchanged.") % p,
    Event.Kind.REVOKED: lambda p: _("Revoked edition %(edition)s.") % p,
    Event.Kind.ACCEPTED: lambda p: _("Accepted edition %(edition)s for the customer.") % p,
    Event.Kind.DECLINED: lambda p: _("Declined edition %(edition)s for the customer.") % p,
    Event.Kind.COMMENTED: lambda p: _("Commented on edition %(edition)s for the customer.") % p,
    Event.Kind.REPLY_REVOKED: lambda p: (
        _("Revoked the customer's answer to edition %(edition)s.") % p
    ),
    Event.Kind.DISCARDED: lambda p: _("Discarded the checklist."),
}


def _said(header: Mapping[str, Any], event: Event) -> Said:
    if event.kind in SAID:
        return said_of_event(event, header)
    if event.kind == Event.Kind.TAKEN:
        return _said_of_taken(event.effect)
    payload = event.payload
    said = [(_("Company"), payload["company"])] if payload.get("company") else []
    said += [(_("How"), str(Reply.How(payload["how"]).label))] if "how" in payload else []
    said += [(_("Reason"), payload["reason"])] if payload.get("reason") else []
    if payload.get("comment"):
        said.append((_("Comment"), payload["comment"]))
    said += [
        (_("Without the device"), f"{d['person']} {d['label']} ({d['unsent']})")
        for d in payload.get("without", [])
    ]
    said += sorted(payload["items"].items()) if event.kind == Event.Kind.RETURNED else []
    return said


def _said_of_taken(effect: Mapping[str, Any]) -> Said:
    step, what = Step(effect["step"]), Consequence(effect["consequence"])
    said = [(_("Change"), str(step.label))]
    if effect["before"] is not None:
        said.append((_("Decision"), consequence_words(what)))
    return said
