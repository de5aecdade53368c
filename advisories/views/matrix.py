"""All advisories against all releases and modes, in one picture that is a table."""

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from advisories.access import public_catalogue
from advisories.applicability import Verdict
from advisories.facets import Counts
from advisories.filters import AdvisoryFilter
from advisories.grid import Cell, ProductGroup, cells_of, groups_of, products_with_releases
from advisories.models import Advisory, Product, SourceDocument
from advisories.views.catalogue import page_of, total_without_filters

PER_PAGE = 500
COLUMNS_THAT_FIT = 24


class Table(NamedTuple):
    """The advisories of one document against the products that it covers."""

    document: SourceDocument
    groups: list[ProductGroup]
    rows: list[tuple[Advisory, list[Cell]]]

    @property
    def is_wide(self) -> bool:
        """Wider than a screen, so that it scrolls in a box of its own."""
        return sum(len(group.columns) for group in self.groups) > COLUMNS_THAT_FIT


@public_catalogue
@require_safe
def matrix(request: HttpRequest) -> HttpResponse:
    """The rows are those of the list with the same filters; release, mode and product also choose
    the columns."""
    chosen = AdvisoryFilter(request.GET)
    counts = Counts(chosen, timezone.localdate())
    page, rows = page_of(chosen, counts.total(), PER_PAGE, request.GET.get("page"))
    context = {
        "filter": chosen,
        "form": chosen.form,
        "page": page,
        "tables": tables_of(rows, chosen),
        "verdicts": list(Verdict),
        "facets": counts.facets,
        "relaxations": [] if rows else counts.relaxations(),
        "page_range": page.paginator.get_elided_page_range(page.number),
        "total": total_without_filters(chosen),
        "today": timezone.localdate(),
    }
    return render(request, "advisories/matrix.html", context)


def tables_of(advisories: Iterable[Advisory], chosen: AdvisoryFilter) -> list[Table]:
    """One table per document, so that no document has columns of which it says nothing. Five
    queries."""
    products = list(products_with_releases())
    covered = {
        document.pk: {product.pk for product in document.products.all()}
        for document in SourceDocument.objects.prefetch_related("products")
    }
    tables = []
    for document, rows in groupby(
        sorted(advisories, key=lambda row: row.document_id), key=lambda row: row.document
    ):
        of_document = [p for p in products if p.pk in covered[document.pk] and _shown(p, chosen)]
        groups = groups_of(
            of_document,
            release=chosen.values.get("release", ""),
            mode=chosen.values.get("mode", ""),
        )
        cells = [(row, cells_of(row, groups, covered[document.pk])) for row in rows]
        tables.append(Table(document, groups, cells))
    return tables


def _shown(product: Product, chosen: AdvisoryFilter) -> bool:
    slugs = chosen.values.get("product")
    return not slugs or product.slug in slugs
