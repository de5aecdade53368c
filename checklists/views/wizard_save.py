"""The wizard's last form: host and rollout. What is typed here never stands in an address."""

from dataclasses import replace
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from advisories.deployments import DeploymentError
from checklists import actions
from checklists.models import Checklist, Happened
from checklists.wizard import rules
from checklists.wizard.forms import SaveForm
from checklists.wizard.options import summary_of
from checklists.wizard.preview import Sheet
from checklists.wizard.routing import SAVE_PAGE, check_page, detour, url
from checklists.wizard.rules import Answers
from portal.models import User
from portal.roles import Role


@require_http_methods(["GET", "HEAD", "POST"])
def save(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not isinstance(user, User) or not user.has_role(Role.ENGINEER):
        reason = _("Only engineers make checklists.")
        return render(request, "403.html", {"reason": reason}, status=403)
    sheet = Sheet(request.GET)
    predecessor = _predecessor(sheet.answers, user)
    if request.method != "POST":
        moved = detour(request, sheet, SAVE_PAGE) or _without_stranger(request, sheet, predecessor)
        if moved:
            return moved
    form = SaveForm(
        request.POST if request.method == "POST" else None, user=user, predecessor=predecessor
    )
    if form.is_bound and form.is_valid():
        checklist = _save(form, sheet, predecessor)
        if checklist:
            return redirect(checklist)
    context = {
        "sheet": sheet,
        "form": form,
        "predecessor": predecessor,
        "happened": dict(Happened.choices).get(sheet.answers.happened, ""),
        "summary": summary_of(sheet),
        "back_url": check_page(sheet.answers),
    }
    status = 400 if form.is_bound else 200
    return render(request, "checklists/wizard/save.html", context, status=status)


def _save(form: SaveForm, sheet: Sheet, predecessor: Checklist | None) -> Checklist | None:
    """The checklist, made now or by an earlier click; None when the form now says what is wrong."""
    answers, first = sheet.answers, sheet.first_open
    if first is not None:
        why = sheet.faults.get(first, first.choose)
        form.add_error(
            None,
            _("The answers are not complete. “%(question)s”: %(why)s Use the link “Back”.")
            % {"question": first.title, "why": why},
        )
        return None
    if answers.predecessor and predecessor is None:
        form.add_error(None, _("The earlier checklist is not among yours. Use the link “Back”."))
        return None
    earlier = Checklist.objects.visible_to(form.user).filter(pk=form.cleaned_data["id"]).first()
    if earlier is not None and not form.describes(earlier):
        form.start_another(earlier, uuid4())
        return None
    if earlier is not None:
        return earlier
    try:
        return form.save(
            release=answers.release,
            mode=None if sheet.header and not sheet.header["modes"] else answers.mode,
            installed_with=answers.installed_with,
            answers=answers.conditions(),
            predecessor=predecessor,
            happened=answers.happened if predecessor else "",
        )
    except actions.Refused as refused:
        for message in refused.messages:
            form.add_error(None, message)
    except DeploymentError as error:  # the catalogue moved on while the form stood open
        form.add_error(None, str(error))
    return None


def _predecessor(answers: Answers, user: User) -> Checklist | None:
    """The checklist that this one starts from; None for none and for one of strangers."""
    if not answers.predecessor or answers.predecessor == rules.DAMAGED:
        return None
    found = Checklist.objects.visible_to(user).kept().select_related("rollout")
    return found.filter(pk=answers.predecessor).first()


def _without_stranger(
    request: HttpRequest, sheet: Sheet, predecessor: Checklist | None
) -> HttpResponse | None:
    if not sheet.answers.predecessor or predecessor is not None:
        return None
    messages.warning(
        request, _("The earlier checklist is not among yours, so this one starts without it.")
    )
    return redirect(url(SAVE_PAGE, replace(sheet.answers, predecessor="", happened="")))
