"""The form of a local note: its text, its pictures, and two places for new ones."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from advisories.models import LocalNote, NotePicture
from advisories.note_actions import (
    MOST_CAPTION,
    MOST_TEXT,
    Json,
    add_picture,
    plain_picture,
)
from advisories.pictures import MOST_BYTES, READ, PictureRefused
from advisories.tidy import UNPRINTABLE, tidy
from portal.models import User

NEW = (1, 2)
TYPES = ",".join(f"image/{name.lower()}" for name in READ)


class NoteForm(forms.Form):
    """`version` is the one that was seen, 0: there was none. Pictures of the note stand in
    `pictures`; a new one is kept as soon as it arrives, so that no error and no conflict loses it.
    """

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Steps"),
        required=False,
        strip=False,
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false"}),
        help_text=_(
            "Plain text. A line that starts with four spaces, and lines between two lines of ```,"
            " are shown as commands."
        ),
    )

    def __init__(
        self, data: Any = None, files: Any = None, *, note: LocalNote | None, by: User
    ) -> None:
        initial = {"version": note.version, "text": note.text} if note else {"version": 0}
        super().__init__(data, files, initial=initial)
        self.by = by
        for n in NEW:
            self.fields[f"file_{n}"] = forms.FileField(
                label=_("Picture"),
                required=False,
                widget=forms.FileInput(attrs={"accept": TYPES}),
                help_text=_("PNG, JPEG, WebP or GIF, at most 5 MB. Place and camera are removed."),
            )
            self.fields[f"caption_{n}"] = forms.CharField(
                label=_("Caption"),
                required=False,
                max_length=MOST_CAPTION,
                help_text=_("What the picture shows; it is read out as well."),
            )
        self.pictures: list[Json] = list(note.pictures) if note else []
        self.removed: set[str] = set()
        if self.is_bound:
            self._take_pictures()

    def _take_pictures(self) -> None:
        """The pictures as they were sent; what is not known is left out. One query."""
        sent = list(dict.fromkeys(self.data.getlist("picture")))  # type: ignore[attr-defined]
        known = NotePicture.objects.in_bulk(
            [name for name in sent if "\0" not in name], field_name="sha256"
        )
        self.removed = {name for name in sent if f"remove-{name}" in self.data}
        self.pictures = [
            plain_picture(known[name], self._caption(f"caption-{name}"))
            for name in sent
            if name in known
        ]

    def _caption(self, name: str) -> str:
        """A caption on one line, without characters that cannot be kept."""
        text = UNPRINTABLE.sub("", self.data.get(name, ""))
        return " ".join(text.split())[:MOST_CAPTION]

    @property
    def kept(self) -> list[Json]:
        """The pictures without those that are ticked to be removed."""
        return [picture for picture in self.pictures if picture["sha256"] not in self.removed]

    @property
    def new(self) -> list[tuple[Any, Any]]:
        """Fields for file and caption of each new picture."""
        return [(self[f"file_{n}"], self[f"caption_{n}"]) for n in NEW]

    def clean_text(self) -> str:
        return tidy(self.cleaned_data["text"]).rstrip()

    def clean(self) -> dict[str, Any]:
        """Keeps each new picture; one that is refused is an error of its field."""
        cleaned = super().clean() or self.cleaned_data
        for n in NEW:
            uploaded = cleaned.get(f"file_{n}")
            if not uploaded:
                continue
            try:
                data = uploaded.read(MOST_BYTES + 1)
                picture = add_picture(data=data, by=self.by)
            except PictureRefused as refused:
                self.add_error(f"file_{n}", str(refused))
                continue
            caption = self._caption(f"caption_{n}")
            sent: Any = self.data.copy()  # type: ignore[attr-defined]
            sent[f"caption_{n}"] = ""  # it stands with the picture from now on
            self.data = sent
            self.pictures = [p for p in self.pictures if p["sha256"] != picture.sha256]
            self.pictures.append(plain_picture(picture, caption))
        return cleaned

    def after_conflict(self, current: LocalNote) -> "NoteForm":
        """The same entries on top of the version that is the newest now, with its pictures too."""
        data = self.data.copy()  # type: ignore[attr-defined]
        data["version"] = current.version
        form = NoteForm(data, note=current, by=self.by)
        mine = {picture["sha256"] for picture in self.pictures}
        theirs = [picture for picture in current.pictures if picture["sha256"] not in mine]
        form.pictures, form.removed = [*self.pictures, *theirs], self.removed
        return form
