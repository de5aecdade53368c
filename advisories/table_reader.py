"""A row of a table read against what exists: child rows to save, or what is wrong, by column."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from advisories.applicability import FixScope, Severity, Status
from advisories.cells import restore
from advisories.models import (
    Advisory,
    AffectedProduct,
    Category,
    Condition,
    DocumentRevision,
    Mode,
    Product,
    Reference,
    Release,
    SourceDocument,
    Topic,
)
from advisories.table_parsing import FileRefused
from advisories.table_rows import (
    COLUMNS,
    PRODUCT_COLUMNS,
    TEXTS,
    Row,
    number_cell,
    product_group,
    reference_line,
    slugs_of,
)
from advisories.tidy import tidy

Errors = dict[str, list[str]]

MOST_NUMBER = 2_147_483_647  # what a PositiveIntegerField holds


@dataclass
class Parsed:
    """A row understood: columns of the advisory, its lists, its child rows (not saved)."""

    fields: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, list[Any]] = field(default_factory=dict)
    affected: list[AffectedProduct] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    errors: Errors = field(default_factory=dict)

    def fault(self, column: str, message: str) -> None:
        self.errors.setdefault(column, []).append(message)


def as_exported(row: Row, parsed: Parsed, products: Iterable[Product]) -> Row:
    """The row as an export would write it once it is imported."""
    fields = parsed.fields
    exported = {column: row[column].strip() for column in COLUMNS if column not in TEXTS}
    exported |= {name: row[name] for name in TEXTS}
    exported |= {column: slugs_of(terms) for column, terms in parsed.lists.items()}
    for column in ("position", "source_table", "source_row"):
        exported[column] = number_cell(fields[column])
    exported["references"] = "\n".join(reference_line(r) for r in parsed.references)
    affected = {a.product.slug: a for a in parsed.affected}
    for product in products:
        exported |= product_group(product.slug, affected.get(product.slug))
    return exported


def check_headers(headers: list[str], columns: list[str]) -> None:
    """Raises FileRefused unless the table has just these columns, in any order."""
    missing = [column for column in columns if column not in headers]
    strange = [header for header in headers if header not in columns]
    if missing:
        raise FileRefused(
            _("These columns are missing: %(columns)s. Export the advisories, and edit that.")
            % {"columns": ", ".join(missing)}
        )
    if strange:
        raise FileRefused(
            _("These columns are not known: %(columns)s. Remove them.")
            % {"columns": ", ".join(short(header) or "“”" for header in strange)}
        )
    if len(set(headers)) != len(headers):
        raise FileRefused(_("A column is there twice. Remove one of them."))


def clean_cells(row: Row, columns: Iterable[str]) -> Errors:
    """Make the cells what they were before `defuse`; answers those that cannot be stored."""
    errors: Errors = {}
    if not any(str(cell).strip() for cell in row.values()):
        return {"tracking_id": [_("This row is empty. Delete it.")]}
    for column in columns:
        try:
            row[column] = tidy(restore(row[column]))
        except ValidationError as error:
            errors[column] = error.messages
    row["tracking_id"] = row["tracking_id"].strip()
    return errors


class RowReader:
    """Reads rows against the terms that exist: eight queries once, none for a row."""

    def __init__(self, products: Iterable[Product]) -> None:
        self.products = {p.slug: p for p in products}
        self.releases = {r.slug: r for r in Release.objects.select_related("product")}
        self.documents = {d.slug: d for d in SourceDocument.objects.prefetch_related("products")}
        self.revisions = {(r.document_id, r.version): r for r in DocumentRevision.objects.all()}
        self.categories = {c.slug: c for c in Category.objects.all()}
        self.terms: dict[str, dict[str, Any]] = {
            "topics": {t.slug: t for t in Topic.objects.all()},
            "modes": {m.slug: m for m in Mode.objects.all()},
            "conditions": {c.slug: c for c in Condition.objects.all()},
        }

    def read(self, row: Row) -> Parsed:
        """The row understood as far as it goes; `errors` names each column that is wrong."""
        parsed = Parsed()
        parsed.fields = {"tracking_id": row["tracking_id"], **{name: row[name] for name in TEXTS}}
        for name in TEXTS:
            _limit(parsed, name, row[name], Advisory)
        document = self._one(parsed, row, "document", self.documents)
        parsed.fields |= {
            "document": document,
            "category": self._one(parsed, row, "category", self.categories),
            "severity": self._severity(parsed, row),
            "phase": self._choice(parsed, row, "phase", Advisory.Phase.values),
            "acts": self._choice(parsed, row, "acts", Advisory.Actor.values),
            "position": self._whole(parsed, row, "position") or 0,
            "source_table": self._whole(parsed, row, "source_table"),
            "source_row": self._whole(parsed, row, "source_row"),
            "source_revision": self._revision(parsed, row, document),
        }
        for column, terms in self.terms.items():
            parsed.lists[column] = self._list(parsed, row, column, terms)
        for product in self.products.values():
            self._product(parsed, row, product)
        self._references(parsed, row)
        return parsed

    def _one(self, parsed: Parsed, row: Row, column: str, known: dict[str, Any]) -> Any:
        slug = row[column].strip()
        if not slug:
            parsed.fault(column, _("This cell must not be empty."))
        elif slug not in known:
            parsed.fault(column, unknown(slug, known))
        return known.get(slug)

    def _list(self, parsed: Parsed, row: Row, column: str, known: dict[str, Any]) -> list[Any]:
        slugs = dict.fromkeys(part.strip() for part in row[column].split(",") if part.strip())
        for slug in slugs:
            if slug not in known:
                parsed.fault(column, unknown(slug, known))
        return [known[slug] for slug in slugs if slug in known]

    def _choice(self, parsed: Parsed, row: Row, column: str, values: list[str]) -> str:
        value = row[column].strip()
        if value and value not in values:
            parsed.fault(column, unknown(value, values))
        return value

    def _severity(self, parsed: Parsed, row: Row) -> Severity | None:
        known = {severity.slug: severity for severity in sorted(Severity, reverse=True)}
        slug = self._choice(parsed, row, "severity", list(known))
        return known.get(slug)

    def _whole(self, parsed: Parsed, row: Row, column: str) -> int | None:
        text = row[column].strip()
        if not text:
            return None
        number = whole_number(text)
        if number is None:
            parsed.fault(column, _("“%(value)s” is no whole number.") % {"value": short(text)})
        return number

    def _revision(
        self, parsed: Parsed, row: Row, document: SourceDocument | None
    ) -> DocumentRevision | None:
        version = row["source_revision"].strip()
        if not version or document is None:
            return None
        found = self.revisions.get((document.pk, version))
        if found is None:
            versions = [v for pk, v in self.revisions if pk == document.pk]
            parsed.fault("source_revision", unknown(version, versions))
        return found

    def _product(self, parsed: Parsed, row: Row, product: Product) -> None:
        group = {column: row[f"{product.slug}.{column}"] for column in PRODUCT_COLUMNS}
        if not any(value.strip() for value in group.values()):
            return
        names = {column: f"{product.slug}.{column}" for column in PRODUCT_COLUMNS}
        if not group["status"].strip():
            parsed.fault(
                names["status"],
                _("Give a status, or empty all columns of %(product)s.") % {"product": product},
            )
        chosen = {
            column: self._choice(parsed, row, names[column], values)
            for column, values in (
                ("status", Status.values),
                ("basis", AffectedProduct.Basis.values),
                ("fix_scope", FixScope.values),
                ("fix_kind", AffectedProduct.FixKind.values),
            )
        }
        for column in ("fix_note_ja", "fix_note_en"):
            _limit(parsed, names[column], group[column], AffectedProduct)
        fixed_in = self._fixed_in(parsed, row, product)
        if fixed_in and not chosen["fix_scope"]:
            parsed.fault(names["fix_scope"], _("Say which installations the fix reaches."))
        if chosen["fix_scope"] and not row[names["fixed_in"]].strip():
            parsed.fault(names["fixed_in"], _("Name the release, or empty “fix_scope” as well."))
        parsed.affected.append(
            AffectedProduct(
                product=product,
                fixed_in=fixed_in,
                fix_note_ja=group["fix_note_ja"],
                fix_note_en=group["fix_note_en"],
                **chosen,
            )
        )

    def _fixed_in(self, parsed: Parsed, row: Row, product: Product) -> Release | None:
        column = f"{product.slug}.fixed_in"
        slug = row[column].strip()
        if not slug:
            return None
        found = self.releases.get(slug)
        own = [r.slug for r in self.releases.values() if r.product_id == product.pk]
        if found is None:
            parsed.fault(column, unknown(slug, own))
        elif found.product_id != product.pk:
            words = {"release": found, "other": found.product, "product": product}
            parsed.fault(
                column,
                _("%(release)s is a release of %(other)s. Choose one of %(product)s.") % words,
            )
        return found

    def _references(self, parsed: Parsed, row: Row) -> None:
        numbers: set[str] = set()
        lines = [line for line in row["references"].split("\n") if line.strip()]
        for position, line in enumerate(lines, 1):
            parts = [part.strip() for part in _split(line)]
            if len(parts) != 5:
                parsed.fault(
                    "references",
                    _(
                        "Line %(line)s needs five parts with four | between them:"
                        " product|number|url|successor|successor_url. Parts may be empty."
                    )
                    % {"line": position},
                )
                continue
            product, number, url, successor, successor_url = parts
            if product and product not in self.products:
                parsed.fault("references", unknown(product, self.products))
            if number in numbers:
                parsed.fault(
                    "references", _("The number %(number)s is there twice.") % {"number": number}
                )
            numbers.add(number)
            reference = Reference(
                product=self.products.get(product),
                number=number,
                url=url,
                successor=successor,
                successor_url=successor_url,
                position=position,
            )
            _check(reference, _in_line(parsed, position))
            parsed.references.append(reference)


def _in_line(parsed: Parsed, line: int) -> Callable[[str, str], None]:
    def fault(name: str, message: str) -> None:
        words = {"line": line, "part": name, "message": message}
        parsed.fault("references", _("Line %(line)s, %(part)s: %(message)s") % words)

    return fault


def _check(reference: Reference, fault: Callable[[str, str], None]) -> None:
    try:
        reference.clean_fields(exclude=["advisory", "product"])  # known: no query
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            for message in messages:
                fault(name, message)


def _limit(
    parsed: Parsed, column: str, text: str, model: type[Advisory] | type[AffectedProduct]
) -> None:
    """A form holds a long text to its length; a model alone does not."""
    most: int = getattr(model._meta.get_field(column.rpartition(".")[2]), "max_length", 0)
    if len(text) > most:
        parsed.fault(
            column,
            _("This text has %(length)s characters; the most is %(most)s.")
            % {"length": len(text), "most": most},
        )


def _split(line: str) -> list[str]:
    """The parts between bars; a backslash takes the next character as it is."""
    parts, part, characters = [], "", iter(line)
    for character in characters:
        if character == "|":
            parts.append(part)
            part = ""
        else:
            part += next(characters, character) if character == "\\" else character
    return [*parts, part]


def whole_number(text: str) -> int | None:
    """The number a cell holds, 0 to what the database can keep; None for anything else."""
    if re.fullmatch(r"[0-9]{1,10}(\.0)?", text.strip()):
        number = int(text.strip().removesuffix(".0"))
        return number if number <= MOST_NUMBER else None
    return None


def short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"


def unknown(value: str, known: Iterable[str]) -> str:
    """Says that a value is not known, and which ones are."""
    return _("“%(value)s” is not known. Known are: %(known)s.") % {
        "value": short(value),
        "known": ", ".join(known) or "—",
    }
