"""Every write of checklists: keyword-only, atomic, the actor last. Nothing else writes."""

from checklists.actions.acceptance import accept, comment, decline, record_paper, revoke_reply
from checklists.actions.access import make_link, open_device, open_link, revoke_link
from checklists.actions.assignments import assign
from checklists.actions.boxes import Seen, add_box, answer_boxes, decide_on_boxes
from checklists.actions.bulk import Done, Picked, decide_items, undo_items
from checklists.actions.bundles import hand_out
from checklists.actions.creation import create_checklist, create_rollout
from checklists.actions.devices import contact
from checklists.actions.errors import NotAllowed, Overtaken, Refused, Stale
from checklists.actions.events import Customer
from checklists.actions.evidence import add_evidence, remove_evidence, take_late_evidence
from checklists.actions.offers import Wanted, look_through, take
from checklists.actions.operations import record
from checklists.actions.rollouts import change_header, change_host, change_members, discard, purge
from checklists.actions.signing import (
    close_draft,
    issue,
    prepare,
    reopen,
    return_items,
    revoke_edition,
    withdraw,
)

__all__ = [
    "Customer",
    "Done",
    "NotAllowed",
    "Overtaken",
    "Picked",
    "Refused",
    "Seen",
    "Stale",
    "Wanted",
    "accept",
    "add_box",
    "add_evidence",
    "answer_boxes",
    "assign",
    "change_header",
    "change_host",
    "change_members",
    "close_draft",
    "comment",
    "contact",
    "create_checklist",
    "create_rollout",
    "decide_items",
    "decide_on_boxes",
    "decline",
    "discard",
    "hand_out",
    "issue",
    "look_through",
    "make_link",
    "open_device",
    "open_link",
    "prepare",
    "purge",
    "record",
    "record_paper",
    "remove_evidence",
    "reopen",
    "return_items",
    "revoke_edition",
    "revoke_link",
    "revoke_reply",
    "take",
    "take_late_evidence",
    "undo_items",
    "withdraw",
]
