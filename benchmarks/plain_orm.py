"""The floor's statements once more, each as its plainest ORM call and nothing else around them: how
much of a ratio is Django's own. Decision 60 says what follows from it."""

import uuid

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from advisories.models import (
    Advisory,
    Condition,
    DocumentRevision,
    Product,
    SourceDocument,
)
from checklists.models import Answer, Checklist, ChecklistItem, Edition, Event, SignOff
from portal.models import User

PREFETCHED = ("topics", "modes", "conditions", "references", "affected__fixed_in")
CREATED = ("revision", "severity", "category", "content", "facts", "reason", "verdict")


def create(like: Checklist, user: User) -> None:
    """The reads that the floor makes, and `like`'s rows written again."""
    rows = list(like.items.all())
    asked = list(like.answers.all())
    with transaction.atomic():
        list(Product.objects.filter(slug="iwss").prefetch_related("releases", "modes"))
        list(SourceDocument.objects.all()), list(DocumentRevision.objects.all())
        list(Condition.objects.all())
        found = Advisory.objects.filter(state="published").select_related("category")
        list(found.prefetch_related(*PREFETCHED))
        made = Checklist.objects.create(
            id=uuid.uuid4(),
            rollout_id=like.rollout_id,
            host=like.host,
            customer=like.customer,
            project=like.project,
            frozen=like.frozen,
            product=like.product,
            release=like.release,
            created_by=user,
            created_at=timezone.now(),
        )
        ChecklistItem.objects.bulk_create(
            ChecklistItem(
                checklist=made,
                position=row.position,
                tracking_id=row.tracking_id,
                **{name: getattr(row, name) for name in CREATED},
            )
            for row in rows
        )
        Edition.objects.create(
            checklist=made, minor=0, opened_by="bench", opened_at=timezone.now(), opened_seq=1
        )
        Answer.objects.bulk_create(
            Answer(checklist=made, question=row.question, value=row.value) for row in asked
        )
        _event(made.pk, 1, "created", None, user)


def decide(checklist: uuid.UUID, tracking_id: str, user: User) -> None:
    with transaction.atomic():
        found = Checklist.objects.select_for_update().only("last_seq", "rollout").get(pk=checklist)
        list(user.groups.values_list("name"))
        found.rollout.members.filter(pk=user.pk).exists()
        Event.objects.filter(op_id=uuid.uuid4()).first()
        live = SignOff.objects.filter(edition=OuterRef("pk"), kind="prepared", revoked_at=None)
        Edition.objects.filter(~Exists(live), checklist=checklist, issued_at=None).exists()
        items = ChecklistItem.objects.only("version")
        item = items.get(checklist=checklist, tracking_id=tracking_id)
        event = _event(checklist, found.last_seq + 1, "decision", item.pk, user)
        Checklist.objects.filter(pk=checklist).update(last_seq=event.seq, head=event.hash)
        ChecklistItem.objects.filter(pk=item.pk).update(
            decision="done",
            note=str(uuid.uuid4()),
            version=item.version + 1,
            decided_by="bench",
            decided_at=timezone.now(),
        )


def _event(checklist: uuid.UUID, seq: int, kind: str, item: int | None, user: User) -> Event:
    return Event.objects.create(
        checklist_id=checklist,
        seq=seq,
        op_id=uuid.uuid4(),
        kind=kind,
        item_id=item,
        payload={"body": str(uuid.uuid4())},
        effect={},
        outcome="applied",
        actor=user,
        actor_name="bench",
        recorded_at=timezone.now(),
        prev_hash="0" * 64,
        hash="0" * 64,
    )


def page_reads(checklist: uuid.UUID, user: int, session: str) -> None:
    """The rows of a page; nothing is rendered."""
    Session.objects.filter(session_key=session).first()
    list(User.objects.get(pk=user).groups.all())
    found = Checklist.objects.select_related("rollout").get(pk=checklist)
    list(found.answers.all())
    list(found.editions.prefetch_related("sign_offs"))
    list(found.events.filter(outcome__in=("conflict", "late")))
    list(found.items.all())
