"""Who may read the catalogue."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase

from portal.roles import Role

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


def may_write_notes(user: Any) -> bool:
    """Whether the person may write the company's own notes: engineers and editors."""
    roles = (Role.ENGINEER, Role.EDITOR)
    return bool(user.is_authenticated and any(user.has_role(role) for role in roles))
