"""What every page needs to know of its reader and of the portal."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from portal import VERSION
from portal.roles import Role


def portal(request: HttpRequest) -> dict[str, Any]:
    """Role flags for the header; at most one query, for a person who is logged in."""
    context: dict[str, Any] = {
        "portal_version": VERSION,
        "catalogue_login_required": settings.CATALOGUE_LOGIN_REQUIRED,
    }
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return context | {"is_editor": False, "is_engineer": False, "demo_user": False}
    return context | {
        "is_editor": user.has_role(Role.EDITOR),
        "is_engineer": user.has_role(Role.ENGINEER),
        "demo_user": user.is_demo,
    }
