"""What the page of one advisory shows; its preview shows the same."""

from typing import Any

from advisories.grid import groups_of, products_with_releases, rows_of
from advisories.models import Advisory, AdvisoryRevision


def detail_context(advisory: Advisory, *, user: Any) -> dict[str, Any]:
    """For a row of `with_terms`, as `user` may see it."""
    revisions = AdvisoryRevision.objects.filter(advisory=advisory).order_by("-number")
    covered = {product.pk for product in advisory.document.products.all()}
    groups = groups_of(product for product in products_with_releases() if product.pk in covered)
    return {
        "advisory": advisory,
        "grid": rows_of(advisory, groups, covered),
        "revisions": revisions.defer("content"),
        "may_edit": user.is_authenticated and user.has_perm("advisories.change_advisory"),
    }
