"""What the customer's answer to an issued edition leaves: ways in, their uses, the answer itself.

The signature is a `SignOff` and what happened is in the events; these rows stand beside them.
"""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

NAME_LENGTH = 200


class CustomerAccess(models.Model):
    """A way for the customer to the pages of one issued edition. It ends by time, by use, or
    because it is revoked."""

    class Kind(models.TextChoices):
        LINK = "link", _("Link")
        DEVICE = "device", _("On this device")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    edition = models.ForeignKey("checklists.Edition", models.CASCADE, related_name="accesses")
    kind = models.CharField(max_length=10, choices=Kind)
    # Of the token in the link, which nothing here keeps. "": a device has none.
    token_sha256 = models.CharField(max_length=64, blank=True)
    for_whom = models.CharField(max_length=NAME_LENGTH, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    most_uses = models.PositiveSmallIntegerField(default=1)
    uses = models.PositiveSmallIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=NAME_LENGTH, blank=True)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["token_sha256"], condition=~Q(token_sha256=""), name="one_link_per_token"
            ),
            models.CheckConstraint(
                condition=Q(kind="link") & ~Q(token_sha256="") | Q(kind="device", token_sha256=""),
                name="only_links_have_a_token",
            ),
            models.CheckConstraint(
                condition=Q(uses__lte=models.F("most_uses")), name="no_use_beyond_the_last"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def is_live(self, now: datetime) -> bool:
        """Whether a browser that was let in may stay in. Uses only count who comes in."""
        return self.revoked_at is None and now < self.expires_at


class AccessUse(models.Model):
    """Somebody opened the address of a link. Neither the token nor the sender's address is kept."""

    class Outcome(models.TextChoices):
        OPENED = "opened", _("opened")
        EXPIRED = "expired", _("refused: expired")
        REVOKED = "revoked", _("refused: revoked")
        USED_UP = "used_up", _("refused: used up")
        UNKNOWN = "unknown", _("refused: no such link")

    # None: no link has that token.
    access = models.ForeignKey(
        CustomerAccess, models.CASCADE, null=True, blank=True, related_name="log"
    )
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.outcome}"


class Attempts(models.Model):
    """How often something was tried in one stretch of time: see limits.py."""

    bucket = models.CharField(max_length=64)
    window = models.PositiveBigIntegerField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["window", "bucket"]
        constraints = [
            models.UniqueConstraint(fields=["bucket", "window"], name="one_count_per_window")
        ]

    def __str__(self) -> str:
        return f"{self.bucket} {self.count}"


class Reply(models.Model):
    """What belongs to a customer's signature, accepted or declined, beside the `SignOff`."""

    class How(models.TextChoices):
        LINK = "link", _("By link")
        DEVICE = "device", _("On the integrator's device")
        PAPER = "paper", _("On paper")

    sign_off = models.OneToOneField("checklists.SignOff", models.CASCADE, related_name="reply")
    how = models.CharField(max_length=10, choices=How)
    # Why it was declined.
    reason = models.TextField(blank=True)
    # The date that stands on the paper.
    dated = models.DateField(null=True, blank=True)
    # Who lent the device or took the paper; None: nobody was there.
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    access = models.ForeignKey(
        CustomerAccess, models.PROTECT, null=True, blank=True, related_name="replies"
    )
    # The acceptance sheet in each language, and the scanned paper ({}: none):
    # {"name", "format", "language", "sha256", "size"}.
    sheets = models.JSONField(default=list, blank=True)
    scan = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(how="paper", dated__isnull=False)
                | ~Q(how="paper") & Q(dated__isnull=True),
                name="only_paper_has_a_date",
            ),
        ]

    def __str__(self) -> str:
        return self.how
