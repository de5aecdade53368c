"""Who sees what, and which checklists wait for whom."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q, Value
from django.db.models.functions import Length, Replace

from portal.models import User

if TYPE_CHECKING:
    from checklists.models import (  # noqa: F401  (named in the base classes)
        Checklist,
        Device,
        Edition,
        Evidence,
        Rollout,
    )

# An open page tells of itself every minute; a checklist is kept on a device for 14 days.
SILENT = timedelta(minutes=10)
KEPT_FOR = timedelta(days=14)


# How the canonical JSON of an edition says that an item is pending. No text that somebody wrote
# can look like it: in a JSON string a quotation mark follows a backslash.
PENDING_IN_CONTENT = '"decision":"pending"'
# What a list of evidence shows.
EVIDENCE = ["name", "type", "size", "sha256", "thumbnail", "caption", "added_by", "added_at"]
EVIDENCE += ["item__tracking_id"]


class RolloutQuerySet(models.QuerySet["Rollout"]):
    def visible_to(self, user: User) -> RolloutQuerySet:
        """The rollouts of which `user` is a member; a superuser is a member everywhere."""
        return self if user.is_superuser else self.filter(members=user)


class ChecklistQuerySet(models.QuerySet["Checklist"]):
    def visible_to(self, user: User) -> ChecklistQuerySet:
        """The only way a view reaches a checklist: those of rollouts that `user` is a member of."""
        return self if user.is_superuser else self.filter(rollout__members=user)

    def kept(self) -> ChecklistQuerySet:
        """Without the discarded ones."""
        return self.filter(discarded_at__isnull=True)

    def with_open_edition(self) -> ChecklistQuerySet:
        """Those with a draft or a prepared edition."""
        return self.filter(editions__issued_at__isnull=True)

    def in_draft(self) -> ChecklistQuerySet:
        """Those whose open edition has no live *prepared*: the only ones that can change."""
        return self.with_open_edition().exclude(Exists(_live_prepared()))

    def with_editions(self) -> ChecklistQuerySet:
        """With rollout, editions, their signatures, the customer's answers and revocations: three
        queries more."""
        from checklists.models import Edition, SignOff

        signatures = Prefetch("sign_offs", SignOff.objects.select_related("reply__recorded_by"))
        editions = Edition.objects.select_related("revocation").prefetch_related(signatures)
        return self.select_related("rollout").prefetch_related(Prefetch("editions", editions))

    def with_progress(self) -> ChecklistQuerySet:
        """Annotated: `items_total`, `to_do` (required or confirm), `decided` of those,
        `high_to_do`, `high_decided`, `pending`. What was returned or flagged has to be decided
        again, so it is not decided."""
        to_do = Q(items__verdict__in=["required", "confirm"])
        marked = Q(items__returned=True) | Q(items__flagged=True)
        decided = to_do & ~Q(items__decision="open") & ~marked
        high = Q(items__severity=3)
        count = models.Count
        annotated: ChecklistQuerySet = self.annotate(
            items_total=count("items"),
            to_do=count("items", filter=to_do),
            decided=count("items", filter=decided),
            high_to_do=count("items", filter=to_do & high),
            high_decided=count("items", filter=decided & high),
            pending=count("items", filter=Q(items__decision="pending")),
        )
        return annotated


class EditionQuerySet(models.QuerySet["Edition"]):
    def with_open_points(self) -> EditionQuerySet:
        """Annotated: `open_points`, the pending items of what was issued."""
        without = Length(Replace("content", Value(PENDING_IN_CONTENT), Value("")))
        counted = (Length("content") - without) / len(PENDING_IN_CONTENT)
        # mypy takes it for a second definition of the property.
        annotated: EditionQuerySet = self.annotate(open_points=counted)  # type: ignore[no-redef]
        return annotated


class DeviceQuerySet(models.QuerySet["Device"]):
    def outstanding(self, now: datetime) -> DeviceQuerySet:
        """Those that hold unsent work, or may: they took the checklist along and are silent."""
        silent = Q(last_contact__lt=now - SILENT, last_contact__gt=now - KEPT_FOR)
        return self.filter(Q(unsent__gt=0) | Q(offline=True) & silent).select_related("user")


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def present_in(self, checklist: Checklist) -> EvidenceQuerySet:
        """What proves the checklist's items now, in their order; the items have only their tracking
        IDs. One query."""
        present = self.filter(item__checklist=checklist, removed_at__isnull=True)
        return present.select_related("item").only(*EVIDENCE)


def _live_prepared() -> models.QuerySet[models.Model]:
    from checklists.models import SignOff

    return SignOff.objects.filter(
        edition__checklist=OuterRef("pk"),
        edition__issued_at__isnull=True,
        kind="prepared",
        revoked_at__isnull=True,
    )
