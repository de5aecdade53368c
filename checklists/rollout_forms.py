"""What the forms about several boxes send."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from checklists.actions.boxes import Seen
from checklists.forms import uuid_or_none, version_or_none
from checklists.models import LINE_LENGTH, Checklist
from checklists.signing_forms import OnceForm


class AnotherBoxForm(OnceForm):
    """A box like another one: only what is its own."""

    host = forms.CharField(
        label=_("Host"),
        max_length=LINE_LENGTH,
        help_text=_("The host name of the box, as the customer calls it."),
        error_messages={"required": _("Enter the host name of the box.")},
    )
    mode_detail = forms.CharField(
        label=_("Mode in detail"),
        help_text=_("For example WCCP, L4 switch or HA. It is printed, not evaluated."),
        max_length=LINE_LENGTH,
        required=False,
    )

    @classmethod
    def of(cls, source: Checklist) -> "AnotherBoxForm":
        return cls(initial={"mode_detail": source.mode_detail})


def chosen_boxes(data: QueryDict) -> list[Seen] | None:
    """The boxes that are ticked, each with the version that its line carries. None: not what the
    page had put there."""
    chosen = []
    for text in data.getlist("box"):
        box, version = uuid_or_none(text), version_or_none(data.get(f"version-{text}", ""))
        if box is None or version is None:
            return None
        chosen.append(Seen(box, version))
    return chosen
