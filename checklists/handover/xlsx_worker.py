"""A process of its own that reads one workbook: the file on stdin, JSON on stdout.

Run by path, so that neither Django nor this package is imported. The file comes from outside: a
small one can unpack to a huge one, and its XML can be made to stall a parser.
"""

import io
import json
import sys
import zipfile
from datetime import date, datetime, time
from typing import Any

BEYOND_LIMITS, UNREADABLE = 3, 4


class BeyondLimits(Exception):
    pass


def limit(megabytes: int, seconds: int) -> None:
    """Bound this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's time limit is all there is
        return
    if hasattr(resource, "RLIMIT_AS") and sys.platform != "darwin":
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def check_zip(data: bytes, limits: dict[str, int]) -> None:
    """Raises BeyondLimits before anything is unpacked, by what the ZIP says of itself; a part that
    says too little cannot be read further than that."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
    if len(entries) > limits["entries"] or sum(e.file_size for e in entries) > limits["unpacked"]:
        raise BeyondLimits


def read(data: bytes, limits: dict[str, int]) -> list[dict[str, Any]]:
    """[{"title", "rows": [[row number, [cell, ...]], ...]}]; a cell is null or [type, text]."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, keep_links=False)
    if len(book.worksheets) > limits["sheets"]:
        raise BeyondLimits
    return [
        {"title": sheet.title, "rows": list(rows_of(sheet, limits))} for sheet in book.worksheets
    ]


def rows_of(sheet: Any, limits: dict[str, int]) -> Any:
    """The rows that hold something, however large the sheet says it is."""
    sheet.reset_dimensions()
    characters = 0  # a workbook can name one long text a million times
    rows = sheet.iter_rows(max_row=limits["rows"] + 2, max_col=limits["columns"] + 1)
    for number, row in enumerate(rows, start=1):
        cells = [cell_of(cell) for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        characters += sum(len(cell[1]) for cell in cells if cell)
        if number > limits["rows"] + 1 or len(cells) > limits["columns"]:
            raise BeyondLimits
        if characters > limits["characters"]:
            raise BeyondLimits
        if cells:
            yield [number, cells]


def cell_of(cell: Any) -> list[str] | None:
    """What was typed, and how the spreadsheet took it; 3.0 is how some programs store a 3."""
    value = cell.value
    if value is None:
        return None
    if isinstance(value, bool):
        return ["b", "TRUE" if value else "FALSE"]
    if isinstance(value, datetime):
        value = value.date() if value.time() == time(0) else value
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    kind = cell.data_type if cell.data_type in ("f", "e", "n") else "s"
    return [kind, str(value)]


def main() -> int:
    limits = json.loads(sys.argv[1])
    data = sys.stdin.buffer.read()
    limit(limits["megabytes"], limits["seconds"])
    try:
        check_zip(data, limits)
        sheets = read(data, limits)
    except BeyondLimits:
        return BEYOND_LIMITS
    except MemoryError:
        return BEYOND_LIMITS
    except Exception as error:  # openpyxl raises whatever a broken part happens to cause
        sys.stderr.write(f"{type(error).__name__}: {error}")
        return UNREADABLE
    sys.stdout.buffer.write(json.dumps(sheets).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
