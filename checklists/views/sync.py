"""What the checklist page asks for by itself: sending its outbox, and what others have changed.

Everything here answers JSON, whatever goes wrong, and nothing of it may be kept by a cache.
"""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from checklists import actions
from checklists.conflicts import conflicts
from checklists.forms import uuid_or_none
from checklists.models import Checklist, ChecklistItem, Event
from checklists.sync import (
    MOST_BYTES,
    MOST_OPERATIONS,
    Answered,
    is_version,
    label_of,
    record_all,
)
from checklists.views.checklist import Sheet
from checklists.views.items import words_of
from checklists.views.refusals import answers_json, checklist_of, person_of, visible_or_404

# More than these since the page was shown: it is loaded again.
MOST_EVENTS = 200
# Kinds after which only a page that is loaded again says how things stand.
OF_THE_EDITION = (
    Event.Kind.TAKEN,
    Event.Kind.LOOKED_THROUGH,
    Event.Kind.PREPARED,
    Event.Kind.WITHDRAWN,
    Event.Kind.RETURNED,
    Event.Kind.ISSUED,
    Event.Kind.REOPENED,
    Event.Kind.CLOSED,
    Event.Kind.REVOKED,
    Event.Kind.DISCARDED,
)


@answers_json
@require_POST
@never_cache
def sync(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Record what a device has kept: {"device", "unsent", "offline", "clock_offset", "html",
    "operations": [{"schema", "op_id", "kind", "payload", "base_version", "follows",
    "client_at"}]} -> {"answers": [{"op_id", "outcome", ...}], "seq", "progress"}."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return JsonResponse({"messages": [_("This is too much at once. Send less.")]}, status=413)
    visible_or_404(request, uuid)
    try:
        sent = json.loads(request.body)
        operations = sent["operations"]
        if not isinstance(operations, list) or len(operations) > MOST_OPERATIONS:
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        message = _("This is not what a checklist's page sends.")
        return JsonResponse({"messages": [message]}, status=400)
    answered = record_all(uuid, operations, person_of(request))
    _note_device(request, uuid, sent, sum(each.event is not None for each in answered))
    return JsonResponse(_told(request, uuid, answered, html=bool(sent.get("html"))))


def _note_device(request: HttpRequest, uuid: UUID, sent: Any, recorded: int) -> None:
    """Keep what the device says of itself; what was just recorded it no longer holds."""
    device, unsent, offset = (sent.get(name) for name in ("device", "unsent", "clock_offset"))
    known = uuid_or_none(str(device))
    if known is None or not is_version(unsent):
        return
    actions.contact(
        checklist_id=uuid,
        device=known,
        label=label_of(request.headers.get("User-Agent", "")),
        unsent=max(0, unsent - recorded),
        offline=bool(sent.get("offline")),
        clock_offset=offset if isinstance(offset, int) and is_version(abs(offset)) else None,
        by=person_of(request),
    )


def _told(
    request: HttpRequest, uuid: UUID, answered: list[Answered], *, html: bool
) -> dict[str, Any]:
    """The answers in the order of the operations; with `html` also how their items look now."""
    answers = [_answer(each) for each in answered]
    events = [each.event for each in answered if each.event]
    seq = max((event.seq for event in events), default=0)
    if not html or not events:
        return {"answers": answers, "seq": seq}
    sheet = Sheet(request, checklist_of(request, uuid))
    items = {item.pk: item for item in sheet.items}
    unresolved = {event.pk for event in conflicts(sheet.checklist)}
    # An item is told once: with the last conflict on it that waits, else with its last operation.
    pairs = [
        (answer, each.event) for answer, each in zip(answers, answered, strict=True) if each.event
    ]
    pairs.sort(key=lambda pair: (pair[1].pk in unresolved, pair[1].seq), reverse=True)
    for answer, event in pairs:
        if item := items.pop(event.item_id or 0, None):
            answer["item"] = sheet.writer.write(item)
            answer["conflict"] = sheet.conflict(request, event) if event.pk in unresolved else ""
    progress = render_to_string("checklists/_progress.html", sheet.progress())
    return {"answers": answers, "seq": seq, "progress": progress}


def _answer(each: Answered) -> dict[str, Any]:
    event = each.event
    if event is None:
        return {"op_id": each.op_id, "outcome": "refused", "messages": each.messages}
    return {
        "op_id": each.op_id,
        "outcome": event.outcome,
        "words": words_of(event),
        "version": event.effect.get("version"),
        "seq": event.seq,
    }


@answers_json
@require_safe
@never_cache
def changes(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What happened after event `after`, as the page shows it now: {"seq", "items": {number:
    HTML}, "conflicts": {number: HTML}, "progress", "questions", "reload"}; 204 when nothing did,
    after one query."""
    last_seq = visible_or_404(request, uuid)
    text = request.GET.get("after", "")
    after = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0
    if last_seq <= after:
        return HttpResponse(status=204)
    found = Event.objects.filter(checklist=uuid, seq__gt=after).order_by("seq")
    events = list(found[: MOST_EVENTS + 1])
    if len(events) > MOST_EVENTS or any(event.kind in OF_THE_EDITION for event in events):
        return JsonResponse({"seq": last_seq, "reload": True})
    return JsonResponse(_changed(request, checklist_of(request, uuid), events))


def _changed(request: HttpRequest, checklist: Checklist, events: list[Event]) -> dict[str, Any]:
    sheet = Sheet(request, checklist)
    decided = {event.item_id for event in events}
    touched = {name for event in events for name in event.effect.get("reasons", [])}
    asked = {event.payload["question"] for event in events if event.kind == Event.Kind.ANSWER}
    items = [
        item
        for item in sheet.items
        if item.pk in decided
        or item.tracking_id in touched
        or any(_speaks_of(item, question) for question in asked)
    ]
    waiting = {event.item_id: event for event in conflicts(checklist)}
    told = {
        "seq": events[-1].seq,
        "by": sorted({event.actor_name for event in events}),
        "items": {item.position: sheet.writer.write(item) for item in items},
        # The last one that waits on an item, as with the answer to a device.
        "conflicts": {
            item.position: sheet.conflict(request, waiting[item.pk])
            for item in items
            if item.pk in waiting
        },
        "progress": render_to_string("checklists/_progress.html", sheet.progress()),
    }
    kinds = {event.kind for event in events}
    context = None
    if kinds & {Event.Kind.ANSWER, Event.Kind.HEADER}:
        context = sheet.context(None, None)
        told["questions"] = render_to_string("checklists/_questions.html", context, request)
        told["head"] = render_to_string("checklists/_head.html", context, request)
    return told


def _speaks_of(item: ChecklistItem, question: str) -> bool:
    """Whether the answer can be read off the item: in its words or a button."""
    if question == "installed_with":
        return item.content["fix"] is not None
    if question == "mode":
        return bool(item.content["modes"])
    return question in {f"condition:{each['slug']}" for each in item.content["conditions"]}
