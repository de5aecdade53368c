"""The document's revision history: editions with all that was said of each. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings

from checklists.customer_page import Comment, comments_of
from checklists.models import Checklist, Edition, Event, Revocation, SignOff
from checklists.page.recorded import moment
from checklists.signed import Late, late_of


@dataclass(frozen=True)
class Closed:
    """A draft that was opened and closed again unchanged."""

    number: str
    reason: str
    by: str
    at: str


@dataclass(frozen=True)
class Revision:
    """One edition, with its signatures of all times, the oldest first."""

    edition: Edition
    superseded: bool
    signatures: list[SignOff]
    revocation: Revocation | None
    late: list[Late]
    comments: list[Comment]
    closed: list[Closed]

    @property
    def state(self) -> str:
        """The class of the state's tag."""
        if self.revocation:
            return "revoked"
        return "superseded" if self.superseded else self.edition.state.value


def revisions_of(checklist: Checklist) -> list[Revision]:
    """The newest edition first; two queries and one for each edition (`checklist_of` has fetched
    editions and signatures)."""
    editions = sorted(checklist.editions.all(), key=lambda edition: edition.minor)
    kinds = (Event.Kind.REOPENED, Event.Kind.CLOSED)
    life = list(checklist.events.filter(kind__in=kinds).order_by("seq"))
    late = checklist.events.filter(outcome=Event.Outcome.LATE).select_related("item")
    late_events = list(late.order_by("seq"))
    newest_issued = max((e.minor for e in editions if e.issued_at is not None), default=-1)
    numbers = {
        event.item.tracking_id: str(event.item.position) for event in late_events if event.item
    }
    zone, revisions = ZoneInfo(settings.TIME_ZONE), []
    for index, edition in enumerate(editions):
        edition.checklist = checklist
        after = editions[index + 1].opened_seq if index + 1 < len(editions) else None
        revisions.append(
            Revision(
                edition=edition,
                superseded=edition.issued_at is not None and edition.minor < newest_issued,
                signatures=list(edition.sign_offs.all()),
                revocation=getattr(edition, "revocation", None),
                late=[
                    late_of(event, numbers, zone)
                    for event in _between(late_events, edition.opened_seq, after)
                ],
                comments=comments_of(edition) if edition.issued_at else [],
                closed=_closed(list(_between(life, edition.opened_seq, after))),
            )
        )
    return revisions[::-1]


def _between(events: Iterable[Event], first: int, after: int | None) -> Iterable[Event]:
    return (e for e in events if e.seq >= first and (after is None or e.seq < after))


def _closed(life: list[Event]) -> list[Closed]:
    """Of the events of one edition's time: drafts after it that were closed unchanged."""
    reasons = {
        event.payload["edition"]: event.payload["reason"]
        for event in life
        if event.kind == Event.Kind.REOPENED
    }
    return [
        Closed(
            event.payload["edition"],
            reasons.get(event.payload["edition"], ""),
            event.actor_name,
            moment(event.recorded_at),
        )
        for event in life
        if event.kind == Event.Kind.CLOSED
    ]
