"""Do signatures, editions and revocations still say what their events say? Every column of them.

What the events tell of a row is {column: value}. The customer's answers are compared in
verification.py. Findings are sentences in the active language; nothing here writes.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from checklists.models import Checklist, Edition, Event, Revocation, SignOff

OURS = (SignOff.Kind.PREPARED, SignOff.Kind.REVIEWED)

Told = dict[str, Any]


def unlike_made(checklist: Checklist, events: list[Event]) -> list[str]:
    """Who made the checklist after which other one, and whether it was discarded."""
    payload, wrong = events[0].payload, []
    before = str(checklist.predecessor_id) if checklist.predecessor_id else None
    after = payload.get("after")
    # The one before may have been purged since, which leaves none.
    if before is None and after and not Checklist.objects.filter(pk=after).exists():
        before = after
    made = (events[0].actor_id, after, payload.get("happened", ""))
    if (checklist.created_by_id, before, checklist.happened) != made:
        wrong.append(_("Who made the checklist, and after which one, is not what event 1 says."))
    reasons = [e.payload["reason"] for e in events if e.kind == Event.Kind.DISCARDED]
    discarded = [checklist.discard_reason] if checklist.discarded_at else []
    if discarded != reasons:
        text = _("Whether the checklist was discarded, and why, is not what the events say.")
        wrong.append(text)
    return wrong


def unlike_opened(
    checklist: Checklist, events: list[Event], editions: Iterable[Edition]
) -> list[str]:
    """Which editions there are; who opened each, when and why; which were revoked."""
    told, revoked = _opened(events)
    wrong = []
    for edition in editions:
        if _unlike(edition, told.pop(edition.number, None)):
            wrong.append(_of(edition.number, _("its opening is not what the events say.")))
    wrong += [_of(number, _("it is missing.")) for number in told]
    for revocation in Revocation.objects.filter(edition__in=editions).select_related("edition"):
        number = revocation.edition.number
        if _unlike(revocation, revoked.pop(number, None)):
            wrong.append(_of(number, _("its revocation is not what the events say.")))
    return wrong + [_of(number, _("its revocation is missing.")) for number in revoked]


def _of(number: str, sentence: str) -> str:
    return f"{_('Edition %(number)s') % {'number': number}}: {sentence}"


def _opened(events: list[Event]) -> tuple[dict[str, Told], dict[str, Told]]:
    """The editions and the revocations of which the events tell, by number."""
    opened: dict[str, Told] = {}
    revoked: dict[str, Told] = {}
    for event in events:
        by, at, payload = event.actor_name, event.recorded_at, event.payload
        match event.kind:
            case Event.Kind.CREATED | Event.Kind.REOPENED:
                told = {"opened_by": by, "opened_at": at, "opened_seq": event.seq}
                opened[payload["edition"]] = told | {"reason": payload.get("reason", "")}
            case Event.Kind.CLOSED:
                del opened[payload["edition"]]
            case Event.Kind.REVOKED:
                told = {"revoked_by": by, "revoked_at": at, "reason": payload["reason"]}
                revoked[payload["edition"]] = told
    return opened, revoked


def unlike_signed(edition: Edition, events: list[Event]) -> list[str]:
    """The signatures *prepared* and *reviewed*, those that were taken back as well."""
    told, wrong = _signed(edition, events), []
    for row in edition.sign_offs.all():
        if row.kind in OURS and _unlike(row, told.pop((row.kind, row.chain_head), None)):
            text = _("the signature “%(kind)s” of %(name)s is not what the events say.")
            wrong.append(text % {"kind": row.get_kind_display(), "name": row.name})
    for (kind, _head), signed in told.items():
        text = _("the signature “%(kind)s” of %(name)s is missing.")
        wrong.append(text % {"kind": SignOff.Kind(kind).label, "name": signed["name"]})
    return [_of(edition.number, sentence) for sentence in wrong]


def _signed(edition: Edition, events: list[Event]) -> dict[tuple[str, str], Told]:
    """What the events tell of each signature, by its kind and the event that it stands on."""
    signed: dict[tuple[str, str], Told] = {}
    live: Event | None = None
    for event in events:
        if event.payload.get("edition") != edition.number:
            continue
        match event.kind:
            case Event.Kind.PREPARED:
                live = event
                signed[SignOff.Kind.PREPARED, event.hash] = _by(event, live)
            case Event.Kind.ISSUED if live:
                signed[SignOff.Kind.REVIEWED, live.hash] = _by(event, live)
            case Event.Kind.WITHDRAWN | Event.Kind.RETURNED if live:
                taken_back = signed[SignOff.Kind.PREPARED, live.hash]
                taken_back["revoked_by"] = event.actor_name
                taken_back["revoke_reason"] = event.payload.get("comment", "")
                # Rows from before events held the company got their time just before the event.
                if "company" in taken_back:
                    taken_back["revoked_at"] = event.recorded_at
    return signed


def _by(event: Event, prepared: Event) -> Told:
    told = {
        "signer_id": event.actor_id,
        "name": event.actor_name,
        "statement": prepared.effect["statement"],
        "digest": event.payload["digest"],
        "chain_head": prepared.hash,
        "signed_at": event.recorded_at,
        "self_review": event is not prepared and event.actor_id == prepared.actor_id,
        "revoked_by": "",
        "revoke_reason": "",
    }
    if "company" in event.effect:
        told |= {"company": event.effect["company"], "revoked_at": None}
    return told


def _unlike(row: Model, told: Told | None) -> bool:
    return told is None or any(getattr(row, column) != value for column, value in told.items())
