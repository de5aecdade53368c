"""Pages of a rollout: its header, its members, its checklists; and the name of a host."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from advisories.texts import in_language
from checklists import actions
from checklists.actions import NotAllowed, Refused, Stale
from checklists.actions.events import require
from checklists.models import Checklist, Edition, Rollout, SignOff
from checklists.signing_forms import HeaderForm, HostForm, MemberForm
from checklists.views.refusals import add_errors, checklist_of, explains_refusals, person_of
from portal.models import User
from portal.roles import Role


@dataclass(frozen=True)
class Box:
    """One checklist of the rollout, with its newest edition; `header_differs`: it still prints
    another customer, project or number than the rollout has now."""

    checklist: Checklist
    edition: Edition
    product: str
    release: str
    header_differs: bool

    @property
    def state(self) -> str:
        """The class of the state's tag."""
        if getattr(self.edition, "revocation", None):
            return "revoked"
        revised = self.edition.state == Edition.State.DRAFT and self.edition.minor > 0
        return "being_revised" if revised else self.edition.state.value

    @property
    def declined(self) -> SignOff | None:
        """The customer's refusal, while no acceptance has followed."""
        declined = self.state == Edition.State.DECLINED
        return self.edition.signature(SignOff.Kind.DECLINED) if declined else None

    @property
    def state_text(self) -> str:
        words = {"revoked": _("Revoked"), "being_revised": _("Being revised")}
        return words.get(self.state) or str(self.edition.state.label)


ROLES = {
    Role.EDITOR: gettext_lazy("Editor"),
    Role.ENGINEER: gettext_lazy("Engineer"),
    Role.REVIEWER: gettext_lazy("Reviewer"),
    Role.READER: gettext_lazy("Reader"),
}


@dataclass(frozen=True)
class Member:
    person: User
    roles: str


def rollout_of(request: HttpRequest, uuid: UUID) -> Rollout:
    """404 for strangers; one query."""
    found = Rollout.objects.visible_to(person_of(request)).select_related("created_by")
    rollout: Rollout = get_object_or_404(found, pk=uuid)
    return rollout


@require_safe
@never_cache
def rollout_detail(request: HttpRequest, uuid: UUID) -> HttpResponse:
    rollout = rollout_of(request, uuid)
    found = Checklist.objects.filter(rollout=rollout).with_editions().with_progress()
    checklists = list(found.order_by("host", "-created_at"))
    is_engineer = person_of(request).has_role(Role.ENGINEER)
    context = {
        "rollout": rollout,
        "members": [
            _member(person)
            for person in rollout.members.prefetch_related("groups").order_by("username")
        ],
        "boxes": [_box(rollout, c) for c in checklists if not c.discarded_at],
        "discarded": [c for c in checklists if c.discarded_at],
        "is_engineer": is_engineer,
        "member_form": MemberForm(rollout=rollout) if is_engineer else None,
    }
    return render(request, "checklists/rollout_detail.html", context)


def _member(person: User) -> Member:
    groups = {group.name for group in person.groups.all()}
    words = [str(word) for role, word in ROLES.items() if person.is_superuser or role in groups]
    return Member(person, _(", ").join(words))


def _box(rollout: Rollout, checklist: Checklist) -> Box:
    edition = max(checklist.editions.all(), key=lambda edition: edition.minor)
    names = ("customer", "project", "number")
    differs = any(getattr(checklist, name) != getattr(rollout, name) for name in names)
    return Box(
        checklist=checklist,
        edition=edition,
        product=checklist.frozen["product"]["short_name"],
        release=in_language(checklist.frozen["release"]["label"]),
        header_differs=differs and edition.issued_at is None,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def rollout_header(request: HttpRequest, uuid: UUID) -> HttpResponse:
    rollout = rollout_of(request, uuid)
    if not person_of(request).has_role(Role.ENGINEER):
        reason = _("Only engineers of this rollout may change it.")
        return render(request, "403.html", {"reason": reason}, status=403)
    form = HeaderForm(request.POST) if request.method == "POST" else HeaderForm.of(rollout)
    if form.is_valid():
        try:
            actions.change_header(rollout=rollout, by=person_of(request), **form.cleaned_data)
        except Refused as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Changed. Checklists in draft print it from now on."))
            return redirect(rollout)
    status = 422 if form.is_bound else 200
    context = {"rollout": rollout, "form": form}
    return render(request, "checklists/rollout_header.html", context, status=status)


@require_POST
def rollout_members(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Add the person of `person`, or take the one of `remove` (a member's number) out."""
    rollout = rollout_of(request, uuid)
    members = {str(user.pk): user for user in rollout.members.all()}
    leaving = members.pop(request.POST.get("remove", ""), None)
    form = MemberForm(request.POST, rollout=rollout)
    if "remove" in request.POST:
        if leaving is None:  # a second click
            return redirect(rollout)
        del form.fields["person"]
    if not form.is_valid():
        messages.error(request, _("Choose a person who is not a member yet."))
        return redirect(rollout)
    who: User = leaving or form.cleaned_data["person"]
    wanted = [*members.values()] if leaving else [*members.values(), who]
    try:
        actions.change_members(
            rollout=rollout,
            # One page has a form for each member, and Back shows it again.
            op_id=uuid5(form.cleaned_data["op_id"], f"{who.pk} {leaving is None}"),
            members=wanted,
            by=person_of(request),
        )
    except NotAllowed as error:
        return render(request, "403.html", {"reason": " ".join(error.messages)}, status=403)
    except Refused as error:
        messages.error(request, " ".join(error.messages))
        return redirect(rollout)
    text = _("%(name)s is no longer a member.") if leaving else _("%(name)s is a member now.")
    messages.success(request, text % {"name": who.name})
    return redirect("home" if leaving == request.user else rollout)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@explains_refusals
def host(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Correct the host's name or the detail of its mode, in draft."""
    checklist = checklist_of(request, uuid)
    require(checklist, person_of(request), Role.ENGINEER)
    form = HostForm(request.POST) if request.method == "POST" else HostForm.of(checklist)
    if form.is_valid():
        try:
            actions.change_host(checklist_id=uuid, by=person_of(request), **form.cleaned_data)
        except Refused as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Changed."))
            return redirect(checklist)
    edition = next((e for e in checklist.editions.all() if e.issued_at is None), None)
    if edition is None or edition.state != Edition.State.DRAFT:
        raise Stale(_("The header of a signed checklist does not change. Re-open it first."))
    status = 422 if form.is_bound else 200
    context = {"checklist": checklist, "form": form}
    return render(request, "checklists/rollout_host.html", context, status=status)
