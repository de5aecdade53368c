"""Pages of an issued edition and of a checklist's life: confirmation, re-open, close, revoke,
discard."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from checklists import actions
from checklists.actions import Refused, Stale
from checklists.actions.events import require
from checklists.actions.rendering import verification_code
from checklists.customer_page import CustomersPart
from checklists.models import Checklist, Edition
from checklists.offers import held_in, moves_since
from checklists.page.offers import counts_of, line_of
from checklists.signing_forms import OnceForm, ReasonForm
from checklists.views.refusals import add_errors, checklist_of, explains_refusals, person_of, sent
from portal.roles import Role


def issued_edition(checklist: Checklist, number: str) -> Edition:
    """The issued edition with this number; 404 when there is none."""
    for edition in checklist.editions.all():
        if edition.number == number and edition.issued_at is not None:
            edition.checklist = checklist
            return edition
    raise Http404


@require_safe
@never_cache
def edition(request: HttpRequest, uuid: UUID, number: str) -> HttpResponse:
    """What was issued, what moved since, how to prove it, what to download, what comes next."""
    checklist = checklist_of(request, uuid)
    found = issued_edition(checklist, number)
    newest = max(e.minor for e in checklist.editions.all() if e.issued_at is not None)
    positions = dict(checklist.items.values_list("tracking_id", "position"))
    moves = moves_since(checklist.product, held_in(found, positions))
    context = {
        "checklist": checklist,
        "edition": found,
        "code": verification_code(found.digest),
        "newest": found.minor == newest,
        "being_revised": any(e.issued_at is None for e in checklist.editions.all()),
        "revocation": getattr(found, "revocation", None),
        "is_reviewer": person_of(request).has_role(Role.REVIEWER),
        "customers": CustomersPart(found, person_of(request)),
        "counts": counts_of(moves),
        "moves": [line_of(move) for move in moves],
    }
    return render(request, "checklists/sign_issued.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@explains_refusals
def reopen(request: HttpRequest, uuid: UUID) -> HttpResponse:
    checklist = checklist_of(request, uuid)
    require(checklist, person_of(request), Role.ENGINEER, Role.REVIEWER)
    form = ReasonForm(sent(request))
    if form.is_valid():
        try:
            opened = actions.reopen(checklist_id=uuid, by=person_of(request), **form.cleaned_data)
        except Refused as error:
            add_errors(form, error)
        else:
            text = _("Edition %(number)s is open. The one before stays valid until it is issued.")
            messages.success(request, text % {"number": opened})
            return redirect(checklist)
    newest = max(checklist.editions.all(), key=lambda edition: edition.minor)
    if newest.issued_at is None:
        raise Stale(_("The checklist is already open."))
    context = {"checklist": checklist, "edition": newest, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "checklists/reopen.html", context, status=status)


@require_POST
@explains_refusals
def close_draft(request: HttpRequest, uuid: UUID) -> HttpResponse:
    checklist = checklist_of(request, uuid)
    form = OnceForm(request.POST)
    if not form.is_valid():
        raise Refused(_("This form was not complete. Reload the page and try again."))
    actions.close_draft(checklist_id=uuid, op_id=form.cleaned_data["op_id"], by=person_of(request))
    messages.success(request, _("The draft is closed. The issued edition stands as it was."))
    return redirect(checklist)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@explains_refusals
def revoke(request: HttpRequest, uuid: UUID, number: str) -> HttpResponse:
    checklist = checklist_of(request, uuid)
    require(checklist, person_of(request), Role.REVIEWER)
    found = issued_edition(checklist, number)
    form = ReasonForm(sent(request))
    if form.is_valid():
        try:
            actions.revoke_edition(edition_id=found.pk, by=person_of(request), **form.cleaned_data)
        except Refused as error:
            add_errors(form, error)
        else:
            text = _("Edition %(number)s is revoked. It is kept, with your reason beside it.")
            messages.success(request, text % {"number": found})
            return redirect("checklists:edition", uuid, number)
    if hasattr(found, "revocation"):
        raise Stale(_("This edition is already revoked."))
    context = {"checklist": checklist, "edition": found, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "checklists/revoke.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@explains_refusals
def discard(request: HttpRequest, uuid: UUID) -> HttpResponse:
    checklist = checklist_of(request, uuid)
    require(checklist, person_of(request), Role.ENGINEER)
    if any(edition.issued_at is not None for edition in checklist.editions.all()):
        raise Refused(_("A checklist with an issued edition cannot be discarded."))
    form = ReasonForm(sent(request))
    if form.is_valid():
        try:
            actions.discard(checklist_id=uuid, by=person_of(request), **form.cleaned_data)
        except Refused as error:
            add_errors(form, error)
        else:
            messages.success(request, _("%(host)s is discarded.") % {"host": checklist.host})
            return redirect(checklist.rollout)
    context = {"checklist": checklist, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "checklists/discard.html", context, status=status)
