"""Forms around the customer's answer: those of members, and those of customers without account."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from checklists.models import LINE_LENGTH, NOTE_LENGTH
from checklists.pictures import NotUsable, Scan, clean_scan
from checklists.signing_forms import OnceForm, SignForm

DAYS = (1, 3, 7, 14, 30, 60, 90)
USES = (1, 3, 5, 10, 20, 50)


def days() -> list[tuple[int, str]]:
    return [(n, ngettext("%(n)d day", "%(n)d days", n) % {"n": n}) for n in DAYS]


def uses() -> list[tuple[int, str]]:
    return [(n, ngettext("%(n)d time", "%(n)d times", n) % {"n": n}) for n in USES]


class LinkForm(OnceForm):
    """A link for the customer."""

    for_whom = forms.CharField(
        label=_("For whom"),
        help_text=_("For your own list of links; the customer does not see it."),
        max_length=LINE_LENGTH,
        required=False,
    )
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        choices=days,
        initial=14,
    )
    uses = forms.TypedChoiceField(
        label=_("Can be opened"),
        help_text=_("Some mail programs open each link once to check it, so once is often little."),
        coerce=int,
        choices=uses,
        initial=10,
    )


class CustomerForm(OnceForm):
    """Who the customer is, as typed; `seen` is what the page showed."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    name = forms.CharField(
        label=_("Your name"),
        max_length=LINE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    company = forms.CharField(
        label=_("Company"),
        max_length=LINE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )


class DeclineForm(CustomerForm):
    reason = forms.CharField(
        label=_("Why you do not accept it"),
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    field_order = ("op_id", "seen", "reason", "name", "company")


class CommentForm(OnceForm):
    """A comment on one item; `item` "" is the whole list."""

    item = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)
    comment = forms.CharField(
        label=_("Comment"), max_length=NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )
    name = forms.CharField(
        label=_("Your name"),
        max_length=LINE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class PaperForm(SignForm):
    """An acceptance that was signed on paper."""

    name = forms.CharField(label=_("Name on the paper"), max_length=LINE_LENGTH)
    company = forms.CharField(label=_("Company on the paper"), max_length=LINE_LENGTH)
    dated = forms.DateField(
        label=_("Date on the paper"), widget=forms.DateInput(attrs={"type": "date"})
    )
    scan = forms.FileField(
        label=_("Scan of the paper"),
        help_text=_("PDF, JPEG or PNG, at most 10 MB. Of pictures only what is seen is kept."),
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png"}),
    )
    field_order = ("op_id", "seen", "name", "company", "dated", "scan", "password")

    def clean_scan(self) -> Scan:
        upload: Any = self.cleaned_data["scan"]
        try:
            return clean_scan(upload.read())
        except NotUsable as error:
            raise forms.ValidationError(str(error)) from error
