"""Rows of querysets whose SQL is kept, for questions that are asked again and again.

The ORM needs longer to make such a statement than the database to answer it. Only querysets that
depend on nothing but their arguments may come here: what they look up, they look up in SQL.
"""

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any

from django.db import connection
from django.db.models import QuerySet

Make = Callable[..., QuerySet[Any, Any]]


def fetch(make: Make, *arguments: Hashable) -> list[tuple[Any, ...]]:
    """The rows of `make(*arguments)`, a `values_list` of columns that need no conversion (numbers
    and texts); one query. `make` is called for the first time with these arguments only."""
    statement, values = _compiled(connection.vendor, make, *arguments)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


@lru_cache(maxsize=1024)
def _compiled(vendor: str, make: Make, *arguments: Hashable) -> tuple[str, tuple[Any, ...]]:
    """`vendor` is part of the key: the databases differ in their SQL."""
    statement, values = make(*arguments).query.sql_with_params()
    return statement, tuple(values)
