"""Signatures and editions: prepare, withdraw, return, issue, re-open, close, revoke (design 6)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from checklists import mails
from checklists.actions.devices import signed_without
from checklists.actions.errors import NotAllowed, Refused, Stale
from checklists.actions.events import (
    append,
    lock,
    open_edition,
    require,
    required_text,
    stored,
)
from checklists.chain import canonical, digest
from checklists.conflicts import conflicts
from checklists.content import content_of
from checklists.models import Checklist, Edition, Event, IssuedFile, Revocation, SignOff
from checklists.offers import catalogue_of, offered_to
from checklists.readiness import hindrances
from portal.models import User
from portal.roles import Role

# What happens to an issued edition while the next one is open, and changes nothing in that.
OF_ISSUED = (
    Event.Kind.ACCEPTED,
    Event.Kind.DECLINED,
    Event.Kind.COMMENTED,
    Event.Kind.REPLY_REVOKED,
    Event.Kind.REVOKED,
)


def _changed() -> Stale:
    return Stale(
        _("The checklist has changed since this page was shown.")
        + " "
        + _("Look through it again, then sign.")
    )


@transaction.atomic
def prepare(
    *,
    checklist_id: UUID,
    op_id: UUID,
    seen: str,
    ticked: Collection[str] = (),
    without: Collection[str] = (),
    by: User,
) -> SignOff:
    """The engineer's signature over the content whose digest is `seen`.

    `ticked` are the added and MAJOR offers (tracking IDs) that the person has seen and hands over
    without, `without` the devices with unsent work (see `actions.devices`). Raises Refused with
    every rule of design section 6 that does not hold, or while one of these is not ticked; Stale
    when the content, and with it the offers, is no longer the one seen; NotAllowed. The same
    `op_id` gives the signature it made.
    """
    checklist = lock(checklist_id)
    require(checklist, by, Role.ENGINEER)
    done = stored(checklist, op_id, Event.Kind.PREPARED, by, digest=seen)
    if done:
        return _live(checklist, done)
    edition = _edition_in(checklist, Edition.State.DRAFT)
    answers = dict(checklist.answers.values_list("question", "value"))
    items = list(checklist.items.all())
    offered = offered_to(checklist, items, answers)
    hindering = hindrances(
        items, conflicts(checklist), checklist.frozen, answers, offered.withdrawn
    )
    if hindering:
        raise Refused(*map(str, hindering))
    content = content_of(checklist, edition, offered)
    content_digest = digest(content)
    if content_digest != seen:
        raise _changed()
    confirmed = [m.tracking_id for m in offered.moves if m.needs_tick]
    if not set(confirmed) <= set(ticked):
        raise Refused(
            _("Tick each added or MAJOR change that you hand over without, or take it first.")
        )
    now = timezone.now()
    payload = {"edition": edition.number, "digest": content_digest, "ticked": confirmed}
    event = append(
        checklist,
        op_id=op_id,
        kind=Event.Kind.PREPARED,
        payload=payload | signed_without(checklist, without, now),
        effect={name: content[name] for name in ("statement", "offers", "handover")}
        | {"company": by.company},
        by=by,
        now=now,
    )
    signature = _sign(edition, SignOff.Kind.PREPARED, content, event.hash, by, now)
    transaction.on_commit(partial(mails.waits_for_review, signature))
    return signature


@transaction.atomic
def withdraw(*, checklist_id: UUID, op_id: UUID, by: User) -> None:
    """Whoever prepared takes the signature back; the edition is a draft again (取り下げ)."""
    checklist = lock(checklist_id)
    require(checklist, by, Role.ENGINEER)
    if stored(checklist, op_id, Event.Kind.WITHDRAWN, by):
        _edition_in(checklist, Edition.State.DRAFT)
        return
    edition = _edition_in(checklist, Edition.State.PREPARED)
    signature = _prepared(edition)
    if signature.signer_id != by.pk:
        raise NotAllowed(_("Only the person who signed can withdraw the signature."))
    event = append(
        checklist,
        op_id=op_id,
        kind=Event.Kind.WITHDRAWN,
        payload={"edition": edition.number},
        effect={},
        by=by,
    )
    _revoke(signature, event, "")


@transaction.atomic
def return_items(
    *,
    checklist_id: UUID,
    op_id: UUID,
    seen: str,
    comments: Mapping[str, str],
    comment: str,
    by: User,
) -> None:
    """The reviewer sends items (tracking ID -> comment) or the whole checklist back (差戻し).

    Each returned item is marked and must be decided again. `seen` is the digest of the content
    that the reviewer looked at. Raises Refused without any comment, Stale when another content
    is signed by now, or the checklist is no longer in review.
    """
    checklist = lock(checklist_id)
    require(checklist, by, Role.REVIEWER)
    message = _("Say what is to be done: a comment for the checklist or for an item.")
    given = {key: required_text(text, message) for key, text in comments.items() if text.strip()}
    whole = required_text(comment, message) if comment.strip() or not given else ""
    if stored(checklist, op_id, Event.Kind.RETURNED, by, items=given, comment=whole):
        _edition_in(checklist, Edition.State.DRAFT)
        return
    edition = _edition_in(checklist, Edition.State.PREPARED)
    prepared = _prepared(edition)
    if prepared.digest != seen:
        raise _changed()
    items = list(checklist.items.filter(tracking_id__in=given))
    if len(items) != len(given):
        raise Refused(_("This item is not part of the checklist."))
    for item in items:
        item.returned, item.returned_comment = True, given[item.tracking_id]
        item.returned_by, item.version = by.name, item.version + 1
        item.save(update_fields=["returned", "returned_comment", "returned_by", "version"])
    event = append(
        checklist,
        op_id=op_id,
        kind=Event.Kind.RETURNED,
        payload={"edition": edition.number, "items": given, "comment": whole},
        effect={"versions": {item.tracking_id: item.version for item in items}},
        by=by,
    )
    _revoke(prepared, event, whole)
    transaction.on_commit(partial(mails.returned, prepared, whole, len(given)))


def issue(
    *, checklist_id: UUID, op_id: UUID, seen: str, without: Collection[str] = (), by: User
) -> Edition:
    """The reviewer's signature: renders every file, then issues the edition in one transaction.

    `seen` is the digest of the content that the reviewer looked at, `without` the devices with
    unsent work that it does not wait for. Late operations in between do
    not hinder it. Raises Stale when the content or the live *prepared* changed or somebody else
    was faster, Refused, NotAllowed; what a renderer raises passes through and nothing is issued.
    """
    from checklists.actions.rendering import render_files

    checklist = Checklist.objects.select_related("rollout", "created_by").get(pk=checklist_id)
    require(checklist, by, Role.REVIEWER)
    done = stored(checklist, op_id, Event.Kind.ISSUED, by, digest=seen)
    if done:
        return _edition_of(done)
    edition = _edition_in(checklist, Edition.State.PREPARED)
    prepared = _prepared(edition)
    _require_reviewer(prepared, by)
    if prepared.digest != seen:
        raise _changed()
    content = content_of(checklist, edition)
    if digest(content) != prepared.digest:
        raise _changed()
    now = timezone.now()
    devices = signed_without(checklist, without, now)
    rendered = render_files(checklist, edition, content, prepared, by, now)
    return _issue(checklist, prepared, content, rendered, devices, op_id, by, now)


@transaction.atomic
def _issue(
    seen: Checklist,
    prepared: SignOff,
    content: dict[str, Any],
    rendered: list[dict[str, Any]],
    devices: dict[str, Any],
    op_id: UUID,
    by: User,
    now: datetime,
) -> Edition:
    checklist = lock(seen.pk)
    # A double click: while this one rendered, its twin has issued.
    done = stored(checklist, op_id, Event.Kind.ISSUED, by)
    if done:
        return _edition_of(done)
    # Meanwhile the account may have lost its role, its place in the rollout, or itself.
    by = User.objects.get(pk=by.pk)
    if not by.is_active:
        raise NotAllowed(_("Your account does not have the role that this needs."))
    require(checklist, by, Role.REVIEWER)
    edition = open_edition(checklist)
    if edition is None or edition.pk != prepared.edition_id:
        raise _changed()
    live = edition.signature(SignOff.Kind.PREPARED)
    if (
        live is None
        or live.pk != prepared.pk
        or digest(content_of(checklist, edition)) != live.digest
    ):
        raise _changed()
    append(
        checklist,
        op_id=op_id,
        kind=Event.Kind.ISSUED,
        payload={"edition": edition.number, "digest": prepared.digest} | devices,
        effect={"files": rendered, "company": by.company},
        by=by,
        now=now,
    )
    _sign(edition, SignOff.Kind.REVIEWED, content, prepared.chain_head, by, now, prepared)
    edition.issued_at, edition.content = now, canonical(content)
    edition.digest, edition.chain_head = prepared.digest, prepared.chain_head
    edition.files, edition.catalogue = rendered, catalogue_of(content)
    edition.save(
        update_fields=["issued_at", "content", "digest", "chain_head", "files", "catalogue"]
    )
    IssuedFile.objects.bulk_create(
        IssuedFile(edition=edition, sha256=file["sha256"]) for file in rendered
    )
    return Edition.objects.get(pk=edition.pk)  # without the sign-offs that were fetched before


@transaction.atomic
def reopen(*, checklist_id: UUID, op_id: UUID, reason: str, by: User) -> Edition:
    """Start the next draft. The issued edition stays valid until the next one is issued."""
    checklist = lock(checklist_id)
    require(checklist, by, Role.ENGINEER, Role.REVIEWER)
    text = required_text(reason, _("Enter the reason for re-opening."))
    done = stored(checklist, op_id, Event.Kind.REOPENED, by, reason=text)
    if done:
        return _edition_of(done)
    newest = checklist.editions.order_by("minor").last()
    if newest is None or newest.issued_at is None:
        raise Stale(_("The checklist is already open."))
    now = timezone.now()
    edition = Edition.objects.create(
        checklist=checklist,
        minor=newest.minor + 1,
        reason=text,
        opened_by=by.name,
        opened_at=now,
        opened_seq=checklist.last_seq + 1,
    )
    payload = {"edition": edition.number, "reason": text}
    append(
        checklist,
        op_id=op_id,
        kind=Event.Kind.REOPENED,
        payload=payload,
        effect={},
        by=by,
        now=now,
    )
    return edition


@transaction.atomic
def close_draft(*, checklist_id: UUID, op_id: UUID, by: User) -> None:
    """Close a draft that was opened by mistake, while nothing has happened in it."""
    checklist = lock(checklist_id)
    require(checklist, by, Role.ENGINEER, Role.REVIEWER)
    if stored(checklist, op_id, Event.Kind.CLOSED, by):
        if open_edition(checklist):
            raise _changed()
        return
    edition = _edition_in(checklist, Edition.State.DRAFT)
    if not is_unchanged(checklist, edition):
        raise Refused(_("This draft has changed and can no longer be closed."))
    payload = {"edition": edition.number}
    edition.delete()
    append(checklist, op_id=op_id, kind=Event.Kind.CLOSED, payload=payload, effect={}, by=by)


@transaction.atomic
def revoke_edition(*, edition_id: int, op_id: UUID, reason: str, by: User) -> Revocation:
    """Say of an issued edition that it was wrong (取消). It is kept with its signatures."""
    checklist = lock(Edition.objects.get(pk=edition_id).checklist_id)
    require(checklist, by, Role.REVIEWER)
    edition = Edition.objects.get(pk=edition_id)
    text = required_text(reason, _("Enter why this edition is revoked."))
    existing = Revocation.objects.filter(edition=edition).first()
    if stored(checklist, op_id, Event.Kind.REVOKED, by, reason=text) and existing:
        return existing
    if existing:
        raise Stale(_("This edition is already revoked."))
    if edition.issued_at is None:
        raise Refused(_("Only an issued edition can be revoked."))
    now = timezone.now()
    payload = {"edition": edition.number, "reason": text}
    append(
        checklist, op_id=op_id, kind=Event.Kind.REVOKED, payload=payload, effect={}, by=by, now=now
    )
    return Revocation.objects.create(
        edition=edition, reason=text, revoked_by=by.name, revoked_at=now
    )


def is_unchanged(checklist: Checklist, draft: Edition) -> bool:
    """Whether nothing has happened in a draft that was opened after an issue. At most one query,
    and none before the first issue or right after the re-opening."""
    if draft.minor == 0 or checklist.last_seq == draft.opened_seq:
        return draft.minor > 0
    later = checklist.events.filter(seq__gt=draft.opened_seq)
    return not later.exclude(kind__in=OF_ISSUED).exists()


def may_review(prepared: SignOff, by: User) -> bool:
    """Whether `by` may review it: another person than who prepared, unless self-review is on."""
    return prepared.signer_id != by.pk or settings.ALLOW_SELF_REVIEW


def _require_reviewer(prepared: SignOff, by: User) -> None:
    if not may_review(prepared, by):
        raise NotAllowed(_("You prepared this checklist. Another person must review it."))


def _edition_in(checklist: Checklist, state: Edition.State) -> Edition:
    edition = open_edition(checklist)
    if edition is None or edition.state != state:
        raise Stale(_("The checklist is no longer in that state. Reload the page."))
    edition.checklist = checklist
    return edition


def _edition_of(event: Event) -> Edition:
    """The edition that an event names. Raises Stale when that draft has been closed since."""
    minor = int(event.payload["edition"].split(".")[1])
    edition = Edition.objects.filter(checklist=event.checklist_id, minor=minor).first()
    if edition is None:
        raise _changed()
    return edition


def _live(checklist: Checklist, prepared: Event) -> SignOff:
    """The signature that this event made. Raises Stale when it was taken back since."""
    signature = SignOff.objects.get(
        edition__checklist=checklist, kind=SignOff.Kind.PREPARED, chain_head=prepared.hash
    )
    if signature.revoked_at:
        raise _changed()
    return signature


def _prepared(edition: Edition) -> SignOff:
    signature = edition.signature(SignOff.Kind.PREPARED)
    if signature is None:
        raise _changed()
    return signature


def _sign(
    edition: Edition,
    kind: SignOff.Kind,
    content: Mapping[str, Any],
    chain_head: str,
    by: User,
    now: datetime,
    prepared: SignOff | None = None,
) -> SignOff:
    return SignOff.objects.create(
        edition=edition,
        kind=kind,
        signer=by,
        name=by.name,
        company=by.company,
        statement=content["statement"],
        digest=digest(content),
        chain_head=chain_head,
        signed_at=now,
        self_review=prepared is not None and prepared.signer_id == by.pk,
    )


def _revoke(signature: SignOff, event: Event, reason: str) -> None:
    signature.revoked_at, signature.revoked_by = event.recorded_at, event.actor_name
    signature.revoke_reason = reason
    signature.save(update_fields=["revoked_at", "revoked_by", "revoke_reason"])
