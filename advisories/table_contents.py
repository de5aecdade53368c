"""The rows of a table as contents (content.py), for the import of a whole edition."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from advisories.applicability import Severity
from advisories.catalogue_file import FaultyFile
from advisories.content import Content, text_or_none
from advisories.models import Advisory, AffectedProduct, Product, Reference
from advisories.table_parsing import FileRefused, Table
from advisories.table_reader import (
    Errors,
    Parsed,
    RowReader,
    check_headers,
    clean_cells,
    unknown,
    whole_number,
)
from advisories.table_rows import Row, columns
from advisories.texts import LANGUAGES, both
from advisories.writing import TEXTS

State = Advisory.State
# What `clean_fields` would look up in the database, row by row; the reader knows them.
LOOKED_UP = ("document", "category", "source_revision")


@dataclass(frozen=True)
class Wanted:
    """An entry of a file: what it says, where it stands, and the revision it was made from (None:
    it does not say)."""

    content: Content
    place: str
    made_from: int | None = None


def wanted_of_rows(rows: list[Row]) -> list[Wanted]:
    """What the rows of one document say; ten queries. Raises FaultyFile with row and column.

    Rows of drafts and withdrawn advisories, as an export has them, are left out: a table neither
    withdraws nor takes back.
    """
    reading = _Reading()
    for number, row in enumerate(rows, 2):
        reading.read(number, row)
    if reading.faults:
        raise FaultyFile(reading.faults)
    return reading.wanted


def rows_of(table: Table) -> list[Row]:
    """The table as dicts, if it has the columns of an export. Raises FaultyFile. One query."""
    headers, *lines = table
    try:
        check_headers(headers, columns(Product.objects.all()))
    except FileRefused as refused:
        raise FaultyFile([str(refused)]) from refused
    if not lines:
        raise FaultyFile([_("The table has no rows.")])
    return [dict(zip(headers, line, strict=True)) for line in lines]


class _Reading:
    """The state of reading one table."""

    def __init__(self) -> None:
        products = list(Product.objects.all())
        self.columns = columns(products)
        self.reader = RowReader(products)
        self.states = dict(Advisory.objects.values_list("tracking_id", "state"))
        self.seen: dict[str, int] = {}
        self.document = ""
        self.faults: list[str] = []
        self.wanted: list[Wanted] = []

    def read(self, number: int, stored: Row) -> None:
        row = dict(stored)
        errors = clean_cells(row, self.columns) or self._file_errors(number, row)
        if not errors and row["state"].strip() not in ("", State.PUBLISHED):
            return
        parsed = Parsed() if errors else self.reader.read(row)
        errors = errors or parsed.errors or _model_errors(parsed) or _reach_errors(parsed)
        if errors:
            self.faults += _lines(number, errors)
            return
        place = _("Row %(row)s") % {"row": number}
        made_from = whole_number(row["revision"])
        self.wanted.append(Wanted(content_of_row(parsed), place, made_from or None))

    def _file_errors(self, number: int, row: Row) -> Errors:
        """What only the rows before can tell, and the state."""
        errors: Errors = {}
        name, state = row["tracking_id"], row["state"].strip()
        first = self.seen.setdefault(name, number)
        if first != number:
            message = _("This tracking ID is in row %(row)s as well.") % {"row": first}
            errors["tracking_id"] = [message]
        self.document = self.document or row["document"].strip()
        if row["document"].strip() != self.document:
            errors["document"] = [
                _("Row 2 is of the document “%(document)s”. Import one document at a time.")
                % {"document": self.document}
            ]
        if state and state not in State.values:
            errors["state"] = [unknown(state, State.values)]
        elif state not in ("", State.PUBLISHED) and state != self.states.get(name):
            errors["state"] = [
                _("An import publishes. Leave the cell empty, or take the row out of the table.")
            ]
        return errors


def content_of_row(parsed: Parsed) -> Content:
    """A row that was read as `content_of` would give it once it is stored and published."""
    fields = parsed.fields

    def text(name: str) -> dict[str, str]:
        return {language: fields[f"{name}_{language}"] for language in LANGUAGES}

    severity, revision = fields["severity"], fields["source_revision"]
    optional = ("check", "impact")
    return {
        "document": fields["document"].slug,
        "tracking_id": fields["tracking_id"],
        "position": fields["position"],
        "state": State.PUBLISHED.value,
        "withdrawn_reason": "",
        **{name: text_or_none(text(name)) if name in optional else text(name) for name in TEXTS},
        "phase": fields["phase"] or None,
        "acts": fields["acts"] or None,
        "category": fields["category"].slug,
        **{name: sorted(term.slug for term in terms) for name, terms in parsed.lists.items()},
        "severity": None if severity is None else Severity(severity).slug,
        "provenance": {
            "revision": revision.version if revision else None,
            "table": fields["source_table"],
            "row": fields["source_row"],
        },
        "affected": sorted(map(_affected, parsed.affected), key=lambda row: str(row["product"])),
        "references": [_reference(row) for row in parsed.references],
    }


def _affected(row: AffectedProduct) -> Content:
    return {
        "product": row.product.slug,
        "status": row.status,
        "basis": row.basis or None,
        "fixed_in": row.fixed_in.slug if row.fixed_in else None,
        "fix_scope": row.fix_scope or None,
        "fix_kind": row.fix_kind or None,
        "fix_note": text_or_none(both(row, "fix_note")),
    }


def _reference(row: Reference) -> Content:
    return {
        "product": row.product.slug if row.product else None,
        "number": row.number,
        "url": row.url,
        "successor": row.successor or None,
        "successor_url": row.successor_url or None,
    }


def _model_errors(parsed: Parsed) -> Errors:
    """What the fields of an advisory refuse: lengths, patterns, empty texts."""
    advisory: Any = Advisory(**parsed.fields)
    try:
        advisory.clean_fields(exclude=LOOKED_UP)
    except ValidationError as error:
        return error.message_dict
    return {}


def _reach_errors(parsed: Parsed) -> Errors:
    """Without a product the document covers, nobody would see the advisory."""
    document = parsed.fields["document"]
    if not parsed.affected:
        message = _("List at least one product: without any the advisory reaches nobody.")
        return {"tracking_id": [message]}
    covered = {product.pk for product in document.products.all()}
    return {
        f"{row.product.slug}.status": [
            _("The document “%(document)s” does not cover %(product)s. Add the product there.")
            % {"document": document, "product": row.product}
        ]
        for row in parsed.affected
        if row.product_id not in covered
    }


def _lines(number: int, errors: Errors) -> Iterator[str]:
    for column, messages in errors.items():
        for message in messages:
            words = {"row": number, "column": column, "message": message}
            yield _("Row %(row)s, %(column)s: %(message)s") % words
