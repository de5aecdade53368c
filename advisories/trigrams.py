"""The index that helps PostgreSQL find words of three characters and more. Nothing needs it."""

import sys
from typing import Any

from django.db import DatabaseError, transaction

INDEX = "advisories_advisory_search"
EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
CREATE = (
    f"CREATE INDEX IF NOT EXISTS {INDEX} ON advisories_advisory"
    " USING gin (search_text gin_trgm_ops)"
)
DROP = f"DROP INDEX IF EXISTS {INDEX}"
ADVICE = (
    "\nThe search works without its index, only slower in very large catalogues: this database does"
    " not let the portal have one ({reason}). Somebody who may can add it at any time:\n"
    f"    {EXTENSION};\n    {CREATE};\n"
)


def create(_apps: Any, schema_editor: Any) -> None:
    """Create the index where the database is PostgreSQL; say so where it may not be."""
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(EXTENSION)
            cursor.execute(CREATE)
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        sys.stderr.write(ADVICE.format(reason=reason))


def drop(_apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP)
