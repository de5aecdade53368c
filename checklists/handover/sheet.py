"""The rows of a hand-over as a flat sheet, for formats that have no cover (CSV)."""

from collections.abc import Iterator

from .parts import Handover
from .words import SHEET_COLUMNS


def sheet_rows(handover: Handover) -> Iterator[tuple[str, ...]]:
    """One tuple of texts per advisory, in document order, as wide as `handover.sheet_head`."""
    rows = (row for section in handover.sections for row in section.rows)
    for row in sorted(rows, key=lambda row: int(row.number)):
        yield tuple(
            handover.common[key] if key in handover.common else getattr(row, key)
            for key, _head in SHEET_COLUMNS
        )
