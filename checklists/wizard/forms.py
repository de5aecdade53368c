"""The wizard's last form."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from checklists import actions
from checklists.models import LINE_LENGTH, Checklist, Rollout
from portal.admin_fields import RowsField
from portal.models import User
from portal.roles import Role

NEW = "new"
ROLE_NAMES = {
    Role.EDITOR: gettext_lazy("Editor"),
    Role.ENGINEER: gettext_lazy("Engineer"),
    Role.REVIEWER: gettext_lazy("Reviewer"),
    Role.READER: gettext_lazy("Reader"),
}


def people(user: User) -> QuerySet[User]:
    """Who can become a member beside `user`: active, with a role. Two queries."""
    roles = Group.objects.filter(name__in=[role.value for role in Role])
    found = User.objects.filter(Q(is_superuser=True) | Q(groups__in=roles), is_active=True)
    named = found.exclude(pk=user.pk).distinct().order_by("display_name", "username")
    return named.prefetch_related(Prefetch("groups", roles))


def who_review(user: User) -> QuerySet[User]:
    """Active people other than `user` who may review."""
    may = Q(is_superuser=True) | Q(groups__name=Role.REVIEWER.value)
    return User.objects.filter(may, is_active=True).exclude(pk=user.pk).distinct()


class MembersField(RowsField):
    def label_from_instance(self, person: User) -> str:
        held = {group.name for group in person.groups.all()}
        names = [str(name) for role, name in ROLE_NAMES.items() if role.value in held]
        if person.is_superuser:
            names = [_("every role")]
        return f"{person.name} ({_(', ').join(names)})"


class SaveForm(forms.Form):
    """Host, and one of my rollouts or a new one. Carries the ids that both will have, so that a
    second click finds what the first one made."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    rollout_id = forms.UUIDField(widget=forms.HiddenInput)
    host = forms.CharField(
        label=gettext_lazy("Host"),
        max_length=LINE_LENGTH,
        help_text=gettext_lazy("The host name of the box, as the customer calls it."),
    )
    mode_detail = forms.CharField(
        label=gettext_lazy("Mode in detail"),
        max_length=LINE_LENGTH,
        required=False,
        help_text=gettext_lazy("For example WCCP, L4 switch or HA. It is printed, not evaluated."),
    )
    rollout = forms.ChoiceField(label=gettext_lazy("Rollout"))
    customer = forms.CharField(
        label=gettext_lazy("Customer"), max_length=LINE_LENGTH, required=False
    )
    project = forms.CharField(label=gettext_lazy("Project"), max_length=LINE_LENGTH, required=False)
    number = forms.CharField(label=gettext_lazy("Project number"), max_length=80, required=False)
    members = MembersField(
        label=gettext_lazy("Members beside you"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Only members see the rollout. Another person than you has to review its checklists."
        ),
    )
    without_reviewer = forms.BooleanField(
        label=gettext_lazy("Save now and add a reviewer later"), required=False
    )

    def __init__(
        self, data: Any = None, *, user: User, predecessor: Checklist | None = None
    ) -> None:
        mine = list(Rollout.objects.visible_to(user))
        initial: dict[str, Any] = {"id": uuid4(), "rollout_id": uuid4()}
        initial["rollout"] = str(mine[0].pk) if len(mine) == 1 else "" if mine else NEW
        if predecessor:
            initial |= {
                "rollout": str(predecessor.rollout_id),
                "host": predecessor.host,
                "mode_detail": predecessor.mode_detail,
            }
        super().__init__(data, initial=initial)
        self.user = user
        self.earlier: Checklist | None = None
        self.mine = {str(rollout.pk): rollout for rollout in mine}
        choices = [(key, _rollout_label(rollout)) for key, rollout in self.mine.items()]
        if choices and not initial["rollout"]:
            choices.insert(0, ("", _("Choose one")))
        self.fields["rollout"].choices = [*choices, (NEW, _("A new rollout"))]  # type: ignore[attr-defined]
        choose = _("Choose one of your rollouts, or “A new rollout”.")
        self.fields["rollout"].error_messages |= {"required": choose, "invalid_choice": choose}
        for name, message in (
            ("customer", _("Enter the customer.")),
            ("project", _("Enter the project name.")),
        ):
            self.fields[name].error_messages["required"] = message
            self.fields[name].required = not mine
        self.fields["host"].error_messages["required"] = _("Enter the host name of the box.")
        if not mine:
            self.fields["rollout"].widget = forms.HiddenInput()
        self.fields["members"].queryset = people(user)  # type: ignore[attr-defined]

    @property
    def warns(self) -> bool:
        """Whether the page says that nobody could review: when that is certain already, and when
        the form was refused for it."""
        if settings.ALLOW_SELF_REVIEW:
            return False
        if self.is_bound:
            return "without_reviewer" in self.errors or bool(self.data.get("without_reviewer"))
        return not who_review(self.user).exists()

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        chosen = data.get("rollout")
        if chosen == NEW:
            for name in ("customer", "project"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, self.fields[name].error_messages["required"])
        if chosen and not data.get("without_reviewer") and not self._has_reviewer(chosen):
            self.add_error(
                "without_reviewer",
                _("No member may review. Choose a reviewer, or tick that you add one later.")
                if chosen == NEW
                else _("No member of this rollout may review. Tick that you add a reviewer later."),
            )
        return data

    def _has_reviewer(self, chosen: str) -> bool:
        if settings.ALLOW_SELF_REVIEW:
            return True
        reviewers = who_review(self.user)
        if chosen == NEW:
            members = self.cleaned_data.get("members") or ()
            return reviewers.filter(pk__in=[person.pk for person in members]).exists()
        return reviewers.filter(rollouts=self.mine[chosen].pk).exists()

    def describes(self, checklist: Checklist) -> bool:
        """Whether this form, sent before, made `checklist`."""
        data = self.cleaned_data
        rollout = data["rollout_id"] if data["rollout"] == NEW else UUID(data["rollout"])
        return (checklist.host, checklist.mode_detail, checklist.rollout_id) == (
            data["host"],
            data["mode_detail"],
            rollout,
        )

    def start_another(self, earlier: Checklist, new_id: UUID) -> None:
        """The form was sent before, with other values: say so, and let the next click make a
        second checklist, in the rollout of the first one."""
        self.earlier = earlier
        self.add_error(
            None,
            _("This form was already saved as %(host)s. Save again to make a second checklist.")
            % {"host": earlier.host},
        )
        data = dict(self.data.items()) | {"id": str(new_id), "rollout_id": str(uuid4())}
        if data.get("rollout") == NEW and str(earlier.rollout_id) in self.mine:
            data["rollout"] = str(earlier.rollout_id)
        self.data = data

    @transaction.atomic
    def save(
        self,
        *,
        release: str,
        mode: str | None,
        installed_with: str,
        answers: Mapping[str, str],
        predecessor: Checklist | None,
        happened: str,
    ) -> Checklist:
        """The checklist, with its new rollout where one was asked for: both or none.

        Raises `actions.Refused`.
        """
        data = self.cleaned_data
        rollout = self.mine.get(data["rollout"]) or actions.create_rollout(
            id=data["rollout_id"],
            customer=data["customer"],
            project=data["project"],
            number=data["number"],
            members=data["members"],
            by=self.user,
        )
        return actions.create_checklist(
            id=data["id"],
            rollout=rollout,
            host=data["host"],
            mode_detail=data["mode_detail"],
            release=release,
            mode=mode,
            installed_with=installed_with,
            answers=answers,
            predecessor=predecessor,
            happened=happened,
            by=self.user,
        )


def _rollout_label(rollout: Rollout) -> str:
    return f"{rollout} ({rollout.number})" if rollout.number else str(rollout)
