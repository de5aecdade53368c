"""Changes of a rollout's header and members, and the end of a checklist's or a rollout's life."""

from collections.abc import Iterable
from uuid import UUID, uuid5

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from checklists import files
from checklists.actions.creation import NUMBER_LENGTH, line, optional_line
from checklists.actions.errors import NotAllowed, Overtaken, Refused, Stale
from checklists.actions.events import (
    append,
    in_draft,
    lock,
    require,
    required_text,
    stored,
    used_before,
)
from checklists.actions.storing import hold_alone
from checklists.chain import digest
from checklists.models import (
    Answer,
    Checklist,
    ChecklistItem,
    CustomerAccess,
    Device,
    Edition,
    Event,
    Evidence,
    Purge,
    Reply,
    Revocation,
    Rollout,
    SignOff,
)
from portal.models import User
from portal.roles import Role

# What the forms change, each of which says what it was shown before.
ROLLOUT_HEADER = ("customer", "project", "number")
HOST = ("host", "mode_detail")


@transaction.atomic
def change_header(
    *,
    rollout: Rollout,
    op_id: UUID,
    customer: str,
    project: str,
    number: str,
    seen: str | None = None,
    by: User,
) -> None:
    """Change customer, project and number: one event in each open checklist (design 5).

    `seen` is `header_seen` of the rollout as the person saw it (None: not told). Raises Overtaken
    when it says something else by now.

    Checklists in draft take the new header, prepared ones keep theirs and note it as late. The
    same values once more reach the drafts that still print others: those that were prepared or
    issued when the header changed.
    """
    require_engineer(rollout, by)
    values = {
        "customer": line(customer, _("Enter the customer.")),
        "project": line(project, _("Enter the project name.")),
        "number": optional_line(number, limit=NUMBER_LENGTH),
    }
    locked = Rollout.objects.select_for_update().get(pk=rollout.pk)
    checklists = open_checklists(locked)
    changed = _differs(locked, values)
    if _sent_before(op_id, checklists):
        if changed:
            raise used_before()
        return
    _require_seen(locked, values, seen)
    for name, value in values.items():
        setattr(locked, name, value)
    locked.save(update_fields=list(values))
    for checklist in checklists:
        if _differs(checklist, values) and (changed or in_draft(checklist)):
            _write_header(checklist, uuid5(op_id, str(checklist.pk)), values, by)


@transaction.atomic
def change_host(
    *,
    checklist_id: UUID,
    op_id: UUID,
    host: str,
    mode_detail: str,
    seen: str | None = None,
    by: User,
) -> None:
    """Correct the host's name or the detail of its mode, in draft only (else Stale).

    `seen` is `header_seen` of the checklist as the person saw it (None: not told). Raises
    Overtaken when it says something else by now.
    """
    checklist = lock(checklist_id)
    require(checklist, by, Role.ENGINEER)
    values = {
        "host": line(host, _("Enter the host name of the box.")),
        "mode_detail": optional_line(mode_detail),
    }
    done = stored(checklist, op_id, Event.Kind.HEADER, by)
    if done:
        if done.payload != values:
            raise used_before()
        return
    if not in_draft(checklist):
        raise Stale(_("The checklist is no longer in that state. Reload the page."))
    _require_seen(checklist, values, seen)
    if _differs(checklist, values):
        _write_header(checklist, op_id, values, by)


def header_seen(thing: Rollout | Checklist) -> str:
    """What a form was shown of a rollout's header or of a checklist's host, as one digest."""
    names = ROLLOUT_HEADER if isinstance(thing, Rollout) else HOST
    return digest({name: getattr(thing, name) for name in names})


def _require_seen(thing: Rollout | Checklist, values: dict[str, str], seen: str | None) -> None:
    if seen is None or seen == header_seen(thing) or not _differs(thing, values):
        return
    present = " / ".join(filter(None, (getattr(thing, name) for name in values)))
    raise Overtaken(
        _("Somebody has changed it in the meantime. It now says: %(present)s.")
        % {"present": present}
        + " "
        + _("Save again to put what you entered in its place.")
    )


def _differs(thing: Rollout | Checklist, values: dict[str, str]) -> bool:
    return any(getattr(thing, name) != value for name, value in values.items())


def _sent_before(op_id: UUID, checklists: Iterable[Checklist]) -> bool:
    """Whether this form has already been written into one of the checklists."""
    made = [uuid5(op_id, str(checklist.pk)) for checklist in checklists]
    return Event.objects.filter(op_id__in=made).exists()


def _write_header(checklist: Checklist, op_id: UUID, values: dict[str, str], by: User) -> None:
    draft = in_draft(checklist)
    if draft:
        for name, value in values.items():
            setattr(checklist, name, value)
        checklist.save(update_fields=list(values))
    append(
        checklist,
        op_id=op_id,
        kind=Event.Kind.HEADER,
        payload=values,
        effect={},
        outcome=Event.Outcome.APPLIED if draft else Event.Outcome.LATE,
        by=by,
    )


@transaction.atomic
def change_members(
    *,
    rollout: Rollout,
    op_id: UUID,
    add: Iterable[User] = (),
    remove: Iterable[User] = (),
    by: User,
) -> None:
    """Let people in and out: one event in each open checklist, with the members as they then are.

    Raises Refused when no engineer would be left, who alone could add people again.
    """
    locked = Rollout.objects.select_for_update().get(pk=rollout.pk)
    require_engineer(locked, by)
    present = {user.pk: user for user in locked.members.all()}
    wanted = present | {user.pk: user for user in add}
    for user in remove:
        wanted.pop(user.pk, None)
    if not any(user.has_role(Role.ENGINEER) for user in wanted.values()):
        raise Refused(_("A rollout needs at least one engineer among its members."))
    checklists = open_checklists(locked)
    if present.keys() == wanted.keys():
        return
    if _sent_before(op_id, checklists):
        raise used_before()
    locked.members.set(wanted.values())
    payload = {"members": sorted(user.username for user in wanted.values())}
    for checklist in checklists:
        append(
            checklist,
            op_id=uuid5(op_id, str(checklist.pk)),
            kind=Event.Kind.MEMBERS,
            payload=payload,
            effect={},
            by=by,
        )


@transaction.atomic
def discard(*, checklist_id: UUID, op_id: UUID, reason: str, by: User) -> None:
    """Hide a checklist that was made by mistake; it is kept. Never one with an issued edition."""
    checklist = lock(checklist_id)
    require(checklist, by, Role.ENGINEER)
    stored(checklist, op_id, Event.Kind.DISCARDED, by)
    text = required_text(reason, _("Enter why this checklist is discarded."))
    if checklist.editions.filter(issued_at__isnull=False).exists():
        raise Refused(_("A checklist with an issued edition cannot be discarded."))
    append(
        checklist,
        op_id=op_id,
        kind=Event.Kind.DISCARDED,
        payload={"reason": text},
        effect={},
        by=by,
    )
    checklist.discarded_at, checklist.discard_reason = timezone.now(), text
    checklist.save(update_fields=["discarded_at", "discard_reason"])


@transaction.atomic
def purge(*, rollout_id: UUID, reason: str, by: str) -> Purge:
    """Remove a whole rollout whose retention has ended; the Purge line stays (design 5).

    `by` names who ordered it. Raises Rollout.DoesNotExist, Refused without a reason.
    """
    rollout = Rollout.objects.select_for_update().get(pk=rollout_id)
    editions = Edition.objects.filter(checklist__rollout=rollout)
    heads = Checklist.objects.filter(rollout=rollout).values_list("pk", "head")
    digests = {
        "checklists": {str(pk): head for pk, head in heads},
        "editions": [
            [str(e.checklist_id), e.number, e.digest] for e in editions if e.issued_at is not None
        ],
    }
    line = Purge.objects.create(
        rollout=rollout.pk,
        digests=digests,
        reason=required_text(reason, _("Enter why this rollout is removed.")),
        purged_by=by,
        purged_at=timezone.now(),
    )
    stored = {file["sha256"] for edition in editions for file in edition.files}
    stored |= _answered_files(Reply.objects.filter(sign_off__edition__in=editions))
    stored |= _proofs(Event.objects.filter(checklist__rollout=rollout))
    for model, path in (
        (Reply, "sign_off__edition__checklist__rollout"),
        (CustomerAccess, "edition__checklist__rollout"),
        (SignOff, "edition__checklist__rollout"),
        (Revocation, "edition__checklist__rollout"),
        (Edition, "checklist__rollout"),
        (Event, "checklist__rollout"),
        (Evidence, "item__checklist__rollout"),
        (ChecklistItem, "checklist__rollout"),
        (Answer, "checklist__rollout"),
        (Device, "checklist__rollout"),
    ):
        model._default_manager.filter(**{path: rollout}).delete()
    Checklist.objects.filter(rollout=rollout).delete()
    rollout.delete()
    transaction.on_commit(lambda: _remove_files(stored))
    return line


def _answered_files(replies: Iterable[Reply]) -> set[str]:
    """The acceptance sheets and scans of these answers."""
    return {file["sha256"] for reply in replies for file in (*reply.sheets, reply.scan) if file}


def _proofs(events: models.QuerySet[Event]) -> set[str]:
    """Evidence that these events added, or that came late: files and small pictures."""
    added = events.filter(kind=Event.Kind.EVIDENCE_ADDED).values_list("payload", "effect")
    pairs = ((payload["sha256"], effect["thumbnail"]) for payload, effect in added)
    return {sha256 for pair in pairs for sha256 in pair if sha256}


@transaction.atomic
def _remove_files(hashes: set[str]) -> None:
    """Those of these files that nobody has (any more, or by now: it may have been added again)."""
    hold_alone()
    kept = {file["sha256"] for e in Edition.objects.exclude(files=[]) for file in e.files}
    kept |= _answered_files(Reply.objects.all()) | _proofs(Event.objects.all())
    for sha256 in hashes - kept:
        files.path_of(sha256).unlink(missing_ok=True)


def require_engineer(rollout: Rollout, by: User) -> None:
    """Raises NotAllowed for everybody but engineers who are members."""
    member = Rollout.objects.visible_to(by).filter(pk=rollout.pk).exists()
    if not (member and by.has_role(Role.ENGINEER)):
        raise NotAllowed(_("Only engineers of this rollout may change it."))


def open_checklists(rollout: Rollout) -> list[Checklist]:
    """The rollout's checklists with an open edition, locked one by one in a fixed order."""
    found = (
        rollout.checklists.kept().with_open_edition().order_by("pk").values_list("pk", flat=True)
    )
    return [lock(pk) for pk in found]
