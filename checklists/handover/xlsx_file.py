"""The hand-over as a check sheet (XLSX): a summary, and one sheet per box to work in.

Every cell is a text, typed and marked as one, so no spreadsheet takes any for a formula. What is
changed in the columns of `EDITED` comes back through `xlsx_reading`; hidden columns say which item,
in which version, of which checklist a row is.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.writer.excel import ExcelWriter

from . import words
from .parts import Handover
from .rows import Row
from .sheet_text import MOST_CHARACTERS, encode

# A decision's fields -> the attributes of a Row that show them: the columns that come back.
EDITED = {
    "decision": "decision",
    "reason": "decision_reason",
    "note": "note",
    "before": "before",
    "after": "after",
    "approver": "approver",
    "waiting_for": "waiting_for",
    "due": "due",
    "agreed_by": "agreed_by",
}
# Attributes of a Row in the order of the sheet, and the width of their columns. Those up to
# PRINTED fit on a page; every other field of a row follows them.
WIDTHS = {
    "number": 6,
    "severity": 9,
    "verdict": 14,
    "title": 30,
    "action": 42,
    "check": 30,
    "decision": 12,
    "decision_reason": 24,
    "note": 34,
    "before": 18,
    "after": 18,
    "approver": 16,
    "waiting_for": 18,
    "due": 12,
    "agreed_by": 18,
    "who": 16,
    "when": 17,
    "attention": 24,
    "moved": 24,
    "reason": 36,
    "tracking_id": 14,
}
PRINTED = "after"
FROZEN = "title"
OTHER_WIDTH = 22
# Headings of the hidden columns: the same in every language, found by the import.
KEYS = ("item_id", "item_version", "checklist_id", "edition", "content_digest", "was")
SUMMARY_WIDTHS = (34, 40, 16, 16, 16, 16, 16, 16)
MOST_TITLE = 31
MOST_HEADER = 60
A4 = 9
NOT_IN_A_TITLE = "[]:*?/\\"

INK, ACCENT, TO_FILL, WASH, LINE = "1B1F27", "17376B", "14563A", "EEF1F5", "AAB1BC"
Style = Any


@dataclass(frozen=True)
class Styles:
    """The looks of cells, each made once: styling cell by cell takes longer than writing."""

    head: Style
    head_edited: Style
    cell: Style
    edited: Style
    heading: Style
    # These two run on over the empty cells beside them.
    title: Style
    line: Style


def write_xlsx(handover: Handover) -> bytes:
    """The workbook of one box; the same bytes for the same hand-over."""
    return write_boxes([handover])


def write_boxes(handovers: Sequence[Handover]) -> bytes:
    """A summary and a sheet per box. All in the language of the first, with its properties."""
    first = handovers[0]
    with override(first.language):
        book = Workbook(write_only=True)
        _properties(book, first)
        summary = _sheet(book, _("Summary"), first)
        styles = _styles(summary)
        for column, width in enumerate(SUMMARY_WIDTHS, start=1):
            summary.column_dimensions[get_column_letter(column)].width = width
        for handover in handovers:
            _write_summary(summary, handover, styles)
        for handover in handovers:
            _write_box(_sheet(book, handover.common["host"], handover), handover, styles)
        data = io.BytesIO()
        # Not `book.save`: that would put the present moment into the properties.
        ExcelWriter(book, zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED)).save()
    return _repacked(data.getvalue())


def columns(handover: Handover) -> list[tuple[str, str]]:
    """(attribute of a Row, heading) of the visible columns: every field of a row is there."""
    heads = dict(zip((key for key, _head in words.SHEET_COLUMNS), handover.sheet_head, strict=True))
    mine = {key: head for key, head in heads.items() if key not in handover.common}
    order = [*WIDTHS, *(key for key in mine if key not in WIDTHS)]
    return [(key, mine[key]) for key in order]


def _styles(sheet: Any) -> Styles:
    side = Side(style="thin", color=LINE)
    border = Border(left=side, right=side, top=side, bottom=side)

    def style(
        *, fill: str = "", border: Border | None = None, wrap: bool = True, **font: Any
    ) -> Style:
        cell: Any = WriteOnlyCell(sheet)
        cell.font = Font(size=10, **{"color": INK} | font)
        cell.alignment = Alignment(wrap_text=wrap, vertical="top")
        cell.number_format = "@"
        cell.quotePrefix = True
        if fill:
            cell.fill = PatternFill("solid", fgColor=fill)
        if border:
            cell.border = border
        return cell._style

    return Styles(
        head=style(fill=ACCENT, border=border, color="FFFFFF", bold=True),
        head_edited=style(fill=TO_FILL, border=border, color="FFFFFF", bold=True),
        cell=style(border=border),
        edited=style(fill="FFFBEA", border=border),
        heading=style(fill=WASH, border=border, bold=True),
        title=style(bold=True, wrap=False),
        line=style(wrap=False),
    )


def _properties(book: Any, handover: Handover) -> None:
    """What the file says of itself; verify.py finds the digest in the keywords."""
    book.properties.title = encode(handover.subject)
    book.properties.creator = encode(handover.issuer) or "-"
    book.properties.language = handover.language
    sealed = {"code": "code", "digest": "digest", "head": "chain_head"}
    book.properties.keywords = ", ".join(
        f"{name} {value}" for name, key in sealed.items() if (value := handover.common[key])
    )
    at = handover.generated_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.properties.created = book.properties.modified = at


def _sheet(book: Any, name: str, handover: Handover) -> Any:
    """An empty sheet for A4 landscape, with host, title, edition and page n/N on every page."""
    sheet = book.create_sheet(_title(name, book.sheetnames))
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", A4
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.oddHeader.left.text = _on_page(handover.common["host"])
    sheet.oddHeader.center.text = _on_page(" ".join((*handover.marks, handover.title)))
    sheet.oddHeader.right.text = _on_page(handover.edition)
    sheet.oddFooter.left.text = _on_page(handover.not_vendor)
    sheet.oddFooter.right.text = "&P / &N"
    return sheet


def _title(name: str, taken: Iterable[str]) -> str:
    """A name that a sheet may have and no other has."""
    safe = "".join("-" if c in NOT_IN_A_TITLE or ord(c) < 32 else c for c in encode(name))
    safe = _units(safe.strip("' "), MOST_TITLE) or "-"
    known, number, title = {other.casefold() for other in taken}, 1, safe
    while title.casefold() in known:
        number += 1
        title = f"{_units(safe, MOST_TITLE - 4)} {number}"
    return title


def _units(text: str, most: int) -> str:
    """The start of `text` that is no longer than `most` as a spreadsheet counts: in UTF-16."""
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", errors="ignore")


def _on_page(text: str) -> str:
    """A line for a page's header, where & starts a command."""
    line = "".join(c if c.isprintable() else " " for c in text)[:MOST_HEADER]
    return line.replace("&", "&&")


def _write_box(sheet: Any, handover: Handover, styles: Styles) -> None:
    shown, edited = columns(handover), set(EDITED.values())
    letters = {key: get_column_letter(n) for n, (key, _head) in enumerate(shown, start=1)}
    rows = sorted(
        (row for section in handover.sections for row in section.rows),
        key=lambda row: int(row.number),
    )
    for key, letter in letters.items():
        sheet.column_dimensions[letter].width = WIDTHS.get(key, OTHER_WIDTH)
    for number in range(len(shown) + 1, len(shown) + len(KEYS) + 1):
        sheet.column_dimensions[get_column_letter(number)].hidden = True
    last = get_column_letter(len(shown) + len(KEYS))
    after_frozen = get_column_letter([key for key, _head in shown].index(FROZEN) + 2)
    sheet.freeze_panes = f"{after_frozen}2"
    sheet.auto_filter.ref = f"A1:{last}{len(rows) + 1}"
    sheet.print_title_rows = "1:1"
    sheet.print_area = f"A1:{letters[PRINTED]}{len(rows) + 1}"
    if rows:
        _validate(sheet, f"{letters['decision']}2:{letters['decision']}{len(rows) + 1}")
    heads = ((head, styles.head_edited if key in edited else styles.head) for key, head in shown)
    sheet.append(list(_cells(sheet, (*heads, *((key, styles.head) for key in KEYS)))))
    for row in rows:
        said = (
            (getattr(row, key), styles.edited if key in edited else styles.cell)
            for key, _head in shown
        )
        keys = ((value, styles.cell) for value in _keys(handover, row))
        sheet.append(list(_cells(sheet, (*said, *keys))))


def _keys(handover: Handover, row: Row) -> tuple[str, ...]:
    """The hidden columns of a row, in the order of KEYS."""
    common = handover.common
    return (
        row.tracking_id,
        row.version,
        handover.checklist,
        common["edition"],
        common["digest"],
        row.was,
    )


def _validate(sheet: Any, cells: str) -> None:
    """A list of the decisions to choose from, in the sheet's language."""
    choices = ",".join(str(word) for word in words.DECISIONS.values())
    validation = DataValidation(type="list", formula1=f'"{choices}"', allow_blank=False)
    validation.showErrorMessage = True
    validation.errorTitle = str(_("Decision"))
    validation.error = _("Choose one of: %(choices)s") % {"choices": choices}
    validation.add(cells)
    sheet.data_validations.append(validation)


def _write_summary(sheet: Any, handover: Handover, styles: Styles) -> None:
    """What stands on the cover of the PDF, as a table of labels and values."""

    def line(*texts: str, style: Style = styles.cell) -> None:
        sheet.append(list(_cells(sheet, ((text, style) for text in texts))))

    def pair(label: str, value: str) -> None:
        sheet.append(list(_cells(sheet, ((label, styles.heading), (value, styles.cell)))))

    line(handover.customer, style=styles.title)
    line(handover.title, " / ".join(handover.marks), style=styles.title)
    for fact in (*handover.document, *handover.facts, *handover.proof):
        pair(fact.label, fact.value)
    for label, value in _company(handover):
        pair(label, value)
    for remark in handover.remarks:
        line(remark, style=styles.title)
    line()
    line(handover.sum, style=styles.title)
    line(_("Verdict"), *handover.counted, _("Total"), style=styles.heading)
    for count in handover.counts:
        line(count.verdict, *map(str, (*count.decisions, count.total)))
    line(_("Severity"), *handover.counted, _("Total"), style=styles.heading)
    for severity in handover.severities:
        line(severity.severity, *map(str, (*severity.decisions, severity.total)))
    line(handover.statement, style=styles.line)
    for box in handover.boxes:
        pair(box.title, "\n".join(t for t in (box.company, box.name, box.at, box.remark) if t))
    line()
    line(*map(str, (_("Question"), _("Answer"), _("By"), _("When"))), style=styles.heading)
    for answer in handover.answers:
        line(answer.question, answer.answer, answer.by, answer.at)
    line()
    line(
        *map(str, (_("Edition"), _("What it is"), _("Issued at"), _("Prepared by"))),
        style=styles.heading,
    )
    for edition in handover.history:
        said = "\n".join(text for text in (edition.reason, edition.revoked) if text)
        line(edition.number, said, edition.at, edition.by)
    for offer in handover.offers:
        pair(_("Changes of the catalogue that were not taken"), offer)
    for evidence in handover.evidence:
        pair(_("Evidence"), f"No. {evidence.number} {evidence.name}\n{evidence.sha256}")
    if handover.draft:
        line()
        line(_how_to(), style=styles.title)
    line()


def _company(handover: Handover) -> Iterator[tuple[str, str]]:
    if handover.issuer:
        yield _("Company"), handover.issuer
    if handover.classification:
        yield _("Classification"), handover.classification


def _how_to() -> str:
    return (
        _("Fill in the columns with a green heading and upload the file on the checklist's page.")
        + " "
        + _("You see what would change before anything is recorded; other columns are not read.")
    )


def _cells(sheet: Any, said: Iterable[tuple[str, Style]]) -> Iterator[Any]:
    for text, style in said:
        cell: Any = WriteOnlyCell(sheet)
        # Past the setter, which would take "=1" for a formula and cut what is long in silence.
        cell._value, cell.data_type, cell._style = encode(_whole(text)), "s", style
        yield cell


def _whole(text: str) -> str:
    """`text`, or as much of it as a cell holds and a line that says so."""
    if len(text) <= MOST_CHARACTERS:
        return text
    cut = _("[cut here: a cell holds no more; CSV, JSON and PDF have all of it]")
    return f"{text[: MOST_CHARACTERS - len(cut) - 1]}\n{cut}"


def _repacked(data: bytes) -> bytes:
    """The same parts in a ZIP without the time of day in it."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in sorted(old.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            part = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            part.compress_type, part.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            new.writestr(part, old.read(name))
    return packed.getvalue()
