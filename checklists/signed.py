"""What a signer sees: the list in words, exceptions first. Reads the content that is signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from checklists.chain import timestamp
from checklists.conflicts import to_resolve
from checklists.handover.dates import moment
from checklists.handover.rows import Row, make_row
from checklists.models import Checklist, Decision, Event
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
class NotTaken:
    """An operation that changed nothing: it came after *prepared*, or somebody else had been
    faster. `number` "" for a question."""

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
class Seen:
    """`exceptions` are (title, rows) that need the reviewer's eye, without empty ones; `offers`
    what the catalogue offered and the checklist did not take."""

    rows: list[ReviewedRow]
    exceptions: list[tuple[str, list[Row]]]
    offers: list[Mapping[str, Any]]
    conflicts: list[NotTaken]
    late: list[NotTaken]

    @property
    def nothing_stands_out(self) -> bool:
        return not (self.exceptions or self.offers or self.conflicts or self.late)


def seen_by_reviewer(
    checklist: Checklist, content: Mapping[str, Any], comments: Mapping[str, str]
) -> Seen:
    """The list in the active language, as the hand-over prints it; at most two queries.

    `comments` maps tracking IDs to what was already written.
    """
    zone, rows = ZoneInfo(settings.TIME_ZONE), rows_of(content)
    numbers = {row.tracking_id: row.number for row in rows}
    waiting: dict[str, list[NotTaken]] = {Event.Outcome.CONFLICT: [], Event.Outcome.LATE: []}
    for event in to_resolve(checklist):
        waiting[event.outcome].append(not_taken(event, numbers, zone))
    return Seen(
        rows=[ReviewedRow(row, comments.get(row.tracking_id, "")) for row in rows],
        exceptions=exceptions_of(rows),
        offers=content["offers"],
        conflicts=waiting[Event.Outcome.CONFLICT],
        late=waiting[Event.Outcome.LATE],
    )


def rows_of(content: Mapping[str, Any]) -> list[Row]:
    """The items of a content in the active language, as the hand-over prints them; no query."""
    zone, language = ZoneInfo(settings.TIME_ZONE), get_language() or "ja"
    product = content["checklist"]["product"]["slug"]
    return [make_row(i, language=language, zone=zone, product=product) for i in content["items"]]


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


def not_taken(event: Event, numbers: Mapping[str, str], zone: ZoneInfo) -> NotTaken:
    """`numbers` maps tracking IDs to the numbers of their items."""
    at = moment(timestamp(event.recorded_at) or "", zone)
    if event.item is None:
        said = f"{event.payload['question']} = {event.payload['value']}"
        return NotTaken("", said, event.actor_name, at)
    wanted = event.payload["decision"]
    what = " / ".join(
        text for text in (str(Decision(wanted["decision"]).label), wanted["note"]) if text
    )
    return NotTaken(numbers.get(event.item.tracking_id, ""), what, event.actor_name, at)


def reviewers_of(checklist: Checklist, by: User) -> list[User]:
    """The members other than `by` who may review; one query."""
    reviewing = Q(groups__name=Role.REVIEWER.value) | Q(is_superuser=True)
    members = checklist.rollout.members.filter(reviewing, is_active=True).exclude(pk=by.pk)
    return list(members.distinct())
