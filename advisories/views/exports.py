"""The list and the comparison as files. What a file holds is in exporting.py."""

from collections.abc import Iterator

from django.http import FileResponse, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from advisories.access import public_catalogue
from advisories.exporting import csv_pieces, json_pieces, table, xlsx_file
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
    name = f"advisories-{timezone.localdate():%Y-%m-%d}.{extension}"
    if extension == "xlsx":
        file = xlsx_file(table(chosen), _("Advisories"))
        return FileResponse(file, filename=name, as_attachment=True, content_type=TYPES["xlsx"])
    pieces = csv_pieces(table(chosen)) if extension == "csv" else json_pieces(chosen)
    return attached(pieces, name)


def attached(pieces: Iterator[str], name: str) -> StreamingHttpResponse:
    """A file to keep, sent piece by piece."""
    kind = TYPES[name.rpartition(".")[2]]
    response = StreamingHttpResponse(pieces, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
