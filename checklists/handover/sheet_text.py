"""Text as a cell of an XLSX file holds it: what XML cannot hold is written as _xHHHH_.

That is how the format itself does it (ECMA-376, ST_Xstring), so a spreadsheet shows the character
again, and a text that only looks like such an escape stays what it is.
"""

import re

# Of one cell, after escapes were undone; a spreadsheet cuts what is longer without a word.
MOST_CHARACTERS = 32_767
# Control characters, a lone CR (XML makes it LF), halves of a character, what is no character.
_CANNOT = "\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff"
_UNWRITABLE = re.compile(f"[{_CANNOT}]|_(?=x[0-9A-Fa-f]{{4}}_)")
_WRITTEN = re.compile("_x([0-9A-Fa-f]{4})_")


def encode(text: str) -> str:
    """`text` as the XML of a cell; `decode` gives it back, whatever is in it."""
    return _UNWRITABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def decode(cell: str) -> str:
    """The text of a cell, as a spreadsheet shows it."""
    return _WRITTEN.sub(lambda match: chr(int(match[1], 16)), cell)
