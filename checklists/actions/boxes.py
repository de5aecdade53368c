"""What is done to several boxes of a rollout at once: always one event in each of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid5

from django.db import transaction
from django.utils.translation import gettext as _

from checklists.actions.creation import create_checklist
from checklists.actions.errors import Refused
from checklists.actions.events import in_draft
from checklists.actions.operations import clean_decision, record
from checklists.actions.rollouts import open_checklists, require_engineer
from checklists.freezing import CONDITION, NOT_KNOWN
from checklists.models import Answer, Checklist, ChecklistItem, Event, Rollout
from portal.models import User


def add_box(
    *, source: Checklist, id: UUID, host: str, mode_detail: str = "", by: User
) -> Checklist:
    """Another box of the same rollout with the present answers of `source`: its release, mode,
    lineage and conditions. Every decision starts open.

    Raises as `create_checklist` does; a second click finds the first one's checklist.
    """
    given = dict(source.answers.values_list("question", "value"))
    return create_checklist(
        id=id,
        rollout=source.rollout,
        host=host,
        mode_detail=mode_detail,
        release=source.release,
        mode=given["mode"] or NOT_KNOWN if source.frozen["modes"] else None,
        installed_with=given["installed_with"] or NOT_KNOWN,
        answers={
            question.removeprefix(CONDITION): value or NOT_KNOWN
            for question, value in given.items()
            if question.startswith(CONDITION)
        },
        by=by,
    )


@dataclass(frozen=True)
class Seen:
    """A box as somebody chose it: its item's version on the page."""

    checklist: UUID
    version: int


@transaction.atomic
def decide_on_boxes(
    *,
    rollout: Rollout,
    op_id: UUID,
    tracking_id: str,
    decision: Mapping[str, str],
    boxes: list[Seen],
    by: User,
) -> list[Event]:
    """The same decision on the item of each of these boxes: an operation of its own with its own
    version, so one may be applied while another is a conflict or late.

    Sent again with the same `op_id`, it answers with the same events. Raises Refused, with nothing
    recorded on any box, when one is not of the rollout or was discarded, has no such item or the
    decision lacks something; NotAllowed.
    """
    require_engineer(rollout, by)
    if not boxes:
        raise Refused(_("Choose at least one box."))
    found = ChecklistItem.objects.filter(
        checklist__in=[box.checklist for box in boxes],
        checklist__rollout=rollout,
        checklist__discarded_at=None,
        tracking_id=tracking_id,
    )
    severities = dict(found.values_list("checklist_id", "severity"))
    if severities.keys() != {box.checklist for box in boxes}:
        raise Refused(_("One of the boxes does not have this item. Reload the page."))
    for severity in set(severities.values()):
        clean_decision(decision, severity=severity)
    # Locked in the order of `open_checklists`, so that nobody waits for somebody who waits.
    return [
        record(
            checklist_id=box.checklist,
            op_id=uuid5(op_id, str(box.checklist)),
            kind=Event.Kind.DECISION,
            payload={"item": tracking_id, "decision": dict(decision)},
            base_version=box.version,
            by=by,
        )
        for box in sorted(boxes, key=lambda box: str(box.checklist))
    ]


@transaction.atomic
def answer_boxes(
    *, rollout: Rollout, op_id: UUID, question: str, value: str, by: User
) -> list[Event]:
    """Answer a question about all boxes: one event in each open box in draft that has the
    question and no answer of its own yet. Signed and issued boxes are not touched.

    The events, in the order of the boxes; none where every box has its answer. Raises Refused for
    a question that is about one box only or another value than yes and no; NotAllowed.
    """
    if not question.startswith(CONDITION) or value not in ("yes", "no"):
        raise Refused(_("Choose one of the answers."))
    require_engineer(rollout, by)
    locked = Rollout.objects.select_for_update().get(pk=rollout.pk)
    open_boxes = [checklist for checklist in open_checklists(locked) if in_draft(checklist)]
    without = Answer.objects.filter(
        checklist__in=open_boxes, question=question, value__in=("", NOT_KNOWN)
    )
    versions = dict(without.values_list("checklist_id", "version"))
    return [
        record(
            checklist_id=checklist.pk,
            op_id=uuid5(op_id, f"{checklist.pk} {question}"),
            kind=Event.Kind.ANSWER,
            payload={"question": question, "value": value},
            base_version=versions[checklist.pk],
            by=by,
        )
        for checklist in open_boxes
        if checklist.pk in versions
    ]
