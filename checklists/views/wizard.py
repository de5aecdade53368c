"""The wizard's questions with a live preview, and the page that repeats the answers.

Until the last form everything stands in the address, so Back, reload and a sent link give the
same list. A faulty answer leads to its question, which says what to do (status 400).
"""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django_htmx.http import replace_url

from advisories.access import public_catalogue
from checklists.wizard import rules
from checklists.wizard.options import options_of, summary_of
from checklists.wizard.preview import Sheet
from checklists.wizard.routing import (
    CHECK_PAGE,
    back_from,
    changing,
    detour,
    next_after,
    refreshes,
    save_page,
    url,
)
from checklists.wizard.rules import Step
from portal.roles import Role


@public_catalogue
@require_safe
def release(request: HttpRequest) -> HttpResponse:
    return _question(request, rules.RELEASE)


@public_catalogue
@require_safe
def mode(request: HttpRequest) -> HttpResponse:
    return _question(request, rules.MODE)


@public_catalogue
@require_safe
def installed_with(request: HttpRequest) -> HttpResponse:
    return _question(request, rules.INSTALLED_WITH)


@public_catalogue
@require_safe
def conditions(request: HttpRequest) -> HttpResponse:
    return _question(request, rules.CONDITIONS)


def _question(request: HttpRequest, step: Step) -> HttpResponse:
    sheet = Sheet(request.GET)
    answers = sheet.answers
    moved = detour(request, sheet, step.page, step)
    if moved:
        return moved
    problem = sheet.faults.get(step, "")
    if "continue" in request.GET and not problem:
        if step.optional or answers.get(step):
            return redirect(next_after(step, sheet))
        problem = str(step.choose)
    address = url(step.page, answers)
    has_fields = any(key.startswith(rules.FIELD) for key in request.GET)
    if has_fields and not problem and not refreshes(request):
        return redirect(address)
    context = {
        "sheet": sheet,
        "step": step,
        "number": sheet.steps.index(step) + 1,
        "problem": problem,
        "options": options_of(sheet, step),
        "hidden": answers.pairs(without=step),
        "back_url": back_from(step, sheet),
    }
    page = "conditions" if step is rules.CONDITIONS else "question"
    status = 400 if problem else 200
    response = render(request, f"checklists/wizard/{page}.html", context, status=status)
    return replace_url(response, address) if refreshes(request) else response


@public_catalogue
@require_safe
def check(request: HttpRequest) -> HttpResponse:
    """All answers with their change links, and the whole list as it would be saved."""
    sheet = Sheet(request.GET)
    moved = detour(request, sheet, CHECK_PAGE)
    if moved:
        return moved
    user = request.user
    context = {
        "sheet": sheet,
        "summary": [
            (line, changing(line.step, sheet.answers, line.anchor)) for line in summary_of(sheet)
        ],
        "back_url": url(sheet.steps[-1].page, sheet.answers),
        "save_url": save_page(sheet.answers),
        "login_query": urlencode({"next": request.get_full_path()}),
        "may_save": user.is_authenticated and user.has_role(Role.ENGINEER),
    }
    return render(request, "checklists/wizard/check.html", context)
