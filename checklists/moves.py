"""What the catalogue did to the advisories of a checklist since it was frozen, and what taking a
newer revision does to a decision (design section 7). Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Step(TextChoices):
    """How far an advisory has moved, the weightiest first: the order in which they are shown."""

    MAJOR = "major", _("MAJOR: applicability changed")
    ADDED = "added", _("Added")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    # Published still, but its document no longer covers the product.
    LEFT = "left", _("No longer in a document for this product")
    MINOR = "minor", _("MINOR: action, check or severity changed")
    PATCH = "patch", _("PATCH: wording changed")
    # The advisory says what it said; the company's own note on it does not.
    NOTE = "note", _("Our own steps changed")


# What a checklist may take; the others are marks.
OFFERS = (Step.MAJOR, Step.ADDED, Step.MINOR, Step.PATCH, Step.NOTE)
# Nobody hands over without one of these and does not know it.
TO_TICK = (Step.MAJOR, Step.ADDED)
_WEIGHT = {step: weight for weight, step in enumerate(Step)}
# Steps of a revision, the highest first.
REVISED = (Step.MAJOR, Step.MINOR, Step.PATCH)


class Held(NamedTuple):
    """An advisory as a checklist or an edition holds it; `position` 0: not known; `note`: the
    version of the company's own note, 0: none."""

    position: int
    revision: int
    note: int = 0


@dataclass(frozen=True, slots=True)
class Current:
    """An advisory as it stands in the catalogue; `reason` is that of a withdrawal."""

    tracking_id: str
    revision: int
    state: str
    reason: str
    title: dict[str, str]
    severity: int | None
    in_scope: bool = True
    note: int = 0


class Revised(NamedTuple):
    """One revision of an advisory: its step and the editor's note."""

    number: int
    step: str
    note: str


@dataclass(frozen=True)
class Move:
    """An advisory that moved. `position` and `held` (its revision in the checklist) are None for
    an added one; `notes` are the editors' notes of the revisions in between, the oldest first,
    `held_note` and `newest_note` versions of the company's own note (0: none)."""

    tracking_id: str
    step: Step
    title: dict[str, str]
    severity: int | None
    position: int | None
    held: int | None
    newest: int
    reason: str = ""
    notes: tuple[str, ...] = ()
    held_note: int = 0
    newest_note: int = 0

    @property
    def is_offer(self) -> bool:
        return self.step in OFFERS

    @property
    def needs_tick(self) -> bool:
        return self.step in TO_TICK


def changed(held: Mapping[str, Held], current: Iterable[Current]) -> list[str]:
    """The tracking IDs of which the revisions in between are wanted."""
    return [
        now.tracking_id
        for now in current
        if now.tracking_id in held and now.revision != held[now.tracking_id].revision
    ]


def moves(
    held: Mapping[str, Held],
    current: Iterable[Current],
    revisions: Mapping[str, Sequence[Revised]],
) -> list[Move]:
    """Every advisory that is not as `held` says, the weightiest first, then by position, the added
    ones in the order of `current`. `revisions` has those in between of each `changed` one."""
    found = []
    for now in current:
        kept = held.get(now.tracking_id)
        between = [
            revised
            for revised in revisions.get(now.tracking_id, ())
            if kept and kept.revision < revised.number <= now.revision
        ]
        step = _step(kept, now, between)
        if step is not None:
            found.append(
                Move(
                    tracking_id=now.tracking_id,
                    step=step,
                    title=now.title,
                    severity=now.severity,
                    position=kept.position if kept else None,
                    held=kept.revision if kept else None,
                    newest=now.revision,
                    reason=now.reason if step is Step.WITHDRAWN else "",
                    # A withdrawal's note is its reason.
                    notes=tuple(r.note for r in between if r.note not in ("", now.reason)),
                    held_note=kept.note if kept else 0,
                    newest_note=now.note,
                )
            )
    return sorted(found, key=lambda move: (_WEIGHT[move.step], move.position or 0))


def _step(kept: Held | None, now: Current, between: Sequence[Revised]) -> Step | None:
    if kept is None:
        return Step.ADDED if now.state == "published" and now.in_scope else None
    if now.state == "withdrawn":
        return Step.WITHDRAWN
    if now.state != "published" or not now.in_scope:
        return Step.LEFT
    if now.revision == kept.revision:
        return Step.NOTE if now.note != kept.note else None
    steps = {revised.step for revised in between}
    # What is not said how far it moved may have moved far.
    return next((step for step in REVISED if step.value in steps), Step.MAJOR)


def counted(found: Iterable[Move]) -> list[tuple[Step, int]]:
    """How many there are of each step, in the order of Step, without zeros."""
    counts = Counter(move.step for move in found)
    return [(step, counts[step]) for step in Step if counts[step]]


class Consequence(Enum):
    """What taking a revision does to the decision on its item."""

    NONE = "none"  # there is no decision
    KEPT = "kept"
    FLAGGED = "flagged"  # kept, to be read again
    REOPENED = "reopened"  # open, with the old decision beside it


def consequence(step: Step, *, decided: bool, reason_changes: bool) -> Consequence:
    """A decision whose verdict or reason changes is opened again, whatever the step; else wording
    keeps it, and anything else asks to read it again."""
    if not decided:
        return Consequence.NONE
    if reason_changes:
        return Consequence.REOPENED
    return Consequence.KEPT if step in (Step.PATCH, Step.NOTE) else Consequence.FLAGGED
