"""The list and the comparison as files. What a file holds is in exporting.py."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from advisories.access import public_catalogue
from advisories.exporting import csv_pieces, json_pieces, table, xlsx_pieces
from advisories.filters import AdvisoryFilter
from advisories.views.catalogue import faulty_list

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


@public_catalogue
@require_safe
def export(request: HttpRequest, extension: str) -> HttpResponseBase:
    """The list that the filters in the query string leave over, as a file."""
    chosen = AdvisoryFilter(request.GET)
    if not chosen.form.is_valid():
        return faulty_list(request, chosen)
    pieces: Iterable[str | bytes]
    if extension == "xlsx":
        pieces = xlsx_pieces(table(chosen), _("Advisories"))
    elif extension == "csv":
        pieces = csv_pieces(table(chosen))
    else:
        pieces = json_pieces(chosen)
    return attached(pieces, f"advisories-{timezone.localdate():%Y-%m-%d}.{extension}")


def attached(pieces: Iterable[str | bytes], name: str) -> StreamingHttpResponse:
    """A file to keep, sent piece by piece."""
    kind = TYPES[name.rpartition(".")[2]]
    response = StreamingHttpResponse(pieces, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
