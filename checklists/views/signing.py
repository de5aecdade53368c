"""Pages of signatures: prepare, withdraw, review, return (design section 6)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from checklists import actions
from checklists.actions import Refused, Stale
from checklists.actions.devices import tick_of
from checklists.actions.events import require
from checklists.actions.signing import may_review
from checklists.chain import digest
from checklists.conflicts import conflicts
from checklists.content import content_of
from checklists.handover.pdf_file import PdfFailed
from checklists.models import Checklist, ChecklistItem, Device, Edition, SignOff
from checklists.offers import offered_to
from checklists.readiness import hindrances
from checklists.signed import Hindered, not_taken, reviewers_of, seen_by_reviewer
from checklists.signing_forms import OnceForm, SignForm
from checklists.views.refusals import add_errors, checklist_of, explains_refusals, person_of, sent
from portal.roles import Role


def open_edition_of(checklist: Checklist, state: Edition.State) -> Edition:
    """The open edition when it is in `state`. Raises Stale with what happened instead."""
    edition = next((e for e in checklist.editions.all() if e.issued_at is None), None)
    if checklist.discarded_at:
        raise Refused(_("This checklist was discarded. Nothing in it changes any more."))
    if edition is None:
        raise Stale(_("This edition is already issued. To change something, re-open it."))
    if edition.state == state:
        return edition
    prepared = edition.signature(SignOff.Kind.PREPARED)
    if prepared:
        raise Stale(
            _("%(name)s has already signed it as prepared. It waits for the review.")
            % {"name": prepared.name}
        )
    raise Stale(_("It is not signed as prepared, so there is nothing to review or to withdraw."))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@explains_refusals
def prepare(request: HttpRequest, uuid: UUID) -> HttpResponse:
    checklist = checklist_of(request, uuid)
    require(checklist, person_of(request), Role.ENGINEER)
    now, status, ticked = timezone.now(), 200, request.POST.getlist("tick")
    form = SignForm(sent(request), request=request, now=now)
    if form.is_valid():
        try:
            actions.prepare(
                checklist_id=uuid,
                op_id=form.cleaned_data["op_id"],
                seen=form.cleaned_data["seen"],
                ticked=ticked,
                without=request.POST.getlist("without"),
                by=person_of(request),
            )
        except Refused as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Signed as prepared. It now waits for the review."))
            return redirect(checklist)
    edition = open_edition_of(checklist, Edition.State.DRAFT)
    items = list(checklist.items.all())
    answers = dict(checklist.answers.values_list("question", "value"))
    offered = offered_to(checklist, items, answers)
    content = content_of(checklist, edition, offered)
    if form.is_bound:
        status = 422
    else:
        form = SignForm(request=request, now=now, initial={"seen": digest(content)})
    context = {
        **page_of(checklist, edition, content),
        "form": form,
        "hindrances": hindered(checklist, items, answers, offered.withdrawn),
        "not_taken": not_taken(content, ticked),
        "reviewers": reviewers_of(checklist, person_of(request)),
        "devices": devices_of(request, checklist, now),
    }
    return render(request, "checklists/prepare.html", context, status=status)


def page_of(checklist: Checklist, edition: Edition, content: dict[str, Any]) -> dict[str, Any]:
    """What every page of a signature says of the checklist."""
    return {"checklist": checklist, "edition": edition, "content": content}


def devices_of(
    request: HttpRequest, checklist: Checklist, now: datetime
) -> list[tuple[Device, str, bool]]:
    """Devices that hold unsent work, or may: each with the value of its tick, and whether it was
    ticked; one query."""
    ticked = request.POST.getlist("without")
    found = [(device, tick_of(device)) for device in checklist.devices.outstanding(now)]
    return [(device, tick, tick in ticked) for device, tick in found]


def hindered(
    checklist: Checklist,
    items: Iterable[ChecklistItem],
    answers: Mapping[str, str],
    withdrawn: Collection[str],
) -> list[Hindered]:
    """The rules that do not hold, each with its items to go to; at most two queries."""
    found = hindrances(items, conflicts(checklist), checklist.frozen, answers, withdrawn)
    positions = {item.tracking_id: item.position for item in items}
    return [Hindered.of(hindrance, positions) for hindrance in found]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@explains_refusals
def withdraw(request: HttpRequest, uuid: UUID) -> HttpResponse:
    checklist = checklist_of(request, uuid)
    require(checklist, person_of(request), Role.ENGINEER)
    form = OnceForm(sent(request))
    if form.is_valid():
        actions.withdraw(checklist_id=uuid, op_id=form.cleaned_data["op_id"], by=person_of(request))
        messages.success(request, _("The signature is withdrawn. The edition is a draft again."))
        return redirect(checklist)
    edition = open_edition_of(checklist, Edition.State.PREPARED)
    prepared = edition.signature(SignOff.Kind.PREPARED)
    context = {
        "checklist": checklist,
        "edition": edition,
        "form": form if form.is_bound else OnceForm(),
        "prepared": prepared,
        "mine": prepared is not None and prepared.signer_id == request.user.pk,
    }
    return render(request, "checklists/withdraw.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@explains_refusals
def review(request: HttpRequest, uuid: UUID) -> HttpResponse:
    checklist = checklist_of(request, uuid)
    require(checklist, person_of(request), Role.REVIEWER)
    if request.method != "POST":
        return review_page(request, checklist)
    form = SignForm(request.POST, request=request, now=timezone.now())
    if form.is_valid():
        try:
            edition = actions.issue(
                checklist_id=uuid,
                op_id=form.cleaned_data["op_id"],
                seen=form.cleaned_data["seen"],
                without=request.POST.getlist("without"),
                by=person_of(request),
            )
        except PdfFailed as error:
            form.add_error(
                None,
                _("The PDF could not be made, so nothing was issued: %(reason)s.")
                % {"reason": error}
                + " "
                + _("Try again, or tell the person who runs this portal."),
            )
        except Refused as error:
            add_errors(form, error)
        else:
            messages.success(
                request, _("Reviewed. Edition %(number)s is issued.") % {"number": edition}
            )
            return redirect("checklists:edition", uuid, edition.number)
    return review_page(request, checklist, form=form)


@require_POST
@never_cache
@explains_refusals
def return_items(request: HttpRequest, uuid: UUID) -> HttpResponse:
    checklist = checklist_of(request, uuid)
    form = OnceForm(request.POST)
    comments = {
        name.removeprefix("comment-"): str(text)
        for name, text in request.POST.items()
        if name.startswith("comment-")
    }
    comment = request.POST.get("comment", "")
    if form.is_valid():
        try:
            actions.return_items(
                checklist_id=uuid,
                op_id=form.cleaned_data["op_id"],
                seen=request.POST.get("seen", ""),
                comments=comments,
                comment=comment,
                by=person_of(request),
            )
        except Refused as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Returned. The engineers see your comments."))
            return redirect(checklist)
    return review_page(request, checklist, returning=form, comment=comment, comments=comments)


def review_page(
    request: HttpRequest,
    checklist: Checklist,
    *,
    form: SignForm | None = None,
    returning: OnceForm | None = None,
    comment: str = "",
    comments: dict[str, str] | None = None,
) -> HttpResponse:
    """The whole list, exceptions first; with a form that was sent and has a fault: status 422."""
    edition = open_edition_of(checklist, Edition.State.PREPARED)
    prepared = edition.signature(SignOff.Kind.PREPARED)
    content = content_of(checklist, edition)
    fresh = SignForm(request=request, now=timezone.now(), initial={"seen": digest(content)})
    context = {
        **page_of(checklist, edition, content),
        "seen": seen_by_reviewer(checklist, content, comments or {}),
        "prepared": prepared,
        "may_review": prepared is not None and may_review(prepared, person_of(request)),
        "self_review": prepared is not None and prepared.signer_id == request.user.pk,
        "changed": prepared is not None and prepared.digest != digest(content),
        "devices": devices_of(request, checklist, timezone.now()),
        "form": form or returning or fresh,
        "sign_form": form or fresh,
        "return_form": returning or OnceForm(),
        "comment": comment,
    }
    status = 422 if form or returning else 200
    return render(request, "checklists/review.html", context, status=status)
