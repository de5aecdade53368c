"""Rollouts and their checklists. It imports advisories, never the other way."""

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class ChecklistsConfig(AppConfig):
    name = "checklists"
    verbose_name = _("Checklists")

    def ready(self) -> None:
        from checklists import triggers

        pre_migrate.connect(triggers.remove, sender=self, dispatch_uid="checklists.triggers.away")
        post_migrate.connect(triggers.install, sender=self, dispatch_uid="checklists.triggers")
        register(triggers.check, Tags.database)
