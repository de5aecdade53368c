"""One advisory as one row of a table, and back (the columns are those of the issue).

A row is a dict of column to text. Lists are slugs joined by ","; a product is a group of columns;
references are one cell, a line `product|number|url|successor|successor_url` each, with `\\|` and
`\\\\` for a bar and a backslash inside a part.
"""

import re
from collections.abc import Iterable
from typing import Any

from advisories.applicability import Severity
from advisories.models import Advisory, AffectedProduct, Product, Reference
from advisories.tidy import one_line_feed

Row = dict[str, str]

TEXTS = tuple(
    f"{text}_{language}"
    for text in ("title", "summary", "action", "check", "impact")
    for language in ("ja", "en")
)
COLUMNS = (
    "tracking_id",
    "revision",
    "state",
    "document",
    "position",
    *TEXTS,
    "phase",
    "acts",
    "category",
    "topics",
    "severity",
    "modes",
    "conditions",
    "source_revision",
    "source_table",
    "source_row",
    "references",
)
PRODUCT_COLUMNS = (
    "status",
    "basis",
    "fixed_in",
    "fix_scope",
    "fix_kind",
    "fix_note_ja",
    "fix_note_en",
)


def columns(products: Iterable[Product]) -> list[str]:
    """Every column, in order."""
    groups = [f"{p.slug}.{column}" for p in products for column in PRODUCT_COLUMNS]
    return [*COLUMNS, *groups]


def to_row(advisory: Advisory, products: Iterable[Product]) -> Row:
    """The row of an advisory; no query for one of `with_terms`."""
    row = {
        "tracking_id": advisory.tracking_id,
        "revision": str(advisory.revision),
        "state": str(advisory.state),
        "document": advisory.document.slug,
        "position": str(advisory.position),
        **{name: one_line_feed(getattr(advisory, name)) for name in TEXTS},
        "phase": advisory.phase,
        "acts": advisory.acts,
        "category": advisory.category.slug,
        "topics": slugs_of(advisory.topics.all()),
        "severity": Severity(advisory.severity).slug if advisory.severity else "",
        "modes": slugs_of(advisory.modes.all()),
        "conditions": slugs_of(advisory.conditions.all()),
        "source_revision": advisory.source_revision.version if advisory.source_revision else "",
        "source_table": number_cell(advisory.source_table),
        "source_row": number_cell(advisory.source_row),
        "references": "\n".join(reference_line(r) for r in advisory.references.all()),
    }
    affected = {a.product.slug: a for a in advisory.affected.all()}
    for product in products:
        row |= product_group(product.slug, affected.get(product.slug))
    return row


def slugs_of(terms: Iterable[Any]) -> str:
    return ",".join(sorted(term.slug for term in terms))


def number_cell(value: int | None) -> str:
    return "" if value is None else str(value)


def reference_line(reference: Reference) -> str:
    parts = (
        reference.product.slug if reference.product else "",
        reference.number,
        reference.url,
        reference.successor,
        reference.successor_url,
    )
    return "|".join(re.sub(r"([\\|])", r"\\\1", part) for part in parts)


def product_group(slug: str, affected: AffectedProduct | None) -> Row:
    if affected is None:
        return {f"{slug}.{column}": "" for column in PRODUCT_COLUMNS}
    values = {column: getattr(affected, column) for column in PRODUCT_COLUMNS}
    values["fixed_in"] = affected.fixed_in.slug if affected.fixed_in else ""
    return {f"{slug}.{column}": one_line_feed(str(values[column])) for column in PRODUCT_COLUMNS}
