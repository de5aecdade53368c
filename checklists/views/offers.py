"""What the catalogue offers a checklist: look through it, take it."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from checklists import actions
from checklists.actions import Refused
from checklists.forms import uuid_or_none, wanted_or_none
from checklists.models import Checklist, Event
from checklists.moves import Consequence
from checklists.offers import newest_revisions, offered_to, seen_in
from checklists.page.offers import consequence_words, counts_of, groups_of, line_of
from checklists.signing_forms import OnceForm
from checklists.views.checklist import Editions
from checklists.views.refusals import checklist_of, explains_refusals, person_of


@require_safe
@never_cache
def offers(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Everything that moved, with what taking it changes; at most 26 queries."""
    checklist = checklist_of(request, uuid)
    items = list(checklist.items.all())
    answers = dict(checklist.answers.values_list("question", "value"))
    offered = offered_to(checklist, items, answers)
    context = {
        "checklist": checklist,
        "editions": Editions(checklist, person_of(request)),
        "counts": counts_of(offered.moves),
        "groups": groups_of(checklist, items, answers, offered),
        "marks": [line_of(move) for move in offered.moves if not move.is_offer],
        "problem": offered.problem,
        "frozen": checklist.frozen,
        "newest": newest_revisions(checklist.product),
        "form": OnceForm(),
        "seen": seen_in(offered.moves),
    }
    return render(request, "checklists/offers.html", context)


@require_POST
@never_cache
@explains_refusals
def take(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Take what the form names: one offer, or all of a step."""
    checklist = checklist_of(request, uuid)
    op_id = uuid_or_none(request.POST.get("op_id", ""))
    wanted = [wanted_or_none(text) for text in request.POST.getlist("offer")]
    seen = [one for one in wanted if one is not None]
    if op_id is None or len(seen) != len(wanted):
        raise _incomplete()
    events = actions.take(checklist_id=uuid, op_id=op_id, wanted=seen, by=person_of(request))
    messages.success(request, _taken(events))
    return redirect("checklists:offers", checklist.pk)


def _incomplete() -> Refused:
    return Refused(_("This form was not complete. Reload the page and try again."))


def _taken(events: list[Event]) -> str:
    """What became of the items, by position: it is never silent."""
    text = ngettext("%(n)d change was taken.", "%(n)d changes were taken.", len(events))
    sentences = [text % {"n": len(events)}]
    for what in Consequence:
        numbers = [
            str(event.item.position)
            for event in events
            if event.item and event.effect["consequence"] == what.value
        ]
        if numbers:
            named = {"numbers": _(", ").join(numbers), "effect": consequence_words(what)}
            sentences.append(_("No. %(numbers)s: %(effect)s") % named)
    return " ".join(sentences)


@require_POST
@never_cache
@explains_refusals
def look_through(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Say that the offers were looked through: the check date is today from now on."""
    checklist: Checklist = checklist_of(request, uuid)
    form = OnceForm(request.POST)
    if not form.is_valid():
        raise _incomplete()
    actions.look_through(
        checklist_id=uuid,
        op_id=form.cleaned_data["op_id"],
        seen=request.POST.get("seen", ""),
        by=person_of(request),
    )
    messages.success(request, _("Noted: the catalogue was looked through today."))
    return redirect(checklist)
