"""Check sheets as a person has them open: read by openpyxl, changed, saved again."""

import io
from contextlib import contextmanager

import openpyxl

from checklists.handover.sheet_text import decode


def book_of(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def box_sheet(book, place=1):
    """The sheet of a box; the first sheet is the summary."""
    return book.worksheets[place]


def heads_of(sheet):
    return [cell.value for cell in sheet[1]]


def table_of(data, place=1):
    """[{heading: text}] of a box's sheet, as a spreadsheet shows it."""
    sheet = box_sheet(book_of(data), place)
    heads = heads_of(sheet)
    return [
        {head: decode(cell.value or "") for head, cell in zip(heads, row, strict=True)}
        for row in sheet.iter_rows(min_row=2)
    ]


class Opened:
    """`sheet[4, "Note"] = "text"` is the cell of item 4; `data` is the file when it is saved."""

    def __init__(self, data):
        self.book = book_of(data)
        self.sheet = box_sheet(self.book)
        self.data = data

    def place(self, number, head):
        column = heads_of(self.sheet).index(head) + 1
        number_column = heads_of(self.sheet).index("No.") + 1
        rows = self.sheet.iter_rows(min_row=2, min_col=number_column, max_col=number_column)
        row = next(cell.row for (cell,) in rows if cell.value == str(number))
        return self.sheet.cell(row, column)

    def __setitem__(self, place, value):
        self.place(*place).value = value

    def address(self, number, head):
        return self.place(number, head).coordinate


@contextmanager
def opened(data):
    file = Opened(data)
    yield file
    saved = io.BytesIO()
    file.book.save(saved)
    file.data = saved.getvalue()
