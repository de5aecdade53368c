"""Which words of a text changed. Pure."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

# A Latin word or number is one token, as are blanks; of Japanese every letter.
TOKEN = re.compile(r"[A-Za-z0-9_]+|\s+|.", re.S)
# Above this many pairs of tokens, and below this likeness, both texts are shown whole.
MOST_PAIRS = 250_000
LEAST_LIKE = 0.4
# Fewer letters that stayed between two changes only make both harder to read.
SHORTEST_SAME = 3

SAME, DELETED, INSERTED = "same", "del", "ins"


@dataclass(frozen=True)
class Part:
    """A piece of text: SAME in both, DELETED from the old one, or INSERTED."""

    kind: str
    text: str


def compare(old: str, new: str) -> list[Part]:
    """Both texts in one: what stayed, what went, what came."""
    if old == new:
        return [Part(SAME, old)] if old else []
    before, after = TOKEN.findall(old), TOKEN.findall(new)
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    head, tail = before[:start], before[len(before) - end :]
    middle = _compare(before[start : len(before) - end], after[start : len(after) - end])
    return _joined([(SAME, head), *middle, (SAME, tail)])


def _alike(one: list[str], other: list[str]) -> int:
    """How many tokens both begin with."""
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return index
    return min(len(one), len(other))


Run = tuple[str, list[str]]


def _compare(before: list[str], after: list[str]) -> list[Run]:
    whole: list[Run] = [(DELETED, before), (INSERTED, after)]
    if len(before) * len(after) > MOST_PAIRS:
        return whole
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < LEAST_LIKE:
        return whole
    runs: list[Run] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        stayed = kind == "equal" and len("".join(before[a:b])) >= SHORTEST_SAME
        runs += (
            [(SAME, before[a:b])] if stayed else [(DELETED, before[a:b]), (INSERTED, after[c:d])]
        )
    return runs


def _joined(runs: list[Run]) -> list[Part]:
    """Neighbours of a kind as one part; between two that stayed, what went before what came."""
    parts: list[Part] = []
    gone = came = ""
    for kind, tokens in [*runs, (SAME, [])]:
        text = "".join(tokens)
        if kind == DELETED:
            gone += text
        elif kind == INSERTED:
            came += text
        elif text or not tokens:
            changed = [Part(DELETED, gone), Part(INSERTED, came), Part(SAME, text)]
            parts += [part for part in changed if part.text]
            gone = came = ""
    return parts
