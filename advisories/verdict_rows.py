"""Verdicts without instances: `for_deployment` as plain rows, its SQL compiled once per shape.

Building and compiling that query takes some milliseconds, the database a fraction of one for a
usual catalogue. The SQL depends only on how many modes and answers there are, so it is kept and
filled with the values of the deployment.
"""

import re
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection

from advisories.applicability import UNKNOWN, VERDICT_OF, Deployment, Older, Unknown
from advisories.models import Advisory

VERDICTS = {reason.value: verdict.value for reason, verdict in VERDICT_OF.items()}
WORD = re.compile(r"[a-z_]+")
# No rank is as high; they stand for the ranks in compiled SQL.
RANK, INSTALLED_WITH = 2_000_000_002, 2_000_000_001


class Shape(NamedTuple):
    """All of a deployment that its SQL depends on; the values are parameters."""

    vendor: str
    has_mode: bool
    installed_with: Older | Unknown | None  # None: a release
    modes: int  # how many the product has, where the mode is not known
    yes: int
    no: int


def verdict_rows(deployment: Deployment) -> list[tuple[int, str, str]]:
    """(primary key, verdict, reason) of every advisory in scope, in document order. One query."""
    first = deployment.installed_with
    modes = sorted(deployment.product_modes) if deployment.mode is UNKNOWN else []
    yes = [slug for slug, said in deployment.answers.items() if said]
    no = [slug for slug, said in deployment.answers.items() if not said]
    has_mode = isinstance(deployment.mode, str)
    lineage = None if isinstance(first, int) else first
    sql, parameters = _compiled(
        Shape(connection.vendor, has_mode, lineage, len(modes), len(yes), len(no))
    )
    values: dict[str | int, Any] = {
        "product?": deployment.product,
        "mode?": deployment.mode,
        RANK: deployment.rank,
        INSTALLED_WITH: first,
        **dict(zip(_markers("modes", len(modes)), modes, strict=True)),
        **dict(zip(_markers("yes", len(yes)), yes, strict=True)),
        **dict(zip(_markers("no", len(no)), no, strict=True)),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, [values.get(parameter, parameter) for parameter in parameters])
        return [(pk, VERDICTS[reason], reason) for pk, reason in cursor.fetchall()]


@lru_cache(maxsize=256)
def _compiled(shape: Shape) -> tuple[str, tuple[str | int, ...]]:
    """The SQL of `for_deployment` for a deployment of this shape, with markers as parameters."""
    modes = _markers("modes", shape.modes) + (("mode?",) if shape.has_mode else ())
    deployment = Deployment(
        product="product?",
        rank=RANK,
        mode="mode?" if shape.has_mode else UNKNOWN if shape.modes else None,
        installed_with=INSTALLED_WITH if shape.installed_with is None else shape.installed_with,
        answers=dict.fromkeys(_markers("yes", shape.yes), True)
        | dict.fromkeys(_markers("no", shape.no), False),
        product_modes=frozenset(modes),
    )
    rows = Advisory.objects.for_deployment(deployment).values_list("pk", "reason")  # type: ignore[misc]
    sql, parameters = rows.query.sql_with_params()
    return _with_constants(str(sql), tuple(parameters))


def _with_constants(
    sql: str, parameters: tuple[str | int, ...]
) -> tuple[str, tuple[str | int, ...]]:
    """Words of our own (states, reasons) written into the SQL: every parameter costs a little."""
    head, *rest = sql.split("%s")
    kept: list[str | int] = []
    for parameter, text in zip(parameters, rest, strict=True):
        is_word = isinstance(parameter, str) and WORD.fullmatch(parameter)
        if not is_word:
            kept.append(parameter)
        head += (f"'{parameter}'" if is_word else "%s") + text
    return head, tuple(kept)


@lru_cache(maxsize=256)
def _markers(kind: str, count: int) -> tuple[str, ...]:
    """Names that no slug can have, in sorted order."""
    return tuple(f"{kind}?{index:04}" for index in range(count))
