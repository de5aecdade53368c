"""The hand-over as CSV: UTF-8 with BOM for Excel, RFC 4180, no cell a spreadsheet would run."""

import csv
import io

from advisories.cells import defuse

from .parts import Handover
from .sheet import sheet_rows


def write_csv(handover: Handover) -> bytes:
    """A head row and one row per advisory, in document order; every cell through `defuse`."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(defuse(head) for head in handover.sheet_head)
    for row in sheet_rows(handover):
        writer.writerow(defuse(cell) for cell in row)
    # Content has no lone surrogates; if one got in, a "?" is better than no file.
    return text.getvalue().encode("utf-8-sig", errors="replace")
