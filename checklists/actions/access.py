"""Ways in for the customer: links and lent devices, their uses and their end (design 6)."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from checklists.actions.errors import Refused, Stale
from checklists.actions.events import lock, refuse_unstorable, require, used_before
from checklists.actions.issued import locked_edition, require_current
from checklists.models import LINE_LENGTH, AccessUse, CustomerAccess
from portal.models import User
from portal.roles import Role

MOST_DAYS, MOST_USES = 90, 50
DEVICE_FOR = timedelta(minutes=30)
# How long the log keeps tries that hit no link.
UNKNOWN_KEPT = timedelta(days=30)


@transaction.atomic
def make_link(
    *, edition_id: int, op_id: UUID, for_whom: str, days: int, uses: int, by: User
) -> tuple[CustomerAccess, str]:
    """A link to the edition, and its token: this is the only time that anybody sees it.

    Raises Refused without PUBLIC_URL and when the form is sent twice, Stale for an edition that is
    revoked or superseded, NotAllowed.
    """
    checklist, edition = locked_edition(edition_id)
    require(checklist, by, Role.ENGINEER, Role.REVIEWER)
    if not settings.PUBLIC_URL:
        raise Refused(_("Without PUBLIC_URL this portal has no address for customers."))
    require_current(edition)
    if not (1 <= days <= MOST_DAYS and 1 <= uses <= MOST_USES):
        raise Refused(_("Choose days and uses from the lists."))
    if CustomerAccess.objects.filter(pk=op_id).exists():
        raise Refused(
            _("This link was already made, and its address was shown once.")
            + " "
            + _("If it was not copied, revoke it and make another one.")
        )
    refuse_unstorable(for_whom)
    token, now = secrets.token_urlsafe(32), timezone.now()
    access = CustomerAccess.objects.create(
        id=op_id,
        edition=edition,
        kind=CustomerAccess.Kind.LINK,
        token_sha256=token_hash(token),
        for_whom=for_whom.strip()[:LINE_LENGTH],
        created_by=by,
        created_at=now,
        expires_at=now + timedelta(days=days),
        most_uses=uses,
    )
    return access, token


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


@transaction.atomic
def open_link(*, token: str) -> CustomerAccess | None:
    """Count and log a use; the access, or None when the link lets nobody in. Unknown, expired,
    revoked and used up take the same queries."""
    now, hashed = timezone.now(), token_hash(token)
    found = CustomerAccess.objects.select_related("edition__checklist").filter(token_sha256=hashed)
    access = next((a for a in found if hmac.compare_digest(a.token_sha256, hashed)), None)
    open_to_more = CustomerAccess.objects.filter(
        token_sha256=hashed, revoked_at=None, expires_at__gt=now, uses__lt=F("most_uses")
    )
    entered = open_to_more.update(uses=F("uses") + 1) == 1
    AccessUse.objects.create(access=access, at=now, outcome=_outcome(access, entered, now))
    AccessUse.objects.filter(access=None, at__lt=now - UNKNOWN_KEPT).delete()
    return access if entered else None


def _outcome(access: CustomerAccess | None, entered: bool, now: datetime) -> AccessUse.Outcome:
    if entered:
        return AccessUse.Outcome.OPENED
    if access is None:
        return AccessUse.Outcome.UNKNOWN
    if access.revoked_at is not None:
        return AccessUse.Outcome.REVOKED
    return AccessUse.Outcome.EXPIRED if now >= access.expires_at else AccessUse.Outcome.USED_UP


@transaction.atomic
def revoke_link(*, access_id: UUID, by: User) -> CustomerAccess:
    """End a link, and the visits that came through it. A second time it changes nothing."""
    access = CustomerAccess.objects.select_related("edition").get(pk=access_id)
    checklist = lock(access.edition.checklist_id)
    require(checklist, by, Role.ENGINEER, Role.REVIEWER)
    CustomerAccess.objects.filter(pk=access_id, revoked_at=None).update(
        revoked_at=timezone.now(), revoked_by=by.name
    )
    access.refresh_from_db()
    return access


@transaction.atomic
def open_device(*, edition_id: int, op_id: UUID, by: User) -> CustomerAccess:
    """Hand this device to the customer who stands beside, for DEVICE_FOR. The same `op_id` gives
    the same access. Raises Stale, NotAllowed."""
    checklist, edition = locked_edition(edition_id)
    require(checklist, by, Role.ENGINEER, Role.REVIEWER)
    require_current(edition)
    now = timezone.now()
    access, _made = CustomerAccess.objects.get_or_create(
        pk=op_id,
        defaults={
            "edition": edition,
            "kind": CustomerAccess.Kind.DEVICE,
            "created_by": by,
            "created_at": now,
            "expires_at": now + DEVICE_FOR,
            "uses": 1,
        },
    )
    found = (access.kind, access.edition_id, access.created_by_id)
    if found != (CustomerAccess.Kind.DEVICE, edition.pk, by.pk):
        raise used_before()
    return access


def require_live(access: CustomerAccess) -> None:
    """Raises Stale when it has ended since; one query."""
    access.refresh_from_db(fields=["revoked_at", "expires_at"])
    if not access.is_live(timezone.now()):
        raise Stale(
            _("The time to answer here is over, or it was revoked. Nothing was recorded.")
            + " "
            + _("Ask the person who sent you here for a new link.")
        )
