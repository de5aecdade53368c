"""Two revisions of an advisory beside each other, thing by thing and word by word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from advisories.content import Content
from advisories.reading import Column

# Latin words and numbers whole, any other character by itself.
TOKENS = re.compile(r"[A-Za-z0-9_.]+|\s+|.", re.DOTALL)
# Beyond this, two texts are compared sentence by sentence: the time grows with the square.
MOST_TOKENS = 1500
SENTENCES = re.compile(r"[^。.\n]*[。.\n]?", re.DOTALL)

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
    one, other = _tokens(old, new)
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    before: list[Piece] = []
    after: list[Piece] = []
    for what, start, end, other_start, other_end in matcher.get_opcodes():
        _append(before, "".join(one[start:end]), what != "equal")
        _append(after, "".join(other[other_start:other_end]), what != "equal")
    return before, after


def _tokens(old: str, new: str) -> tuple[list[str], list[str]]:
    one, other = TOKENS.findall(old), TOKENS.findall(new)
    if len(one) + len(other) > 2 * MOST_TOKENS:
        one, other = SENTENCES.findall(old), SENTENCES.findall(new)
    return one, other


def _append(pieces: list[Piece], text: str, differs: bool) -> None:
    if text:
        pieces.append((text, differs))
