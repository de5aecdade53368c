"""Forms of the editors: one advisory with its products and references, what is said when it is
withdrawn or an older revision restored."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from advisories.actions import REACH, RevisionConflict
from advisories.content import token_of
from advisories.models import Advisory, AffectedProduct, Reference
from advisories.tidy import tidy

PREVIEW, REVIEW, PUBLISH = "_preview", "_review", "_publish"


def is_publishing(advisory: Advisory, data: Any) -> bool:
    """Whether saving this form publishes: always, but for a draft that is kept as a draft."""
    return advisory.state != Advisory.State.DRAFT or PUBLISH in data


class TidyForm(forms.ModelForm):  # type: ignore[type-arg]
    """Line breaks as one character, and none that a spreadsheet or PDF cannot hold."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, value in list(cleaned.items()):
            if isinstance(value, str):
                try:
                    cleaned[name] = tidy(value)
                except ValidationError as error:
                    self.add_error(name, error)
        return cleaned


class AdvisoryForm(TidyForm):
    """`seen` is what the editor saw; a newer state is a conflict until `replace` is ticked.

    `refusals` are messages of `publish` that no field check foresaw, `asking` says that the editor
    has to look at the change first; the admin sets them. `reviewed` stands for the change that was
    looked at, `at_least` is the step it is raised to. A preview asks for neither note nor step.
    """

    refusals: list[str] = []
    asking = False

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    reviewed = forms.CharField(required=False, widget=forms.HiddenInput)
    at_least = forms.ChoiceField(
        required=False,
        choices=[(step.value, step.label) for step in REACH],
        widget=forms.RadioSelect,
    )
    replace = forms.MultipleChoiceField(required=False, widget=forms.MultipleHiddenInput)
    note = forms.CharField(
        label=_("change note"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What changed and why. It is shown in the history of the advisory."),
    )

    class Meta:
        model = Advisory
        # The admin's fieldsets leave out what only `publish` and `withdraw` write.
        fields = "__all__"  # noqa: DJ007

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current = token_of(self.instance) if self.instance.pk else ""
        self.publishing = self.is_bound and is_publishing(self.instance, self.data)
        self.previewing = self.is_bound and PREVIEW in self.data
        if "seen" not in self.fields:  # somebody who may only look
            return
        self.initial["seen"] = self.current
        seen = self.data.get(self.add_prefix("seen"), "") if self.is_bound else self.current
        if seen != self.current and not self.previewing:
            self._offer_to_replace()

    def _offer_to_replace(self) -> None:
        field = self.fields["replace"] = forms.MultipleChoiceField(
            label=_("newer state"),
            choices=[(self.current, _("Replace the newer state with my entries"))],
            widget=forms.CheckboxSelectMultiple,
            required=False,
        )
        field.help_text = format_html(
            '<a href="{}" target="_blank" rel="noopener">{}</a>',
            self.instance.get_absolute_url(),
            _("Show the newer state in a new tab"),
        )

    def clean_replace(self) -> list[str]:
        """A tick belongs to one state: it says nothing about one that is newer still."""
        chosen = self.cleaned_data["replace"]
        return chosen if self.current in chosen else []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for refusal in self.refusals:
            self.add_error(None, refusal)
        if self.asking:
            self.add_error(None, _("Look at the change below and publish it."))
        if self.previewing:
            return cleaned
        if cleaned.get("seen", "") != self.current and self.current not in cleaned.get(
            "replace", []
        ):
            self.add_error(None, self._conflict())
        note_needed = self.instance.state != Advisory.State.DRAFT
        if note_needed and "note" in self.fields and not cleaned.get("note"):
            self.add_error("note", _("Say what you changed and why, so that others can follow."))
        return cleaned

    def _conflict(self) -> str:
        newest = self.instance.revisions.select_related("editor").order_by("-number").first()
        if newest is None or str(newest.number) == self.cleaned_data["seen"].partition("-")[0]:
            first = str(_("Somebody else changed this advisory while you had the form open."))
        else:
            first = _(
                "While you had the form open, revision %(number)s was published"
                " (%(who)s, %(when)s)."
            ) % {
                "number": newest.number,
                "who": newest.editor or _("by a command"),
                "when": date_format(timezone.localtime(newest.published_at), "Y-m-d H:i"),
            }
        then = _(
            "Nothing was saved, and your entries are still here. Compare them with the newer state"
            " (link below), carry over what is missing, tick “Replace the newer state with my"
            " entries” and save again."
        )
        return f"{first} {then}"


class AffectedProductForm(TidyForm):
    class Meta:
        model = AffectedProduct
        fields = "__all__"  # noqa: DJ007  (all that the inline lists)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "product" not in cleaned:
            # The model compares the two, and there is nothing to compare with.
            cleaned.pop("fixed_in", None)
        elif "fixed_in" in cleaned and "fix_scope" in cleaned:
            if cleaned["fixed_in"] and not cleaned["fix_scope"]:
                self.add_error("fix_scope", _("Say which installations the fix reaches."))
            elif cleaned["fix_scope"] and not cleaned["fixed_in"]:
                self.add_error(
                    "fixed_in", _("Choose the release, or leave “fix reaches” empty as well.")
                )
        return cleaned


class ReferenceForm(TidyForm):
    class Meta:
        model = Reference
        fields = "__all__"  # noqa: DJ007  (all that the inline lists)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("successor_url") and not cleaned.get("successor"):
            self.add_error("successor", _("Give the successor's number too."))
        return cleaned


class OncePerAdvisory(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows of an advisory in which one field must not repeat; the message stands at the field."""

    once = ""
    message: Any = ""

    def kept(self) -> list[Any]:
        """Forms whose rows will be there after saving."""
        return [
            form
            for form in self.forms
            if form.cleaned_data.get(self.once) and not form.cleaned_data.get("DELETE")
        ]

    def validate_unique(self) -> None:
        """`clean` says it in words, at the field."""

    def clean(self) -> None:
        seen = set()
        for form in self.kept():
            value = form.cleaned_data[self.once]
            if value in seen:
                form.add_error(self.once, self.message % {"value": value})
            seen.add(value)


class AffectedProductFormSet(OncePerAdvisory):
    once = "product"
    message = _("%(value)s is listed twice. Keep one row for each product.")

    def clean(self) -> None:
        super().clean()
        if not is_publishing(self.instance, self.data):
            return
        kept = self.kept()
        if not kept and not any(form.errors for form in self.forms):
            raise ValidationError(
                _("List at least one product: without any the advisory reaches nobody.")
            )
        if self.instance.document_id is None:
            return
        covered = set(self.instance.document.products.all())
        for form in kept:
            if form.cleaned_data["product"] not in covered:
                form.add_error(
                    "product",
                    _("The document “%(document)s” does not cover %(product)s. Add it there first.")
                    % {
                        "document": self.instance.document,
                        "product": form.cleaned_data["product"],
                    },
                )


class ReferenceFormSet(OncePerAdvisory):
    once = "number"
    message = _("The number %(value)s is listed twice in this advisory. Keep one row for it.")


# A larger number is none that the database could compare.
MOST_REVISIONS = 2**31 - 1


class SeenForm(forms.Form):
    """`seen` is the number of the revision that the editor saw."""

    seen = forms.IntegerField(min_value=0, max_value=MOST_REVISIONS, widget=forms.HiddenInput)

    def after_conflict(self, conflict: RevisionConflict) -> "SeenForm":
        """The same entries, made from the revision that is the newest now, and why once more."""
        data = {**self.data.dict(), "seen": conflict.current}  # type: ignore[attr-defined]
        form = type(self)(data)
        form.add_error(None, str(conflict))
        return form


class WithdrawalForm(SeenForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Shown to everybody who opens the advisory or has it in a checklist."),
    )

    def clean_reason(self) -> str:
        return tidy(self.cleaned_data["reason"])


class RestoreForm(SeenForm):
    note = forms.CharField(
        label=_("change note"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Why this revision is right after all. It is shown in the history."),
    )

    def clean_note(self) -> str:
        return tidy(self.cleaned_data["note"])
