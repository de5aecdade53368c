"""Who can be signed in at all."""

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser

from portal.models import User


class PortalBackend(ModelBackend):
    """Active people. A demo account that `serve` has made stays outside in production, whatever
    became of the database it stands in: neither its password nor a session of it counts there."""

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        may = super().user_can_authenticate(user)
        return may and (settings.DEMO_ACCOUNTS or not getattr(user, "is_demo", False))
