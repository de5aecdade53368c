"""What was recorded, in words of the active language: decisions, answers, moments."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from checklists import wording
from checklists.models import ChecklistItem, Decision, Event

# A decision's fields in the order in which they are shown, without the decision itself.
LABELS = {
    "note": _("Note"),
    "before": _("Value before"),
    "after": _("Value after"),
    "reason": _("Reason for the decision"),
    "approver": _("Approved by"),
    "waiting_for": _("Waiting for"),
    "due": _("Due"),
    "agreed_by": _("Hand-over with this open agreed by"),
}
COLUMNS = {
    "note": "note",
    "before": "value_before",
    "after": "value_after",
    "reason": "decision_reason",
    "approver": "approver",
    "waiting_for": "waiting_for",
    "due": "due",
    "agreed_by": "agreed_by",
}
# Fields of a frozen offer that are called as the columns are.
OFFERED = COLUMNS | {"reason": "reason"}

Said = list[tuple[str, str]]


def said_of(item: ChecklistItem, *, note: bool = True) -> Said:
    """(label, text) of what the item's decision says, without what is empty."""
    return [
        (str(LABELS[name]), _shown(name, str(value)))
        for name, column in COLUMNS.items()
        if (note or name != "note") and (value := getattr(item, column))
    ]


def said_in(decision: Mapping[str, Any]) -> Said:
    """The same of an operation's or an event's decision, led by the decision itself."""
    said = [
        (str(label), _shown(name, str(decision[name])))
        for name, label in LABELS.items()
        if decision.get(name)
    ]
    return [(str(_("Decision")), decision_word(decision.get("decision", ""))), *said]


def _shown(name: str, value: str) -> str:
    return day(value) if name == "due" else value


def said_of_event(event: Event, header: Mapping[str, Any]) -> Said:
    """What a decision or an answer wanted to record, or which file was added or removed."""
    if event.kind == Event.Kind.ANSWER:
        question, value = event.payload["question"], event.payload["value"]
        return [
            (wording.question_text(header, question), wording.value_text(header, question, value))
        ]
    if event.kind in (Event.Kind.EVIDENCE_ADDED, Event.Kind.EVIDENCE_REMOVED):
        caption = event.payload.get("caption")
        said = [(str(_("File")), event.payload["name"])]
        return [*said, (str(_("Caption")), caption)] if caption else said
    return said_in(event.payload["decision"])


def offered(previous: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(field, value) of the decision on the predecessor's item, as an operation has them."""
    yield "decision", previous["decision"]
    for name, key in OFFERED.items():
        if previous.get(key):
            yield name, previous[key]


def decision_word(decision: str) -> str:
    return str(Decision(decision).label) if decision in Decision.values else decision


def moment(at: datetime | str | None) -> str:
    """A time (aware, or ISO 8601) as "2026/11/24 10:32" in the portal's time zone; None: ""."""
    if not at:
        return ""
    when = datetime.fromisoformat(at) if isinstance(at, str) else at
    return timezone.localtime(when).strftime("%Y/%m/%d %H:%M")


def day(iso: str) -> str:
    """A day in ISO 8601 as "2026/11/24", as everything else that is shown has it."""
    return iso.replace("-", "/")
