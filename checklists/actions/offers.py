"""Taking what the catalogue offers an open checklist, and saying that it was looked through
(design section 7). Nothing is taken by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from advisories.models import Product
from checklists.actions.creation import frozen_item
from checklists.actions.errors import Refused, Stale
from checklists.actions.events import append, in_draft, lock, require, same_body, stored
from checklists.actions.operations import FIELDS, decision_of
from checklists.chain import digest
from checklists.freezing import CONDITION, NOT_KNOWN, documents_of
from checklists.models import Answer, Checklist, ChecklistItem, Decision, Event
from checklists.moves import Consequence, consequence
from checklists.offers import Offer, Offered, held_by, moves_since, offered_to, seen_in
from checklists.predecessors import offered_decision
from portal.models import User
from portal.roles import Role

TAKEN_COLUMNS = ["revision", "severity", "category", "content", "facts", "previous", "reason"]
TAKEN_COLUMNS += ["note_version"]
TAKEN_COLUMNS += ["verdict", "flagged", "version", "decided_by", "decided_at"]
TAKEN_COLUMNS += [column for column, _limit in FIELDS.values()]


@dataclass(frozen=True)
class Wanted:
    """An offer as somebody saw it: the newest revision of the advisory, the version of its item
    (None for an added advisory, which has none yet), and that of the company's own note."""

    tracking_id: str
    revision: int
    version: int | None
    note: int = 0


@transaction.atomic
def take(*, checklist_id: UUID, op_id: UUID, wanted: Sequence[Wanted], by: User) -> list[Event]:
    """Take these offers into a draft, each as one event, or none of them: the item gets the new
    revision, an added advisory becomes a new open item at the end.

    What becomes of a decision is `moves.consequence`; the event says it. The same `op_id` gives
    the stored events. Raises Stale when an offer is no longer the newest, its item was decided
    meanwhile or the checklist is no draft; Refused, NotAllowed.
    """
    checklist = lock(checklist_id)
    require(checklist, by, Role.ENGINEER)
    if not wanted:
        raise Refused(_("Choose what to take."))
    operations = {uuid5(op_id, one.tracking_id): one for one in wanted}
    known = Event.objects.select_related("item").filter(op_id__in=operations)
    done = {event.op_id: _same(event, checklist, operations[event.op_id], by) for event in known}
    if len(done) < len(operations):
        _require_draft(checklist)
        taking = _Taking(checklist, by)
        for one_op_id, one in operations.items():
            if one_op_id not in done:
                done[one_op_id] = taking.take(one_op_id, one)
    return [done[one_op_id] for one_op_id in operations]


def _same(event: Event, checklist: Checklist, wanted: Wanted, by: User) -> Event:
    return same_body(event, checklist, Event.Kind.TAKEN, _body(wanted), wanted.version, by)


def _body(wanted: Wanted) -> dict[str, Any]:
    return {"item": wanted.tracking_id, "revision": wanted.revision, "note": wanted.note}


def _require_draft(checklist: Checklist) -> None:
    if not in_draft(checklist):
        raise Stale(
            _("The checklist is no draft any more, so nothing was taken.")
            + " "
            + _("Withdraw the signature or re-open it first.")
        )


class _Taking:
    """What is offered to a locked checklist in draft; takes one after the other."""

    def __init__(self, checklist: Checklist, by: User) -> None:
        self.checklist, self.by, self.now = checklist, by, timezone.now()
        self.items = {item.tracking_id: item for item in checklist.items.all()}
        self.last = max((item.position for item in self.items.values()), default=0)
        answers = dict(checklist.answers.values_list("question", "value"))
        self.offered: Offered = offered_to(checklist, self.items.values(), answers)

    def take(self, op_id: UUID, wanted: Wanted) -> Event:
        offer, item = self._offer(wanted), self.items.get(wanted.tracking_id)
        before = frozen_item(item) if item else None
        conditions = self._add_conditions(offer)
        if item is None:
            item, what = self._add(offer), Consequence.NONE
        else:
            what = _renew(item, offer)
        return append(
            self.checklist,
            op_id=op_id,
            kind=Event.Kind.TAKEN,
            payload=_body(wanted),
            effect={
                "step": offer.move.step.value,
                "consequence": what.value,
                "version": item.version,
                "reason": offer.reason.value,
                "flagged": item.flagged,
                "decision": decision_of(item) if what is Consequence.REOPENED else None,
                "content": digest(frozen_item(item)),
                "before": before,
                "conditions": conditions,
            },
            base_version=wanted.version,
            item=item,
            by=self.by,
            now=self.now,
        )

    def _offer(self, wanted: Wanted) -> Offer:
        """The offer as it is now. Raises Stale unless it is the one that was seen."""
        if self.offered.problem:
            raise Refused(self.offered.problem)
        offer = self.offered.offers.get(wanted.tracking_id)
        item = self.items.get(wanted.tracking_id)
        version = item.version if item else None
        seen = (wanted.revision, wanted.version, wanted.note)
        if offer is None or (offer.move.newest, version, offer.move.newest_note) != seen:
            raise Stale(
                _("The advisory or its item has changed since this page was shown.")
                + " "
                + _("Nothing was taken. Look at it again.")
            )
        return offer

    def _add_conditions(self, offer: Offer) -> list[dict[str, Any]]:
        """The conditions of the new revision that this checklist has not asked yet, now asked."""
        header = self.checklist.frozen
        wanted = {condition["slug"] for condition in offer.new.content["conditions"]}
        wanted -= {condition["slug"] for condition in header["conditions"]}
        added = [c for c in self.offered.conditions if c["slug"] in wanted]
        if added:
            header["conditions"] = [*header["conditions"], *added]
            self.checklist.save(update_fields=["frozen"])
            Answer.objects.bulk_create(
                Answer(checklist=self.checklist, question=CONDITION + c["slug"], value=NOT_KNOWN)
                for c in added
            )
        return added

    def _add(self, offer: Offer) -> ChecklistItem:
        """A new item at the end: the positions of the others are printed and never change."""
        self.last += 1
        item = ChecklistItem(
            checklist=self.checklist, position=self.last, tracking_id=offer.new.tracking_id
        )
        _set_frozen(item, offer)
        item.save(force_insert=True)
        return item


def _renew(item: ChecklistItem, offer: Offer) -> Consequence:
    """Give the item the new revision, and its decision what follows from it."""
    what = consequence(
        offer.move.step,
        decided=item.decision != Decision.OPEN,
        reason_changes=offer.reason != item.reason,
    )
    if what is Consequence.REOPENED:
        _reopen(item)
    item.flagged = what is Consequence.FLAGGED or (
        item.flagged and what is not Consequence.REOPENED
    )
    _set_frozen(item, offer)
    item.version += 1
    item.save(update_fields=TAKEN_COLUMNS)
    return what


def _reopen(item: ChecklistItem) -> None:
    """Open the decision again; what it was stands beside it as an offer."""
    present = decision_of(item)
    item.previous = offered_decision(item) | {
        **{name: present[name] for name in ("waiting_for", "due", "agreed_by")},
        "revision": item.revision,
    }
    for column, _limit in FIELDS.values():
        setattr(item, column, "")
    item.decision, item.due = Decision.OPEN, None
    item.decided_by, item.decided_at = "", None


def _set_frozen(item: ChecklistItem, offer: Offer) -> None:
    new = offer.new
    item.revision, item.severity, item.category = new.revision, new.severity, new.category
    item.content, item.facts, item.note_version = new.content, new.facts, new.note_version
    item.reason, item.verdict = offer.reason, offer.reason.verdict


@transaction.atomic
def look_through(*, checklist_id: UUID, op_id: UUID, seen: str, by: User) -> Event:
    """Say that everything the catalogue offers was looked at, taken or not: from now on the
    checklist names the document revisions and the date of today.

    `seen` is `seen_in` of what was shown. Raises Stale when more has moved, or outside a draft;
    NotAllowed.
    """
    checklist = lock(checklist_id)
    require(checklist, by, Role.ENGINEER)
    done = stored(checklist, op_id, Event.Kind.LOOKED_THROUGH, by)
    if done:
        return done
    _require_draft(checklist)
    if seen_in(moves_since(checklist.product, held_by(checklist.items.all()))) != seen:
        raise Stale(
            _("The catalogue has moved on since this page was shown.")
            + " "
            + _("Look through it again.")
        )
    now = timezone.now()
    header, product = checklist.frozen, Product.objects.filter(slug=checklist.product).first()
    looked = {
        "check_date": timezone.localdate(now).isoformat(),
        "documents": documents_of(product) if product else header["documents"],
    }
    before = {name: header[name] for name in looked}
    checklist.frozen = {**header, **looked}
    checklist.save(update_fields=["frozen"])
    return append(
        checklist,
        op_id=op_id,
        kind=Event.Kind.LOOKED_THROUGH,
        payload={"seen": seen},
        effect={**looked, "before": before},
        by=by,
        now=now,
    )
