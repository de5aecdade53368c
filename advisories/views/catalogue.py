"""The list of advisories and the page of one."""

from collections import Counter
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from advisories.access import may_edit, public_catalogue
from advisories.applicability import Reason, Verdict
from advisories.detail import detail_context
from advisories.filters import AdvisoryFilter
from advisories.models import Advisory

PER_PAGE = 100


@public_catalogue
@require_safe
def advisory_list(request: HttpRequest) -> HttpResponse:
    """Every published advisory that the filters in the query string leave over."""
    chosen = AdvisoryFilter(request.GET)
    found = chosen.qs
    page = Paginator(found.with_terms(), PER_PAGE).get_page(request.GET.get("page"))
    rows: list[Any] = list(page)
    for advisory in rows if chosen.chosen_release else ():
        advisory.reason_label = Reason(advisory.reason).label
    context = {
        "filter": chosen,
        "form": chosen.form,
        "release": chosen.chosen_release,
        "page": page,
        "rows": rows,
        "counts": _verdicts(found) if chosen.chosen_release else None,
        "facets": [chosen.form[name] for name in ("severity", "category", "topic")],
        "page_range": page.paginator.get_elided_page_range(page.number),
        "total": _total(chosen),
    }
    return render(request, "advisories/advisory_list.html", context)


def _total(chosen: AdvisoryFilter) -> int:
    """How many there would be without filters: of the release's documents, else all."""
    if chosen.chosen_release:
        return Advisory.objects.covering(chosen.chosen_release.product.slug).count()
    return Advisory.objects.published().count()


def _verdicts(found: Any) -> list[tuple[Verdict, int]]:
    """How many rows of `for_deployment` have each verdict, always all four; one query."""
    counts = Counter(Reason(reason).verdict for reason in found.values_list("reason", flat=True))
    return [(verdict, counts[verdict]) for verdict in Verdict]


@public_catalogue
@require_safe
def advisory_detail(request: HttpRequest, tracking_id: str) -> HttpResponse:
    """One advisory with its sources. A draft is there for editors only."""
    advisory = get_object_or_404(Advisory.objects.with_terms(), tracking_id=tracking_id)
    if advisory.state == Advisory.State.DRAFT and not may_edit(request):
        raise Http404
    context = detail_context(advisory, user=request.user)
    return render(request, "advisories/advisory_detail.html", context)
