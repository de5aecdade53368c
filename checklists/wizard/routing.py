"""Which page of the wizard follows which. Everything it knows stands in the address."""

from dataclasses import replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from checklists.wizard import rules
from checklists.wizard.preview import Sheet
from checklists.wizard.rules import Answers, Step

CHECK_PAGE, SAVE_PAGE = "checklists:new_check", "checklists:new_save"


def url(page: str, answers: Answers) -> str:
    query = answers.query()
    return reverse(page) + (f"?{query}" if query else "")


def changing(step: Step, answers: Answers, anchor: str = "") -> str:
    """The link from the check page that corrects one answer and comes back."""
    return url(step.page, replace(answers, change=True)) + (f"#{anchor}" if anchor else "")


def check_page(answers: Answers) -> str:
    return url(CHECK_PAGE, replace(answers, change=False))


def save_page(answers: Answers) -> str:
    return url(SAVE_PAGE, replace(answers, change=False))


def refreshes(request: HttpRequest) -> bool:
    """Whether htmx asks, which only takes the preview out of the page."""
    return request.headers.get("HX-Request") == "true"


def back_from(step: Step, sheet: Sheet) -> str:
    """The page before: the check page while one answer is corrected, unless that is not ready."""
    answers = sheet.answers
    if answers.change and sheet.first_open is None:
        return check_page(answers)
    earlier = rules.before(step, sheet.steps)
    return url(earlier[-1].page, answers) if earlier else reverse("home")


def next_after(step: Step, sheet: Sheet) -> str:
    """The page after. A corrected answer leads back to the check page, which leads on to whatever
    the correction has opened. A mode is dropped where the product has none."""
    answers = sheet.answers
    if sheet.has_superfluous_mode:
        answers = replace(answers, mode="")
    following = rules.after(step, sheet.steps)
    page = CHECK_PAGE if answers.change or not following else following[0].page
    return url(page, answers)


def detour(
    request: HttpRequest, sheet: Sheet, page: str, step: Step | None = None
) -> HttpResponse | None:
    """Where to go instead of `page` (the one of `step`, or one after all questions; None: stay).

    To the first earlier question without a usable answer; past a question that this box is not
    asked; or to the same page without a mode where the product has none, saying so.
    """
    answers = sheet.answers
    earlier = rules.before(step, sheet.steps) if step else sheet.steps
    first = rules.first_open(answers, earlier, sheet.faults)
    if first:
        return redirect(url(first.page, answers))
    # Whoever has just chosen another product knows; a sent or mended address gets a word.
    just_chosen = step is rules.RELEASE and ("continue" in request.GET or refreshes(request))
    if sheet.has_superfluous_mode and sheet.header and not just_chosen:
        messages.warning(
            request,
            _("%(product)s has no deployment modes, so the answer to that was left out.")
            % {"product": sheet.header["product"]["short_name"]},
        )
        return redirect(url(page, replace(answers, mode="")))
    if step and step not in sheet.steps:
        return redirect(next_after(step, sheet))
    return None
