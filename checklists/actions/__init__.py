"""Every write of checklists: keyword-only, atomic, the actor last. Nothing else writes."""

from checklists.actions.creation import create_checklist, create_rollout
from checklists.actions.devices import contact
from checklists.actions.errors import NotAllowed, Refused, Stale
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
    "NotAllowed",
    "Refused",
    "Stale",
    "Wanted",
    "change_header",
    "change_host",
    "change_members",
    "close_draft",
    "contact",
    "create_checklist",
    "create_rollout",
    "discard",
    "issue",
    "look_through",
    "prepare",
    "purge",
    "record",
    "reopen",
    "return_items",
    "revoke_edition",
    "take",
    "withdraw",
]
