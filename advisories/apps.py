"""The knowledge base. It knows nothing of checklists."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AdvisoriesConfig(AppConfig):
    name = "advisories"
    verbose_name = _("Advisories")

    def ready(self) -> None:
        from advisories.indexing import index_the_rest

        post_migrate.connect(index_the_rest, sender=self, dispatch_uid="advisories.indexing")
