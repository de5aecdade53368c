"""The customer's answer to an issued edition: acceptance, refusal, comments (design 6).

The customer has no account: an event of theirs has no actor and the name that was typed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from advisories.texts import LANGUAGES
from checklists import files, mails, wording
from checklists.actions.access import require_live
from checklists.actions.errors import Refused, Stale
from checklists.actions.events import (
    Customer,
    append,
    lock,
    refuse_unstorable,
    require,
    required_text,
    stored,
    used_before,
)
from checklists.actions.issued import fetch_edition, locked_edition, not_issued, require_current
from checklists.actions.rendering import file_name, verification_code
from checklists.chain import digest, timestamp
from checklists.handover import pades
from checklists.handover.acceptance import Accepted, write_sheet
from checklists.models import (
    LINE_LENGTH,
    Checklist,
    CustomerAccess,
    Edition,
    Event,
    IssuedFile,
    Reply,
    SignOff,
)
from checklists.pictures import Scan
from portal.models import User
from portal.roles import Role

MOST_COMMENTS = 200


@dataclass(frozen=True)
class _Given:
    """An answer before it is recorded. `witness` lent the device or took the paper."""

    kind: SignOff.Kind
    how: Reply.How
    customer: Customer
    language: str
    access: CustomerAccess | None = None
    witness: User | None = None
    reason: str = ""
    dated: date | None = None
    scan: Scan | None = None


def statement_of(edition: Edition) -> dict[str, str]:
    """What a customer says who accepts this issued edition, in both languages."""
    content, code = json.loads(edition.content), verification_code(edition.digest)
    texts = {}
    for language in LANGUAGES:
        with translation.override(language):
            texts[language] = wording.acceptance_text(content, code)
    return texts


def seen_in(edition: Edition) -> str:
    """The digest of what a page shows to be accepted: the edition and the statement."""
    return digest([edition.digest, statement_of(edition)])


def accept(
    *, access: CustomerAccess, op_id: UUID, seen: str, language: str, by: Customer
) -> SignOff:
    """The customer accepts what was `seen`; the acceptance sheet is made and stored with it.

    Raises Stale when the edition was accepted, revoked or superseded meanwhile or the access has
    ended, Refused without name or company; PdfFailed passes through and nothing is recorded. The
    same `op_id` gives the signature it made.
    """
    return _answer(access, SignOff.Kind.ACCEPTED, op_id, seen, language, by)


def decline(
    *, access: CustomerAccess, op_id: UUID, seen: str, reason: str, language: str, by: Customer
) -> SignOff:
    """The customer does not accept it, and says why. Raises as `accept`."""
    text = required_text(reason, _("Enter why you do not accept it."))
    return _answer(access, SignOff.Kind.DECLINED, op_id, seen, language, by, text)


def _answer(
    access: CustomerAccess,
    kind: SignOff.Kind,
    op_id: UUID,
    seen: str,
    language: str,
    by: Customer,
    reason: str = "",
) -> SignOff:
    on_device = access.kind == CustomerAccess.Kind.DEVICE
    given = _Given(
        kind=kind,
        how=Reply.How.DEVICE if on_device else Reply.How.LINK,
        customer=_cleaned(by),
        language=language,
        access=access,
        witness=access.created_by if on_device else None,
        reason=reason,
    )
    return _reply(access.edition_id, op_id, seen, given)


def record_paper(
    *,
    edition_id: int,
    op_id: UUID,
    seen: str,
    dated: date,
    scan: Scan,
    customer: Customer,
    by: User,
) -> SignOff:
    """Record an acceptance that was signed on paper (紙面で受領). Raises as `accept`, Refused for a
    day on which the edition was not issued yet or that has not come, NotAllowed."""
    edition = fetch_edition(edition_id)
    require(edition.checklist, by, Role.ENGINEER, Role.REVIEWER)
    if edition.issued_at is None:
        raise not_issued()
    if not timezone.localdate(edition.issued_at) <= dated <= timezone.localdate():
        raise Refused(
            _("The paper's date must lie between the day of issue (%(day)s) and today.")
            % {"day": f"{timezone.localdate(edition.issued_at):%Y/%m/%d}"}
        )
    given = _Given(
        kind=SignOff.Kind.ACCEPTED,
        how=Reply.How.PAPER,
        customer=_cleaned(customer),
        language=translation.get_language() or "ja",
        witness=by,
        dated=dated,
        scan=scan,
    )
    return _reply(edition_id, op_id, seen, given)


def _cleaned(by: Customer) -> Customer:
    return Customer(
        required_text(by.name, _("Enter your name."), limit=LINE_LENGTH),
        required_text(by.company, _("Enter your company."), limit=LINE_LENGTH),
    )


def _reply(edition_id: int, op_id: UUID, seen: str, given: _Given) -> SignOff:
    edition = fetch_edition(edition_id)
    payload = _payload(edition, given)
    done = _done(edition.checklist, op_id, given, payload)
    if done:
        return done
    _require_open(edition, given)
    if seen != seen_in(edition):
        raise Stale(_("This page is no longer as you saw it. Nothing was recorded. Look again."))
    now = timezone.now()
    sheets = _sheets(edition, given, payload, now) if given.kind == SignOff.Kind.ACCEPTED else []
    return _record(edition_id, op_id, given, payload, sheets, now)


@transaction.atomic
def _record(
    edition_id: int,
    op_id: UUID,
    given: _Given,
    payload: Mapping[str, Any],
    sheets: list[tuple[dict[str, Any], bytes]],
    now: datetime,
) -> SignOff:
    checklist, edition = locked_edition(edition_id)
    # A double click: while this one made the sheet, its twin has signed.
    done = _done(checklist, op_id, given, payload)
    if done:
        return done
    _require_open(edition, given)
    kept = [{**sheet, "sha256": files.store(data)} for sheet, data in sheets]
    if given.scan:
        files.store(given.scan.data)
    append(
        checklist,
        op_id=op_id,
        kind=Event.Kind(given.kind.value),
        payload=payload,
        effect={"sheets": kept},
        by=given.customer,
        now=now,
    )
    signature = SignOff.objects.create(
        edition=edition,
        kind=given.kind,
        signer=None,
        name=given.customer.name,
        company=given.customer.company,
        statement=payload["statement"],
        digest=edition.digest,
        chain_head=edition.chain_head,
        signed_at=now,
    )
    Reply.objects.create(
        sign_off=signature,
        how=given.how,
        reason=given.reason,
        dated=given.dated,
        recorded_by=given.witness,
        access=given.access,
        sheets=kept,
        scan=payload["scan"],
    )
    IssuedFile.objects.bulk_create(
        IssuedFile(edition=edition, sha256=sheet["sha256"]) for sheet in kept
    )
    transaction.on_commit(partial(mails.replied, signature))
    return signature


def _payload(edition: Edition, given: _Given) -> dict[str, Any]:
    """The answer as it stands under the hash of its event."""
    scan, witness = given.scan, given.witness
    return {
        "edition": edition.number,
        "digest": edition.digest,
        "how": given.how.value,
        "company": given.customer.company,
        "statement": statement_of(edition) if given.kind == SignOff.Kind.ACCEPTED else {},
        "language": given.language,
        "reason": given.reason,
        "dated": given.dated.isoformat() if given.dated else "",
        "recorded_by": {"id": witness.pk, "name": witness.name} if witness else None,
        "access": str(given.access.pk) if given.access else "",
        "scan": _file("scan", scan.extension, "", scan.data) if scan else {},
    }


def _file(name: str, extension: str, language: str, data: bytes) -> dict[str, Any]:
    return {
        "name": name,
        "format": extension,
        "language": language,
        "sha256": hashlib.sha256(data).hexdigest(),
        "size": len(data),
    }


def _sheets(
    edition: Edition, given: _Given, payload: Mapping[str, Any], now: datetime
) -> list[tuple[dict[str, Any], bytes]]:
    """The acceptance sheet in each language, made and not yet stored."""
    checklist, content = edition.checklist, json.loads(edition.content)
    signed = {s.kind: s for s in edition.sign_offs.all() if s.revoked_at is None}
    prepared = signed.get(SignOff.Kind.PREPARED)
    settings_then = content.get("handover") or {}
    accepted = Accepted(
        name=given.customer.name,
        company=given.customer.company,
        at=now,
        how=given.how.value,
        statement=payload["statement"],
        digest=edition.digest,
        chain_head=edition.chain_head,
        code=verification_code(edition.digest),
        issued_at=timestamp(edition.issued_at) or "",
        issuer=settings_then.get("company") or (prepared.company if prepared else ""),
        files=edition.files,
        dated=payload["dated"],
        witness=given.witness.name if given.witness else "",
        scan_sha256=payload["scan"].get("sha256", ""),
        demo=checklist.is_demo
        or any(s.signer is not None and s.signer.is_demo for s in signed.values()),
    )
    made = []
    for language in LANGUAGES:
        sheet = write_sheet(content, accepted, language=language, time_zone=settings.TIME_ZONE)
        data = pades.signed(sheet, now)
        name = "acceptance_" + file_name(checklist, edition, language, "pdf")
        made.append((_file(name, "pdf", language, data), data))
    return made


def comment(
    *, access: CustomerAccess, op_id: UUID, tracking_id: str, text: str, by: Customer
) -> Event:
    """Keep what the customer says of an item (of the whole list: tracking_id ""). It is no part of
    what is signed. Raises Refused, Stale as `accept`; the same `op_id` gives the stored event."""
    said = required_text(text, _("Enter your comment."))
    name = required_text(by.name, _("Enter your name."), limit=LINE_LENGTH)
    refuse_unstorable(by.company)
    with transaction.atomic():
        checklist, edition = locked_edition(access.edition_id)
        payload = {
            "edition": edition.number,
            "item": tracking_id,
            "comment": said,
            "company": by.company,
            "access": str(access.pk),
        }
        done = stored(checklist, op_id, Event.Kind.COMMENTED, by)
        if done and done.payload != payload:
            raise used_before()
        if done:
            return done
        require_current(edition)
        require_live(access)
        item = checklist.items.filter(tracking_id=tracking_id).first() if tracking_id else None
        if tracking_id and item is None:
            raise Refused(_("This item is not part of the checklist."))
        if checklist.events.filter(kind=Event.Kind.COMMENTED).count() >= MOST_COMMENTS:
            raise Refused(_("There are too many comments already. Call or write instead."))
        return append(
            checklist,
            op_id=op_id,
            kind=Event.Kind.COMMENTED,
            payload=payload,
            effect={},
            item=item,
            by=Customer(name, by.company),
        )


@transaction.atomic
def revoke_reply(*, sign_off_id: int, op_id: UUID, reason: str, by: User) -> SignOff:
    """Say of a customer's answer that it was recorded wrongly; it is kept. By a reviewer with a
    reason. Raises Stale when it is revoked already, Refused, NotAllowed."""
    signature = SignOff.objects.select_related("edition").get(pk=sign_off_id)
    checklist = lock(signature.edition.checklist_id)
    require(checklist, by, Role.REVIEWER)
    if stored(checklist, op_id, Event.Kind.REPLY_REVOKED, by):
        return signature
    text = required_text(reason, _("Enter why this is revoked."))
    signature = SignOff.objects.select_related("edition").get(pk=sign_off_id)
    if signature.kind not in (SignOff.Kind.ACCEPTED, SignOff.Kind.DECLINED):
        raise Refused(_("Only the customer's answer is revoked here."))
    if signature.revoked_at is not None:
        raise Stale(_("The customer's answer is revoked already."))
    now = timezone.now()
    append(
        checklist,
        op_id=op_id,
        kind=Event.Kind.REPLY_REVOKED,
        payload={
            "edition": signature.edition.number,
            "kind": signature.kind,
            "signed_at": timestamp(signature.signed_at),
            "reason": text,
        },
        effect={},
        by=by,
        now=now,
    )
    signature.revoked_at, signature.revoked_by, signature.revoke_reason = now, by.name, text
    signature.save(update_fields=["revoked_at", "revoked_by", "revoke_reason"])
    return signature


def _done(
    checklist: Checklist, op_id: UUID, given: _Given, payload: Mapping[str, Any]
) -> SignOff | None:
    """The signature that this very form has made before."""
    event = stored(checklist, op_id, Event.Kind(given.kind.value), given.customer)
    if event is None:
        return None
    if (event.payload, event.actor_name) != (payload, given.customer.name):
        raise used_before()
    return SignOff.objects.get(
        edition__checklist=checklist, kind=given.kind, signed_at=event.recorded_at
    )


def _require_open(edition: Edition, given: _Given) -> None:
    """Raises Stale unless the edition can be answered in this way now."""
    require_current(edition)
    if given.access:
        require_live(given.access)
    if given.access and given.witness:
        require(edition.checklist, given.witness, Role.ENGINEER, Role.REVIEWER)
    accepted = edition.signature(SignOff.Kind.ACCEPTED)
    declined = edition.signature(SignOff.Kind.DECLINED)
    if accepted:
        raise Stale(_("%(name)s has already accepted this edition (%(at)s).") % _by(accepted))
    if declined and given.kind == SignOff.Kind.DECLINED:
        raise Stale(_("%(name)s has already declined this edition (%(at)s).") % _by(declined))


def _by(signature: SignOff) -> dict[str, str]:
    at = timezone.localtime(signature.signed_at)
    return {"name": signature.name, "at": f"{at:%Y/%m/%d %H:%M}"}
