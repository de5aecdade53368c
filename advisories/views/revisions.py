"""One revision of an advisory, beside another one."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from advisories.access import may_edit, public_catalogue
from advisories.models import Advisory, AdvisoryRevision
from advisories.reading import Words
from advisories.side_by_side import differences


@public_catalogue
@require_safe
def revision_detail(request: HttpRequest, tracking_id: str, number: str) -> HttpResponse:
    """What a revision changed: against the one before, or against the one that `with` names. Of
    the two the older one is always on the left."""
    advisory = get_object_or_404(Advisory.objects.defer("search_text"), tracking_id=tracking_id)
    if advisory.state == Advisory.State.DRAFT and not may_edit(request):
        raise Http404
    history = AdvisoryRevision.objects.filter(advisory=advisory).defer("content")
    revisions = {revision.number: revision for revision in history}
    revision = revisions.get(int(number))
    if revision is None:
        raise Http404
    named = {str(n): other for n, other in revisions.items() if n != revision.number}
    other = named.get(request.GET.get("with", "")) or revisions.get(revision.number - 1)
    before, after = (None, revision) if other is None else _in_order(other, revision)
    columns = Words([get_language() or "ja"]).columns()
    context = {
        "advisory": advisory,
        "revision": revision,
        "before": before,
        "after": after,
        "pair": [before, after],
        "others": list(named.values()),
        "differences": differences(before.content if before else None, after.content, columns),
    }
    return render(request, "advisories/revision_detail.html", context)


def _in_order(
    one: AdvisoryRevision, other: AdvisoryRevision
) -> tuple[AdvisoryRevision, AdvisoryRevision]:
    return (one, other) if one.number < other.number else (other, one)
