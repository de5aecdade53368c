"""What the checklist page's forms send: decisions, answers, resolved conflicts.

Each goes through `actions.record`. A script that asks for JSON gets what changed; a plain form is
sent back to the page, or shown both values when somebody else was faster.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from checklists import actions
from checklists.actions import NotAllowed, Refused
from checklists.conflicts import ENTRIES
from checklists.forms import Entered, EnteredAnswer, Sent, decision_sent, uuid_or_none
from checklists.models import Checklist, Event
from checklists.views.checklist import Sheet, page
from checklists.views.refusals import checklist_of, explains_refusals, person_of

PRECONDITION_REQUIRED, UNPROCESSABLE, CONFLICT = 428, 422, 409


def _incomplete() -> str:
    return (
        _("The form did not say which version of it you saw, so nothing was saved.")
        + " "
        + _("Look at the present value, then save again.")
    )


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"


@require_POST
@never_cache
@explains_refusals
def decide(request: HttpRequest, uuid: UUID, tracking_id: str) -> HttpResponse:
    """Record a decision on one item. 404 for an item of another checklist."""
    checklist = checklist_of(request, uuid)
    item = get_object_or_404(checklist.items, tracking_id=tracking_id)
    sent, values = Sent.of(request.POST), decision_sent(request.POST, item.decision)
    if not sent.complete or sent.op_id is None:
        entered = Entered(tracking_id, values, [_incomplete()])
        return _refused(request, checklist, entered, PRECONDITION_REQUIRED)
    try:
        event = actions.record(
            checklist_id=uuid,
            op_id=sent.op_id,
            kind=Event.Kind.DECISION,
            payload={"item": tracking_id, "decision": values},
            base_version=sent.base_version,
            by=person_of(request),
        )
    except NotAllowed as error:
        if wants_json(request):
            return JsonResponse({"messages": list(error.messages)}, status=403)
        raise
    except Refused as error:
        entered = Entered(tracking_id, values, list(error.messages), sent.base_version)
        return _refused(request, checklist, entered, UNPROCESSABLE)
    if wants_json(request):
        return _recorded(request, uuid, event)
    return _answered(request, checklist, event)


def _refused(
    request: HttpRequest, checklist: Checklist, entered: Entered, status: int
) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"messages": entered.messages}, status=status)
    return page(request, checklist, status=status, entered=entered)


def _recorded(request: HttpRequest, uuid: UUID, event: Event) -> HttpResponse:
    """What became of an operation: {"outcome", "words", "item", "progress", "conflict"}, the last
    three as HTML of how it is now."""
    sheet = Sheet(request, checklist_of(request, uuid))
    item = next(i for i in sheet.items if i.pk == event.item_id)
    conflict = sheet.conflict(request, event)
    answer = {
        "outcome": event.outcome,
        "words": words_of(event),
        "item": sheet.writer.write(item),
        "progress": render_to_string("checklists/_progress.html", sheet.progress()),
        "conflict": conflict,
    }
    return JsonResponse(answer, status=CONFLICT if conflict else 200)


def words_of(event: Event) -> str:
    return {
        Event.Outcome.APPLIED: _("Saved."),
        Event.Outcome.SAME: _("Saved: it was already so."),
        Event.Outcome.CONFLICT: _("Not taken over: somebody had changed it in the meantime."),
        Event.Outcome.LATE: _late(),
    }[Event.Outcome(event.outcome)]


def _late() -> str:
    return (
        _("The checklist was signed in the meantime, so this changed nothing.")
        + " "
        + _("It is kept as late and offered in the next draft.")
    )


def _answered(request: HttpRequest, checklist: Checklist, event: Event) -> HttpResponse:
    """Back to the page, or both values beside each other."""
    if event.outcome == Event.Outcome.CONFLICT:
        return conflict_page(request, checklist, event)
    if event.outcome == Event.Outcome.LATE:
        messages.warning(request, _late())
        return _back(request, checklist)
    return _back(request, checklist, f"item-{event.item.position}" if event.item else "")


def _back(request: HttpRequest, checklist: Checklist, anchor: str = "") -> HttpResponseRedirect:
    """To the page with the filters that were on it."""
    query = "?" + request.GET.urlencode() if request.GET else ""
    fragment = "#" + anchor if anchor else ""
    return redirect(checklist.get_absolute_url() + query + fragment)


def conflict_page(request: HttpRequest, checklist: Checklist, event: Event) -> HttpResponse:
    sheet = Sheet(request, checklist_of(request, checklist.pk))
    context = {
        "checklist": checklist,
        "conflict": sheet.waiting([event])[0],
        "editable": sheet.editions.may_edit,
        "filters": sheet.filters,
    }
    return render(request, "checklists/conflict.html", context, status=CONFLICT)


@require_POST
@never_cache
@explains_refusals
def answer(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Answer or correct a question about the box; the items it touches are decided anew."""
    checklist = checklist_of(request, uuid)
    sent = Sent.of(request.POST)
    question, value = request.POST.get("question", ""), request.POST.get("value", "")
    if not sent.complete or sent.op_id is None:
        answered = EnteredAnswer(question, value, [_incomplete()])
        return page(request, checklist, status=PRECONDITION_REQUIRED, answered=answered)
    try:
        event = actions.record(
            checklist_id=uuid,
            op_id=sent.op_id,
            kind=Event.Kind.ANSWER,
            payload={"question": question, "value": value},
            base_version=sent.base_version,
            by=person_of(request),
        )
    except NotAllowed:
        raise
    except Refused as error:
        answered = EnteredAnswer(question, value, list(error.messages))
        return page(request, checklist, status=UNPROCESSABLE, answered=answered)
    if event.outcome == Event.Outcome.APPLIED:
        messages.success(request, _answer_words(checklist, event))
    return _answered(request, checklist, event)


def _answer_words(checklist: Checklist, event: Event) -> str:
    """Which items an answer changed: it is never silent."""
    touched = checklist.items.filter(tracking_id__in=event.effect["reasons"])
    numbers = list(touched.values_list("position", flat=True))
    if not numbers:
        return _("Answered. No item changed.")
    return ngettext(
        "Answered. %(n)d item was decided anew: no. %(numbers)s.",
        "Answered. %(n)d items were decided anew: no. %(numbers)s.",
        len(numbers),
    ) % {"n": len(numbers), "numbers": _(", ").join(map(str, numbers))}


@require_POST
@never_cache
@explains_refusals
def resolve(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Settle a conflict or a late entry: `take` is "mine" (the entry, set on the version that
    was seen) or "theirs" (the present value stays)."""
    checklist = checklist_of(request, uuid)
    sent, take = Sent.of(request.POST), request.POST.get("take", "")
    entry = _entry(checklist, request.POST.get("entry", ""))
    if not sent.complete or sent.op_id is None or take not in ("mine", "theirs"):
        answered = EnteredAnswer("", "", [_incomplete()], anchor="conflicts")
        return page(request, checklist, status=PRECONDITION_REQUIRED, answered=answered)
    mine = take == "mine"
    if mine and entry.kind == Event.Kind.EVIDENCE_ADDED:
        event = actions.take_late_evidence(
            checklist_id=uuid, op_id=sent.op_id, entry=entry, by=person_of(request)
        )
        return _answered(request, checklist, event)
    # An entry that tried to settle another one and came too late still stands for both.
    resolves = [str(entry.op_id), *entry.payload["resolves"]]
    event = actions.record(
        checklist_id=uuid,
        op_id=sent.op_id,
        kind=Event.Kind(entry.kind) if mine else Event.Kind.RESOLVED,
        payload={**(entry.payload if mine else {}), "resolves": resolves},
        base_version=sent.base_version if mine else None,
        by=person_of(request),
    )
    return _answered(request, checklist, event)


def _entry(checklist: Checklist, op_id: str) -> Event:
    """The conflicting or late entry with this op_id; 404 where this checklist has none."""
    known = uuid_or_none(op_id)
    found: Any = (
        known
        and checklist.events.filter(
            op_id=known,
            outcome__in=(Event.Outcome.CONFLICT, Event.Outcome.LATE),
            kind__in=ENTRIES,
        ).first()
    )
    if not found:
        raise Http404
    entry: Event = found
    return entry
