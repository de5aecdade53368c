"""CSV and XLSX files of advisories: written so that nothing can run, read with limits.

Limits are those of a table that people edit; a file beyond them is refused before it is parsed.
"""

import csv
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import tablib
from django.utils.translation import gettext as _
from import_export.formats import base_formats

from advisories.cells import restore

MOST_BYTES = 2 * 1024 * 1024
MOST_UNPACKED = 50 * 1024 * 1024
MOST_ENTRIES = 200
MOST_ROWS = 5_000
MOST_COLUMNS = 300
# Tags in all parts of a workbook: what the parser's time depends on.
MOST_TAGS = 3_000_000
MOST_CHARACTERS = 32_767  # of one spreadsheet cell


class FileRefused(Exception):
    """The file cannot be read as a table; the message says why and what to do."""


class CSV(base_formats.CSV):
    """UTF-8 with a byte order mark, which spreadsheet programs need to see."""

    def get_read_mode(self) -> str:
        return "rb"

    def get_title(self) -> str:  # type: ignore[override]
        return "csv"

    def create_dataset(self, in_stream: Any, **kwargs: Any) -> tablib.Dataset:
        try:
            text = in_stream.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise FileRefused(
                _("The file is not in UTF-8. Save it as “CSV UTF-8”, or as XLSX.")
            ) from None
        if "\0" in text:
            raise FileRefused(_("The file holds NUL characters, so it is no CSV file."))
        try:
            return _dataset(list(_limited(csv.reader(io.StringIO(text, newline=""), strict=True))))
        except csv.Error as error:
            raise FileRefused(
                _("The file is no readable CSV: a quotation mark is missing or a cell is too long.")
            ) from error


class XLSX(base_formats.XLSX):
    """The first sheet of a workbook; formulas are refused, not calculated."""

    def get_title(self) -> str:  # type: ignore[override]
        return "xlsx"

    def create_dataset(self, in_stream: Any, **kwargs: Any) -> tablib.Dataset:
        _check_zip(in_stream)
        import openpyxl

        try:
            book = openpyxl.load_workbook(io.BytesIO(in_stream), read_only=True, keep_links=False)
            return _dataset(list(_limited(_sheet_rows(book.worksheets[0]))))
        except FileRefused:
            raise
        except Exception as error:  # openpyxl raises whatever a broken part happens to cause
            raise FileRefused(
                _("The file cannot be read as an XLSX workbook. Open it, save it anew, try again.")
            ) from error

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        for row in dataset:
            if any(len(str(cell)) > MOST_CHARACTERS for cell in row):
                raise ValueError(
                    _("%(row)s has more text in one cell than a spreadsheet holds. Export CSV.")
                    % {"row": row[0]}
                )
        written: bytes = super().export_data(dataset, column_width=24, **kwargs)
        return written


def _check_zip(data: bytes) -> None:
    """Raises FileRefused for what is no zip, or one that unpacks to too much."""
    too_large = _("The workbook holds too much. Keep the one sheet with the advisories.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            sizes = sum(entry.file_size for entry in entries)
            if len(entries) > MOST_ENTRIES or sizes > MOST_UNPACKED:
                raise FileRefused(too_large)
            tags = 0
            for entry in entries:
                content = archive.read(entry)
                if b"<!ENTITY" in content or b"<!DOCTYPE" in content:
                    raise FileRefused(_("The workbook holds XML that no spreadsheet writes."))
                tags += content.count(b"<")
                if tags > MOST_TAGS:
                    raise FileRefused(too_large)
    except FileRefused:
        raise
    except Exception as error:  # a hostile zip has many ways to fail
        raise FileRefused(
            _("The file is not an XLSX workbook. Choose a file that was saved as XLSX.")
        ) from error


def _sheet_rows(sheet: Any) -> Iterator[list[str]]:
    """The rows as text, however large the sheet says it is."""
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS + 1)
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


def _limited(rows: Any) -> Iterator[list[str]]:
    for number, row in enumerate(rows):
        if number > MOST_ROWS:
            raise FileRefused(
                _("The file has more than %(rows)s rows. Split it.") % {"rows": MOST_ROWS}
            )
        if len(row) > MOST_COLUMNS:
            raise FileRefused(_("The file has more columns than a table of advisories."))
        yield row


def _dataset(rows: list[list[str]]) -> tablib.Dataset:
    """Rows of equal length under their headers, without empty ones at the end."""
    while rows and not any(cell.strip() for cell in rows[-1]):
        rows.pop()
    if not rows:
        raise FileRefused(_("The file is empty."))
    headers = [restore(cell).strip() for cell in rows[0]]
    while headers and not headers[-1]:
        headers.pop()
    dataset = tablib.Dataset()
    dataset.headers = headers
    for number, row in enumerate(rows[1:], 2):
        if any(cell.strip() for cell in row[len(headers) :]):
            raise FileRefused(
                _("Row %(row)s has more cells than the first row has columns.") % {"row": number}
            )
        if any(cell.startswith("=") for cell in row):
            raise FileRefused(_formula(number))
        cells = row[: len(headers)]
        dataset.append([*cells, *([""] * (len(headers) - len(cells)))])
    return dataset
