"""What moved in the catalogue and what can be taken, as the pages show it. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from advisories.applicability import Reason, Verdict
from advisories.changed_words import SAME, Part
from advisories.note_words import as_text
from advisories.texts import in_language
from checklists import wording
from checklists.actions.creation import frozen_item
from checklists.differences import Difference, differences
from checklists.models import Checklist, ChecklistItem, Decision
from checklists.moves import OFFERS, Consequence, Move, Step, consequence, counted
from checklists.offers import Offer, Offered
from checklists.page.filters import SEVERITY_NAMES


@dataclass(frozen=True)
class Count:
    """How many moves of a step, for a tag."""

    key: str
    label: str
    number: int


def counts_of(moves: Iterable[Move]) -> list[Count]:
    return [Count(step.value, str(step.label), number) for step, number in counted(moves)]


@dataclass(frozen=True)
class Line:
    """One move. `position` is None for an added advisory or where it is not known."""

    tracking_id: str
    position: int | None
    title: str
    severity_key: str
    severity: str
    step_key: str
    step: str
    revisions: str
    reason: str
    notes: tuple[str, ...]


def line_of(move: Move) -> Line:
    severity_key, severity = SEVERITY_NAMES[move.severity]
    revised = move.step in OFFERS and move.held is not None
    return Line(
        tracking_id=move.tracking_id,
        position=move.position or None,
        title=in_language(move.title),
        severity_key=severity_key,
        severity=str(severity) if move.severity else "—",
        step_key=move.step.value,
        step=str(move.step.label),
        revisions=revision_words(move) if revised else "",
        reason=move.reason,
        notes=move.notes,
    )


def revision_words(move: Move) -> str:
    if move.step is Step.NOTE:
        versions = {"held": move.held_note or "—", "newest": move.newest_note or "—"}
        return _("our own steps: version %(held)s → %(newest)s") % versions
    return _("revision %(held)s → %(newest)s") % {"held": move.held, "newest": move.newest}


@dataclass(frozen=True)
class Judgement:
    """A verdict and its reason in words."""

    verdict: str
    label: str
    reason: str


@dataclass(frozen=True)
class Row:
    """An offer with all that one has to know before taking it. `wanted` is what its form sends,
    "" where it cannot be taken; `before` is None for an added advisory, and both judgements are
    None where the verdict stays."""

    line: Line
    wanted: str
    before: Judgement | None
    after: Judgement | None
    effect: str
    asks: list[str]
    differences: list[Difference]

    @property
    def op_id(self) -> str:
        return str(uuid4())


@dataclass(frozen=True)
class Group:
    """The offers of a step; several can be taken with one button."""

    step: Step
    rows: list[Row]

    @property
    def wanted(self) -> list[str]:
        return [row.wanted for row in self.rows if row.wanted]

    @property
    def op_id(self) -> str:
        return str(uuid4())


def groups_of(
    checklist: Checklist,
    items: Iterable[ChecklistItem],
    answers: Mapping[str, str],
    offered: Offered,
) -> list[Group]:
    """What is offered, the weightiest first. `answers` are the present ones (question -> value)."""
    writer = _Writer(checklist.frozen, answers, {item.tracking_id: item for item in items})
    rows: dict[Step, list[Row]] = {step: [] for step in OFFERS}
    for move in offered.moves:
        if move.is_offer:
            rows[move.step].append(writer.row(move, offered.offers.get(move.tracking_id)))
    return [Group(step, found) for step, found in rows.items() if found]


@dataclass(frozen=True)
class _Writer:
    header: Mapping[str, Any]
    answers: Mapping[str, str]
    items: Mapping[str, ChecklistItem]

    def row(self, move: Move, offer: Offer | None) -> Row:
        item = self.items.get(move.tracking_id)
        if offer is None:
            return Row(line_of(move), "", None, None, "", [], [])
        new = offer.new
        after = self._judged(offer.reason, new.content)
        before = self._judged(Reason(item.reason), item.content) if item else None
        changes = before != after
        return Row(
            line=line_of(move),
            wanted=" ".join(
                (
                    *(move.tracking_id, str(move.newest)),
                    *("" if item is None else str(item.version), str(move.newest_note)),
                )
            ),
            before=before if changes else None,
            after=after if changes else None,
            effect=_effect(move, offer, item),
            asks=self._asks(new.content),
            differences=differences(frozen_item(item), _state(offer)) if item else _texts(offer),
        )

    def _judged(self, reason: Reason, content: Mapping[str, Any]) -> Judgement:
        text = wording.reason_text(reason, content, self.header, self.answers)
        verdict: Verdict = reason.verdict
        return Judgement(verdict.value, str(verdict.label), text)

    def _asks(self, content: Mapping[str, Any]) -> list[str]:
        """The questions that the checklist does not have yet."""
        known = {condition["slug"] for condition in self.header["conditions"]}
        return [in_language(c["name"]) for c in content["conditions"] if c["slug"] not in known]


def _state(offer: Offer) -> dict[str, Any]:
    new = offer.new
    return {"severity": new.severity, "content": new.content, "facts": new.facts}


def _texts(offer: Offer) -> list[Difference]:
    """What an added advisory says: nothing to compare it with."""
    labels = {
        "summary": _("Summary"),
        "action": _("What to do"),
        "check": _("How to prove it"),
        "impact": _("Service impact"),
    }
    texts = {label: in_language(offer.new.content[name]) for name, label in labels.items()}
    texts[_("Our own steps")] = as_text(offer.new.content["local_note"])
    return [Difference(label, (Part(SAME, text),)) for label, text in texts.items() if text]


def _effect(move: Move, offer: Offer, item: ChecklistItem | None) -> str:
    if item is None:
        return _("It becomes a new open item at the end of the list.")
    what = consequence(
        move.step,
        decided=item.decision != Decision.OPEN,
        reason_changes=offer.reason != item.reason,
    )
    return consequence_words(what)


def consequence_words(what: Consequence) -> str:
    return {
        Consequence.NONE: _("There is no decision yet."),
        Consequence.KEPT: _("The decision stays."),
        Consequence.FLAGGED: _("The decision stays and is marked to be read again."),
        Consequence.REOPENED: _(
            "The verdict or its reason changes, so the decision is opened again. The old one stays"
            " beside it."
        ),
    }[what]
