"""Appending to the chain. Everything that happens to a checklist passes through `append`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from advisories.statements import fetch
from checklists.actions.errors import NotAllowed, Refused
from checklists.chain import FIRST, hash_of
from checklists.models import Checklist, ChecklistItem, Edition, Event, Rollout, SignOff
from portal.models import User
from portal.roles import Role


@dataclass(frozen=True)
class Customer:
    """Who acts without an account: what they typed."""

    name: str
    company: str


def lock(checklist_id: UUID) -> Checklist:
    """The checklist, locked until the transaction ends. Raises Refused when it was discarded."""
    checklist: Checklist = (
        Checklist.objects.select_for_update(of=("self",))
        .select_related("rollout")
        .get(pk=checklist_id)
    )
    if checklist.discarded_at:
        raise Refused(_("This checklist was discarded. Nothing in it changes any more."))
    return checklist


def require(checklist: Checklist, by: User, *roles: Role) -> None:
    """Raises NotAllowed unless `by` is a member of the rollout with one of the roles.

    Two queries at most; none for a superuser.
    """
    if not any(by.has_role(role) for role in roles):
        raise NotAllowed(_("Your account does not have the role that this needs."))
    if not by.is_superuser and not fetch(_membership, checklist.rollout_id, by.pk):
        raise NotAllowed(_("You are not a member of this rollout."))


def open_edition(checklist: Checklist) -> Edition | None:
    """The edition that is not issued, with its sign-offs; None while there is none."""
    return checklist.editions.filter(issued_at__isnull=True).prefetch_related("sign_offs").first()


def in_draft(checklist: Checklist) -> bool:
    """Whether items, answers and header may change: an open edition without live *prepared*;
    one query."""
    return bool(fetch(_draft, checklist.pk))


def _draft(checklist: UUID) -> QuerySet[Any, Any]:
    live = SignOff.objects.filter(
        edition=OuterRef("pk"), kind=SignOff.Kind.PREPARED, revoked_at__isnull=True
    )
    drafts = Edition.objects.filter(checklist=checklist, issued_at__isnull=True)
    return drafts.filter(~Exists(live)).order_by().values_list("pk")


def _membership(rollout: UUID, user: int) -> QuerySet[Any, Any]:
    members = Rollout.members.through._default_manager
    return members.filter(rollout=rollout, user=user).values_list("pk")


def stored(
    checklist: Checklist, op_id: UUID, kind: Event.Kind, by: User | Customer
) -> Event | None:
    """The event of a form that was sent twice. Raises Refused when the id belongs to another."""
    event = Event.objects.filter(op_id=op_id).first()
    actor = by.pk if isinstance(by, User) else None
    if event and (event.checklist_id, event.kind, event.actor_id) != (checklist.pk, kind, actor):
        raise used_before()
    return event


def used_before() -> Refused:
    return Refused(_("This form was already used for something else. Reload the page."))


def same_body(
    stored: Event,
    checklist: Checklist,
    kind: Event.Kind,
    body: Mapping[str, Any],
    base_version: int | None,
    by: User,
) -> Event:
    """The stored answer of an operation that came twice. Raises Refused for another body."""
    known = (stored.checklist_id, stored.kind, stored.payload, stored.base_version, stored.actor_id)
    if known != (checklist.pk, kind, body, base_version, by.pk):
        raise Refused(
            _("This operation was already recorded with other contents.")
            + " "
            + _("Reload the page and enter it again.")
        )
    return stored


def append(
    checklist: Checklist,
    *,
    op_id: UUID,
    kind: Event.Kind,
    payload: Mapping[str, Any],
    effect: Mapping[str, Any],
    by: User | Customer,
    outcome: Event.Outcome = Event.Outcome.APPLIED,
    item: ChecklistItem | None = None,
    base_version: int | None = None,
    client_at: datetime | None = None,
    now: datetime | None = None,
) -> Event:
    """Write the next event of a locked checklist and move its head; two queries."""
    event = Event(
        checklist=checklist,
        seq=checklist.last_seq + 1,
        op_id=op_id,
        kind=kind,
        item=item,
        payload=dict(payload),
        effect=dict(effect),
        base_version=base_version,
        outcome=outcome,
        actor=by if isinstance(by, User) else None,
        actor_name=by.name,
        recorded_at=now or timezone.now(),
        client_at=client_at,
        prev_hash=checklist.head or FIRST,
    )
    event.hash = hash_of(event, tracking_id=item.tracking_id if item else None)
    event.save(force_insert=True)
    checklist.last_seq, checklist.head = event.seq, event.hash
    checklist.save(update_fields=["last_seq", "head"])
    return event


def refuse_unstorable(value: Any) -> None:
    """Raises Refused for U+0000 and lone surrogates anywhere in a JSON value.

    SQLite would take them and PostgreSQL not, and no file could print them.
    """
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise Refused(
                _("The text has a character that cannot be stored (U+0000 or half a character).")
                + " "
                + _("Remove it and try again.")
            )
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            refuse_unstorable(key)
            refuse_unstorable(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            refuse_unstorable(inner)


def required_text(value: str, message: str, *, limit: int = 5000) -> str:
    """`value` stripped. Raises Refused(message) when nothing is left, or when it is too long."""
    text = value.strip()
    refuse_unstorable(text)
    if not text:
        raise Refused(message)
    if len(text) > limit:
        raise Refused(_("The text is too long: at most %(limit)d characters.") % {"limit": limit})
    return text
