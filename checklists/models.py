"""Rollouts, their checklists, and what happened to them. Only `actions` writes these tables."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from advisories.applicability import Reason, Severity, Verdict
from checklists.acceptance import AccessUse as AccessUse
from checklists.acceptance import Attempts as Attempts
from checklists.acceptance import CustomerAccess as CustomerAccess
from checklists.acceptance import Reply as Reply
from checklists.fields import FrozenJSONField
from checklists.handover_settings import HandoverSettings as HandoverSettings
from checklists.querysets import (
    PENDING_IN_CONTENT,
    ChecklistQuerySet,
    DeviceQuerySet,
    EditionQuerySet,
    EvidenceQuerySet,
    RolloutQuerySet,
)
from checklists.teams import Team as Team
from checklists.undone import Happened as Happened

# Bounds of what people type; they keep a row of the PDF on a page or two.
NOTE_LENGTH = 5000
LINE_LENGTH = 200


class Rollout(models.Model):
    """A customer's project; its members see its checklists and nobody else does."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.CharField(_("customer"), max_length=LINE_LENGTH)
    project = models.CharField(_("project"), max_length=LINE_LENGTH)
    number = models.CharField(_("project number"), max_length=80, blank=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="rollouts", verbose_name=_("members")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"))

    objects = RolloutQuerySet.as_manager()

    class Meta:
        verbose_name = _("rollout")
        verbose_name_plural = _("rollouts")
        ordering = ["-created_at", "id"]

    def __str__(self) -> str:
        return f"{self.customer} / {self.project}"

    def get_absolute_url(self) -> str:
        return reverse("checklists:rollout_detail", args=[self.pk])


class Checklist(models.Model):
    """One box of a rollout. Everything that is printed is frozen here and in its items."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rollout = models.ForeignKey(
        Rollout,
        models.PROTECT,
        related_name="checklists",
        verbose_name=_("rollout"),
    )
    # The checklist of the same box before it was upgraded or rebuilt; None: the first one.
    predecessor = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="successors",
        verbose_name=_("checklist before it"),
    )
    # What became of the box since then; "" without a predecessor, or not said.
    happened = models.CharField(
        _("what became of the box"), max_length=20, choices=Happened, blank=True
    )
    host = models.CharField(_("host"), max_length=LINE_LENGTH)
    mode_detail = models.CharField(_("mode in detail"), max_length=LINE_LENGTH, blank=True)
    # Customer, project and number of the rollout as this checklist prints them.
    customer = models.CharField(_("customer"), max_length=LINE_LENGTH)
    project = models.CharField(_("project"), max_length=LINE_LENGTH)
    number = models.CharField(_("project number"), max_length=80, blank=True)
    # Product, release, the choices for mode and lineage, conditions, documents: see freezing.py.
    frozen = models.JSONField(_("frozen header"))
    product = models.CharField(_("product"), max_length=80)
    release = models.CharField(_("release"), max_length=80)
    is_demo = models.BooleanField(_("made with a demo account"), default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"))
    discarded_at = models.DateTimeField(_("discarded at"), null=True, blank=True)
    discard_reason = models.TextField(_("reason for discarding"), blank=True)
    # The chain's end: number and hash of the newest event.
    last_seq = models.PositiveIntegerField(_("number of the newest event"), default=0)
    head = models.CharField(_("chain head"), max_length=64, blank=True)

    objects = ChecklistQuerySet.as_manager()

    class Meta:
        verbose_name = _("checklist")
        verbose_name_plural = _("checklists")
        ordering = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(discarded_at__isnull=True, discard_reason="")
                | Q(discarded_at__isnull=False) & ~Q(discard_reason=""),
                name="discarded_checklist_has_a_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.host} ({self.rollout_id})"

    def get_absolute_url(self) -> str:
        return reverse("checklists:checklist_detail", args=[self.pk])


class Answer(models.Model):
    """What was said of the box: its mode, its lineage, a condition. `question` is "mode",
    "installed_with" or "condition:<slug>"; `value` "" is "not answered"."""

    checklist = models.ForeignKey(Checklist, models.CASCADE, related_name="answers")
    question = models.CharField(max_length=100)
    value = models.CharField(max_length=80, blank=True)
    version = models.PositiveIntegerField(default=0)
    # Who and when are frozen text: they print, and names change.
    answered_by = models.CharField(max_length=LINE_LENGTH, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["checklist", "question"],
                name="one_answer_per_checklist_and_question",
            )
        ]

    def __str__(self) -> str:
        return f"{self.question}={self.value}"


class Decision(models.TextChoices):
    OPEN = "open", _("Open")
    DONE = "done", _("Done")
    VERIFIED = "verified", _("Verified")
    NOT_NEEDED = "not_needed", _("Not needed")
    RISK_ACCEPTED = "risk_accepted", _("Risk accepted")
    PENDING = "pending", _("Pending")


class ChecklistItem(models.Model):
    """One advisory's answer for this box: frozen text and facts, the verdict, the decision."""

    checklist = models.ForeignKey(Checklist, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    tracking_id = models.CharField(max_length=80)
    revision = models.PositiveIntegerField()
    severity = models.PositiveSmallIntegerField(choices=Severity, null=True, blank=True)
    category = models.CharField(max_length=80)
    # Texts, names and links in both languages; the facts the verdict rests on: see freezing.py.
    content = FrozenJSONField()
    facts = models.JSONField()
    # Of the company's own note in `content`, for lists; 0: there is none.
    note_version = models.PositiveIntegerField(default=0)
    # A decision that is offered and never copied: on the predecessor's item, or (it then has a
    # "revision") on this one before a newer revision changed its verdict. "undone": how the
    # change of the box may have undone it (undone.py). None: there is none.
    previous = models.JSONField(null=True, blank=True)
    reason = models.CharField(max_length=20, choices=Reason)
    verdict = models.CharField(max_length=20, choices=Verdict)

    decision = models.CharField(max_length=20, choices=Decision, default=Decision.OPEN)
    note = models.TextField(blank=True, max_length=NOTE_LENGTH)
    value_before = models.TextField(blank=True, max_length=NOTE_LENGTH)
    value_after = models.TextField(blank=True, max_length=NOTE_LENGTH)
    decision_reason = models.TextField(blank=True, max_length=NOTE_LENGTH)
    approver = models.CharField(max_length=LINE_LENGTH, blank=True)
    waiting_for = models.CharField(max_length=LINE_LENGTH, blank=True)
    due = models.DateField(null=True, blank=True)
    agreed_by = models.CharField(max_length=LINE_LENGTH, blank=True)
    decided_by = models.CharField(max_length=LINE_LENGTH, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    # A reviewer sent it back, or a new revision asks to read it again; a decision clears both.
    returned = models.BooleanField(default=False)
    returned_comment = models.TextField(blank=True, max_length=NOTE_LENGTH)
    returned_by = models.CharField(max_length=LINE_LENGTH, blank=True)
    flagged = models.BooleanField(default=False)
    # Who is to do it: a person, a team or nobody yet. No part of what is signed.
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["checklist", "position"],
                name="one_item_per_checklist_and_position",
            ),
            models.UniqueConstraint(
                fields=["checklist", "tracking_id"],
                name="one_item_per_checklist_and_advisory",
            ),
            models.CheckConstraint(
                condition=Q(assignee__isnull=True) | Q(team__isnull=True),
                name="item_is_given_to_a_person_or_a_team",
            ),
        ]

    def __str__(self) -> str:
        return self.tracking_id


class Event(models.Model):
    """One thing that happened to a checklist. Append-only, chained by hash, guarded by triggers."""

    class Kind(models.TextChoices):
        CREATED = "created", _("created")
        DECISION = "decision", _("decision")
        ANSWER = "answer", _("answer")
        RESOLVED = "resolved", _("conflict resolved")
        EVIDENCE_ADDED = "evidence_added", _("evidence added")
        EVIDENCE_REMOVED = "evidence_removed", _("evidence removed")
        TAKEN = "taken", _("offer taken")
        LOOKED_THROUGH = "looked_through", _("offers looked through")
        HEADER = "header", _("header changed")
        MEMBERS = "members", _("members changed")
        ASSIGNED = "assigned", _("items assigned")
        PREPARED = "prepared", _("prepared")
        WITHDRAWN = "withdrawn", _("signature withdrawn")
        RETURNED = "returned", _("returned")
        ISSUED = "issued", _("reviewed and issued")
        REOPENED = "reopened", _("re-opened")
        CLOSED = "closed", _("draft closed")
        REVOKED = "revoked", _("edition revoked")
        ACCEPTED = "accepted", _("accepted by the customer")
        DECLINED = "declined", _("declined by the customer")
        COMMENTED = "commented", _("comment of the customer")
        REPLY_REVOKED = "reply_revoked", _("the customer's answer revoked")
        DISCARDED = "discarded", _("discarded")

    class Outcome(models.TextChoices):
        APPLIED = "applied", _("applied")
        SAME = "same", _("same value")
        CONFLICT = "conflict", _("conflict")
        LATE = "late", _("late")

    checklist = models.ForeignKey(
        Checklist,
        models.CASCADE,
        related_name="events",
        verbose_name=_("checklist"),
    )
    seq = models.PositiveIntegerField(_("number"))
    op_id = models.UUIDField(_("operation"), unique=True)
    kind = models.CharField(_("kind of event"), max_length=20, choices=Kind)
    item = models.ForeignKey(
        ChecklistItem,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="events",
        verbose_name=_("item"),
    )
    # The operation as it was sent, and what the server made of it.
    payload = models.JSONField(_("what was sent"))
    effect = models.JSONField(_("what came of it"))
    # Version of the item or answer that the actor saw; None: the kind has no versions.
    base_version = models.PositiveIntegerField(_("version that was seen"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("account"),
    )
    actor_name = models.CharField(_("who"), max_length=LINE_LENGTH)
    recorded_at = models.DateTimeField(_("recorded at"))
    # What the device's clock said: a claim.
    client_at = models.DateTimeField(_("time of the device"), null=True, blank=True)
    prev_hash = models.CharField(_("hash of the event before"), max_length=64, blank=True)
    hash = models.CharField(_("hash"), max_length=64)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["checklist", "seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["checklist", "seq"], name="one_event_per_checklist_and_seq"
            )
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"


class Evidence(models.Model):
    """A file that proves an item. Removing it is an event: the row and the file stay."""

    # The op_id of the event that added it.
    id = models.UUIDField(primary_key=True, editable=False)
    item = models.ForeignKey(ChecklistItem, models.CASCADE, related_name="evidence")
    name = models.CharField(max_length=LINE_LENGTH)
    # By its content: see evidence_files.py.
    type = models.CharField(max_length=10)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    # Hash of the small picture; "" where it is no picture.
    thumbnail = models.CharField(max_length=64, blank=True)
    caption = models.CharField(_("caption"), max_length=LINE_LENGTH, blank=True)
    added_by = models.CharField(max_length=LINE_LENGTH)
    added_at = models.DateTimeField()
    removed_by = models.CharField(max_length=LINE_LENGTH, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["item__position", "added_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "sha256"],
                condition=Q(removed_at__isnull=True),
                name="one_present_evidence_per_item_and_file",
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, removed_by="")
                | Q(removed_at__isnull=False) & ~Q(removed_by=""),
                name="removed_evidence_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Edition(models.Model):
    """A numbered hand-over. Made with the draft; issuing fills it once, then it never changes."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PREPARED = "prepared", _("Awaiting review")
        ISSUED = "issued", _("Issued")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    checklist = models.ForeignKey(
        Checklist,
        models.CASCADE,
        related_name="editions",
        verbose_name=_("checklist"),
    )
    # 0 is 1.0, 1 is 1.1.
    minor = models.PositiveIntegerField(_("number after 1."))
    reason = models.TextField(_("reason"), blank=True)
    opened_by = models.CharField(_("opened by"), max_length=LINE_LENGTH)
    opened_at = models.DateTimeField(_("opened at"))
    opened_seq = models.PositiveIntegerField(_("event that opened it"))
    # All None or empty until issued. `catalogue` repeats of the content what it holds of the
    # catalogue, so that what moved since is found without reading all of it: see offers.py.
    issued_at = models.DateTimeField(_("issued at"), null=True, blank=True)
    content = models.TextField(_("content"), blank=True)
    digest = models.CharField(_("digest"), max_length=64, blank=True)
    chain_head = models.CharField(_("chain head"), max_length=64, blank=True)
    files = models.JSONField(_("files"), default=list, blank=True)
    catalogue = models.JSONField(_("catalogue edition"), default=dict, blank=True)

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("hand-over", "edition")
        verbose_name_plural = pgettext_lazy("hand-over", "editions")
        ordering = ["checklist", "minor"]
        # The public verification page looks for what a digest begins with.
        indexes = [models.Index(fields=["digest"], name="edition_digest")]
        constraints = [
            models.UniqueConstraint(
                fields=["checklist", "minor"],
                name="one_edition_per_checklist_and_number",
            ),
            models.UniqueConstraint(
                fields=["checklist"],
                condition=Q(issued_at__isnull=True),
                name="one_open_edition_per_checklist",
            ),
            models.CheckConstraint(
                condition=Q(issued_at__isnull=True, content="", digest="", chain_head="")
                | Q(issued_at__isnull=False) & ~Q(content="") & ~Q(digest="") & ~Q(chain_head=""),
                name="issued_edition_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"1.{self.minor}"

    @cached_property
    def open_points(self) -> int:
        """How many items are pending in what was issued; `with_open_points` counts them in the
        database, for lists that leave the content there."""
        return self.content.count(PENDING_IN_CONTENT)

    def signature(self, kind: str) -> "SignOff | None":
        """The live signature of this kind; reads all sign-offs once (prefetch them for lists)."""
        return next(
            (s for s in self.sign_offs.all() if s.kind == kind and s.revoked_at is None),
            None,
        )

    @property
    def state(self) -> "Edition.State":
        """Computed, never stored (design 6)."""
        if self.issued_at is None:
            prepared = self.signature(SignOff.Kind.PREPARED)
            return self.State.PREPARED if prepared else self.State.DRAFT
        if self.signature(SignOff.Kind.ACCEPTED):
            return self.State.ACCEPTED
        if self.signature(SignOff.Kind.DECLINED):
            return self.State.DECLINED
        return self.State.ISSUED


class SignOff(models.Model):
    """A signature. It is live until `revoked_at` is set; it is never deleted."""

    class Kind(models.TextChoices):
        PREPARED = "prepared", _("Prepared")
        REVIEWED = "reviewed", _("Reviewed")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")

    edition = models.ForeignKey(
        Edition,
        models.CASCADE,
        related_name="sign_offs",
        verbose_name=pgettext_lazy("hand-over", "edition"),
    )
    kind = models.CharField(_("kind of signature"), max_length=10, choices=Kind)
    # None: a customer, who has no account.
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("account"),
    )
    name = models.CharField(_("name of the signer"), max_length=LINE_LENGTH)
    company = models.CharField(_("company"), max_length=LINE_LENGTH, blank=True)
    statement = models.JSONField(_("statement"))
    digest = models.CharField(_("digest"), max_length=64)
    chain_head = models.CharField(_("chain head"), max_length=64)
    signed_at = models.DateTimeField(_("signed at"))
    self_review = models.BooleanField(_("same person as prepared"), default=False)
    revoked_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    revoked_by = models.CharField(_("taken back by"), max_length=LINE_LENGTH, blank=True)
    revoke_reason = models.TextField(_("reason for taking it back"), blank=True)

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        ordering = ["signed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "kind"],
                condition=Q(revoked_at__isnull=True),
                name="one_live_signature_per_edition_and_kind",
            ),
            models.UniqueConstraint(
                fields=["edition", "signer"],
                condition=Q(revoked_at__isnull=True, self_review=False),
                name="one_live_signature_per_edition_and_signer",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by="")
                | Q(revoked_at__isnull=False) & ~Q(revoked_by=""),
                name="revoked_signature_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class IssuedFile(models.Model):
    """Finds an edition by the hash of one of its files. `Edition.files` is what counts."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="issued_files")
    sha256 = models.CharField(max_length=64, db_index=True)

    def __str__(self) -> str:
        return self.sha256


class HandedOut(models.Model):
    """A bundle that has left the house with this edition in it: see `Bundle.tag`."""

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="handed_out")
    tag = models.CharField(max_length=64, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["edition", "tag"], name="one_handed_out_per_bundle"),
        ]

    def __str__(self) -> str:
        return self.tag


class Revocation(models.Model):
    """An issued edition was wrong. It stays, with this beside it."""

    edition = models.OneToOneField(Edition, models.CASCADE, related_name="revocation")
    reason = models.TextField()
    revoked_by = models.CharField(max_length=LINE_LENGTH)
    revoked_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.reason


class Purge(models.Model):
    """What is left of a rollout whose retention has ended. The triggers let its rows go."""

    rollout = models.UUIDField(_("rollout"), unique=True)
    digests: Any = models.JSONField(_("digests"))
    reason = models.TextField(_("reason"))
    purged_by = models.CharField(_("removed by"), max_length=LINE_LENGTH)
    purged_at = models.DateTimeField(_("removed at"))

    class Meta:
        verbose_name = _("removed rollout")
        verbose_name_plural = _("removed rollouts")

    def __str__(self) -> str:
        return str(self.rollout)


class Device(models.Model):
    """A browser in which a person works on a checklist, as it last told. It makes its own UUID."""

    checklist = models.ForeignKey(Checklist, models.CASCADE, related_name="devices")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    device = models.UUIDField()
    label = models.CharField(max_length=80, blank=True)
    # Operations that it holds and has not sent; whether it keeps the checklist for work offline.
    unsent = models.PositiveIntegerField(default=0)
    offline = models.BooleanField(default=False)
    # The portal's clock minus its own, in seconds; None: it did not say.
    clock_offset = models.IntegerField(null=True, blank=True)
    last_contact = models.DateTimeField()

    objects = DeviceQuerySet.as_manager()

    class Meta:
        ordering = ["last_contact", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["checklist", "user", "device"],
                name="one_row_per_checklist_person_and_device",
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.device})"
