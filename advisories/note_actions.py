"""Writing the company's own notes: the only writer of LocalNote and its versions."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from advisories import pictures as picture_files
from advisories.models import Advisory, LocalNote, LocalNoteVersion, NotePicture
from portal.models import User

MOST_TEXT = 20_000
MOST_PICTURES = 12
MOST_CAPTION = 200

Json = dict[str, Any]


class NoteConflict(Exception):
    """Somebody saved the note after the version this one was written from. `current` is what it
    says now; nothing of the other is lost."""

    def __init__(self, current: LocalNote) -> None:
        self.current = current
        super().__init__(current)


@transaction.atomic
def save_note(
    *,
    advisory: Advisory,
    text: str,
    pictures: Sequence[Json],
    expected_version: int,
    by: User,
) -> LocalNote | None:
    """Make this the newest version of the advisory's note; every earlier one is kept.

    `pictures` are {"sha256", "caption"} of pictures that were added before. `expected_version` is
    the version this was written from, 0: there was none. Answers the note, unchanged where it says
    the same already; None for an empty note where there is none. Raises NoteConflict, and
    ValidationError for what is too long or a picture that is not there.
    """
    # The advisory's row, since the first note has none of its own to lock.
    Advisory.objects.select_for_update().only("pk").get(pk=advisory.pk)
    note = LocalNote.objects.select_related("saved_by").filter(advisory=advisory).first()
    wanted = _checked(text, pictures)
    if note and (note.text, note.pictures) == (text, wanted):
        return note
    if note and note.version != expected_version:
        raise NoteConflict(note)
    if note is None:
        if not (text.strip() or wanted):
            return None
        note = LocalNote(advisory=advisory, version=0)
    note.version, note.text, note.pictures = note.version + 1, text, wanted
    note.saved_by, note.saved_at = by, timezone.now()
    note.save()
    LocalNoteVersion.objects.create(
        note=note,
        number=note.version,
        text=note.text,
        pictures=note.pictures,
        saved_by=by,
        saved_at=note.saved_at,
    )
    return note


def _checked(text: str, pictures: Sequence[Json]) -> list[Json]:
    """The pictures with all that is known of them. One query."""
    if len(text) > MOST_TEXT:
        raise ValidationError(_("The note is longer than 20,000 characters. Shorten it."))
    if len(pictures) > MOST_PICTURES:
        raise ValidationError(_("A note has at most 12 pictures. Remove some."))
    known = NotePicture.objects.in_bulk(
        [picture["sha256"] for picture in pictures], field_name="sha256"
    )
    if any(picture["sha256"] not in known for picture in pictures):
        raise ValidationError(_("A picture is not there any more. Add it again."))
    return [plain_picture(known[p["sha256"]], p["caption"][:MOST_CAPTION]) for p in pictures]


def plain_picture(picture: NotePicture, caption: str) -> Json:
    """A picture as a note keeps it."""
    return {
        "sha256": picture.sha256,
        "type": str(picture.type),
        "width": picture.width,
        "height": picture.height,
        "caption": caption,
    }


def add_picture(*, data: bytes, by: User) -> NotePicture:
    """Keep an uploaded picture; it belongs to no note yet. Raises PictureRefused."""
    picture = picture_files.clean(data)
    picture_files.store(picture)
    stored, _created = NotePicture.objects.get_or_create(
        sha256=picture.sha256,
        defaults={
            "type": picture.type,
            "width": picture.width,
            "height": picture.height,
            "added_by": by,
            "added_at": timezone.now(),
        },
    )
    return stored
