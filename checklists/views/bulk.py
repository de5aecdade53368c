"""One decision on the items that are chosen on the checklist's page, and undoing it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from advisories.texts import in_language
from checklists import actions
from checklists.actions import Done, NotAllowed, Picked, Refused, Stale
from checklists.forms import EnteredBulk, decision_sent, uuid_or_none, version_or_none
from checklists.models import Checklist, Event
from checklists.page.recorded import decision_word
from checklists.views.checklist import page
from checklists.views.items import words_of
from checklists.views.refusals import checklist_of, explains_refusals, person_of

UNPROCESSABLE, CONFLICT = 422, 409
TAKEN = (Event.Outcome.APPLIED, Event.Outcome.SAME)


@dataclass(frozen=True)
class Row:
    """What became of one item, in words."""

    position: int
    title: str
    taken: bool
    words: str


@require_POST
@never_cache
@explains_refusals
def decide_many(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The same decision on the chosen items; a page that names what became of each."""
    checklist = checklist_of(request, uuid)
    op_id, picked = uuid_or_none(request.POST.get("op_id", "")), _picked(request)
    values = decision_sent(request.POST, "")
    try:
        if op_id is None or picked is None:
            raise Refused(_("This form was not complete. Reload the page and try again."))
        done = actions.decide_items(
            checklist_id=uuid, op_id=op_id, decision=values, items=picked, by=person_of(request)
        )
    except (NotAllowed, Stale):
        raise
    except Refused as error:
        chosen = frozenset(each.tracking_id for each in picked or [])
        entered = EnteredBulk(values, chosen, list(error.messages))
        return page(request, checklist, status=UNPROCESSABLE, several=entered)
    rows = [_row(each) for each in done]
    taken = sum(row.taken for row in rows)
    heading = ngettext(
        "Recorded on %(taken)d of %(n)d item", "Recorded on %(taken)d of %(n)d items", len(rows)
    )
    context = {
        "heading": heading % {"taken": taken, "n": len(rows)},
        "decision": decision_word(values["decision"]),
        "undo": op_id if any(_applied(each) for each in done) else None,
    }
    return _told(request, checklist, rows, context)


def _picked(request: HttpRequest) -> list[Picked] | None:
    """The items with the versions that were seen, each once; with `all` those that were shown.
    None: not what the page had put there."""
    sent = request.POST.getlist("item")
    if request.POST.get("all"):
        sent += request.POST.get("shown", "").split("\n")
    found = {}
    for each in filter(None, (text.strip() for text in sent)):
        tracking_id, _blank, version = each.partition(" ")
        seen = version_or_none(version)
        if seen is None:
            return None
        found[tracking_id] = Picked(tracking_id, seen)
    return list(found.values())


def _applied(done: Done) -> bool:
    return done.event is not None and done.event.outcome == Event.Outcome.APPLIED


def _row(done: Done) -> Row:
    event = done.event
    return Row(
        position=done.item.position,
        title=in_language(done.item.content["title"]),
        taken=event is not None and event.outcome in TAKEN,
        words=words_of(event) if event else " ".join(done.messages),
    )


def _told(
    request: HttpRequest, checklist: Checklist, rows: list[Row], context: Mapping[str, Any]
) -> HttpResponse:
    """Each item with what became of it, first those that were not taken over."""
    query = "?" + request.GET.urlencode() if request.GET else ""
    missed = [row for row in rows if not row.taken]
    told = {
        "checklist": checklist,
        "missed": missed,
        "taken": [row for row in rows if row.taken],
        "query": query,
    }
    context = {**context, **told}
    return render(request, "checklists/decided.html", context, status=CONFLICT if missed else 200)


@require_POST
@never_cache
@explains_refusals
def undo_many(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Undo what `decide_many` recorded, where nobody has decided since; else it is said."""
    checklist = checklist_of(request, uuid)
    op_id = uuid_or_none(request.POST.get("op_id", ""))
    if op_id is None:
        raise Refused(_("This form was not complete. Reload the page and try again."))
    done = actions.undo_items(checklist_id=uuid, op_id=op_id, by=person_of(request))
    rows = [_row(each) for each in done]
    taken = sum(row.taken for row in rows)
    heading = ngettext(
        "Undone on %(taken)d of %(n)d item", "Undone on %(taken)d of %(n)d items", len(rows)
    ) % {"taken": taken, "n": len(rows)}
    if taken < len(rows):
        return _told(request, checklist, rows, {"heading": heading})
    messages.success(request, heading)
    query = "?" + request.GET.urlencode() if request.GET else ""
    return redirect(checklist.get_absolute_url() + query)
