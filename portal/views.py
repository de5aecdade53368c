"""Pages of the project itself: health, language, signing in, refused forms."""

import json
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language

from portal.identity import prove
from portal.middleware import is_for_script, signed_out
from portal.storage import WORKER, build, own_files


@login_not_required
@require_safe
@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """Ready when the database answers; one query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language, and remember it with the account."""
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and chosen in dict(settings.LANGUAGES):
        request.user.language = chosen
        request.user.save(update_fields=["language"])
    return set_language(request)


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """Signing in is a proof of identity, good for signing for five minutes."""

    redirect_authenticated_user = True

    def get_redirect_url(self) -> str:  # type: ignore[override]  # stubs of another Django
        """Where to go on; this page itself is no such place, and would lead here for ever."""
        address = super().get_redirect_url()
        return "" if urlsplit(address).path == self.request.path else address

    def form_valid(self, form):  # type: ignore[no-untyped-def]
        response = super().form_valid(form)
        prove(self.request)
        return response


@login_not_required
@require_safe
@never_cache
def session(request: HttpRequest) -> HttpResponse:
    """Who is signed in here, a token for what is sent next, and which build answers; 401 for
    nobody."""
    user = request.user
    if not user.is_authenticated:
        return signed_out()
    return JsonResponse(
        {
            "user": user.pk,
            "name": user.name,
            "csrf": get_token(request),
            "build": build(),
            "now": timezone.now().isoformat(timespec="milliseconds"),
        }
    )


@login_not_required
@require_safe
@never_cache
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker: it has to lie at the root, where no static file does. 404 when it is
    switched off, which makes every page remove the one it has."""
    if not settings.OFFLINE_WORK:
        raise Http404
    portal = {"build": build(), "files": own_files(), "static": settings.STATIC_URL}
    script = f"self.PORTAL = {json.dumps(portal)};\nimportScripts({json.dumps(static(WORKER))});\n"
    headers = {"Service-Worker-Allowed": "/"}
    return HttpResponse(script, content_type="text/javascript", headers=headers)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if request.resolver_match and is_for_script(request, request.resolver_match.func):
        messages = [_("The form's token is no longer right, so nothing was saved. Send it again.")]
        return JsonResponse({"messages": messages, "csrf": True}, status=403)
    return render(request, "403_csrf.html", status=403)
