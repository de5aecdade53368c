"""What the page of one advisory shows; its preview shows the same."""

from typing import Any

from advisories.access import may_write_notes
from advisories.grid import groups_of, products_with_releases, rows_of
from advisories.models import Advisory, AdvisoryRevision, LocalNote
from advisories.notes import plain


def detail_context(advisory: Advisory, *, user: Any) -> dict[str, Any]:
    """For a row of `with_terms`, as `user` may see it. The company's own note is for people with
    an account, whoever may read the catalogue."""
    revisions = AdvisoryRevision.objects.filter(advisory=advisory).order_by("-number")
    covered = {product.pk for product in advisory.document.products.all()}
    groups = groups_of(product for product in products_with_releases() if product.pk in covered)
    notes = LocalNote.objects.select_related("saved_by").filter(advisory=advisory)
    note = notes.first() if user.is_authenticated else None
    return {
        "advisory": advisory,
        "grid": rows_of(advisory, groups, covered),
        "revisions": revisions.defer("content"),
        "note": plain(note) if note and not note.is_empty else None,
        "note_at": note and note.saved_at,
        "may_write_note": may_write_notes(user),
        "may_edit": user.is_authenticated and user.has_perm("advisories.change_advisory"),
    }
