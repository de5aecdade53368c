"""Putting a content (see content.py) into the rows of an advisory."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from advisories.applicability import Severity
from advisories.content import Content
from advisories.merging import Values
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
from advisories.texts import two_columns

TEXTS = ("title", "summary", "action", "check", "impact")
LISTS = ("topics", "modes", "conditions")


class ContentWriter:
    """Looks every slug up once: eight queries, whatever is written afterwards."""

    def __init__(self) -> None:
        self.terms: dict[str, dict[str, Any]] = {
            name: model.objects.in_bulk(field_name="slug")
            for name, model in (
                ("documents", SourceDocument),
                ("products", Product),
                ("releases", Release),
                ("categories", Category),
                ("topics", Topic),
                ("modes", Mode),
                ("conditions", Condition),
            )
        }
        self.revisions = {
            (revision.document.slug, revision.version): revision
            for revision in DocumentRevision.objects.select_related("document")
        }

    def missing(self, content: Content) -> list[str]:
        """What the content names and the portal no longer has, a message each."""
        affected, references = content["affected"], content["references"]
        version = content["provenance"]["revision"]
        named: list[tuple[str, str, Iterable[str | None]]] = [
            ("documents", _("The source document “%(slug)s”"), [content["document"]]),
            ("categories", _("The category “%(slug)s”"), [content["category"]]),
            ("topics", _("The topic “%(slug)s”"), content["topics"]),
            ("modes", _("The deployment mode “%(slug)s”"), content["modes"]),
            ("conditions", _("The condition “%(slug)s”"), content["conditions"]),
            (
                "products",
                _("The product “%(slug)s”"),
                [row["product"] for row in [*affected, *references]],
            ),
            ("releases", _("The release “%(slug)s”"), [row["fixed_in"] for row in affected]),
        ]
        messages = [
            _("%(thing)s no longer exists.") % {"thing": words % {"slug": slug}}
            for kind, words, slugs in named
            for slug in dict.fromkeys(slugs)
            if slug is not None and slug not in self.terms[kind]
        ]
        if version is not None and (content["document"], version) not in self.revisions:
            thing = _("The document revision “%(slug)s”") % {"slug": version}
            messages.append(_("%(thing)s no longer exists.") % {"thing": thing})
        return messages

    def write(self, row: Advisory, content: Content) -> None:
        """Store the content in `row` (new, or locked by the caller), which is saved with its lists
        and child rows. `publish` comes after, in the same transaction."""
        for name, value in self._columns(content).items():
            setattr(row, name, value)
        row.save()
        for name in LISTS:
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

    def _columns(self, content: Content) -> Values:
        columns: Values = {
            "document": self.terms["documents"][content["document"]],
            "tracking_id": content["tracking_id"],
            "position": content["position"],
        }
        for name in TEXTS:
            columns |= two_columns(name, content[name])
        severity, provenance = content["severity"], content["provenance"]
        return columns | {
            "phase": content["phase"] or "",
            "acts": content["acts"] or "",
            "category": self.terms["categories"][content["category"]],
            "severity": None if severity is None else Severity[severity.upper()],
            "source_revision": self.revisions.get((content["document"], provenance["revision"])),
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
