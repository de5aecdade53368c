"""The files that prove an item: a page for each item, the files themselves, and their removal.

The page works without scripts. With them a file is dropped or pasted on the checklist's page, and
the same address answers JSON. Files go to the portal at once: no device keeps them.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from advisories.served_files import picture_served, served
from advisories.texts import in_language
from checklists import actions, files
from checklists.actions import NotAllowed, Refused
from checklists.actions.evidence import MOST_OF_AN_ITEM
from checklists.evidence_files import (
    ACCEPTED,
    CONTENT_TYPES,
    MOST_BYTES,
    clean_evidence,
)
from checklists.forms import uuid_or_none
from checklists.models import Checklist, ChecklistItem, Event, Evidence
from checklists.pictures import MEGABYTE, NotUsable
from checklists.views.checklist import Sheet
from checklists.views.items import UNPROCESSABLE, wants_json, words_of
from checklists.views.refusals import checklist_of, explains_refusals, person_of

MOST_AT_ONCE = 100 * MEGABYTE


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@explains_refusals
def evidence(request: HttpRequest, uuid: UUID, tracking_id: str) -> HttpResponse:
    """The files of one item, and the form that adds some. 404 for an item of another checklist."""
    checklist = checklist_of(request, uuid)
    item = get_object_or_404(checklist.items, tracking_id=tracking_id)
    if request.method == "POST":
        return _added(request, checklist, item)
    return _page(request, checklist, item)


def _page(
    request: HttpRequest,
    checklist: Checklist,
    item: ChecklistItem,
    *,
    refused: Iterable[str] = (),
    status: int = 200,
) -> HttpResponse:
    sheet = Sheet(request, checklist)
    context = {
        "checklist": checklist,
        "item": item,
        "title": in_language(item.content["title"]),
        "files": [(file, uuid4()) for file in sheet.evidence.get(item.pk, [])],
        "editable": sheet.editions.may_edit,
        "accepted": ACCEPTED,
        "megabytes": MOST_BYTES // MEGABYTE,
        "most": MOST_OF_AN_ITEM,
        "new_op_id": uuid4(),
        "refused": list(refused),
        "caption": request.POST.get("caption", ""),
    }
    return render(request, "checklists/evidence.html", context, status=status)


def _added(request: HttpRequest, checklist: Checklist, item: ChecklistItem) -> HttpResponse:
    """Every file that can be taken is; each of the others is named, with the reason."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_AT_ONCE:
        limit = {"megabytes": MOST_AT_ONCE // MEGABYTE}
        raise Refused(_("These files are too large together: %(megabytes)d MB at most.") % limit)
    op_id, sent = uuid_or_none(request.POST.get("op_id", "")), request.FILES.getlist("file")
    if op_id is None:
        raise Refused(_("This form was not complete. Reload the page and try again."))
    events, refused = [], [] if sent else [_("Choose a file.")]
    for number, file in enumerate(sent):
        try:
            events.append(_add(request, checklist, item, uuid5(op_id, str(number)), file))
        except NotAllowed as error:
            if not wants_json(request):
                raise
            return JsonResponse({"messages": list(error.messages)}, status=403)
        except (NotUsable, Refused) as error:
            texts = error.messages if isinstance(error, Refused) else [str(error)]
            refused += [f"{file.name}: {text}" for text in texts]
    if wants_json(request):
        return _told(request, checklist, item, events, refused)
    _say(request, events)
    if refused:
        return _page(request, checklist, item, refused=refused, status=UNPROCESSABLE)
    return redirect("checklists:evidence", checklist.pk, item.tracking_id)


def _add(
    request: HttpRequest,
    checklist: Checklist,
    item: ChecklistItem,
    op_id: UUID,
    file: "UploadedFile[Any]",
) -> Event:
    # No more is read than says that it is too much.
    cleaned = clean_evidence(file.name or "", file.read(MOST_BYTES + 1))
    return actions.add_evidence(
        checklist_id=checklist.pk,
        op_id=op_id,
        tracking_id=item.tracking_id,
        file=cleaned,
        caption=request.POST.get("caption", ""),
        by=person_of(request),
    )


def _say(request: HttpRequest, events: list[Event]) -> None:
    late = [event for event in events if event.outcome == Event.Outcome.LATE]
    if late:
        messages.warning(request, words_of(late[0]))
    added = sum(event.outcome == Event.Outcome.APPLIED for event in events)
    if added:
        text = ngettext("Added %(n)d file.", "Added %(n)d files.", added)
        messages.success(request, text % {"n": added})
    if any(event.outcome == Event.Outcome.SAME for event in events):
        messages.info(request, _("The item had this file already."))


def _told(
    request: HttpRequest,
    checklist: Checklist,
    item: ChecklistItem,
    events: list[Event],
    refused: list[str],
) -> HttpResponse:
    """{"outcome", "words", "messages", "evidence": HTML of the item's files, "seq"}."""
    writer = Sheet(request, checklist_of(request, checklist.pk)).writer
    worst = max(events, key=lambda event: event.outcome == Event.Outcome.LATE, default=None)
    answer = {
        "outcome": worst.outcome if worst else "refused",
        "words": words_of(worst) if worst else "",
        "messages": refused,
        "evidence": writer.proofs(item),
        "seq": max((event.seq for event in events), default=0),
    }
    return JsonResponse(answer, status=UNPROCESSABLE if refused else 200)


@require_safe
def evidence_file(request: HttpRequest, uuid: UUID, pk: UUID) -> HttpResponse:
    """The stored bytes after their hash was checked, also of a file that was removed since."""
    file = _found(request, uuid, pk)
    return served(files.read, file.sha256, CONTENT_TYPES[file.type], file.name)


@require_safe
def thumbnail(request: HttpRequest, uuid: UUID, pk: UUID) -> HttpResponse:
    file = _found(request, uuid, pk)
    if not file.thumbnail:
        raise Http404
    return picture_served(files.read, file.thumbnail, CONTENT_TYPES["webp"])


def _found(request: HttpRequest, uuid: UUID, pk: UUID) -> Evidence:
    checklist = get_object_or_404(Checklist.objects.visible_to(person_of(request)), pk=uuid)
    found: Evidence = get_object_or_404(Evidence, pk=pk, item__checklist=checklist)
    return found


@require_POST
@never_cache
@explains_refusals
def remove(request: HttpRequest, uuid: UUID, pk: UUID) -> HttpResponse:
    checklist = checklist_of(request, uuid)
    file = get_object_or_404(Evidence.objects.select_related("item"), pk=pk, item__checklist=uuid)
    op_id = uuid_or_none(request.POST.get("op_id", ""))
    if op_id is None:
        raise Refused(_("This form was not complete. Reload the page and try again."))
    actions.remove_evidence(
        checklist_id=checklist.pk, op_id=op_id, evidence_id=pk, by=person_of(request)
    )
    messages.success(
        request, _("Removed %(name)s. It is kept in the history.") % {"name": file.name}
    )
    return redirect("checklists:evidence", checklist.pk, file.item.tracking_id)
