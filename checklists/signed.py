"""What a signer sees: the list in words, exceptions first. Reads the content that is signed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from advisories.applicability import Verdict
from advisories.note_words import version_in
from checklists.chain import timestamp
from checklists.conflicts import to_resolve
from checklists.handover.dates import moment
from checklists.handover.rows import Row, make_row
from checklists.models import Checklist, Decision, Event
from checklists.moves import Held, Move, Step
from checklists.offers import moves_since
from checklists.page.offers import Line, line_of
from checklists.readiness import Hindrance
from portal.models import User
from portal.roles import Role


@dataclass(frozen=True)
class Hindered:
    """A rule that does not hold yet: its sentence, and (label, anchor) of each item."""

    text: str
    places: list[tuple[str, str]]

    @classmethod
    def of(cls, hindrance: Hindrance, positions: Mapping[str, int]) -> "Hindered":
        """`positions` maps tracking IDs to positions; what is not in it is a question."""
        places = [
            (f"#{positions[name]}", f"item-{positions[name]}")
            if name in positions
            else (_("Questions"), "questions")
            for name in hindrance.tracking_ids
        ]
        return cls(str(hindrance), list(dict.fromkeys(places)))


@dataclass(frozen=True)
class Late:
    """An operation that was kept and changed nothing: it came after *prepared*, or somebody else
    had been faster. `number` "" for a question."""

    number: str
    what: str
    by: str
    at: str


@dataclass(frozen=True)
class ReviewedRow:
    """A row, and the comment that its reviewer has begun to write."""

    row: Row
    comment: str


@dataclass(frozen=True)
class NotTaken:
    """What the catalogue did and the list does not have. `verdict` is the one that this box would
    get with it, "" where that is not known; `confirmed`: it is signed knowingly, with a tick."""

    line: Line
    verdict_key: str
    verdict: str
    confirmed: bool
    ticked: bool


def not_taken(content: Mapping[str, Any], ticked: Collection[str] = ()) -> list[NotTaken]:
    """The content's offers in the active language. `ticked` are tracking IDs."""
    return [_not_taken(offer, ticked) for offer in content["offers"]]


def _not_taken(offer: Mapping[str, Any], ticked: Collection[str]) -> NotTaken:
    move = Move(
        tracking_id=offer["tracking_id"],
        step=Step(offer["step"]),
        title=offer["title"],
        severity=offer["severity"],
        position=offer["position"],
        held=offer["held"],
        newest=offer["newest"],
        reason=offer["withdrawn_reason"],
    )
    verdict = offer["verdict"] and Verdict(offer["verdict"])
    return NotTaken(
        line_of(move),
        verdict_key=verdict.value if verdict else "",
        verdict=str(verdict.label) if verdict else "",
        confirmed=offer["confirmed"],
        ticked=offer["tracking_id"] in ticked,
    )


@dataclass(frozen=True)
class Seen:
    """`exceptions` are (title, rows) that need the reviewer's eye, without empty ones; `since` is
    what moved after *prepared*, which is not part of what is signed."""

    rows: list[ReviewedRow]
    exceptions: list[tuple[str, list[Row]]]
    conflicts: list[Late]
    late: list[Late]
    not_taken: list[NotTaken]
    since: list[Line]

    @property
    def nothing_stands_out(self) -> bool:
        return not (self.exceptions or self.conflicts or self.late or self.not_taken or self.since)


def seen_by_reviewer(
    checklist: Checklist, content: Mapping[str, Any], comments: Mapping[str, str]
) -> Seen:
    """The list in the active language, as the hand-over prints it; at most five queries.

    `comments` maps tracking IDs to what was already written.
    """
    zone, rows = ZoneInfo(settings.TIME_ZONE), rows_of(content)
    numbers = {row.tracking_id: row.number for row in rows}
    waiting: dict[str, list[Late]] = {Event.Outcome.CONFLICT: [], Event.Outcome.LATE: []}
    for event in to_resolve(checklist):
        waiting[event.outcome].append(late_of(event, numbers, zone))
    return Seen(
        rows=[ReviewedRow(row, comments.get(row.tracking_id, "")) for row in rows],
        exceptions=exceptions_of(rows),
        conflicts=waiting[Event.Outcome.CONFLICT],
        late=waiting[Event.Outcome.LATE],
        not_taken=not_taken(content),
        since=_since(content["checklist"]["product"]["slug"], content),
    )


def rows_of(content: Mapping[str, Any]) -> list[Row]:
    """The items of a content in the active language, as the hand-over prints them; no query."""
    zone, language = ZoneInfo(settings.TIME_ZONE), get_language() or "ja"
    product = content["checklist"]["product"]["slug"]
    moved = {offer["tracking_id"]: offer for offer in content["offers"]}
    return [
        make_row(
            item,
            language=language,
            zone=zone,
            product=product,
            offer=moved.get(item["tracking_id"]),
        )
        for item in content["items"]
    ]


def exceptions_of(rows: list[Row]) -> list[tuple[str, list[Row]]]:
    """(title, rows) of what needs an eye before all else, without empty ones."""
    chosen: dict[str, list[Row]] = {
        _("Risk accepted"): [r for r in rows if r.decision_key == Decision.RISK_ACCEPTED],
        _("Pending"): [r for r in rows if r.decision_key == Decision.PENDING],
        _("Not needed"): [r for r in rows if r.decision_key == Decision.NOT_NEEDED],
        _("Fixed in this release, and nobody looked"): [
            r for r in rows if r.verdict_key == "fixed" and r.decision_key == Decision.OPEN
        ],
    }
    return [(title, found) for title, found in chosen.items() if found]


def _since(product: str, content: Mapping[str, Any]) -> list[Line]:
    held = {
        i["tracking_id"]: Held(i["position"], i["revision"], version_in(i))
        for i in content["items"]
    }
    signed = {(o["tracking_id"], o["step"], o["newest"]) for o in content["offers"]}
    return [
        line_of(move)
        for move in moves_since(product, held)
        if (move.tracking_id, move.step.value, move.newest) not in signed
    ]


def late_of(event: Event, numbers: Mapping[str, str], zone: ZoneInfo) -> Late:
    """`numbers` maps tracking IDs to the numbers of their items."""
    at = moment(timestamp(event.recorded_at) or "", zone)
    if event.item is None:
        return Late(
            "", f"{event.payload['question']} = {event.payload['value']}", event.actor_name, at
        )
    if event.kind == Event.Kind.EVIDENCE_ADDED:
        name = _("Evidence: %(name)s") % {"name": event.payload["name"]}
        return Late(numbers.get(event.item.tracking_id, ""), name, event.actor_name, at)
    wanted = event.payload["decision"]
    what = " / ".join(
        text for text in (str(Decision(wanted["decision"]).label), wanted["note"]) if text
    )
    return Late(numbers.get(event.item.tracking_id, ""), what, event.actor_name, at)


def reviewers_of(checklist: Checklist, by: User) -> list[User]:
    """The members other than `by` who may review; one query."""
    reviewing = Q(groups__name=Role.REVIEWER.value) | Q(is_superuser=True)
    members = checklist.rollout.members.filter(reviewing, is_active=True).exclude(pk=by.pk)
    return list(members.distinct())
