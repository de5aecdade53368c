"""CSV and XLSX files of advisories for import and export: written so that nothing can run, read
with limits (uploads.py)."""

from typing import Any

import tablib
from django.utils.translation import gettext as _
from import_export.formats import base_formats

from advisories.models import Product
from advisories.table_parsing import MOST_CHARACTERS
from advisories.table_rows import columns
from advisories.uploads import read_table


class CSV(base_formats.CSV):
    """UTF-8 with a byte order mark, which spreadsheet programs need to see."""

    def get_read_mode(self) -> str:
        return "rb"

    def get_title(self) -> str:  # type: ignore[override]
        return "csv"

    def create_dataset(self, in_stream: Any, **kwargs: Any) -> tablib.Dataset:
        return _dataset(in_stream, "csv")


class XLSX(base_formats.XLSX):
    """The first sheet of a workbook; formulas are refused, not calculated."""

    def get_title(self) -> str:  # type: ignore[override]
        return "xlsx"

    def create_dataset(self, in_stream: Any, **kwargs: Any) -> tablib.Dataset:
        return _dataset(in_stream, "xlsx")

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        for row in dataset:
            if any(len(str(cell)) > MOST_CHARACTERS for cell in row):
                raise ValueError(
                    _("%(row)s has more text in one cell than a spreadsheet holds. Export CSV.")
                    % {"row": row[0]}
                )
        written: bytes = super().export_data(dataset, column_width=24, **kwargs)
        return written


def _dataset(data: bytes, kind: str) -> tablib.Dataset:
    """The file as a table; raises FileRefused. One query."""
    headers, *rows = read_table(data, kind, columns=len(columns(Product.objects.all())))
    dataset = tablib.Dataset()
    dataset.headers = headers
    for row in rows:
        dataset.append(row)
    return dataset
