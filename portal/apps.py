"""The project as an app: people, roles, the admin site."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "portal"
    verbose_name = _("People")

    def ready(self) -> None:
        from portal.roles import ensure_roles

        post_migrate.connect(ensure_roles, dispatch_uid="portal.roles")
