"""Files that prove an item: added to a draft, and taken out of it again (design sections 5 and 6).

Adding takes nothing away from anybody, so there is no conflict. What arrives when the checklist is
no draft any more is kept as late and offered in the next one.
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from checklists.actions.errors import Refused, Stale
from checklists.actions.events import append, in_draft, lock, refuse_unstorable, require, same_body
from checklists.actions.storing import store
from checklists.evidence_files import EvidenceFile
from checklists.models import LINE_LENGTH, Checklist, ChecklistItem, Event, Evidence
from portal.models import User
from portal.roles import Role

MOST_OF_AN_ITEM = 50
KEPT = ("name", "type", "size", "sha256", "caption")  # of the payload, in the row


@transaction.atomic
def add_evidence(
    *,
    checklist_id: UUID,
    op_id: UUID,
    tracking_id: str,
    file: EvidenceFile,
    caption: str = "",
    by: User,
) -> Event:
    """Add a file to an item; its event says what became of it: applied, same (the item has this
    very file) or late. The same `op_id` with the same file gives the stored event. About ten
    queries. Raises Refused (too many, an unknown item, a caption that is too long), NotAllowed.
    """
    checklist = lock(checklist_id)
    require(checklist, by, Role.ENGINEER)
    payload = {
        "item": tracking_id,
        "name": file.name,
        "type": file.type,
        "size": len(file.data),
        "sha256": hashlib.sha256(file.data).hexdigest(),
        "caption": _caption(caption),
        "resolves": [],
    }
    done = _stored(checklist, op_id, Event.Kind.EVIDENCE_ADDED, payload, by)
    if done:
        return done
    item = _item(checklist, tracking_id)
    store(file.data)
    thumbnail = store(file.thumbnail) if file.thumbnail else ""
    return _add(checklist, op_id, item, payload, thumbnail, by)


@transaction.atomic
def take_late_evidence(*, checklist_id: UUID, op_id: UUID, entry: Event, by: User) -> Event:
    """Add the file that came late; that settles the late entry. Raises Refused, NotAllowed."""
    checklist = lock(checklist_id)
    require(checklist, by, Role.ENGINEER)
    if entry.checklist_id != checklist.pk or entry.kind != Event.Kind.EVIDENCE_ADDED:
        raise ValueError(f"{entry} is no evidence of {checklist.pk}")
    # An entry that tried to settle another one and came too late still stands for both.
    resolves = sorted({str(entry.op_id), *entry.payload["resolves"]})
    payload = {**entry.payload, "resolves": resolves}
    done = _stored(checklist, op_id, Event.Kind.EVIDENCE_ADDED, payload, by)
    if done:
        return done
    item = _item(checklist, payload["item"])
    return _add(checklist, op_id, item, payload, entry.effect["thumbnail"], by)


@transaction.atomic
def remove_evidence(*, checklist_id: UUID, op_id: UUID, evidence_id: UUID, by: User) -> Event:
    """Take a file out of what proves its item; row and file stay. Twice is once.

    Raises Refused for a file that the checklist does not have or has no more, Stale outside a
    draft, NotAllowed."""
    checklist = lock(checklist_id)
    require(checklist, by, Role.ENGINEER)
    found = Evidence.objects.select_related("item").filter(pk=evidence_id)
    evidence = found.filter(item__checklist=checklist).first()
    if evidence is None:
        raise Refused(_("This file is no evidence of the checklist."))
    payload = {
        "item": evidence.item.tracking_id,
        "evidence": str(evidence.pk),
        "name": evidence.name,
        "sha256": evidence.sha256,
    }
    done = _stored(checklist, op_id, Event.Kind.EVIDENCE_REMOVED, payload, by)
    if done:
        return done
    if not in_draft(checklist):
        raise Stale(_("The checklist is no longer in that state. Reload the page."))
    if evidence.removed_at:
        raise Refused(_("This file was removed in the meantime."))
    now = timezone.now()
    event = append(
        checklist,
        op_id=op_id,
        kind=Event.Kind.EVIDENCE_REMOVED,
        item=evidence.item,
        payload=payload,
        effect={},
        by=by,
        now=now,
    )
    evidence.removed_by, evidence.removed_at = by.name, now
    evidence.save(update_fields=["removed_by", "removed_at"])
    return event


def _caption(given: str) -> str:
    caption = " ".join(given.split())
    refuse_unstorable(caption)
    if len(caption) > LINE_LENGTH:
        limit = {"limit": LINE_LENGTH}
        raise Refused(_("The text is too long: at most %(limit)d characters.") % limit)
    return caption


def _stored(
    checklist: Checklist, op_id: UUID, kind: Event.Kind, payload: Mapping[str, Any], by: User
) -> Event | None:
    found = Event.objects.select_related("item").filter(op_id=op_id).first()
    return found and same_body(found, checklist, kind, payload, None, by)


def _item(checklist: Checklist, tracking_id: str) -> ChecklistItem:
    item = checklist.items.filter(tracking_id=tracking_id).first()
    if item is None:
        raise Refused(_("This item is not part of the checklist."))
    return item


def _add(
    checklist: Checklist,
    op_id: UUID,
    item: ChecklistItem,
    payload: Mapping[str, Any],
    thumbnail: str,
    by: User,
) -> Event:
    present = dict(item.evidence.filter(removed_at__isnull=True).values_list("sha256", "pk"))
    known = payload["sha256"] in present
    if not known and len(present) >= MOST_OF_AN_ITEM:
        limit = {"limit": MOST_OF_AN_ITEM}
        raise Refused(_("An item has at most %(limit)d files. Remove some.") % limit)
    outcome = Event.Outcome.APPLIED
    if not in_draft(checklist):
        outcome = Event.Outcome.LATE
    elif known and not payload["resolves"]:
        outcome = Event.Outcome.SAME
    now = timezone.now()
    event = append(
        checklist,
        op_id=op_id,
        kind=Event.Kind.EVIDENCE_ADDED,
        item=item,
        payload=payload,
        effect={"thumbnail": thumbnail, "known": known},
        outcome=outcome,
        by=by,
        now=now,
    )
    if outcome == Event.Outcome.APPLIED and not known:
        Evidence.objects.create(
            id=op_id,
            item=item,
            thumbnail=thumbnail,
            added_by=by.name,
            added_at=now,
            **{name: payload[name] for name in KEPT},
        )
    return event
