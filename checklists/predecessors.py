"""What the checklist before this one said: its decisions as they were handed over last."""

import json
from dataclasses import dataclass
from typing import Any

from checklists.models import Checklist, ChecklistItem, Edition


@dataclass(frozen=True)
class Before:
    """An item of the checklist before: its decision as it is offered, and why it had its
    verdict."""

    offered: dict[str, Any]
    reason: str


def before_this(predecessor: Checklist | None) -> dict[str, Before]:
    """The items of `predecessor` by tracking ID: of its newest edition that stands, else as they
    are now. At most two queries."""
    if predecessor is None:
        return {}
    issued = Edition.objects.filter(
        checklist=predecessor, issued_at__isnull=False, revocation__isnull=True
    )
    edition = issued.order_by("-minor").first()
    if edition is None:
        return {
            item.tracking_id: Before(offered_decision(item), item.reason)
            for item in predecessor.items.all()
        }
    return {
        item["tracking_id"]: Before(_offered(item["decision"]), item["reason"])
        for item in json.loads(edition.content)["items"]
    }


def _offered(signed: dict[str, Any]) -> dict[str, Any]:
    """A signed decision as it is offered later."""
    return {
        "decision": signed["decision"],
        "note": signed["note"],
        "value_before": signed["before"],
        "value_after": signed["after"],
        "reason": signed["reason"],
        "approver": signed["approver"],
        "by": signed["by"],
        "at": signed["at"] or None,
    }


def offered_decision(item: ChecklistItem) -> dict[str, Any]:
    """The item's decision as it is offered later: what was decided, noted and by whom."""
    return {
        "decision": item.decision,
        "note": item.note,
        "value_before": item.value_before,
        "value_after": item.value_after,
        "reason": item.decision_reason,
        "approver": item.approver,
        "by": item.decided_by,
        "at": item.decided_at and item.decided_at.isoformat(),
    }
