"""Entries that were kept and not applied, both values beside each other. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from advisories.texts import in_language
from checklists import wording
from checklists.actions.operations import decision_of
from checklists.freezing import NOT_KNOWN
from checklists.models import Answer, ChecklistItem, Event
from checklists.page.recorded import Said, moment, said_in, said_of_event


@dataclass(frozen=True)
class Conflict:
    """An entry (`mine`) that met another present value (`theirs`), or came late."""

    entry: str
    title: str
    anchor: str
    late: bool
    mine: Said
    mine_by: str
    mine_at: str
    theirs: Said
    theirs_by: str
    theirs_at: str
    version: int

    @property
    def op_ids(self) -> tuple[str, str]:
        """Two buttons, two operations: one UUID for each."""
        return str(uuid4()), str(uuid4())


def conflicts_of(
    header: Mapping[str, Any],
    waiting: Iterable[Event],
    items: Mapping[int, ChecklistItem],
    answers: Mapping[str, Answer],
) -> list[Conflict]:
    """`waiting` are unresolved events; `items` by primary key, `answers` by question, as they
    are now."""
    found = []
    for event in waiting:
        if event.item_id is not None:
            found.append(_about_item(event, items[event.item_id]))
        else:
            found.append(_about_answer(event, header, answers[event.payload["question"]]))
    return found


def _about_item(event: Event, item: ChecklistItem) -> Conflict:
    title = _("No. %(number)d: %(title)s") % {
        "number": item.position,
        "title": in_language(item.content["title"]),
    }
    is_file = event.kind == Event.Kind.EVIDENCE_ADDED
    return Conflict(
        entry=str(event.op_id),
        title=title,
        anchor=f"item-{item.position}",
        late=event.outcome == Event.Outcome.LATE,
        mine=said_of_event(event, {}),
        mine_by=event.actor_name,
        mine_at=moment(event.recorded_at),
        theirs=[(_("Evidence"), _("Without this file"))] if is_file else said_in(decision_of(item)),
        theirs_by="" if is_file else item.decided_by,
        theirs_at="" if is_file else moment(item.decided_at),
        version=item.version,
    )


def _about_answer(event: Event, header: Mapping[str, Any], answer: Answer) -> Conflict:
    question, label = answer.question, _("Answer")
    wanted = wording.value_text(header, question, event.payload["value"])
    present = wording.value_text(header, question, answer.value or NOT_KNOWN)
    return Conflict(
        entry=str(event.op_id),
        title=wording.question_text(header, question),
        anchor="questions",
        late=event.outcome == Event.Outcome.LATE,
        mine=[(label, wanted)],
        mine_by=event.actor_name,
        mine_at=moment(event.recorded_at),
        theirs=[(label, present)],
        theirs_by=answer.answered_by,
        theirs_at=moment(answer.answered_at),
        version=answer.version,
    )
