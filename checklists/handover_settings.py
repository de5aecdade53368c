"""How this company's hand-overs look: one row, changed in the admin, frozen into each edition
when it is prepared."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from checklists.numbering import DEFAULT_PATTERN, validate_pattern


class HandoverSettings(models.Model):
    class Signature(models.TextChoices):
        SIGN = "sign", _("Signature")
        SEAL = "seal", _("Seal")

    class Calendar(models.TextChoices):
        WESTERN = "western", _("Western (2026/11/24)")
        JAPANESE = "japanese", _("Japanese era (Reiwa 8)")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    company = models.CharField(
        _("company"),
        max_length=200,
        blank=True,
        help_text=_("Who hands over. Empty: the company of the person who prepares."),
    )
    # Of a PNG, stored like an issued file: editions that print it keep it. "": none.
    logo_sha256 = models.CharField(max_length=64, blank=True, editable=False)
    number_pattern = models.CharField(
        _("document number"),
        max_length=100,
        default=DEFAULT_PATTERN,
        validators=[validate_pattern],
    )
    signature = models.CharField(
        _("boxes for"), max_length=10, choices=Signature, default=Signature.SEAL
    )
    calendar = models.CharField(
        _("calendar"),
        max_length=10,
        choices=Calendar,
        default=Calendar.WESTERN,
        help_text=_("Of dates in Japanese files. English ones are always western."),
    )
    classification = models.CharField(
        _("classification"),
        max_length=40,
        blank=True,
        help_text=_("Printed on every page, for example “Confidential”. Empty: none."),
    )

    local_notes = models.BooleanField(
        _("give our own steps to the customer"),
        default=False,
        help_text=_(
            "PDF, XLSX, CSV, JSON, the customer's page and bundles then have the company's own "
            "notes on the advisories, with their pictures; otherwise none of them has. "
            "The portal's own pages always show them."
        ),
    )

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-over")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_row_of_handover_settings")
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls) -> "HandoverSettings":
        """The settings of now; one query. Nobody has saved any: the defaults."""
        return cls._default_manager.first() or cls()

    def frozen(self, document_number: str) -> dict[str, Any]:
        """As they stand in an edition's content."""
        return {
            "company": self.company,
            "logo_sha256": self.logo_sha256 or None,
            "document_number": document_number,
            "signature": self.signature,
            "calendar": self.calendar,
            "classification": self.classification,
            "local_notes": self.local_notes,
        }
