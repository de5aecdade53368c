"""What a view answers when an action does nothing: words, and the right status."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from checklists.actions import NotAllowed, Refused, Stale
from checklists.models import Checklist
from portal.models import User

View = Callable[..., HttpResponse]


def person_of(request: HttpRequest) -> User:
    """Who is logged in; every page here asks for a log-in before."""
    return cast(User, request.user)


def sent(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: what was posted, be it nothing at all; None for another method."""
    return request.POST if request.method == "POST" else None


def checklist_of(request: HttpRequest, uuid: UUID) -> Checklist:
    """The checklist with its rollout and editions; 404 for strangers. Four queries."""
    found = Checklist.objects.visible_to(person_of(request)).with_editions()
    checklist: Checklist = get_object_or_404(found.select_related("created_by"), pk=uuid)
    return checklist


def visible_or_404(request: HttpRequest, uuid: UUID) -> int:
    """The number of the checklist's newest event; 404 for strangers. One query."""
    found = Checklist.objects.visible_to(person_of(request)).filter(pk=uuid)
    last_seq: int | None = found.values_list("last_seq", flat=True).first()
    if last_seq is None:
        raise Http404
    return last_seq


def answers_json(view: View) -> View:
    """What a script asks: never a page, be it for somebody signed out (portal.middleware), for a
    form without its token (portal.views.csrf_failure) or for a stranger."""

    @wraps(view)
    def answering(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, **kwargs)
        except Http404:
            text = _("This checklist is not, or no longer, among yours.")
            return JsonResponse({"messages": [text]}, status=404)

    answering.answers_json = True  # type: ignore[attr-defined]
    return answering


def explains_refusals(view: View) -> View:
    """What an action refuses becomes a page: 403 with the reason, 409 with what to do; anything
    else a message on the checklist's page. `view` takes a checklist's `uuid`."""

    @wraps(view)
    def explained(request: HttpRequest, uuid: UUID, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, uuid, **kwargs)
        except NotAllowed as error:
            return render(request, "403.html", {"reason": " ".join(error.messages)}, status=403)
        except Stale as error:
            return stale_page(request, uuid, error)
        except Refused as error:
            for message in error.messages:
                messages.error(request, message)
            return redirect("checklists:checklist_detail", uuid)

    return explained


def stale_page(request: HttpRequest, uuid: UUID, error: Refused) -> HttpResponse:
    back = Checklist(pk=uuid).get_absolute_url()
    context = {"message": " ".join(error.messages), "back_url": back}
    return render(request, "409.html", context, status=409)


def add_errors(form: forms.Form, error: Refused) -> None:
    """Show why nothing was done at the top of the form; conflicts and rights pass through."""
    if isinstance(error, NotAllowed | Stale):
        raise error
    for message in error.messages:
        form.add_error(None, message)
