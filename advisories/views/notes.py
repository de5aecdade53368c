"""The company's own notes: the page on which one is written, and its pictures."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from advisories import pictures
from advisories.access import may_edit, may_write_notes
from advisories.models import Advisory, LocalNote, LocalNoteVersion, NotePicture
from advisories.note_actions import NoteConflict, save_note
from advisories.note_forms import NoteForm
from advisories.notes import plain
from advisories.served_files import picture_served
from portal.models import User


@require_http_methods(["GET", "HEAD", "POST"])
def note_edit(request: HttpRequest, tracking_id: str) -> HttpResponse:
    """Write the note on an advisory. Whoever comes second gets both texts, and decides."""
    advisory = get_object_or_404(Advisory, tracking_id=tracking_id)
    if advisory.state == Advisory.State.DRAFT and not may_edit(request):
        raise Http404
    if not may_write_notes(request.user):
        raise PermissionDenied
    user = cast(User, request.user)
    note = LocalNote.objects.filter(advisory=advisory).first()
    form = NoteForm(request.POST or None, request.FILES or None, note=note, by=user)
    theirs = None
    if form.is_valid():
        try:
            save_note(
                advisory=advisory,
                text=form.cleaned_data["text"],
                pictures=form.kept,
                expected_version=form.cleaned_data["version"],
                by=user,
            )
        except NoteConflict as conflict:
            theirs = conflict.current
            form = form.after_conflict(theirs)
        except ValidationError as refused:
            form.add_error(None, refused)
        else:
            messages.success(request, _("The note is saved."))
            return redirect(f"{advisory.get_absolute_url()}#local-note")
    versions = LocalNoteVersion.objects.filter(note__advisory=advisory).select_related("saved_by")
    context = {
        "advisory": advisory,
        "form": form,
        "theirs": theirs,
        "versions": [(version, plain(version)) for version in versions.order_by("-number")],
    }
    status = 409 if theirs else 200
    return render(request, "advisories/note_form.html", context, status=status)


@require_safe
def note_picture(request: HttpRequest, sha256: str) -> HttpResponse:
    """A picture of a note, for people with an account."""
    picture = get_object_or_404(NotePicture, sha256=sha256)
    return picture_served(pictures.read, sha256, picture.type)
