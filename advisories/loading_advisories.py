"""The advisories of a catalogue file, one revision for each that is new or changed."""

from typing import Any

from django.core.exceptions import ValidationError

from advisories.actions import publish
from advisories.applicability import Severity
from advisories.catalogue_file import FaultyFile, Json, newest_edition
from advisories.content import Content, content_of, text_or_none
from advisories.loading_terms import two_columns
from advisories.merging import Report, Values, note
from advisories.models import (
    Advisory,
    AdvisoryRevision,
    AffectedProduct,
    Category,
    Condition,
    Mode,
    Product,
    Reference,
    Release,
    SourceDocument,
    Topic,
)
from advisories.texts import LANGUAGES
from portal.models import User

NOUN = "advisory"
TEXTS = ("title", "summary", "action", "check", "impact")


def load_advisories(
    wanted: Json,
    document: SourceDocument,
    report: Report,
    *,
    take: frozenset[str],
    by: User | None,
) -> None:
    """Publish what is new or changed. An advisory whose newest revision the loader did not write
    is left, unless it is in `take`. Raises FaultyFile, naming the place."""
    entries = [
        content_from_file(entry, document.slug, index)
        for index, entry in enumerate(wanted["advisories"])
    ]
    _refuse_foreign_ids(entries, document)
    stored = {row.tracking_id: row for row in document.advisories.with_terms()}
    last_written_by = _origins(document)
    version = newest_edition(wanted["source"])["version"]
    writer = _Writer(document, note=f"{document.slug} {version}", by=by)
    for index, content in enumerate(entries):
        name = content["tracking_id"]
        row = stored.get(name)
        if row is not None and _is_edited_here(last_written_by.get(row.pk)) and name not in take:
            note(report.edited_here, NOUN, name)
        elif row is not None and content_of(row) == content:
            report.unchanged += 1
        else:
            writer.write(row, content, f"advisories[{index}]")
            note(report.added if row is None else report.changed, NOUN, name)
    for name in sorted(stored.keys() - {content["tracking_id"] for content in entries}):
        if stored[name].state != Advisory.State.WITHDRAWN:
            note(report.missing, NOUN, name)


def content_from_file(entry: Json, document: str, index: int) -> Content:
    """An entry of the file as `content_of` would give it once it is stored and published."""

    def text(value: dict[str, str] | None) -> dict[str, str] | None:
        return text_or_none({language: (value or {}).get(language, "") for language in LANGUAGES})

    provenance = entry.get("provenance") or {}
    return {
        "document": document,
        "tracking_id": entry["tracking_id"],
        "position": int(entry.get("position", index + 1)),
        "state": Advisory.State.PUBLISHED.value,
        "withdrawn_reason": "",
        **{name: text(entry.get(name)) for name in TEXTS},
        "phase": entry.get("phase"),
        "acts": entry.get("acts"),
        "category": entry["category"],
        **{name: sorted(entry.get(name, [])) for name in ("topics", "modes", "conditions")},
        "severity": entry.get("severity"),
        "provenance": {
            "revision": provenance.get("revision"),
            "table": provenance.get("table"),
            "row": provenance.get("row"),
        },
        "affected": [
            {
                "product": row["product"],
                "status": row["status"],
                **{name: row.get(name) for name in ("basis", "fixed_in", "fix_scope", "fix_kind")},
                "fix_note": text(row.get("fix_note")),
            }
            for row in sorted(entry["affected"], key=lambda row: str(row["product"]))
        ],
        "references": [
            {
                "product": row.get("product"),
                "number": row["number"],
                "url": row["url"],
                "successor": row.get("successor"),
                "successor_url": row.get("successor_url") or None,
            }
            for row in entry.get("references", [])
        ],
    }


def _is_edited_here(origin: str | None) -> bool:
    """Whether somebody else wrote the newest revision, or there is only a draft (None)."""
    return origin != AdvisoryRevision.Origin.FILE


def _origins(document: SourceDocument) -> dict[int, str]:
    """Who wrote the newest revision of each of the document's advisories, by primary key."""
    revisions = AdvisoryRevision.objects.filter(advisory__document=document)
    return dict(revisions.order_by("number").values_list("advisory_id", "origin"))


def _refuse_foreign_ids(entries: list[Content], document: SourceDocument) -> None:
    foreign = dict(
        Advisory.objects.exclude(document=document).values_list("tracking_id", "document__slug")
    )
    faults = [
        f"advisories[{index}].tracking_id: {content['tracking_id']} is an advisory of the document"
        f" {foreign[content['tracking_id']]}, not of {document.slug}"
        for index, content in enumerate(entries)
        if content["tracking_id"] in foreign
    ]
    if faults:
        raise FaultyFile(faults)


class _Writer:
    """Puts contents into rows; looks every slug up once."""

    def __init__(self, document: SourceDocument, *, note: str, by: User | None) -> None:
        self.document, self.note, self.by = document, note, by
        self.terms: dict[str, dict[str, Any]] = {
            name: model.objects.in_bulk(field_name="slug")
            for name, model in (
                ("products", Product),
                ("releases", Release),
                ("categories", Category),
                ("topics", Topic),
                ("modes", Mode),
                ("conditions", Condition),
            )
        }
        self.revisions = {row.version: row for row in document.revisions.all()}

    def write(self, row: Advisory | None, content: Content, place: str) -> None:
        """Store the content in `row` (None: a new one) and publish it."""
        row = row or Advisory(document=self.document, tracking_id=content["tracking_id"])
        expected = row.revision if row.pk else 0
        for name, value in self._columns(content).items():
            setattr(row, name, value)
        row.save()
        for name in ("topics", "modes", "conditions"):
            getattr(row, name).set(self.terms[name][slug] for slug in content[name])
        row.affected.all().delete()
        AffectedProduct.objects.bulk_create(
            AffectedProduct(advisory=row, **self._affected(entry)) for entry in content["affected"]
        )
        row.references.all().delete()
        Reference.objects.bulk_create(
            Reference(advisory=row, position=position, **self._reference(entry))
            for position, entry in enumerate(content["references"], start=1)
        )
        try:
            publish(
                advisory=row,
                note=self.note,
                origin=AdvisoryRevision.Origin.FILE,
                expected_revision=expected,
                by=self.by,
            )
        except ValidationError as error:
            raise FaultyFile(f"{place}: {message}" for message in error.messages) from None

    def _columns(self, content: Content) -> Values:
        columns: Values = {"position": content["position"]}
        for name in TEXTS:
            columns |= two_columns(name, content[name])
        severity, provenance = content["severity"], content["provenance"]
        return columns | {
            "phase": content["phase"] or "",
            "acts": content["acts"] or "",
            "category": self.terms["categories"][content["category"]],
            "severity": None if severity is None else Severity[severity.upper()],
            "source_revision": self.revisions.get(provenance["revision"]),
            "source_table": provenance["table"],
            "source_row": provenance["row"],
        }

    def _affected(self, entry: Content) -> Values:
        return {
            "product": self.terms["products"][entry["product"]],
            "status": entry["status"],
            "basis": entry["basis"] or "",
            "fixed_in": self.terms["releases"].get(entry["fixed_in"]),
            "fix_scope": entry["fix_scope"] or "",
            "fix_kind": entry["fix_kind"] or "",
            **two_columns("fix_note", entry["fix_note"]),
        }

    def _reference(self, entry: Content) -> Values:
        return {
            "product": self.terms["products"].get(entry["product"]),
            "number": entry["number"],
            "url": entry["url"],
            "successor": entry["successor"] or "",
            "successor_url": entry["successor_url"] or "",
        }
