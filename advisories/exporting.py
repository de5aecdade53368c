"""The list as a file: CSV, XLSX, JSON. Row by row, whatever its length.

A published advisory is exactly what its newest revision holds, so a row is one revision and the
whole file one statement: no row can be half of one state and half of the next.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import Any, NamedTuple

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from advisories.applicability import Reason
from advisories.cells import defuse
from advisories.content import Content
from advisories.filters import AdvisoryFilter
from advisories.reading import Column, Words
from advisories.tidy import UNPRINTABLE

CHUNK = 500  # rows of one fetch
PIECE = 64 * 1024  # characters or bytes that are sent together
BOM = "\ufeff"  # spreadsheet programs take a CSV file for UTF-8 only with it
# The first rows decide how wide the columns of a sheet are.
SEEN, WIDEST = 50, 60


class Exported(NamedTuple):
    """One row; `reason` None: no release was chosen."""

    tracking_id: str
    position: int
    revision: int
    changed: date
    reason: Reason | None
    content: Content


def exported(chosen: AdvisoryFilter) -> Iterator[Exported]:
    """The rows that the filters leave over, in their order. One query."""
    columns = ["tracking_id", "position", "revision", "changed_at", "revisions__content"]
    if chosen.chosen_release:
        columns.append("reason")
    found = chosen.qs.filter(revisions__number=F("revision")).values_list(*columns)
    for tracking_id, position, revision, changed_at, content, *reason in found.iterator(CHUNK):
        yield Exported(
            tracking_id,
            position,
            revision,
            timezone.localdate(changed_at),
            Reason(reason[0]) if reason else None,
            content,
        )


def table(chosen: AdvisoryFilter) -> Iterator[list[str]]:
    """Headings and rows in words, every cell a text. Seven queries at once, one for the rows.

    All words are looked up at once, in the reader's language: the rows are written when the
    request is over.
    """
    words = Words()
    release = chosen.chosen_release
    of_release = [p for p in words.products if release and p.pk == release.product_id]
    columns = words.columns(of_release or None)
    heads = [_("Tracking ID"), _("Position"), _("Revision"), _("Changed on")]
    if release:
        heads += [_("Verdict"), _("Reason for the verdict")]
    labels = {reason: (str(reason.verdict.label), str(reason.label)) for reason in Reason}
    rows = (_cells(row, columns, labels) for row in exported(chosen))
    return chain([[*heads, *(column.label for column in columns)]], rows)


def _cells(
    row: Exported, columns: Iterable[Column], labels: dict[Reason, tuple[str, str]]
) -> list[str]:
    return [
        row.tracking_id,
        str(row.position),
        str(row.revision),
        row.changed.isoformat(),
        *(labels[row.reason] if row.reason else ()),
        *(column.cell(row.content) for column in columns),
    ]


def csv_pieces(rows: Iterable[list[str]]) -> Iterator[str]:
    """RFC 4180 with a byte order mark; no cell can run as a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write(BOM)
    for row in rows:
        writer.writerow([defuse(cell) for cell in row])
        if buffer.tell() >= PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def xlsx_pieces(rows: Iterable[list[str]], title: str) -> Iterator[bytes]:
    """A workbook of one sheet, by way of a temporary file. Every cell is a text, also one that
    looks like a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    remaining = iter(rows)
    beginning = list(islice(remaining, SEEN))
    for number, column in enumerate(zip(*beginning, strict=True), start=1):
        longest = max(map(len, column))
        sheet.column_dimensions[get_column_letter(number)].width = min(max(8, 2 * longest), WIDEST)
    heads, *first = beginning
    bold = Font(bold=True)
    sheet.append([_text_cell(sheet, head, bold) for head in heads])
    for row in chain(first, remaining):
        sheet.append([_text_cell(sheet, cell) for cell in row])
    with TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _text_cell(sheet: Any, text: str, font: Font | None = None) -> Any:
    cell = WriteOnlyCell(sheet, UNPRINTABLE.sub("", text))
    cell.data_type = "s"
    if font:
        cell.font = font
    return cell


def json_pieces(chosen: AdvisoryFilter) -> Iterator[str]:
    """One object: the filters as the query string says them, and the advisories as a catalogue
    file has them, one a line, with revision and day and, for a release, verdict and reason."""
    head = {"format": 1, "filters": chosen.query.urlencode()}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "advisories": ['
    between = "\n"
    for row in exported(chosen):
        said: Content = {
            **row.content,
            "revision": row.revision,
            "changed_on": row.changed.isoformat(),
        }
        if row.reason:
            said |= {"verdict": row.reason.verdict.value, "reason": row.reason.value}
        yield between + json.dumps(said, ensure_ascii=False)
        between = ",\n"
    yield "\n]}\n"
