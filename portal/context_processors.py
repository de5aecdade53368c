"""What every page needs to know of its reader."""

from typing import Any

from django.http import HttpRequest

from portal.roles import Role


def portal(request: HttpRequest) -> dict[str, Any]:
    """Role flags for the header; at most one query, for a person who is logged in."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"is_editor": False, "is_engineer": False, "demo_user": False}
    return {
        "is_editor": user.has_role(Role.EDITOR),
        "is_engineer": user.has_role(Role.ENGINEER),
        "demo_user": user.is_demo,
    }
