"""django-axes as the admin shows it. It brings no Japanese: its texts are looked up in our
catalogue, too, and are named here so that they are translated."""

from axes.apps import AppConfig
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

TEXTS = (
    *(gettext_noop("access attempt"), gettext_noop("access attempts")),
    *(gettext_noop("access failure"), gettext_noop("access failures")),
    *(gettext_noop("access attempt expiration"), gettext_noop("Access lock out")),
    *(gettext_noop("access log"), gettext_noop("access logs")),
    *(gettext_noop("Attempt Time"), gettext_noop("Logout Time"), gettext_noop("Failed Logins")),
    *(gettext_noop("IP Address"), gettext_noop("User Agent"), gettext_noop("Username")),
    *(gettext_noop("HTTP Accept"), gettext_noop("Path"), gettext_noop("Session key hash (sha256)")),
    *(gettext_noop("Locked Out"), gettext_noop("Attempt Remaining"), gettext_noop("Not set")),
    *(gettext_noop("Form Data"), gettext_noop("Meta Data")),
    *(gettext_noop("GET Data"), gettext_noop("POST Data")),
    gettext_noop("Clean up expired attempts"),
)


class PortalAxesConfig(AppConfig):  # type: ignore[misc]  # axes has no types
    verbose_name = _("Log-ins")
