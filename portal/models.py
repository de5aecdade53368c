"""People. Roles are groups (see roles.py)."""

from functools import cached_property
from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from portal.roles import Role


class User(AbstractUser):
    """A person with an account. People are deactivated, never deleted."""

    display_name = models.CharField(_("display name"), max_length=100, blank=True)
    company = models.CharField(_("company"), max_length=200, blank=True)
    language = models.CharField(
        _("language"),
        max_length=2,
        choices=[("ja", "日本語"), ("en", "English")],
        default="ja",
    )
    is_demo = models.BooleanField(
        _("demo account"),
        default=False,
        help_text=_("Whatever a demo account signs carries a demo mark on every page."),
    )

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name that is shown, frozen and printed."""
        return self.display_name or self.get_full_name() or self.username

    @cached_property
    def roles(self) -> frozenset[str]:
        """Names of the groups; one query, then kept with the instance."""
        return frozenset(self.groups.values_list("name", flat=True))

    def has_role(self, role: "Role") -> bool:
        """Whether the person acts in `role`. A superuser has every role, nobody inactive any."""
        return self.is_active and (self.is_superuser or role.value in self.roles)
