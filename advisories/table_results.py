"""What an import did or would do, in rows of the file and in words."""

import logging

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _
from import_export.results import Result, RowResult

from advisories.differences import marked
from advisories.table_rows import Row

logger = logging.getLogger(__name__)


class TableResult(Result):
    """The outcome in rows of the file, of which the first holds the columns' names."""

    @property
    def changed_rows(self) -> list[RowResult]:
        return [row for row in self.rows if row.import_type != RowResult.IMPORT_TYPE_SKIP]

    @property
    def faulty_rows(self) -> list[tuple[int, list[str]]]:
        """Row number and messages, each of which names its column."""
        faulty = {row.number + 1: _by_column(row.error) for row in self.invalid_rows}
        for row in self.error_rows:
            logger.error("Import of row %s failed", row.number + 1, exc_info=row.errors[0].error)
            faulty[row.number + 1] = [
                _("This row cannot be written. Ask the person who runs this portal.")
            ]
        return sorted(faulty.items())


def _by_column(error: ValidationError) -> list[str]:
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    return [
        message if column == NON_FIELD_ERRORS else f"{column}: {message}"
        for column, messages in error.message_dict.items()
        for message in messages
    ]


def changes(before: Row, after: Row) -> list[tuple[str, str]]:
    """Column and marked-up difference of each cell that changes."""
    return [
        (column, marked(before.get(column, ""), value))
        for column, value in after.items()
        if column != "revision" and value != before.get(column, "")
    ]
