"""Who it is and from where. Signing needs a proof of identity that is not older than five minutes
(design 6)."""

from datetime import datetime, timedelta
from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils import timezone

FRESH_FOR = timedelta(minutes=5)
KEY = "identity_proved_at"


def prove(request: HttpRequest) -> None:
    """Note in the session that the person has just shown who they are."""
    request.session[KEY] = timezone.now().isoformat()


def is_fresh(request: HttpRequest, now: datetime) -> bool:
    """Whether the last proof is at most five minutes old at `now` (aware)."""
    proved_at = request.session.get(KEY)
    return proved_at is not None and now - datetime.fromisoformat(proved_at) <= FRESH_FOR


def prove_by_password(request: HttpRequest, password: str) -> bool:
    """Check the signed-in person's password (counted by the lockout) and note the proof."""
    username = request.user.get_username()
    if authenticate(request, username=username, password=password) != request.user:
        return False
    prove(request)
    return True


def client_address(request: HttpRequest) -> str:
    """Where the request comes from; behind a proxy what that has added last itself."""
    address: str = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        address = forwarded if _is_address(forwarded) else address
    return address


def _is_address(text: str) -> bool:
    """The lockout keeps it in a column that takes nothing else."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
