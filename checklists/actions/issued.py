"""An issued edition as the customer's actions take it: fetched, locked, still to be answered."""

from django.utils.translation import gettext as _

from checklists.actions.errors import Refused, Stale
from checklists.actions.events import lock
from checklists.models import Checklist, Edition


def fetch_edition(edition_id: int) -> Edition:
    """With its checklist and its signatures; two queries."""
    return (
        Edition.objects.select_related("checklist__rollout", "checklist__created_by")
        .prefetch_related("sign_offs__signer")
        .get(pk=edition_id)
    )


def locked_edition(edition_id: int) -> tuple[Checklist, Edition]:
    """The edition as it is once its checklist is locked."""
    checklist = lock(Edition.objects.values_list("checklist_id", flat=True).get(pk=edition_id))
    edition = fetch_edition(edition_id)
    edition.checklist = checklist
    return checklist, edition


def require_current(edition: Edition) -> None:
    """Raises Stale for an edition that is revoked or superseded, Refused for one that is not
    issued; two queries at most."""
    if edition.issued_at is None:
        raise not_issued()
    if hasattr(edition, "revocation"):
        raise Stale(_("This edition was revoked: it was wrong. Ask for the newest edition."))
    later = edition.checklist.editions.filter(issued_at__isnull=False, minor__gt=edition.minor)
    newest = later.order_by("minor").last()
    if newest:
        raise Stale(
            _("Edition %(number)s has been issued since and takes the place of this one.")
            % {"number": newest.number}
        )


def not_issued() -> Refused:
    return Refused(_("Only an issued edition can be accepted."))
