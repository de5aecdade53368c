"""The cells of an uploaded CSV or XLSX file, read with limits. Runs in a process of its own
(upload_worker.py), so it touches no models."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

import openpyxl
from django.utils.translation import gettext as _

from advisories.cells import restore

MOST_ROWS = 5_000
# Tags in all parts of a workbook: what the parser's time depends on.
MOST_TAGS = 3_000_000
# Characters in all cells together. A shared text counts each time it is used: a small workbook
# can name a long one a million times.
MOST_TEXT = 10_000_000
MOST_CHARACTERS = 32_767  # of one spreadsheet cell

Table = list[list[str]]


class FileRefused(Exception):
    """The file cannot be read as a table; the message says why and what to do."""


def parse_csv(data: bytes, *, most_columns: int) -> Table:
    """Rows of equal length, the columns' names first. Raises FileRefused."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileRefused(
            _("The file is not in UTF-8. Save it as “CSV UTF-8”, or as XLSX.")
        ) from None
    if "\0" in text:
        raise FileRefused(_("The file holds NUL characters, so it is no CSV file."))
    try:
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        return _squared(list(_limited(rows, most_columns)))
    except csv.Error as error:
        raise FileRefused(
            _("The file is no readable CSV: a quotation mark is missing or a cell is too long.")
        ) from error


def parse_xlsx(data: bytes, *, most_columns: int) -> Table:
    """The first sheet in the same way; formulas are refused, not calculated."""
    try:
        _check_parts(data)
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
        rows = _sheet_rows(book.worksheets[0], most_columns)
        return _squared(list(_limited(rows, most_columns)))
    except (FileRefused, MemoryError):
        raise
    except Exception as error:  # openpyxl raises whatever a broken part happens to cause
        raise FileRefused(
            _("The file cannot be read as an XLSX workbook. Open it, save it anew, try again.")
        ) from error


def _check_parts(data: bytes) -> None:
    """The parts of a workbook whose directory was looked at already (uploads.py)."""
    tags = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            content = archive.read(entry)
            # XML that is not UTF-8 could hide what is looked for here.
            wide = b"\0" in content[:4] or content[:2] in (b"\xff\xfe", b"\xfe\xff")
            is_xml = entry.filename.lower().endswith((".xml", ".rels"))
            if (is_xml and wide) or b"<!ENTITY" in content or b"<!DOCTYPE" in content:
                raise FileRefused(_("The workbook holds XML that no spreadsheet writes."))
            tags += content.count(b"<")
            if tags > MOST_TAGS:
                raise too_large()


def too_large() -> FileRefused:
    return FileRefused(_("The workbook holds too much. Keep the one sheet with the advisories."))


def _sheet_rows(sheet: Any, most_columns: int) -> Iterator[list[str]]:
    """The rows as text, however large the sheet says it is."""
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=most_columns + 1)
    for number, row in enumerate(rows, 1):
        for cell in row:
            if cell.value is not None and cell.data_type == "f":
                raise FileRefused(_formula(number))
        cells = [_text(cell.value) for cell in row]
        while cells and not cells[-1]:  # the reader fills each row up to `max_col`
            cells.pop()
        yield cells


def _formula(row: int) -> str:
    return _(
        "Row %(row)s holds a formula. Replace it by its value; a text that starts with = needs"
        " an apostrophe in front."
    ) % {"row": row}


def _text(value: Any) -> str:
    """A cell's value as the text that was typed; 3.0 is how some programs store a 3."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _limited(rows: Iterable[list[str]], most_columns: int) -> Iterator[list[str]]:
    text = 0
    for number, row in enumerate(rows):
        if number > MOST_ROWS:
            raise FileRefused(
                _("The file has more than %(rows)s rows. Split it.") % {"rows": MOST_ROWS}
            )
        if len(row) > most_columns:
            raise FileRefused(_("The file has more columns than a table of advisories."))
        text += sum(map(len, row))
        if text > MOST_TEXT:
            raise too_large()
        yield row


def _squared(rows: Table) -> Table:
    """Rows of equal length under their headers, without empty ones at the end."""
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise FileRefused(_("The file is empty."))
    headers = [restore(cell).strip() for cell in rows[0]]
    while headers and not headers[-1]:
        headers.pop()
    squared = [headers]
    for number, row in enumerate(rows[1:], 2):
        if any(cell.strip() for cell in row[len(headers) :]):
            raise FileRefused(
                _("Row %(row)s has more cells than the first row has columns.") % {"row": number}
            )
        if any(cell.startswith("=") for cell in row):
            raise FileRefused(_formula(number))
        cells = row[: len(headers)]
        squared.append([*cells, *([""] * (len(headers) - len(cells)))])
    return squared
