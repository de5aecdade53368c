"""Text as it may be stored: what a page, a CSV, a spreadsheet and a PDF can all hold."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Control characters but tab and line feed, halves of surrogate pairs, and the two noncharacters
# that XML forbids: no spreadsheet can hold them.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
LINE_BREAK = re.compile("\r\n?")


def one_line_feed(text: str) -> str:
    """`text` with every line break as one line feed."""
    return LINE_BREAK.sub("\n", text)


def unstorable(text: str) -> bool:
    """Whether the text holds U+0000, which PostgreSQL refuses, or half a surrogate pair."""
    return any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def tidy(text: str) -> str:
    """`text` with plain line feeds. Raises ValidationError that names a character it must not
    hold and where it stands."""
    text = one_line_feed(text)
    if found := UNPRINTABLE.search(text):
        raise ValidationError(
            _(
                "Character %(place)s is an invisible control character (U+%(code)s) that cannot"
                " be kept. Delete it, or type the text again."
            )
            % {"place": found.start() + 1, "code": f"{ord(found[0]):04X}"}
        )
    return text
