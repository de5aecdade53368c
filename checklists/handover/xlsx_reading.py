"""A check sheet that came back: which item each row is, and what now stands in its columns.

The workbook is opened in a child process with limits; nothing of it is believed. Both languages of
the sheet are understood, wherever its columns were moved to.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from advisories.texts import LANGUAGES

from . import words
from .sheet_text import decode
from .xlsx_file import EDITED, KEYS
from .xlsx_worker import BEYOND_LIMITS

WORKER = Path(__file__).with_name("xlsx_worker.py")
MOST_BYTES = 2 * 1024 * 1024
MOST_ROWS = 5_000
LIMITS = {
    "unpacked": 50 * 1024 * 1024,
    "entries": 200,
    "sheets": 100,
    "rows": MOST_ROWS,
    "columns": 200,
    "characters": 10_000_000,
    "megabytes": 1024,
    "seconds": 30,
}
MOST_VERSION = 2_147_483_647
Cell = tuple[str, str]  # type and text, both "" for an empty cell


class SheetRefused(Exception):
    """The file is no check sheet that can be read; the message says why and what to do."""


@dataclass
class SheetRow:
    """A row of a check sheet. `values` has the decision's fields, `places` the addresses of their
    cells; `faults` are (address, what is wrong with the cell). "" and None: not to be read."""

    sheet: str
    number: int
    item: str
    version: int | None
    checklist: str
    was: str
    values: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)


def read_rows(data: bytes) -> list[SheetRow]:
    """Every row of every check sheet in the workbook. Raises SheetRefused."""
    if len(data) > MOST_BYTES:
        raise SheetRefused(_("The file is larger than %(limit)d MB.") % {"limit": MOST_BYTES >> 20})
    rows = [row for sheet in _sheets(data) for row in _rows(sheet)]
    if not rows:
        raise SheetRefused(
            _("No sheet in this file is a check sheet of this portal.")
            + " "
            + _("Export the XLSX of the checklist, fill it in, and upload that.")
        )
    return rows


def _sheets(data: bytes) -> list[dict[str, Any]]:
    try:
        child = subprocess.run(  # noqa: S603 (our own file, no shell; the workbook goes in by stdin)
            [sys.executable, "-I", str(WORKER), json.dumps(LIMITS)],
            input=data,
            capture_output=True,
            timeout=LIMITS["seconds"],
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise SheetRefused(_too_much()) from error
    if child.returncode < 0 or child.returncode == BEYOND_LIMITS:
        raise SheetRefused(_too_much())
    if child.returncode:
        raise SheetRefused(
            _("The file cannot be read as an XLSX workbook.")
            + " "
            + _("Open it in a spreadsheet program, save it as XLSX, and try again.")
        )
    found: list[dict[str, Any]] = json.loads(child.stdout)
    return found


def _too_much() -> str:
    return (
        _("The workbook holds more than a check sheet does.")
        + " "
        + _("Keep the sheets as they were exported, at most %(rows)d rows each.")
        % {"rows": MOST_ROWS}
    )


def _rows(sheet: Mapping[str, Any]) -> Iterator[SheetRow]:
    """The rows of one sheet; none where the first row has not our hidden headings."""
    table = [(number, [_cell(cell) for cell in cells]) for number, cells in sheet["rows"]]
    if not table or table[0][0] != 1:
        return
    heads = [text.strip() for _kind, text in table[0][1]]
    keys = {key: heads.index(key) for key in KEYS if key in heads}
    if not {"item_id", "item_version", "checklist_id", "was"} <= keys.keys():
        return
    known = _headings()
    columns = {known[head]: place for place, head in enumerate(heads) if head in known}
    title = decode(sheet["title"])
    if missing := EDITED.keys() - columns.keys():
        # Without all of them nobody can say whether a person changed the row.
        named = {attribute: str(head) for attribute, head in words.SHEET_COLUMNS}
        names = [named[attribute] for name, attribute in EDITED.items() if name in missing]
        raise SheetRefused(
            _("The sheet “%(sheet)s” lacks these columns: %(columns)s.")
            % {"sheet": title, "columns": _(", ").join(names)}
        )
    for number, cells in table[1:]:
        yield _row(title, number, cells, keys, columns)


def _cell(cell: list[str] | None) -> Cell:
    return (cell[0], decode(cell[1])) if cell else ("", "")


def _headings() -> dict[str, str]:
    """Heading in either language -> the decision's field that its column holds."""
    fields = {attribute: name for name, attribute in EDITED.items()}
    found: dict[str, str] = {}
    for language in LANGUAGES:
        with override(language):
            found |= {str(head): fields[a] for a, head in words.SHEET_COLUMNS if a in fields}
    return found


def _row(
    sheet: str, number: int, cells: list[Cell], keys: Mapping[str, int], columns: Mapping[str, int]
) -> SheetRow:
    def at(place: int) -> Cell:
        return cells[place] if place < len(cells) else ("", "")

    version = at(keys["item_version"])[1].strip()
    row = SheetRow(
        sheet=sheet,
        number=number,
        item=at(keys["item_id"])[1].strip(),
        version=_version(version),
        checklist=_uuid(at(keys["checklist_id"])[1].strip()),
        was=at(keys["was"])[1].strip(),
    )
    for name, place in columns.items():
        row.places[name] = f"{_letters(place)}{number}"
        kind, text = at(place)
        problem = _problem(name, kind, text)
        if problem:
            row.faults.append((row.places[name], problem))
        row.values[name] = _value(name, text)
    return row


def _version(text: str) -> int | None:
    """None for what is no version of an item."""
    known = text.isascii() and text.isdigit() and len(text) < 11
    return int(text) if known and int(text) <= MOST_VERSION else None


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def _letters(place: int) -> str:
    """0 is A, 26 is AA."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _problem(name: str, kind: str, text: str) -> str:
    """What is wrong with a cell, whatever the item; "" when nothing is."""
    if kind == "f":
        return _("a formula; enter its value")
    if kind == "e":
        return _("an error value of the spreadsheet")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        return _("a character that cannot be stored")
    if name == "decision" and _decision(text) is None:
        return _("“%(word)s” is no decision; choose one of: %(words)s") % {
            "word": text.strip()[:40],
            "words": _(", ").join(str(word) for word in words.DECISIONS.values()),
        }
    if name == "due" and text.strip() and _day(text) is None:
        return _("“%(text)s” is no day; enter it like 2026/11/27") % {"text": text.strip()[:40]}
    return ""


def _value(name: str, text: str) -> str:
    """The text as an operation has it; what is no decision or no day stays as it was typed."""
    if name == "decision":
        return _decision(text) or text
    if name == "due":
        return _day(text) or text.strip()
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _decision(text: str) -> str | None:
    """The decision that a word of either language names, or its own key."""
    wanted = text.strip().casefold()
    if wanted in words.DECISIONS:
        return wanted
    for language in LANGUAGES:
        with override(language):
            for key, word in words.DECISIONS.items():
                if str(word).casefold() == wanted:
                    return key
    return None


def _day(text: str) -> str | None:
    """ISO of 2026-11-27 or 2026/11/27, also 2026/1/7; None for anything else."""
    parts = text.strip().replace("/", "-").split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    try:
        return date(*map(int, parts)).isoformat()
    except (ValueError, OverflowError):
        return None
