"""Who may read the catalogue."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase

View = Callable[..., HttpResponseBase]


def public_catalogue(view: View) -> View:
    """Open to everybody unless CATALOGUE_LOGIN_REQUIRED; the setting is read with each request."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if settings.CATALOGUE_LOGIN_REQUIRED and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return login_not_required(guarded)


def may_edit(request: HttpRequest) -> bool:
    """Whether the reader edits advisories, and so sees drafts."""
    return request.user.is_authenticated and request.user.has_perm("advisories.change_advisory")
