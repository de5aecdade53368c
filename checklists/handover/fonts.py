"""The one typeface of the PDF: where its files are, what it can draw, how wide its letters are."""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import noto_cjk_sans_jp_bold
import noto_cjk_sans_jp_regular
from fontTools.ttLib import TTFont

FAMILY = "Noto Sans CJK JP"
FACES = tuple(
    Path(str(face.FONT_PATH)) for face in (noto_cjk_sans_jp_regular, noto_cjk_sans_jp_bold)
)
NO_GLYPH = "〓"
# Where a long run of letters may be broken: a character no text keeps, and that no PDF gets.
BREAK = "\u200b"

_POINT_IN_MM = 25.4 / 72
_DELIMITERS = r"/\\._?&=,:;@+-"
_PIECE = re.compile(rf"[^{_DELIMITERS}]{{0,8}}[{_DELIMITERS}]{{1,2}}|[^{_DELIMITERS}]{{1,8}}")
# Scripts that are set without a break between two letters; kana and kanji break anywhere.
_RUN = re.compile("[!-\u2dff\uff61-\uff9f\ua640-\uabff]{8,}")
_WIDE_LATIN = frozenset("mwMW@%&")
_MARKED = re.compile("[^\u0300-\u036f][\u0300-\u036f]+")
_LINE_ENDS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


@lru_cache(maxsize=1)
def drawable() -> frozenset[int]:
    """The code points both faces can draw; any other makes the whole PDF fail."""
    return frozenset.intersection(*map(_code_points, FACES))


def _code_points(face: Path) -> frozenset[int]:
    with TTFont(face, lazy=True) as font:
        return frozenset(font.getBestCmap())


def _drawn(character: str) -> str:
    category = unicodedata.category(character)
    if character in _LINE_ENDS:
        return "\n"
    if character == "\t" or category == "Zs":
        return " " if character != "\u3000" else character
    # A variation selector belongs to the kanji before it: names are written with them.
    if 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF:
        return character
    # Invisible ones (soft hyphen, joiners, right-to-left marks) would only reorder or hide text.
    if category == "Cf":
        return ""
    return character if ord(character) in drawable() and category != "Co" else NO_GLYPH


class _Drawn(dict[int, str]):
    def __missing__(self, code: int) -> str:
        self[code] = _drawn(chr(code))
        return self[code]


_DRAWN = _Drawn()


def clean(text: str) -> str:
    """`text` with nothing in it that the typeface cannot draw: 〓 stands for what it cannot.

    Never normalised as a whole: NFC and NFKC change names with compatibility ideographs.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _MARKED.sub(lambda match: unicodedata.normalize("NFC", match[0]), text)
    return text.replace("\r\n", "\n").translate(_DRAWN)


def width(text: str, points: float) -> float:
    """About how many millimetres `text` takes in one line at `points`; rather more than less."""
    ems = 0.0
    for character in text:
        if character in _WIDE_LATIN:
            ems += 0.96
        elif character < "\u2000":
            ems += 0.76 if character.isupper() else 0.62
        elif not "\uff61" <= character <= "\uff9f":
            ems += 1.0
        else:
            ems += 0.5
    return ems * points * _POINT_IN_MM


def breakable(text: str, millimetres: float, points: float) -> str:
    """`text` with a BREAK every few letters in each run that is wider than `millimetres`."""

    def with_breaks(match: re.Match[str]) -> str:
        if width(match[0], points) <= millimetres:
            return match[0]
        return BREAK.join(_PIECE.findall(match[0]))

    return _RUN.sub(with_breaks, text)


def line_count(text: str, millimetres: float, points: float) -> int:
    """About how many lines `text` takes in a column of `millimetres`; rather more than less."""
    # A kinsoku rule or a long word can leave one or two letters' room at the end of a line.
    room = max(millimetres - 2 * points * _POINT_IN_MM, points * _POINT_IN_MM)
    return sum(1 + int(width(line, points) / room) for line in text.split("\n"))
