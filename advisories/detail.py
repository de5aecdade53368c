"""What the page of one advisory shows; its preview shows the same."""

from typing import Any

from advisories.models import Advisory, AdvisoryRevision


def detail_context(advisory: Advisory, *, user: Any) -> dict[str, Any]:
    """For a row of `with_terms`, as `user` may see it."""
    revisions = AdvisoryRevision.objects.filter(advisory=advisory).order_by("-number")
    return {
        "advisory": advisory,
        "revisions": revisions.defer("content"),
        "may_edit": user.is_authenticated and user.has_perm("advisories.change_advisory"),
    }
