"""Forms of signatures, of what follows them, and of a rollout's header and members."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from checklists.actions.creation import NUMBER_LENGTH
from checklists.models import LINE_LENGTH, NOTE_LENGTH, Checklist, Rollout
from portal.identity import is_fresh, prove_by_password
from portal.models import User


class OnceForm(forms.Form):
    """A form that acts once, however often it is sent: it carries its operation's UUID."""

    # Without an id: a page may have several of these forms.
    op_id = forms.UUIDField(widget=forms.HiddenInput(attrs={"id": False}), initial=uuid4)


class ProofForm(OnceForm):
    """A step that needs a fresh proof of identity: the password when the last one is old."""

    password = forms.CharField(
        label=_("Your password"),
        help_text=_("Signing asks for it when you have not shown it in the last five minutes."),
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        if is_fresh(request, now):
            del self.fields["password"]

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not prove_by_password(self.request, password):
            raise forms.ValidationError(
                _("The password is not right. Nothing was signed. Enter it again.")
            )
        return ""


class SignForm(ProofForm):
    """A signature over what was seen."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)


class ReasonForm(OnceForm):
    """A step that needs a reason: re-open, revoke, discard."""

    reason = forms.CharField(
        label=_("Reason"), max_length=NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )


class HostForm(OnceForm):
    host = forms.CharField(label=_("Host"), max_length=LINE_LENGTH)
    mode_detail = forms.CharField(
        label=_("Mode in detail"),
        help_text=_("For example WCCP, L4 switch or HA. It is printed, not evaluated."),
        max_length=LINE_LENGTH,
        required=False,
    )

    @classmethod
    def of(cls, checklist: Checklist) -> "HostForm":
        return cls(initial={"host": checklist.host, "mode_detail": checklist.mode_detail})


class HeaderForm(OnceForm):
    customer = forms.CharField(label=_("Customer"), max_length=LINE_LENGTH)
    project = forms.CharField(label=_("Project"), max_length=LINE_LENGTH)
    number = forms.CharField(label=_("Project number"), max_length=NUMBER_LENGTH, required=False)

    @classmethod
    def of(cls, rollout: Rollout) -> "HeaderForm":
        names = ("customer", "project", "number")
        return cls(initial={name: getattr(rollout, name) for name in names})


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: User) -> str:
        return f"{obj.name} ({obj.company})" if obj.company else obj.name


class MemberForm(OnceForm):
    """Somebody to add: an active account that is not a member yet."""

    person = PersonField(label=_("Person"), queryset=User.objects.none())

    def __init__(self, *args: Any, rollout: Rollout, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = User.objects.filter(is_active=True).exclude(rollouts=rollout)
        self.fields["person"].queryset = others  # type: ignore[attr-defined]
