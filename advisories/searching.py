"""Searching as Japanese readers expect it: how texts are folded before they are compared, where
words stand in a text, and how a support Q&A number or link is read. Pure.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

# Katakana that has a hiragana: ァ to ヶ, and the two iteration marks.
HIRAGANA = {code: code - 0x60 for code in (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)}
LONG_VOWELS = "ーｰ"
MIDDLE_DOTS = "・･·‧"
DROPPED = dict.fromkeys(map(ord, LONG_VOWELS + MIDDLE_DOTS))
# A character with the marks that belong to it: combining ones, those of half-width kana, and a
# long vowel, which is marked with its syllable.
SYLLABLES = re.compile(rf".[\u0300-\u036f\u3099\u309a\uff9e\uff9f{LONG_VOWELS}]*", re.DOTALL)

# A Q&A number as the vendors write it, alone or at the beginning of a part of a link: KA-0008812,
# 1120273, 000289683, TP000289683. In a link a title may follow it.
NUMBER = re.compile(r"(?P<prefix>ka-?|tp)?0*(?P<digits>[0-9]{1,12})(?=$|[-.])", re.IGNORECASE)
ALONE = re.compile(r"(?:ka-?|tp)[0-9]{1,12}|[0-9]{4,12}", re.IGNORECASE)
CALLED = re.compile(r"(?:製品)?Q ?& ?A ?(?:番号|number|no\.?)? ?[:#]? ?", re.IGNORECASE)
LINK = re.compile(r"(?:https?://)?(?:[a-z0-9-]+\.)+[a-z]{2,}/\S+", re.IGNORECASE)
# A shorter word than this is a word to look for, and no other vendor's number.
SHORTEST_NUMBER = 4
# The longest number without letters; shorter ones are written with zeros in front as well.
NUMBER_WIDTH, KA_WIDTH = 9, 7

# How much of a long text a list shows, and what stands before the first word found in it.
EXCERPT, LEAD = 120, 30


def normalise(text: str) -> str:
    """`text` as it is searched: NFKC, small letters, hiragana for katakana, without long-vowel
    marks and middle dots, any white space as one space. Normalising twice changes nothing."""
    return " ".join(_folded(text).split())


def _folded(text: str) -> str:
    """Without the white space. Dropping a mark can bring two characters together that have a
    composed form, so it is repeated until nothing changes."""
    before = None
    while text != before:
        before = text
        text = unicodedata.normalize("NFKC", text).casefold()
        text = unicodedata.normalize("NFKC", text).translate(HIRAGANA).translate(DROPPED)
    return text


def words_of(query: str) -> list[str]:
    """The normalised words of a query, each once, in their order."""
    return list(dict.fromkeys(normalise(query).split()))


def search_text(texts: Iterable[str], synonyms: Iterable[Sequence[str]]) -> str:
    """What an advisory with these texts is found by: one line per text, and one per word of each
    group of synonyms of which a text holds a word."""
    lines = list(dict.fromkeys(filter(None, map(normalise, texts))))
    whole = "\n".join(lines)
    added = [
        word
        for group in synonyms
        if any(word in whole for word in filter(None, map(normalise, group)))
        for word in map(normalise, group)
        if word not in whole
    ]
    return "\n".join([whole, *dict.fromkeys(added)])


def with_synonyms(words: Iterable[str], synonyms: Iterable[Sequence[str]]) -> list[str]:
    """`words` and all that they also find: the words of each group of which one holds a word."""
    given = list(words)
    groups = [list(filter(None, map(normalise, group))) for group in synonyms]
    found = [group for group in groups if any(w in member for member in group for w in given)]
    return list(dict.fromkeys([*given, *(member for group in found for member in group)]))


def marked(text: str, words: Iterable[str]) -> list[tuple[str, bool]]:
    """`text` in pieces, each with whether it is one of the normalised `words`. Joined they are
    `text` again, whatever normalising made of its length."""
    starts = _found(text, words)
    pieces: list[tuple[str, bool]] = []
    at = 0
    for start, end in starts:
        if start > at:
            pieces.append((text[at:start], False))
        pieces.append((text[start:end], True))
        at = end
    if at < len(text):
        pieces.append((text[at:], False))
    return pieces


def holds(text: str, words: Iterable[str]) -> bool:
    """Whether one of the normalised words stands in `text`."""
    folded = normalise(text)
    return any(word in folded for word in words)


def excerpt(text: str, words: Iterable[str], length: int = EXCERPT) -> str:
    """`text`, or a part of it of about `length` characters in which the first word stands."""
    if len(text) <= length:
        return text
    first = next(iter(_found(text, words)), (0, 0))
    start = max(first[0] - LEAD, 0) if first[1] > length else 0
    part = text[start : start + length]
    return f"{'…' if start else ''}{part}{'…' if start + length < len(text) else ''}"


def _found(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where the words stand in `text`: (start, end) of each stretch, in order, none touching."""
    folded, places = _with_places(text)
    stretches = sorted(
        (places[at][0], places[at + len(word) - 1][1])
        for word in words
        if word
        for at in _occurrences(folded, word)
    )
    joined: list[tuple[int, int]] = []
    for start, end in stretches:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


@lru_cache(maxsize=8192)
def _folded_syllable(syllable: str) -> str:
    """White space keeps words apart here as it does in `normalise`."""
    return " " if syllable.isspace() else _folded(syllable)


def _with_places(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The folded text and, for each of its characters, the stretch of `text` it came from."""
    folded: list[str] = []
    places: list[tuple[int, int]] = []
    for match in SYLLABLES.finditer(text):
        part = _folded_syllable(match[0])
        folded.append(part)
        places += [match.span()] * len(part)
    return "".join(folded), places


def _occurrences(text: str, word: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def numbers_in(query: str) -> list[str]:
    """The ways to write the Q&A number that `query` is or links to; [] when it is none.

    Which of them a catalogue has written down is its own affair: numbers are strings there, with
    their zeros and letters.
    """
    text = " ".join(unicodedata.normalize("NFKC", query).split())
    if link := LINK.search(text):
        found = _number_in_link(link[0])
        return _spellings(found) if found else []
    text = CALLED.sub("", text, count=1) if CALLED.match(text) else text
    if ALONE.fullmatch(text) and (found := NUMBER.match(text)):
        return _spellings(found)
    if len(text) >= SHORTEST_NUMBER and " " not in text and any(map(str.isdigit, text)):
        return list(dict.fromkeys([text, text.upper(), text.lower()]))
    return []


def links_in(query: str) -> list[str]:
    """The link in `query` as a catalogue may have written it down: with and without what follows
    its path. [] when there is none, or none with a scheme."""
    link = LINK.search(query)
    if not link or "://" not in link[0]:
        return []
    path = link[0].split("?")[0].split("#")[0].rstrip("/")
    return list(dict.fromkeys([link[0], path, f"{path}/"]))


def _number_in_link(link: str) -> re.Match[str] | None:
    """The number in the last part of the path that begins with one, or in `id=`."""
    parts = urlsplit(link if "://" in link else f"https://{link}")
    for key, value in parse_qsl(parts.query):
        if key == "id" and (found := NUMBER.fullmatch(value)):
            return found
    for part in reversed(parts.path.split("/")):
        if found := NUMBER.match(part):
            return found
    return None


def _spellings(number: re.Match[str]) -> list[str]:
    prefix, digits = (number["prefix"] or "").upper().rstrip("-"), number["digits"]
    if prefix == "KA":
        written = [f"KA-{digits.zfill(KA_WIDTH)}", f"KA-{digits}"]
    else:
        widths = range(len(digits), max(NUMBER_WIDTH, len(digits)) + 1)
        written = [digits.zfill(width) for width in widths]
        written.append(f"TP{digits.zfill(NUMBER_WIDTH)}")
    as_typed = number[0]
    both_cases = [text for w in [as_typed, *written] for text in (w, w.upper(), w.lower())]
    return list(dict.fromkeys(both_cases))
