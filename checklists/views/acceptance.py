"""Members' pages around the customer's answer: links, this device, paper, its files, its end; and
the document's revision history."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checklists import actions, files
from checklists.acceptance_forms import LinkForm, PaperForm
from checklists.actions import Customer, Refused, Stale
from checklists.actions.acceptance import seen_in, statement_of
from checklists.actions.access import DEVICE_FOR
from checklists.actions.events import require
from checklists.actions.issued import require_current
from checklists.handover.pdf_file import PdfFailed
from checklists.models import Checklist, CustomerAccess, Edition, SignOff
from checklists.revisions import revisions_of
from checklists.signing_forms import ProofForm, ReasonForm
from checklists.views.customer import let_in
from checklists.views.editions import issued_edition
from checklists.views.files import download
from checklists.views.refusals import (
    add_errors,
    checklist_of,
    explains_refusals,
    person_of,
    sent,
)
from portal.roles import Role


@require_safe
@never_cache
def revisions(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Every edition: its reason, its signatures, what was revoked, what came late."""
    checklist = checklist_of(request, uuid)
    context = {"checklist": checklist, "revisions": revisions_of(checklist)}
    return render(request, "checklists/revisions.html", context)


def edition_to_answer(request: HttpRequest, uuid: UUID, number: str) -> tuple[Checklist, Edition]:
    """The issued edition, for an engineer or reviewer of the rollout."""
    checklist = checklist_of(request, uuid)
    require(checklist, person_of(request), Role.ENGINEER, Role.REVIEWER)
    return checklist, issued_edition(checklist, number)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@explains_refusals
def link(request: HttpRequest, uuid: UUID, number: str) -> HttpResponse:
    """Make a link. Its address is shown by this answer and never again."""
    checklist, edition = edition_to_answer(request, uuid, number)
    if not settings.PUBLIC_URL:
        raise Http404
    require_current(edition)
    form = LinkForm(sent(request))
    context = {"checklist": checklist, "edition": edition, "form": form}
    if form.is_valid():
        try:
            access, token = actions.make_link(
                edition_id=edition.pk, by=person_of(request), **form.cleaned_data
            )
        except Refused as error:
            add_errors(form, error)
        else:
            made = {
                "access": access,
                "address": settings.PUBLIC_URL + reverse("checklists:link", args=[token]),
            }
            response = render(request, "checklists/link_made.html", context | made)
            response.headers["Referrer-Policy"] = "no-referrer"
            return response
    status = 422 if form.is_bound else 200
    return render(request, "checklists/link.html", context, status=status)


@require_POST
@explains_refusals
def revoke_link(request: HttpRequest, uuid: UUID, number: str, access: UUID) -> HttpResponse:
    checklist, edition = edition_to_answer(request, uuid, number)
    found = get_object_or_404(edition.accesses, pk=access, kind=CustomerAccess.Kind.LINK)
    actions.revoke_link(access_id=found.pk, by=person_of(request))
    messages.success(request, _("The link is revoked. Whoever is on its pages cannot go on."))
    return redirect(reverse("checklists:edition", args=[checklist.pk, number]) + "#customer")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@explains_refusals
def device(request: HttpRequest, uuid: UUID, number: str) -> HttpResponse:
    """Lend this device to the customer who stands beside; whoever lends it shows who they are."""
    checklist, edition = edition_to_answer(request, uuid, number)
    require_current(edition)
    form = ProofForm(sent(request), request=request, now=timezone.now())
    if form.is_valid():
        try:
            access = actions.open_device(
                edition_id=edition.pk, op_id=form.cleaned_data["op_id"], by=person_of(request)
            )
        except Refused as error:
            add_errors(form, error)
        else:
            return let_in(redirect("checklists:customer", access.pk), access)
    context = {
        "checklist": checklist,
        "edition": edition,
        "form": form if form.is_bound else ProofForm(request=request, now=timezone.now()),
        "minutes": DEVICE_FOR // timedelta(minutes=1),
    }
    status = 422 if form.is_bound else 200
    return render(request, "checklists/device.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@explains_refusals
def paper(request: HttpRequest, uuid: UUID, number: str) -> HttpResponse:
    """Record an acceptance that was signed on paper (紙面で受領)."""
    checklist, edition = edition_to_answer(request, uuid, number)
    require_current(edition)
    seen, now = seen_in(edition), timezone.now()
    form = PaperForm(
        sent(request),
        request.FILES or None,
        request=request,
        now=now,
        initial={"seen": seen, "company": checklist.customer},
    )
    if form.is_valid() and recorded(form, edition, request):
        messages.success(request, _("The acceptance is recorded, and its sheet is made."))
        return redirect("checklists:edition", uuid, number)
    context = {
        "checklist": checklist,
        "edition": edition,
        "form": form,
        "statement": statement_of(edition)[get_language() or "ja"],
    }
    status = 422 if form.is_bound else 200
    return render(request, "checklists/paper.html", context, status=status)


def recorded(form: PaperForm, edition: Edition, request: HttpRequest) -> SignOff | None:
    """The signature; None when the form now says what is wrong. Stale passes through."""
    given: dict[str, Any] = {k: v for k, v in form.cleaned_data.items() if k != "password"}
    customer = Customer(given.pop("name"), given.pop("company"))
    try:
        return actions.record_paper(
            edition_id=edition.pk, customer=customer, by=person_of(request), **given
        )
    except PdfFailed as error:
        text = _("The acceptance sheet could not be made, so nothing was recorded: %(reason)s.")
        form.add_error(None, text % {"reason": error})
    except Refused as error:
        add_errors(form, error)
    return None


def reply_of(edition: Edition, pk: int) -> SignOff:
    """The customer's answer with this number; 404 when it is none of this edition."""
    for signature in edition.sign_offs.all():
        if signature.pk == pk and hasattr(signature, "reply"):
            return signature
    raise Http404


@require_safe
def reply_file(request: HttpRequest, uuid: UUID, number: str, pk: int, name: str) -> HttpResponse:
    """The acceptance sheet, or the scanned paper: the stored bytes after their hash was checked."""
    checklist = checklist_of(request, uuid)
    edition = issued_edition(checklist, number)
    reply = reply_of(edition, pk).reply
    scan = {**reply.scan, "name": f"scan.{reply.scan['format']}"} if reply.scan else {}
    found = next((f for f in (*reply.sheets, scan) if f and f["name"] == name), None)
    if found is None:
        raise Http404
    try:
        data = files.read(found["sha256"])
    except (files.FileChanged, FileNotFoundError) as error:
        changed = isinstance(error, files.FileChanged)
        context = {"checklist": checklist, "edition": edition, "file": found, "changed": changed}
        status = 409 if changed else 410
        return render(request, "checklists/sign_file_lost.html", context, status=status)
    response = download(data, name, found["format"], cache="private, no-cache")
    if found is scan:
        # What somebody uploaded runs nothing, even where it is opened and not kept.
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@explains_refusals
def revoke_reply(request: HttpRequest, uuid: UUID, number: str, pk: int) -> HttpResponse:
    """Say of the customer's answer that it was recorded wrongly."""
    checklist = checklist_of(request, uuid)
    require(checklist, person_of(request), Role.REVIEWER)
    edition = issued_edition(checklist, number)
    signature, form = reply_of(edition, pk), ReasonForm(sent(request))
    if form.is_valid():
        try:
            actions.revoke_reply(
                sign_off_id=signature.pk, by=person_of(request), **form.cleaned_data
            )
        except Refused as error:
            add_errors(form, error)
        else:
            messages.success(request, _("The customer's answer is revoked. It is kept."))
            return redirect("checklists:edition", uuid, number)
    elif signature.revoked_at:
        raise Stale(_("The customer's answer is revoked already."))
    context = {"checklist": checklist, "edition": edition, "signature": signature, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "checklists/revoke_reply.html", context, status=status)
