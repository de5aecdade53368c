"""Which language a request is answered in, and what a script is told that is signed out."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import translation
from django.utils.translation import gettext as _

JSON = "application/json"
SIGNED_OUT = 401
KNOWN = frozenset(code for code, _name in settings.LANGUAGES)


def language(get_response: Callable[[HttpRequest], HttpResponse]):  # type: ignore[no-untyped-def]
    """The switch in the header (a cookie), else the person's own choice, else Japanese.

    Not Django's LocaleMiddleware: the browser's Accept-Language is ignored, since the pages are
    Japanese first and a server room's browser is often an English one.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if chosen not in KNOWN:
            chosen = getattr(request.user, "language", "") or settings.LANGUAGE_CODE
        with translation.override(chosen if chosen in KNOWN else settings.LANGUAGE_CODE):
            request.LANGUAGE_CODE = translation.get_language()
            response = get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "ja")
        return response

    return middleware


def is_for_script(request: HttpRequest, view: Any) -> bool:
    """Whether the answer is read by a script, which cannot use a page."""
    return getattr(view, "answers_json", False) or request.headers.get("Accept", "") == JSON


class Sessions(SessionMiddleware):
    """Django's, which takes away the cookie of a session that has ended. A page that looks for news
    by itself may be told so after somebody has logged in in another tab: that would take the new
    session's cookie."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response = super().process_response(request, response)
        if response.status_code == SIGNED_OUT:
            response.cookies.pop(settings.SESSION_COOKIE_NAME, None)
        return response


class LoginRequired(LoginRequiredMiddleware):
    """Django's, which sends a person to the log-in page; a script is told so in JSON instead."""

    def handle_no_permission(  # type: ignore[override]  # Django sends any answer on
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        if is_for_script(request, view_func):
            return signed_out()
        return super().handle_no_permission(request, view_func)


def signed_out() -> JsonResponse:
    messages = [_("You are logged out. Log in again; what was entered here is kept.")]
    return JsonResponse(
        {"messages": messages}, status=SIGNED_OUT, headers={"Cache-Control": "no-store"}
    )
