"""Two revisions of an advisory beside each other, thing by thing and word by word."""

from collections.abc import Sequence
from dataclasses import dataclass

from advisories.changed_words import DELETED, INSERTED, compare
from advisories.content import Content
from advisories.reading import Column

# A piece of a text, and whether the other text lacks it.
Piece = tuple[str, bool]


@dataclass(frozen=True)
class Difference:
    """One thing that two revisions say differently."""

    label: str
    before: list[Piece]
    after: list[Piece]


def differences(
    before: Content | None, after: Content, columns: Sequence[Column]
) -> list[Difference]:
    """What differs, in the order of the columns. `before` None: there is nothing to compare with,
    and everything that `after` says is new."""
    found = []
    for column in columns:
        old, new = column.cell(before) if before else "", column.cell(after)
        if old != new:
            found.append(Difference(column.label, *pieces(old, new)))
    return found


def pieces(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces; joined they are the texts again."""
    parts = compare(old, new)
    before = [(part.text, part.kind == DELETED) for part in parts if part.kind != INSERTED]
    after = [(part.text, part.kind == INSERTED) for part in parts if part.kind != DELETED]
    return before, after
