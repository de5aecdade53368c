"""Teams that items are given to: of the customer or of the house, with or without accounts."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from advisories.models import Advisory
from advisories.texts import localized


class Team(models.Model):
    """Named in both languages, editable in the admin. `acts` is what an advisory says of who
    acts: its items are suggested to this team."""

    name_ja = models.CharField(_("name (Japanese)"), max_length=80, unique=True)
    name_en = models.CharField(_("name (English)"), max_length=80, blank=True)
    acts = models.CharField(
        _("who acts"),
        max_length=20,
        choices=Advisory.Actor,
        blank=True,
        help_text=_("Items of advisories that name this are suggested to the team."),
    )
    position = models.PositiveIntegerField(_("position"), default=0)

    name = localized("name")

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["acts"], condition=~models.Q(acts=""), name="one_team_per_who_acts"
            )
        ]

    def __str__(self) -> str:
        return str(self.name)
