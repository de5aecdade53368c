"""The customer's pages: open without an account to whoever came through a link, or holds the
device of a member.

The token stands in one address only. Its answer sets a cookie of its own, for this one access and
these pages, and leads to an address without it.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from advisories import pictures
from advisories.served_files import picture_served
from checklists import actions, files
from checklists.acceptance_forms import CommentForm, CustomerForm, DeclineForm
from checklists.actions import Customer, NotAllowed, Refused, Stale
from checklists.actions.acceptance import seen_in, statement_of
from checklists.customer_page import Shown
from checklists.handover.pdf_file import PdfFailed
from checklists.limits import within_limit
from checklists.models import CustomerAccess, SignOff
from checklists.views.files import download
from checklists.views.refusals import add_errors
from portal.identity import client_address

VISIT = 60 * 60  # seconds since the last page
SALT = "checklists.customer"
TRIES, ANSWERS = 30, 30  # in ten minutes: of one address to come in, of one access to answer


class NotLetIn(Exception):
    """No access, whatever the reason: who has none is not told which."""


def for_customers(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Open without an account. Refusals become pages; no answer is kept or indexed by anybody."""

    @wraps(view)
    def opened(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            response = view(request, **kwargs)
        except NotLetIn:
            response = render(request, "checklists/customer/gone.html", status=404)
        except NotAllowed as error:
            response = refused_page(request, error, 403, **kwargs)
        except Stale as error:
            response = refused_page(request, error, 409, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return login_not_required(opened)


def refused_page(
    request: HttpRequest, error: Refused, status: int, *, access: UUID, **_kwargs: Any
) -> HttpResponse:
    context = {
        "message": " ".join(error.messages),
        "page": reverse("checklists:customer", args=[access]),
    }
    return render(request, "checklists/customer/refused.html", context, status=status)


def too_many(request: HttpRequest) -> HttpResponse:
    return render(request, "checklists/customer/too_many.html", status=429)


def cookie_name() -> str:
    return "__Secure-customer" if settings.SESSION_COOKIE_SECURE else "customer"


def let_in(response: HttpResponse, access: CustomerAccess) -> HttpResponse:
    """Give the browser the cookie of this access, for its pages only."""
    response.set_signed_cookie(
        cookie_name(),
        str(access.pk),
        salt=SALT,
        max_age=VISIT,
        path=reverse("checklists:customer", args=[access.pk]),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # "Strict" would be left out on the way from a mail to the page
    )
    return response


def access_of(request: HttpRequest, uuid: UUID, *, ended_too: bool = False) -> CustomerAccess:
    """The access whose cookie the browser holds. Raises NotLetIn; `ended_too`: not when only its
    time is over, so that an answer on its way is told so."""
    holds = request.get_signed_cookie(cookie_name(), default="", salt=SALT, max_age=VISIT)
    if holds != str(uuid):
        raise NotLetIn
    found = CustomerAccess.objects.select_related(
        "created_by", "edition__checklist__rollout", "edition__revocation"
    )
    signatures = Prefetch(
        "edition__sign_offs", SignOff.objects.select_related("signer", "reply__recorded_by")
    )
    access = found.prefetch_related(signatures).filter(pk=uuid).first()
    if access is None or not (ended_too or access.is_live(timezone.now())):
        raise NotLetIn
    # A lent device works only in the session of who lent it.
    if access.kind == CustomerAccess.Kind.DEVICE and access.created_by_id != request.user.pk:
        raise NotLetIn
    return access


@for_customers
@require_GET
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Exchange the token of a link for the cookie."""
    if not within_limit("link", client_address(request), most=TRIES, now=timezone.now()):
        response = too_many(request)
    elif access := actions.open_link(token=token):
        response = let_in(redirect("checklists:customer", access.pk), access)
    else:
        response = render(request, "checklists/customer/gone.html", status=404)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@for_customers
@require_safe
def customer(request: HttpRequest, access: UUID) -> HttpResponse:
    """The list, the files, and the forms to comment, accept or decline."""
    found = access_of(request, access)
    return let_in(page(request, found), found)


def page(
    request: HttpRequest,
    access: CustomerAccess,
    *,
    accept_form: CustomerForm | None = None,
    decline_form: DeclineForm | None = None,
    comment_form: CommentForm | None = None,
) -> HttpResponse:
    """The whole page; with a form that was sent and has a fault: status 422."""
    edition, sent = access.edition, accept_form or decline_form or comment_form
    typed = {}
    if comment_form is not None:
        typed[comment_form.data.get("item", "")] = comment_form.data.get("comment", "")
    shown = Shown(access, typed)
    known = {"seen": seen_in(edition), "company": shown.content["checklist"]["customer"]}
    context = {
        "page": reverse("checklists:customer", args=[access.pk]),
        "access": access,
        "edition": edition,
        "checklist": edition.checklist,
        "shown": shown,
        "content": shown.content,
        "statement": statement_of(edition)[get_language() or "ja"],
        "may_answer": may_answer(request, access),
        "form": sent,
        "accept_form": accept_form or CustomerForm(initial=known, auto_id="accept_%s"),
        "decline_form": decline_form or DeclineForm(initial=known, auto_id="decline_%s"),
        "commenter": comment_form.data.get("name", "") if comment_form else shown.commenter,
        "comment_op": uuid4(),
        "on_device": access.kind == CustomerAccess.Kind.DEVICE,
    }
    status = 422 if sent else 200
    return render(request, "checklists/customer/page.html", context, status=status)


def may_answer(request: HttpRequest, access: CustomerAccess) -> bool:
    """A member who tries a link out does not answer in the customer's place."""
    return access.kind == CustomerAccess.Kind.DEVICE or not request.user.is_authenticated


def answering(request: HttpRequest, uuid: UUID) -> CustomerAccess:
    """The access of an answer. Raises NotLetIn, NotAllowed for a member who came by a link."""
    access = access_of(request, uuid, ended_too=True)
    if not may_answer(request, access):
        raise NotAllowed(
            _("You are logged in. This link is for the customer: nothing was recorded.")
            + " "
            + _("If the customer stands beside you, use “On this device” on the edition's page.")
        )
    return access


def within_answers(access: CustomerAccess) -> bool:
    return within_limit("answer", str(access.pk), most=ANSWERS, now=timezone.now())


@for_customers
@require_POST
def accept(request: HttpRequest, access: UUID) -> HttpResponse:
    found = answering(request, access)
    if not within_answers(found):
        return too_many(request)
    form = CustomerForm(request.POST, auto_id="accept_%s")
    if signed(form, found):
        return redirect("checklists:customer", access)
    return page(request, found, accept_form=form)


@for_customers
@require_POST
def decline(request: HttpRequest, access: UUID) -> HttpResponse:
    found = answering(request, access)
    if not within_answers(found):
        return too_many(request)
    form = DeclineForm(request.POST, auto_id="decline_%s")
    if signed(form, found):
        return redirect("checklists:customer", access)
    return page(request, found, decline_form=form)


def signed(form: CustomerForm, access: CustomerAccess) -> SignOff | None:
    """The signature; None when the form now says what is wrong. Stale passes through."""
    if not form.is_valid():
        return None
    given: dict[str, Any] = dict(form.cleaned_data)
    by = Customer(given.pop("name"), given.pop("company"))
    act = actions.decline if isinstance(form, DeclineForm) else actions.accept
    try:
        return act(access=access, language=get_language() or "ja", by=by, **given)
    except PdfFailed:
        form.add_error(None, _("The acceptance sheet could not be made, so nothing was recorded."))
        form.add_error(None, _("Try again, or tell the person who sent you here."))
    except Refused as error:
        add_errors(form, error)
    return None


@for_customers
@require_POST
def comment(request: HttpRequest, access: UUID) -> HttpResponse:
    found = answering(request, access)
    if not within_answers(found):
        return too_many(request)
    form = CommentForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            event = actions.comment(
                access=found,
                # One page has a form for each item, and Back shows it again.
                op_id=uuid5(given["op_id"], "\n".join(map(str, given.values()))),
                tracking_id=given["item"],
                text=given["comment"],
                by=Customer(given["name"], ""),
            )
        except Refused as error:
            add_errors(form, error)
        else:
            place = f"item-{event.item.position}" if event.item else "comments"
            return redirect(reverse("checklists:customer", args=[access]) + f"#{place}")
    return page(request, found, comment_form=form)


@for_customers
@require_safe
def file(request: HttpRequest, access: UUID, name: str) -> HttpResponse:
    """A file of the edition, or the sheet of its acceptance: the stored bytes."""
    edition = access_of(request, access).edition
    accepted = edition.signature(SignOff.Kind.ACCEPTED)
    offered = [*edition.files, *(accepted.reply.sheets if accepted else [])]
    wanted = next((file for file in offered if file["name"] == name), None)
    if wanted is None:
        raise Http404
    try:
        data = files.read(wanted["sha256"])
    except (files.FileChanged, FileNotFoundError):
        error = Refused(_("This file cannot be given out at the moment. Tell who sent you here."))
        return refused_page(request, error, 410, access=access)
    return download(data, name, wanted["format"], cache="no-store")


@for_customers
@require_safe
def picture(request: HttpRequest, access: UUID, sha256: str) -> HttpResponse:
    """A picture of the company's own notes, where the edition gives them to the customer."""
    shown = Shown(access_of(request, access), {}).pictures
    if sha256 not in shown:
        raise Http404
    _item, frozen = shown[sha256]
    return picture_served(pictures.read, sha256, frozen["type"])
