"""`record`: a decision, an answer or the resolution of a conflict (design section 5).

Plain forms, the page's own requests and later the offline sync all come through here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from advisories.applicability import OLDER
from checklists.actions.creation import decide_anew
from checklists.actions.errors import Refused
from checklists.actions.events import (
    append,
    in_draft,
    is_readable,
    lock,
    refuse_unstorable,
    require,
    same_body,
)
from checklists.chain import timestamp
from checklists.conflicts import to_resolve
from checklists.freezing import NOT_KNOWN
from checklists.models import (
    LINE_LENGTH,
    NOTE_LENGTH,
    Answer,
    Checklist,
    ChecklistItem,
    Decision,
    Event,
)
from portal.models import User
from portal.roles import Role

# A decision's fields -> (the item's column, its longest length)
FIELDS = {
    "decision": ("decision", 20),
    "note": ("note", NOTE_LENGTH),
    "before": ("value_before", NOTE_LENGTH),
    "after": ("value_after", NOTE_LENGTH),
    "reason": ("decision_reason", NOTE_LENGTH),
    "approver": ("approver", LINE_LENGTH),
    "waiting_for": ("waiting_for", LINE_LENGTH),
    "due": ("due", 10),
    "agreed_by": ("agreed_by", LINE_LENGTH),
}
MEANT_TO_BE_READ = ("reason", "approver", "waiting_for", "agreed_by")
RECORDED = (Event.Kind.DECISION, Event.Kind.ANSWER, Event.Kind.RESOLVED)


@dataclass(frozen=True)
class Operation:
    """What one person wants, cleaned and permitted, before it meets the present state."""

    op_id: UUID
    kind: Event.Kind
    payload: dict[str, Any]
    item: ChecklistItem | None
    base_version: int | None
    client_at: datetime | None
    by: User


def _append(
    checklist: Checklist,
    operation: Operation,
    effect: Mapping[str, Any],
    outcome: Event.Outcome = Event.Outcome.APPLIED,
    now: datetime | None = None,
) -> Event:
    return append(
        checklist,
        op_id=operation.op_id,
        kind=operation.kind,
        payload=operation.payload,
        effect=effect,
        by=operation.by,
        outcome=outcome,
        item=operation.item,
        base_version=operation.base_version,
        client_at=operation.client_at,
        now=now,
    )


@transaction.atomic
def record(
    *,
    checklist_id: UUID,
    op_id: UUID,
    kind: Event.Kind,
    payload: Mapping[str, Any],
    base_version: int | None,
    client_at: datetime | None = None,
    by: User,
) -> Event:
    """Record one operation and answer with its event, whose `outcome` says what became of it.

    `payload` by kind: DECISION {"item": tracking_id, "decision": {"decision": ..., "note": ...},
    "resolves": [op_id]}; ANSWER {"question", "value", "resolves": [op_id]}; RESOLVED
    {"resolves": [op_id]}, which leaves the present value. `base_version` is the version of the
    item or answer that the person saw (None for RESOLVED). The same `op_id` with the same body
    gives the stored event; with another body it is refused. Whatever passed the permission check
    is stored: applied, same, conflict or late. About ten queries.
    Raises Refused (bad values, with messages), NotAllowed, Checklist.DoesNotExist.
    """
    if kind not in RECORDED:
        raise ValueError(f"{kind} is not an operation of its own.")
    _require_form(payload)
    checklist = lock(checklist_id)
    require(checklist, by, Role.ENGINEER)
    item, answer, body = _read(checklist, kind, payload)
    stored = Event.objects.select_related("item").filter(op_id=op_id).first()
    if stored:
        return same_body(stored, checklist, kind, body, base_version, by)
    _require_resolvable(checklist, body["resolves"], item, answer)
    operation = Operation(op_id, kind, body, item, base_version, client_at, by)
    if not in_draft(checklist):
        return _append(checklist, operation, {}, Event.Outcome.LATE)
    if item is not None and kind == Event.Kind.DECISION:
        return _decide(checklist, item, operation)
    if answer is not None and kind == Event.Kind.ANSWER:
        return _answer(checklist, answer, operation)
    return _append(checklist, operation, {})


def _require_form(payload: Mapping[str, Any]) -> None:
    """Raises Refused unless every part of the payload has the type that `record` documents."""
    resolves, decision = payload.get("resolves", []), payload.get("decision", {})
    texts = [payload.get(name, "") for name in ("item", "question", "value")]
    if isinstance(decision, Mapping):
        texts += [decision.get(name) or "" for name in FIELDS]
    if (
        not isinstance(decision, Mapping)
        or not isinstance(resolves, list | tuple)
        or not all(isinstance(text, str) for text in texts)
        or not all(is_uuid(op_id) for op_id in resolves)
    ):
        raise Refused(_("This entry is not complete. Reload the page and enter it again."))
    refuse_unstorable(payload)


def is_uuid(value: Any) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True


def _read(
    checklist: Checklist, kind: Event.Kind, payload: Mapping[str, Any]
) -> tuple[ChecklistItem | None, Answer | None, dict[str, Any]]:
    """The operation's item or answer, and its body with every field in its place."""
    resolves = sorted({str(UUID(str(op))) for op in payload.get("resolves", [])})
    if kind == Event.Kind.DECISION:
        item = checklist.items.filter(tracking_id=str(payload.get("item", ""))).first()
        if item is None:
            raise Refused(_("This item is not part of the checklist."))
        decision = clean_decision(payload.get("decision", {}), severity=item.severity)
        return item, None, {"item": item.tracking_id, "decision": decision, "resolves": resolves}
    if kind == Event.Kind.ANSWER:
        question, value = str(payload.get("question", "")), str(payload.get("value", ""))
        answer = checklist.answers.filter(question=question).first()
        if answer is None:
            raise Refused(_("This checklist does not have that question."))
        _require_answerable(checklist, question, value)
        return None, answer, {"question": question, "value": value, "resolves": resolves}
    if not resolves:
        raise Refused(_("Choose the conflict that this resolves."))
    conflict = Event.objects.select_related("item").filter(op_id=resolves[0]).first()
    return (conflict.item if conflict else None), None, {"resolves": resolves}


def clean_decision(given: Mapping[str, Any], *, severity: int | None) -> dict[str, str]:
    """All nine fields as stripped strings, those that the decision has no use for emptied.

    `severity` 3 asks for an approver of an accepted risk. Raises Refused with every fault.
    """
    # A form sends CR LF and a script LF: the same text has to be the same value.
    clean = {name: _lines(str(given.get(name) or "")).strip() for name in FIELDS}
    # Whoever answers for something has a name, and a reason can be read.
    clean |= {name: "" for name in MEANT_TO_BE_READ if not is_readable(clean[name])}
    faults = [
        _("The text is too long: at most %(limit)d characters.") % {"limit": limit}
        for name, (_column, limit) in FIELDS.items()
        if len(clean[name]) > limit
    ]
    decision = clean["decision"]
    if decision not in Decision.values:
        faults.append(_("Choose a decision."))
    if decision == Decision.RISK_ACCEPTED:
        if not clean["reason"]:
            faults.append(_("Enter the reason why the risk is accepted."))
        if severity == 3 and not clean["approver"]:
            faults.append(_("Enter who approved accepting this risk of high severity."))
    elif decision == Decision.NOT_NEEDED and not clean["reason"]:
        faults.append(_("Enter the reason why this is not needed."))
    if clean["due"] and not _is_date(clean["due"]):
        faults.append(_("Enter the date as year-month-day, for example 2026-11-27."))
    if faults:
        raise Refused(*dict.fromkeys(faults))
    if decision not in (Decision.RISK_ACCEPTED, Decision.NOT_NEEDED):
        clean["reason"] = ""
    if decision != Decision.RISK_ACCEPTED:
        clean["approver"] = ""
    if decision != Decision.PENDING:
        clean["waiting_for"] = clean["due"] = clean["agreed_by"] = ""
    return clean


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def decision_of(item: ChecklistItem) -> dict[str, str]:
    """The item's present decision in the shape of an operation's."""
    values = {name: getattr(item, column) for name, (column, _limit) in FIELDS.items()}
    return {
        name: value.isoformat() if isinstance(value, date) else value or ""
        for name, value in values.items()
    }


def _require_answerable(checklist: Checklist, question: str, value: str) -> None:
    """Raises Refused for a value that the question does not have, or a question that is settled."""
    header = checklist.frozen
    if question == "mode":
        if _mode_known_at_creation(checklist):
            raise Refused(
                _("The mode was given when the checklist was made and cannot change.")
                + " "
                + _("Start a new checklist from this one.")
            )
        allowed = {mode["slug"] for mode in header["modes"]} | {NOT_KNOWN}
    elif question == "installed_with":
        rank = header["release"]["rank"]
        allowed = {r["slug"] for r in header["releases"] if r["rank"] <= rank}
        allowed |= {OLDER.value, NOT_KNOWN}
    else:
        allowed = {"yes", "no", NOT_KNOWN}
    if value not in allowed:
        raise Refused(_("Choose one of the answers."))


def _mode_known_at_creation(checklist: Checklist) -> bool:
    created = checklist.events.get(seq=1)
    return bool(created.effect["answers"]["mode"] != NOT_KNOWN)


def _require_resolvable(
    checklist: Checklist, resolves: list[str], item: ChecklistItem | None, answer: Answer | None
) -> None:
    """Raises Refused unless each op_id is a conflict or late operation on the same thing."""
    if not resolves:
        return
    known = {str(event.op_id): event for event in to_resolve(checklist, resolved_too=True)}
    for op_id in resolves:
        event = known.get(op_id)
        elsewhere = event is None or (item is not None and event.item_id != item.pk)
        if elsewhere or (answer and event and event.payload.get("question") != answer.question):
            raise Refused(_("This conflict is not part of the item. Reload the page."))


def _decide(checklist: Checklist, item: ChecklistItem, operation: Operation) -> Event:
    wanted, present = operation.payload["decision"], decision_of(item)
    marked = item.returned or item.flagged
    resolving = bool(operation.payload["resolves"])
    if wanted == present and not marked and not resolving:
        return _append(checklist, operation, {"version": item.version}, Event.Outcome.SAME)
    if operation.base_version != item.version:
        current = {
            **present,
            "by": item.decided_by,
            "at": timestamp(item.decided_at),
        }
        seen = {"version": item.version, "current": current}
        return _append(checklist, operation, seen, Event.Outcome.CONFLICT)
    now = timezone.now()
    event = _append(checklist, operation, {"version": item.version + 1}, now=now)
    for name, (column, _limit) in FIELDS.items():
        setattr(item, column, wanted[name])
    item.due = date.fromisoformat(wanted["due"]) if wanted["due"] else None
    item.decided_by, item.decided_at = operation.by.name, now
    item.returned = item.flagged = False
    item.version += 1
    columns = [column for column, _limit in FIELDS.values()]
    item.save(
        update_fields=[*columns, "decided_by", "decided_at", "returned", "flagged", "version"]
    )
    return event


def _answer(checklist: Checklist, answer: Answer, operation: Operation) -> Event:
    value, resolving = operation.payload["value"], bool(operation.payload["resolves"])
    if value == answer.value and not resolving:
        return _append(checklist, operation, {"version": answer.version}, Event.Outcome.SAME)
    if operation.base_version != answer.version:
        current = {
            "value": answer.value,
            "by": answer.answered_by,
            "at": timestamp(answer.answered_at),
        }
        seen = {"version": answer.version, "current": current}
        return _append(checklist, operation, seen, Event.Outcome.CONFLICT)
    answers = dict(checklist.answers.values_list("question", "value"))
    answers[answer.question] = value
    touched = decide_anew(checklist.items.all(), checklist.frozen, answers)
    now = timezone.now()
    reasons = {item.tracking_id: str(item.reason) for item in touched}
    effect = {"version": answer.version + 1, "reasons": reasons}
    event = _append(checklist, operation, effect, now=now)
    ChecklistItem.objects.bulk_update(touched, ["reason", "verdict"])
    answer.value, answer.version = value, answer.version + 1
    answer.answered_by, answer.answered_at = operation.by.name, now
    answer.save(update_fields=["value", "version", "answered_by", "answered_at"])
    return event
