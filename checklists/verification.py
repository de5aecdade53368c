"""Does a checklist still say what was recorded and signed? And is a file one of ours?

Findings are sentences in the active language; none means that everything holds. Nothing here
writes.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from advisories.applicability import Reason
from advisories.note_words import version_in
from checklists import files
from checklists.actions.creation import HEADER, frozen_state
from checklists.actions.operations import decision_of
from checklists.chain import broken_links, canonical, digest, replay, rewind, timestamp
from checklists.models import Checklist, Edition, Event, Reply, SignOff
from checklists.offers import catalogue_of
from checklists.signature_verification import unlike_made, unlike_opened, unlike_signed

OPEN = dict.fromkeys(
    ("note", "before", "after", "reason", "approver", "waiting_for", "due", "agreed_by"), ""
)
UNDECIDED = {
    **OPEN,
    "decision": "open",
    "by": "",
    "at": None,
    "returned": False,
    "returned_comment": "",
    "returned_by": "",
    "flagged": False,
}

# Kinds of the customer's signatures, and of the events that say them.
ANSWERS = (SignOff.Kind.ACCEPTED.value, SignOff.Kind.DECLINED.value)


@dataclass(frozen=True)
class Origin:
    """The issued file that a file's bytes are; `answer_revoked`: it is the acceptance sheet of an
    answer that was revoked."""

    edition: Edition
    name: str
    answer_revoked: bool = False


def findings(checklist: Checklist) -> list[str]:
    """What does not hold of chain, frozen rows, state and issued editions; about twelve queries."""
    events = list(checklist.events.select_related("item").order_by("seq"))
    editions = list(checklist.editions.prefetch_related("sign_offs__reply", "issued_files"))
    return [
        *broken_links(events),
        *_end(checklist, events),
        *_looked_at(_frozen, checklist, events),
        *_looked_at(_state, checklist, events),
        *_looked_at(unlike_made, checklist, events),
        *_looked_at(partial(unlike_opened, editions=editions), checklist, events),
        *(f for edition in editions for f in _looked_at(unlike_signed, edition, events)),
        *(f for edition in editions for f in _looked_at(_edition, edition, events)),
    ]


def _looked_at(look: Callable[..., list[str]], thing: Any, events: list[Event]) -> list[str]:
    """What `look` finds; what somebody has changed need not even have its shape any more."""
    try:
        return look(thing, events)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        text = _("%(thing)s: what is recorded no longer has the shape in which it was recorded.")
        return [text % {"thing": thing}]


def _end(checklist: Checklist, events: list[Event]) -> list[str]:
    last = (events[-1].seq, events[-1].hash) if events else (0, "")
    if last != (checklist.last_seq, checklist.head):
        text = _("The chain ends with event %(last)s, but the checklist has recorded %(n)s events.")
        return [text % {"last": last[0], "n": checklist.last_seq}]
    return []


def _frozen(checklist: Checklist, events: list[Event]) -> list[str]:
    """Event 1 and every revision taken since, against header and items in their tables."""
    if not events or events[0].kind != Event.Kind.CREATED:
        return [_("There is no event that says how the checklist was made.")]
    created = events[0]
    made_with, wrong = rewind(frozen_state(checklist, checklist.items.all()), events)
    if digest(made_with) != created.effect["frozen"]:
        wrong.append(
            _("The frozen header or items are not those that the checklist was made with.")
        )
    wrong += [
        _("The version of the note on %(name)s is not that of its content.")
        % {"name": item.tracking_id}
        for item in checklist.items.all()
        if item.note_version != version_in(item.content)
    ]
    made = (created.payload["release"], checklist.frozen["product"]["slug"], created.recorded_at)
    if (checklist.release, checklist.product, checklist.created_at) != made:
        wrong.append(_("Product, release or time of the checklist are not those of event 1."))
    return wrong


def _state(checklist: Checklist, events: list[Event]) -> list[str]:
    """What the events add up to, against the rows."""
    told, wrong = replay(events), []
    labels = {field.name: field.verbose_name for field in Checklist._meta.fields}
    wrong += [
        _("The header's %(name)s is not what the events say.") % {"name": labels[name]}
        for name in HEADER
        if told["header"].get(name) != getattr(checklist, name)
    ]
    if told["header"].get("demo") != checklist.is_demo:
        wrong.append(_("Whether the checklist is a demo is not what the events say."))
    answers = {
        row.question: [row.value, row.version, row.answered_by, timestamp(row.answered_at)]
        for row in checklist.answers.all()
    }
    wrong += [
        _("The answer to %(question)s is not what the events say.") % {"question": question}
        for question in sorted({*answers, *told["answers"]})
        if answers.get(question) != told["answers"].get(question)
    ]
    found = set()
    for item in checklist.items.all():
        found.add(item.tracking_id)
        name = {"name": item.tracking_id}
        reason = told["reasons"].get(item.tracking_id)
        if item.reason != reason or item.verdict != Reason(item.reason).verdict:
            wrong.append(_("The verdict of %(name)s is not what the events say.") % name)
        present = {
            **decision_of(item),
            "by": item.decided_by,
            "at": timestamp(item.decided_at),
            "returned": item.returned,
            "returned_comment": item.returned_comment,
            "returned_by": item.returned_by,
            "flagged": item.flagged,
        }
        if [item.assignee_id, item.team_id] != told["assigned"].get(item.tracking_id, [None, None]):
            wrong.append(_("Who is to do %(name)s is not what the events say.") % name)
        decision = UNDECIDED | told["decisions"].get(item.tracking_id, {})
        version = told["versions"].get(item.tracking_id, 0)
        if present != decision or item.version != version:
            wrong.append(_("The decision on %(name)s is not what the events say.") % name)
    missing = sorted(set(told["reasons"]) - found)
    return wrong + [_("The item %(name)s is missing.") % {"name": name} for name in missing]


def _unlike(stored: Iterable[tuple[str, str]]) -> list[str]:
    """Of (name, SHA-256) those whose file is gone or has other bytes."""
    wrong = []
    for name, sha256 in stored:
        try:
            files.read(sha256)
        except files.FileChanged:
            wrong.append(_("the stored file %(name)s was changed.") % {"name": name})
        except OSError:
            wrong.append(_("the stored file %(name)s is not there.") % {"name": name})
    return wrong


def _edition(edition: Edition, events: list[Event]) -> list[str]:
    """Signatures of every edition; content, chain head and files of an issued one."""
    name = _("Edition %(number)s") % {"number": edition.number}
    return [f"{name}: {sentence}" for sentence in _of_edition(edition, events)]


def _of_edition(edition: Edition, events: list[Event]) -> list[str]:
    wrong, hashes = [], {event.hash: event for event in events}
    for signature in edition.sign_offs.all():
        event = hashes.get(signature.chain_head)
        if event is None or event.kind != Event.Kind.PREPARED:
            text = _("the signature of %(name)s stands on an event that is not there.")
            wrong.append(text % {"name": signature.name})
        elif event.payload["digest"] != signature.digest:
            text = _("the signature of %(name)s is not over what was signed.")
            wrong.append(text % {"name": signature.name})
    if edition.issued_at is None:
        return wrong
    head = hashes.get(edition.chain_head)
    if head is None or head.kind != Event.Kind.PREPARED:
        wrong.append(_("its chain head is not in the chain, so events are missing from it."))
    issued = [
        e for e in events if e.kind == Event.Kind.ISSUED and e.payload["edition"] == edition.number
    ]
    if not issued:
        wrong.append(_("there is no event that says that it was issued."))
    elif issued[-1].effect["files"] != edition.files or issued[-1].recorded_at != edition.issued_at:
        wrong.append(_("its files or its time are not those of the event that issued it."))
    elif issued[-1].payload["digest"] != edition.digest:
        wrong.append(_("its digest is not that of the event that issued it."))
    return [*wrong, *_content(edition), *_replies(edition, events), *_files(edition)]


def _content(edition: Edition) -> list[str]:
    wrong = []
    try:
        content = canonical(json.loads(edition.content))
    except ValueError:
        content = ""
    if content != edition.content or _sha256(content.encode()) != edition.digest:
        wrong.append(_("its content is not the one whose digest was signed."))
    # An edition issued before there were offers has no such column.
    elif edition.catalogue and edition.catalogue != catalogue_of(json.loads(content)):
        wrong.append(_("its catalogue edition is not that of its content."))
    live = {s.kind: s for s in edition.sign_offs.all() if s.revoked_at is None}
    for kind in (SignOff.Kind.PREPARED, SignOff.Kind.REVIEWED):
        if kind not in live:
            wrong.append(_("the signature “%(kind)s” is missing.") % {"kind": kind.label})
        elif live[kind].digest != edition.digest or live[kind].chain_head != edition.chain_head:
            text = _("the signature “%(kind)s” is over another content.")
            wrong.append(text % {"kind": kind.label})
    return wrong


def _replies(edition: Edition, events: list[Event]) -> list[str]:
    """Every answer of the customer, and its revocation, against the events that say them."""
    told = {}
    for event in events:
        if event.payload.get("edition") != edition.number:
            continue
        if event.kind in ANSWERS:
            told[event.kind, timestamp(event.recorded_at)] = _told(event)
        elif event.kind == Event.Kind.REPLY_REVOKED:
            answered = (event.payload["kind"], event.payload["signed_at"])
            revoked = (timestamp(event.recorded_at), event.actor_name, event.payload["reason"])
            told[answered] = {**told.get(answered, {}), "revoked": revoked}
    found = {
        (s.kind, timestamp(s.signed_at)): _answered(s)
        for s in edition.sign_offs.all()
        if s.kind in ANSWERS
    }
    texts = {
        SignOff.Kind.ACCEPTED: _(
            "what the customer accepted at %(at)s is not what the events say."
        ),
        SignOff.Kind.DECLINED: _(
            "what the customer declined at %(at)s is not what the events say."
        ),
    }
    return [
        texts[SignOff.Kind(kind)] % {"at": at}
        for kind, at in sorted({*told, *found})
        if told.get((kind, at)) != found.get((kind, at))
    ]


def _told(event: Event) -> dict[str, Any]:
    told = {key: event.payload[key] for key in ("digest", "company", "statement")}
    told |= {key: event.payload[key] for key in ("how", "reason", "dated", "access", "scan")}
    witness = event.payload["recorded_by"]
    return told | {
        "name": event.actor_name,
        "recorded_by": witness and witness["id"],
        "sheets": event.effect["sheets"],
        "revoked": (None, "", ""),
    }


def _answered(signature: SignOff) -> dict[str, Any]:
    """The rows of an answer in the shape of `_told`; without its `Reply` it fits no event."""
    answered = {key: getattr(signature, key) for key in ("digest", "company", "statement", "name")}
    revoked = (timestamp(signature.revoked_at), signature.revoked_by, signature.revoke_reason)
    reply: Reply | None = getattr(signature, "reply", None)
    if reply is None:
        return answered
    return answered | {
        "how": reply.how,
        "reason": reply.reason,
        "dated": reply.dated.isoformat() if reply.dated else "",
        "access": str(reply.access_id or ""),
        "scan": reply.scan,
        "recorded_by": reply.recorded_by_id,
        "sheets": reply.sheets,
        "revoked": revoked,
    }


def _stored(edition: Edition) -> list[dict[str, Any]]:
    """Every file that belongs to an issued edition: its own, those of the customer's answers, and
    the logo that they print."""
    replies = [s.reply for s in edition.sign_offs.all() if hasattr(s, "reply")]
    answered = [file for reply in replies for file in (*reply.sheets, reply.scan) if file]
    try:
        logo = json.loads(edition.content)["handover"]["logo_sha256"]
    except (ValueError, KeyError):  # changed, which is said elsewhere; or from before there was one
        logo = None
    return [*edition.files, *answered, *([{"name": "logo", "sha256": logo}] if logo else [])]


def _files(edition: Edition) -> list[str]:
    wrong = _unlike((file["name"], file["sha256"]) for file in _stored(edition))
    found_by = sorted(found.sha256 for found in edition.issued_files.all())
    if found_by != sorted(file["sha256"] for file in (*edition.files, *_sheets(edition))):
        wrong.append(_("the hashes by which its files are found are not those of its files."))
    return wrong


def origins(sha256: str) -> list[Origin]:
    """The issued files and acceptance sheets that have exactly this hash; empty: not ours, or
    changed. Four queries at most."""
    found = Edition.objects.filter(issued_files__sha256=sha256).distinct()
    editions: Iterable[Edition] = (
        found.select_related("checklist", "revocation")
        .prefetch_related(Prefetch("sign_offs", SignOff.objects.select_related("reply")))
        .defer("content")
    )
    return [
        Origin(edition, file["name"], file in _sheets(edition, revoked=True))
        for edition in editions
        for file in (*edition.files, *_sheets(edition))
        if file["sha256"] == sha256
    ]


def _sheets(edition: Edition, *, revoked: bool = False) -> list[dict[str, Any]]:
    """The acceptance sheets of the customer's answers; `revoked`: of those that were revoked."""
    answers = [s for s in edition.sign_offs.all() if s.revoked_at is not None or not revoked]
    return [sheet for s in answers if hasattr(s, "reply") for sheet in s.reply.sheets]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
