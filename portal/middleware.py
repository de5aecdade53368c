"""Which language a request is answered in."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

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
