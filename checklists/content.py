"""What is signed: a checklist as plain values, the same for every format and for the digest.

Signatures and files are no part of it. Texts are {"ja", "en"}, times ISO 8601 in UTC.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.utils import timezone, translation

from advisories.applicability import Reason, Verdict
from advisories.note_words import pictures_in
from advisories.texts import LANGUAGES
from checklists import wording
from checklists.chain import digest, timestamp
from checklists.freezing import NOT_KNOWN
from checklists.handover.settings_shape import settings_in
from checklists.models import (
    Checklist,
    ChecklistItem,
    Decision,
    Edition,
    Evidence,
    HandoverSettings,
    SignOff,
)
from checklists.moves import Move
from checklists.numbering import document_number
from checklists.offers import Offer, Offered, offered_to
from checklists.page.filters import needs_no_decision

FORMAT = 1
Json = dict[str, Any]


def content_of(checklist: Checklist, edition: Edition, offered: Offered | None = None) -> Json:
    """The content of the checklist as it stands, for this edition.

    A draft's offers are those of the catalogue now (`offered`, where it was asked already), and
    its hand-over looks as it is set now; a prepared edition's are those that were signed. Four
    queries, for a draft those of `offered_to` more.
    For an issued edition the content that was signed is `edition.content`, not this.
    """
    header = checklist.frozen
    rows = list(checklist.answers.all())
    answers = {row.question: row.value for row in rows}
    items = list(checklist.items.all())
    signed = _signed(checklist, edition)
    if signed is None:
        offers = offers_content(offered or offered_to(checklist, items, answers))
        handover = _handover(checklist, edition)
    else:  # from before there were offers, or settings: none, and those of now
        offers = signed.get("offers", [])
        handover = signed.get("handover") or _handover(checklist, edition)
    notes = settings_in({"handover": handover}).local_notes
    return {
        "format": FORMAT,
        "checklist": _checklist(checklist, answers),
        "catalogue": {"documents": header["documents"], "check_date": header["check_date"]},
        "edition": {
            "number": edition.number,
            "reason": edition.reason,
            "opened_by": edition.opened_by,
            "opened_at": timestamp(edition.opened_at),
        },
        "answers": [
            {
                "question": row.question,
                "text": _both(partial(wording.question_text, header, row.question)),
                "value": row.value,
                "value_text": _both(partial(wording.value_text, header, row.question, row.value)),
                "by": row.answered_by,
                "at": timestamp(row.answered_at) or "",
                "version": row.version,
            }
            for row in rows
        ],
        "items": [_item(item, header, answers, notes=notes) for item in items],
        "counts": {
            verdict.value: sum(item.verdict == verdict for item in items) for verdict in Verdict
        },
        "statement": _both(partial(wording.statement_text, statement_counts(items))),
        "offers": offers,
        "evidence": [_evidence(file) for file in Evidence.objects.present_in(checklist)],
        "handover": handover,
    }


def _signed(checklist: Checklist, edition: Edition) -> Json | None:
    """What *prepared* froze of the catalogue and of the settings, whatever became of them since;
    None: nobody has signed. One query."""
    prepared = edition.signature(SignOff.Kind.PREPARED)
    if prepared is None:
        return None
    effect: Json = checklist.events.get(hash=prepared.chain_head).effect
    return effect


def offers_content(offered: Offered) -> list[Json]:
    """Everything that moved and is not part of the list, as it is signed and printed.

    `verdict` is what this box would get with the offer. An added or MAJOR one is `confirmed`:
    nobody can sign without having ticked it.
    """
    return [_offer(move, offered.offers.get(move.tracking_id)) for move in offered.moves]


def _offer(move: Move, offer: Offer | None) -> Json:
    return {
        "tracking_id": move.tracking_id,
        "step": move.step.value,
        "title": move.title,
        "severity": move.severity,
        "position": move.position,
        "held": move.held,
        "newest": move.newest,
        "withdrawn_reason": move.reason,
        "verdict": offer.reason.verdict.value if offer else None,
        "confirmed": move.needs_tick,
    }


def _handover(checklist: Checklist, edition: Edition) -> Json:
    """How the hand-over looks as it is set now; one query."""
    settings = HandoverSettings.current()
    opened = timezone.localdate(edition.opened_at)
    values = {
        "project_number": checklist.number,
        "host": checklist.host,
        "edition": edition.number,
        "checklist": str(checklist.pk)[:8],
        "year": f"{opened:%Y}",
        "month": f"{opened:%m}",
        "day": f"{opened:%d}",
    }
    return settings.frozen(document_number(settings.number_pattern, values))


def statement_counts(items: list[ChecklistItem]) -> dict[str, int]:
    """The numbers of the signers' statement (design 6)."""
    decided = [item.decision for item in items]
    return {
        "total": len(items),
        "risk_accepted": decided.count(Decision.RISK_ACCEPTED),
        "not_needed": decided.count(Decision.NOT_NEEDED),
        "pending": decided.count(Decision.PENDING),
        "pending_high": sum(i.decision == Decision.PENDING and i.severity == 3 for i in items),
        "unseen": decided.count(Decision.OPEN),
        "not_applicable": sum(map(needs_no_decision, items)),
    }


def _withheld_note(content: Mapping[str, Any]) -> Json:
    """What a content that goes to the customer holds of a note that does not: which one it was."""
    note = content.get("local_note")
    return {"local_note": {"version": note["version"], "sha256": digest(note)}} if note else {}


def given_pictures(content: Mapping[str, Any]) -> dict[str, tuple[str, Json]]:
    """The pictures of the notes that the content gives to the customer, by SHA-256: the tracking
    ID of the first item that has it, and the picture as it was frozen."""
    pictures: dict[str, tuple[str, Json]] = {}
    # An edition from before notes were withheld has them, and never handed its pictures over.
    if settings_in(content).local_notes:
        for item in content["items"]:
            for picture in pictures_in(item.get("local_note")):
                pictures.setdefault(picture["sha256"], (item["tracking_id"], dict(picture)))
    return pictures


def _both(text: Callable[[], str]) -> dict[str, str]:
    texts = {}
    for language in LANGUAGES:
        with translation.override(language):
            texts[language] = text()
    return texts


def _checklist(checklist: Checklist, answers: Mapping[str, str]) -> Json:
    header = checklist.frozen
    lineage = answers["installed_with"]
    return {
        "id": str(checklist.pk),
        "host": checklist.host,
        "mode_detail": checklist.mode_detail,
        "customer": checklist.customer,
        "project": checklist.project,
        "number": checklist.number,
        "created_at": timestamp(checklist.created_at),
        "created_by": checklist.created_by.name,
        "demo": checklist.is_demo,
        "product": header["product"],
        "release": header["release"],
        "mode": _mode(header, answers.get("mode", NOT_KNOWN)),
        "installed_with": {
            "slug": lineage,
            "label": _both(partial(wording.value_text, header, "installed_with", lineage)),
        },
        **_before(checklist),
    }


def _before(checklist: Checklist) -> Json:
    """The checklist before this one and what became of the box since; empty: it is the first."""
    if checklist.predecessor_id is None:
        return {}
    return {"predecessor": str(checklist.predecessor_id), "happened": checklist.happened}


def _mode(header: Mapping[str, Any], value: str) -> Json | None:
    if not header["modes"]:
        return None
    chosen = next((mode for mode in header["modes"] if mode["slug"] == value), None)
    name = _both(partial(wording.value_text, header, "mode", value))
    return chosen or {"slug": NOT_KNOWN, "name": name, "note": {"ja": "", "en": ""}}


def _evidence(file: Evidence) -> Json:
    return {
        "tracking_id": file.item.tracking_id,
        "name": file.name,
        "type": file.type,
        "size": file.size,
        "sha256": file.sha256,
        "caption": file.caption,
        "by": file.added_by,
        "at": timestamp(file.added_at),
    }


def _item(
    item: ChecklistItem, header: Mapping[str, Any], answers: Mapping[str, str], *, notes: bool
) -> Json:
    reason = Reason(item.reason)
    return {
        "position": item.position,
        "tracking_id": item.tracking_id,
        "revision": item.revision,
        "severity": item.severity,
        **item.content,
        **({} if notes else _withheld_note(item.content)),
        "verdict": item.verdict,
        "reason": item.reason,
        "reason_text": _both(partial(wording.reason_text, reason, item.content, header, answers)),
        "decision": {
            "decision": item.decision,
            "note": item.note,
            "before": item.value_before,
            "after": item.value_after,
            "reason": item.decision_reason,
            "approver": item.approver,
            "waiting_for": item.waiting_for,
            "due": item.due.isoformat() if item.due else "",
            "agreed_by": item.agreed_by,
            "by": item.decided_by,
            "at": timestamp(item.decided_at) or "",
            "version": item.version,
            "returned": item.returned,
            "returned_comment": item.returned_comment,
            **({"returned_by": item.returned_by} if item.returned_by else {}),
            "flagged": item.flagged,
        },
    }
