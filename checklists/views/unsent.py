"""The last resort of a device that cannot send: its exported file, taken in from any device."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from checklists.forms import uuid_or_none
from checklists.models import Checklist
from checklists.sync import Answered, record_all
from checklists.views.items import words_of
from checklists.views.refusals import person_of
from portal.models import User

MOST_BYTES = 5_000_000


class UnsentForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("Exported file"))

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_file(self) -> list[Any]:
        """The entries of the file, as they stand in it."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is too large to be one of a device."))
        try:
            outer = json.loads(file.read())
            text, sha256 = outer["content"], outer["sha256"]
            whole = hashlib.sha256(text.encode()).hexdigest() == sha256
            content = json.loads(text) if whole else {"entries": []}
            entries = list(content["entries"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise forms.ValidationError(
                _("This is not a file that a checklist's page has exported.")
            ) from error
        if not whole:
            raise forms.ValidationError(
                _("The file was changed after it was exported, so nothing of it was taken in.")
            )
        if content.get("user") != self.person.pk:
            raise forms.ValidationError(
                _("%(name)s entered this. Only that person can take the file in.")
                % {"name": str(content.get("name", ""))[:100]}
            )
        return entries


@dataclass(frozen=True)
class Line:
    """What became of one entry. `url` is "" where the checklist is not this person's."""

    host: str
    url: str
    what: str
    outcome: str
    messages: list[str] = field(default_factory=list)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def unsent(request: HttpRequest) -> HttpResponse:
    person = person_of(request)
    posted = request.method == "POST"
    form = UnsentForm(
        request.POST if posted else None, request.FILES if posted else None, person=person
    )
    lines = taken_in(form.cleaned_data["file"], person) if form.is_valid() else None
    status = 422 if form.errors else 200
    return render(request, "checklists/unsent.html", {"form": form, "lines": lines}, status=status)


def taken_in(entries: list[Any], by: User) -> list[Line]:
    """Record the entries in their order; a second time each gets the answer it had."""
    return [_taken_in(entry if isinstance(entry, dict) else {}, by) for entry in entries]


def _taken_in(entry: dict[str, Any], by: User) -> Line:
    key = uuid_or_none(str(entry.get("checklist", "")))
    checklist = Checklist.objects.visible_to(by).filter(pk=key).first() if key else None
    payload = entry.get("payload")
    what = payload.get("item") or payload.get("question") if isinstance(payload, dict) else ""
    if checklist is None:
        refused = _("This checklist is not, or no longer, among yours.")
        return Line(str(entry.get("host", ""))[:200], "", str(what)[:100], "refused", [refused])
    (answered,) = record_all(checklist.pk, [entry], by)
    url = checklist.get_absolute_url()
    return Line(checklist.host, url, str(what)[:100], _outcome(answered), _words(answered))


def _outcome(answered: Answered) -> str:
    return answered.event.outcome if answered.event else "refused"


def _words(answered: Answered) -> list[str]:
    return [words_of(answered.event)] if answered.event else answered.messages
