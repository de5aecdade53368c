"""The list of advisories and the page of one."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from advisories.access import may_edit, public_catalogue
from advisories.applicability import Reason
from advisories.detail import detail_context
from advisories.facets import Counts
from advisories.filters import AdvisoryFilter
from advisories.indexing import synonym_groups
from advisories.models import Advisory
from advisories.searching import with_synonyms

PER_PAGE = 100


@public_catalogue
@require_safe
def advisory_list(request: HttpRequest) -> HttpResponse:
    """Every published advisory that the filters in the query string leave over."""
    chosen = AdvisoryFilter(request.GET)
    if chosen.straight_to:
        return _straight_to(request, chosen.straight_to)
    return _list_page(request, chosen)


def faulty_list(request: HttpRequest, chosen: AdvisoryFilter) -> HttpResponse:
    """The page that says what is wrong with the filters, in place of a file."""
    return _list_page(request, chosen, status=400)


def _list_page(request: HttpRequest, chosen: AdvisoryFilter, status: int = 200) -> HttpResponse:
    counts = Counts(chosen, timezone.localdate())
    page, rows = page_of(chosen, counts.total(), PER_PAGE, request.GET.get("page"))
    for advisory in rows if chosen.chosen_release else ():
        advisory.reason_label = Reason(advisory.reason).label
    context = {
        "filter": chosen,
        "form": chosen.form,
        "release": chosen.chosen_release,
        "page": page,
        "rows": rows,
        "words": with_synonyms(chosen.words, synonym_groups()) if chosen.words else [],
        "counts": counts.verdicts if chosen.chosen_release else None,
        "facets": counts.facets,
        "relaxations": [] if rows else counts.relaxations(),
        "page_range": page.paginator.get_elided_page_range(page.number),
        "total": total_without_filters(chosen),
    }
    return render(request, "advisories/advisory_list.html", context, status=status)


def page_of(
    chosen: AdvisoryFilter, count: int, per_page: int, number: str | None
) -> tuple[Page[int], list[Any]]:
    """One page of the list and its rows with their terms. The rows were counted already; they are
    put in order by their keys alone, because whole rows are large."""
    keys = chosen.qs.values_list("pk", flat=True)
    paginator = Paginator(keys, per_page)
    paginator.count = count  # a cached property, filled here
    page = paginator.get_page(number)
    rows = chosen.qs.filter(pk__in=list(page)).with_terms().defer("search_text")
    return page, list(rows)


def _straight_to(request: HttpRequest, advisory: Advisory) -> HttpResponse:
    """The page of the one advisory that has the Q&A. htmx would take the list out of it, so it is
    told to go there."""
    response: HttpResponse
    if request.headers.get("HX-Request") == "true":
        response = HttpResponseClientRedirect(advisory.get_absolute_url())
    else:
        response = redirect(advisory)
    response["Vary"] = "HX-Request"
    return response


def total_without_filters(chosen: AdvisoryFilter) -> int:
    """How many there would be without filters: of the release's documents, else all."""
    if chosen.chosen_release:
        return Advisory.objects.covering(chosen.chosen_release.product.slug).count()
    return Advisory.objects.published().count()


@public_catalogue
@require_safe
def advisory_detail(request: HttpRequest, tracking_id: str) -> HttpResponse:
    """One advisory with its sources. A draft is there for editors only."""
    advisory = get_object_or_404(Advisory.objects.with_terms(), tracking_id=tracking_id)
    if advisory.state == Advisory.State.DRAFT and not may_edit(request):
        raise Http404
    context = detail_context(advisory, user=request.user)
    return render(request, "advisories/advisory_detail.html", context)
