"""A new rollout, a new checklist."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from advisories.applicability import decide
from advisories.deployments import build_deployment
from checklists.actions.errors import NotAllowed, Refused, Stale
from checklists.actions.events import append, refuse_unstorable, required_text
from checklists.chain import digest
from checklists.freezing import (
    CONDITION,
    NOT_KNOWN,
    deployment_from,
    facts_from_json,
    freeze_header,
)
from checklists.gathering import CatalogueMoved, FrozenItem, gather
from checklists.models import (
    LINE_LENGTH,
    Answer,
    Checklist,
    ChecklistItem,
    Decision,
    Edition,
    Event,
    Happened,
    Purge,
    Rollout,
)
from checklists.predecessors import Before, before_this
from checklists.undone import undone
from portal.models import User
from portal.roles import Role

NUMBER_LENGTH = 80
# What a checklist prints of its rollout and box, and may change while it is a draft.
HEADER = ("host", "mode_detail", "customer", "project", "number")


@transaction.atomic
def create_rollout(
    *, id: UUID, customer: str, project: str, number: str, members: Iterable[User], by: User
) -> Rollout:
    """A rollout with `members` and the engineer who makes it; the same `id` finds it again.

    Raises Refused for missing or over-long texts, NotAllowed without the engineer's role.
    """
    if not by.has_role(Role.ENGINEER):
        raise NotAllowed(_("Only engineers start rollouts."))
    # The triggers let rows of a purged identifier go, so no new rollout may have it.
    if Purge.objects.filter(rollout=id).exists():
        raise Refused(_("This rollout was removed. Start again."))
    rollout, created = Rollout.objects.get_or_create(
        id=id,
        defaults={
            "customer": line(customer, _("Enter the customer.")),
            "project": line(project, _("Enter the project name.")),
            "number": optional_line(number, limit=NUMBER_LENGTH),
            "created_by": by,
            "created_at": timezone.now(),
        },
    )
    if created:
        rollout.members.set({by, *members})
    elif rollout.created_by != by:
        raise Refused(_("This rollout already exists. Start again."))
    return rollout


@transaction.atomic
def create_checklist(
    *,
    id: UUID,
    rollout: Rollout,
    host: str,
    release: str,
    mode: str | None,
    installed_with: str = NOT_KNOWN,
    answers: Mapping[str, str] | None = None,
    mode_detail: str = "",
    predecessor: Checklist | None = None,
    happened: str = "",
    by: User,
) -> Checklist:
    """A checklist with an item, verdict and reason for every advisory in scope; version 1.0 opens.

    `mode` is a slug, "unknown", or None where the product has no modes; `installed_with` a
    release's slug, "older" or "unknown"; `answers` maps condition slugs to "yes" or "no".
    `predecessor` (one that `by` may see) offers its decisions, as they were issued last or, before
    that, as they are; they are never copied. `happened` says what became of the box since (of
    `Happened`), so that items it may have undone are named. The same `id` in
    the same rollout finds the checklist that a first click made. A constant number of
    queries, whatever the catalogue's size. Raises Refused and NotAllowed; errors of
    `build_deployment` pass through.
    """
    # Another click may be making this very checklist, and its header may be changing: the
    # rollout's row lets one go first.
    rollout = Rollout.objects.select_for_update().get(pk=rollout.pk)
    _require_member(rollout, by)
    existing: Checklist | None = Checklist.objects.filter(pk=id).first()
    if existing:
        if existing.rollout_id != rollout.pk or existing.created_by_id != by.pk:
            raise Refused(_("This checklist already exists. Start again."))
        return existing

    if predecessor and not Checklist.objects.visible_to(by).filter(pk=predecessor.pk).exists():
        raise NotAllowed(_("You are not a member of this rollout."))
    if happened and (predecessor is None or happened not in Happened.values):
        raise Refused(_("Say what became of the box since the checklist before."))
    said = {slug: value for slug, value in (answers or {}).items() if value != NOT_KNOWN}
    if not set(said.values()) <= {"yes", "no"}:
        raise Refused(_("Choose one of the answers."))
    given = {slug: value == "yes" for slug, value in said.items()}
    found, deployment = build_deployment(
        release=release, mode=mode, installed_with=installed_with, answers=given
    )
    now = timezone.now()
    try:
        gathered = gather(deployment, found)
    except CatalogueMoved as error:
        raise Stale(_("The catalogue is being edited just now. Try again in a minute.")) from error
    header = freeze_header(found, gathered.conditions, timezone.localdate(now))
    stated = _stated_answers(header, mode, installed_with, said)
    checklist = Checklist.objects.create(
        id=id,
        rollout=rollout,
        predecessor=predecessor,
        happened=happened,
        host=line(host, _("Enter the host name of the box.")),
        mode_detail=optional_line(mode_detail),
        customer=rollout.customer,
        project=rollout.project,
        number=rollout.number,
        frozen=header,
        product=header["product"]["slug"],
        release=release,
        is_demo=by.is_demo,
        created_by=by,
        created_at=now,
    )
    items = _make_items(checklist, gathered.items, before_this(predecessor))
    Answer.objects.bulk_create(_answer_rows(checklist, stated, by, now))
    edition = Edition.objects.create(
        checklist=checklist, minor=0, opened_by=by.name, opened_at=now, opened_seq=1
    )
    append(
        checklist,
        op_id=uuid5(checklist.pk, "created"),
        kind=Event.Kind.CREATED,
        payload={
            **{name: getattr(checklist, name) for name in HEADER},
            "release": release,
            "demo": checklist.is_demo,
            "edition": edition.number,
            **({"happened": happened, "after": str(predecessor.pk)} if predecessor else {}),
        },
        effect={
            "frozen": digest(frozen_state(checklist, items)),
            "answers": stated,
            "reasons": {item.tracking_id: item.reason for item in items},
        },
        by=by,
        now=now,
    )
    return checklist


def frozen_state(checklist: Checklist, items: Iterable[ChecklistItem]) -> dict[str, Any]:
    """What event 1 holds the SHA-256 of: the frozen header and the frozen part of every item."""
    return {"header": checklist.frozen, "items": [frozen_item(item) for item in items]}


def frozen_item(item: ChecklistItem) -> dict[str, Any]:
    """The frozen part of an item, which only a taken revision replaces."""
    return {
        "position": item.position,
        "tracking_id": item.tracking_id,
        "revision": item.revision,
        "severity": item.severity,
        "category": item.category,
        "content": item.content,
        "facts": item.facts,
        "previous": item.previous,
    }


def _require_member(rollout: Rollout, by: User) -> None:
    if not by.has_role(Role.ENGINEER):
        raise NotAllowed(_("Only engineers make checklists."))
    if not Rollout.objects.visible_to(by).filter(pk=rollout.pk).exists():
        raise NotAllowed(_("You are not a member of this rollout."))


def line(value: str, message: str, *, limit: int = LINE_LENGTH) -> str:
    """`value` as one line: every run of white space is one space. Raises Refused."""
    return " ".join(required_text(value, message, limit=limit).split())


def optional_line(value: str, *, limit: int = LINE_LENGTH) -> str:
    return line(value, "", limit=limit) if value.strip() else ""


def _stated_answers(
    header: Mapping[str, Any], mode: str | None, installed_with: str, answers: Mapping[str, str]
) -> dict[str, str]:
    """Every question of this box with its answer, "unknown" where none was given."""
    stated = {"mode": mode or NOT_KNOWN} if header["modes"] else {}
    stated["installed_with"] = installed_with
    for condition in header["conditions"]:
        stated[CONDITION + condition["slug"]] = answers.get(condition["slug"], NOT_KNOWN)
    refuse_unstorable(stated)
    return stated


def _answer_rows(
    checklist: Checklist, stated: Mapping[str, str], by: User, now: Any
) -> Iterable[Answer]:
    for question, value in stated.items():
        known = value != NOT_KNOWN
        yield Answer(
            checklist=checklist,
            question=question,
            value=value,
            answered_by=by.name if known else "",
            answered_at=now if known else None,
        )


def _make_items(
    checklist: Checklist, frozen: list[FrozenItem], before: Mapping[str, Before]
) -> list[ChecklistItem]:
    return ChecklistItem.objects.bulk_create(
        [
            ChecklistItem(
                checklist=checklist,
                position=position,
                tracking_id=item.tracking_id,
                revision=item.revision,
                severity=item.severity,
                category=item.category,
                content=item.content,
                facts=item.facts,
                note_version=item.note_version,
                previous=_previous(checklist.happened, item, before.get(item.tracking_id)),
                reason=item.reason,
                verdict=item.reason.verdict,
            )
            for position, item in enumerate(frozen, start=1)
        ],
        batch_size=500,
    )


def _previous(happened: str, item: FrozenItem, before: Before | None) -> dict[str, Any] | None:
    """What the new item keeps of the one before: its decision, and what may be undone of it."""
    if before is None:
        return None
    fix = item.content["fix"]
    what = undone(
        happened,
        decision=before.offered["decision"],
        was=before.reason,
        now=item.reason,
        fix_scope=fix["scope"] if fix else "",
        fix_kind=item.fix_kind,
    )
    if what:
        return before.offered | {"undone": what.value}
    return before.offered if before.offered["decision"] != Decision.OPEN else None


def decide_anew(
    items: Iterable[ChecklistItem], header: Mapping[str, Any], answers: Mapping[str, str]
) -> list[ChecklistItem]:
    """The items whose reason these answers change, with the new reason and verdict set."""
    deployment = deployment_from(header, answers)
    changed = []
    for item in items:
        reason = decide(facts_from_json(item.facts), deployment)
        if reason != item.reason:
            item.reason, item.verdict = reason, reason.verdict
            changed.append(item)
    return changed
