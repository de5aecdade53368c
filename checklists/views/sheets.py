"""A check sheet comes back: upload it, see what it would change, tick, record (design 5)."""

from collections import Counter
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from advisories.texts import in_language
from checklists import actions
from checklists.actions import NotAllowed, Refused
from checklists.actions.events import require
from checklists.handover.xlsx_reading import MOST_BYTES, SheetRefused, read_rows
from checklists.models import Checklist, Edition, Event
from checklists.sheet_import import Changes, changes_of, file_hash, operation_id
from checklists.views.refusals import checklist_of, explains_refusals, person_of
from checklists.views.signing import open_edition_of
from portal.models import User
from portal.roles import Role

TICKET_SECONDS = 60 * 60


class SheetForm(forms.Form):
    """The workbook, read as soon as it is known to be small enough."""

    file = forms.FileField(
        label=gettext_lazy("Check sheet (XLSX)"),
        help_text=gettext_lazy("An export of this checklist in either language, at most 2 MB."),
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                _("The file is larger than %(limit)d MB.") % {"limit": MOST_BYTES >> 20}
            )
        self.data_read = file.read()
        try:
            self.rows = read_rows(self.data_read)
        except SheetRefused as error:
            raise forms.ValidationError(str(error)) from error
        return file


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@explains_refusals
def check_sheet(request: HttpRequest, uuid: UUID) -> HttpResponse:
    checklist = checklist_of(request, uuid)
    require(checklist, person_of(request), Role.ENGINEER)
    open_edition_of(checklist, Edition.State.DRAFT)
    if "ticket" in request.POST:
        return _record(request, checklist)
    bound = request.method == "POST"
    form = SheetForm(request.POST, request.FILES) if bound else SheetForm()
    if not form.is_valid():
        return _upload_page(request, checklist, form)
    sha256 = file_hash(form.data_read)
    changes = _changes(checklist, form, sha256, person_of(request))
    context = {
        "checklist": checklist,
        "changes": changes,
        "ticket": _ticket(checklist, sha256, changes),
        "name": form.cleaned_data["file"].name,
    }
    return render(request, "checklists/sheet_changes.html", context)


def _upload_page(request: HttpRequest, checklist: Checklist, form: SheetForm) -> HttpResponse:
    context = {"checklist": checklist, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "checklists/sheet_upload.html", context, status=status)


def _changes(checklist: Checklist, form: SheetForm, sha256: str, person: User) -> Changes:
    """What the sheet would change, compared with the items as they are; two queries."""
    items = {item.tracking_id: item for item in checklist.items.all()}
    known = {operation_id(sha256, checklist, name, person.pk): name for name in items}
    recorded = Event.objects.filter(checklist=checklist, op_id__in=known).values_list("op_id")
    return changes_of(
        checklist,
        form.rows,
        items,
        {name: in_language(item.content["title"]) for name, item in items.items()},
        {known[op_id]: True for (op_id,) in recorded},
    )


def _salt(checklist: Checklist) -> str:
    return f"check sheet {checklist.pk}"


def _ticket(checklist: Checklist, sha256: str, changes: Changes) -> str:
    """What was shown, to be sent back as it is: recorded is what the person has seen."""
    shown = [
        [change.tracking_id, change.number, change.version, change.decision]
        for change in changes.rows
        if not change.done
    ]
    return signing.dumps([sha256, shown], salt=_salt(checklist), compress=True)


def _record(request: HttpRequest, checklist: Checklist) -> HttpResponse:
    person = person_of(request)
    try:
        sha256, shown = signing.loads(
            request.POST["ticket"], salt=_salt(checklist), max_age=TICKET_SECONDS
        )
    except signing.BadSignature:
        text = _("This page was not complete, or older than an hour. Upload the file again.")
        messages.error(request, text + " " + _("Nothing was recorded."))
        return redirect("checklists:check_sheet", checklist.pk)
    ticked, outcomes = set(request.POST.getlist("take")), Counter[str]()
    for name, number, version, decision in shown:
        if name not in ticked:
            continue
        try:
            event = actions.record(
                checklist_id=checklist.pk,
                op_id=operation_id(sha256, checklist, name, person.pk),
                kind=Event.Kind.DECISION,
                payload={"item": name, "decision": decision},
                base_version=version,
                by=person,
            )
        except NotAllowed:
            raise
        except Refused as error:
            messages.error(request, f"{_('No.')} {number}: {' '.join(error.messages)}")
        else:
            outcomes[event.outcome] += 1
    _tell(request, outcomes)
    fragment = "#conflicts" if outcomes[Event.Outcome.CONFLICT] else ""
    return redirect(checklist.get_absolute_url() + fragment)


def _tell(request: HttpRequest, outcomes: Counter[str]) -> None:
    """How many of each outcome; "nothing" is said as well."""
    applied, same = outcomes[Event.Outcome.APPLIED], outcomes[Event.Outcome.SAME]
    if applied or not outcomes:
        text = ngettext(
            "%(n)d item of the check sheet was recorded.",
            "%(n)d items of the check sheet were recorded.",
            applied,
        )
        messages.success(request, text % {"n": applied})
    if same:
        text = ngettext("%(n)d item was already so.", "%(n)d items were already so.", same)
        messages.success(request, text % {"n": same})
    if conflicts := outcomes[Event.Outcome.CONFLICT]:
        text = ngettext(
            "%(n)d item had been changed by somebody else: both values are kept, say which counts.",
            "%(n)d items had been changed by others: both values are kept, say which count.",
            conflicts,
        )
        messages.warning(request, text % {"n": conflicts})
    if late := outcomes[Event.Outcome.LATE]:
        text = ngettext(
            "%(n)d item came after the signature and is kept as late.",
            "%(n)d items came after the signature and are kept as late.",
            late,
        )
        messages.warning(request, text % {"n": late})
