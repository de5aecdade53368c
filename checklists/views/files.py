"""Files to take away: rendered now from a draft, or the stored bytes of an issued edition."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from advisories.texts import LANGUAGES
from checklists import files
from checklists.actions.rendering import FORMATS, file_name, render_now, stored_file
from checklists.content import content_of
from checklists.handover.pdf_file import PdfFailed
from checklists.models import Checklist, Edition
from checklists.views.editions import issued_edition
from checklists.views.refusals import checklist_of

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
SCHEMA = settings.BASE_DIR / "docs" / "schema" / "checklist-1.json"


@require_safe
def export(request: HttpRequest, uuid: UUID, extension: str) -> HttpResponse:
    """The open edition as it stands, marked as a draft; without one, the newest issued file."""
    checklist = checklist_of(request, uuid)
    language = request.GET.get("language") or get_language()
    if extension not in FORMATS or language not in LANGUAGES:
        raise Http404
    newest = max(checklist.editions.all(), key=lambda edition: edition.minor)
    if newest.issued_at is not None:
        file = stored_file(newest, extension, language)
        # An edition from before there was this format has no such file, and never gets one.
        return given_out(request, checklist, newest, file["name"] if file else "")
    try:
        content = content_of(checklist, newest)
        data = render_now(checklist, newest, content, language, extension, timezone.now())
    except PdfFailed as error:
        text = _("The PDF could not be made: %(reason)s.") % {"reason": error}
        messages.error(request, text + " " + _("Try again, or take the CSV."))
        return redirect(checklist)
    name = file_name(checklist, newest, "" if extension == "json" else language, extension)
    return download(data, name, extension, cache="no-store")


@require_safe
def edition_file(request: HttpRequest, uuid: UUID, number: str, name: str) -> HttpResponse:
    """The stored bytes of an issued file, after their hash was checked."""
    checklist = checklist_of(request, uuid)
    return given_out(request, checklist, issued_edition(checklist, number), name)


def given_out(
    request: HttpRequest, checklist: Checklist, edition: Edition, name: str
) -> HttpResponse:
    """404 for another name; a page in words, 410 or 409, where the file is gone or changed."""
    file = next((file for file in edition.files if file["name"] == name), None)
    if file is None:
        raise Http404
    try:
        data = files.read(file["sha256"])
    except (files.FileChanged, FileNotFoundError) as error:
        changed = isinstance(error, files.FileChanged)
        context = {"checklist": checklist, "edition": edition, "file": file, "changed": changed}
        status = 409 if changed else 410
        return render(request, "checklists/sign_file_lost.html", context, status=status)
    return download(data, name, file["format"], cache="private, no-cache")


def download(data: bytes, name: str, extension: str, *, cache: str) -> HttpResponse:
    headers = {
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "Cache-Control": cache,
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(data, content_type=CONTENT_TYPES[extension], headers=headers)


@login_not_required
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """What every JSON file of a hand-over is made of; for everybody, for ever."""
    headers = {"Cache-Control": "public, max-age=86400"}
    return HttpResponse(
        SCHEMA.read_bytes(), content_type="application/schema+json", headers=headers
    )
