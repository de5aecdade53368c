"""Loading a catalogue file (design sections 3 and 9): idempotent, whole or not at all, and never
over work done in the portal."""

from collections.abc import Collection
from datetime import date
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from advisories.catalogue_file import FaultyFile, Json, newest_edition, read
from advisories.indexing import reindex
from advisories.loading_advisories import load_advisories
from advisories.loading_synonyms import NOUN as SYNONYMS
from advisories.loading_synonyms import load_synonyms
from advisories.loading_terms import load_terms
from advisories.merging import Report, Values, merge, note
from advisories.models import DocumentRevision, Product, SourceDocument
from advisories.texts import two_columns
from portal.models import User


def load(
    source: Path | str | bytes, *, take: Collection[str] = (), by: User | None = None
) -> Report:
    """Load the file at a path, or its bytes, and report what was added, changed and left.

    `take` are tracking IDs of which the file's version replaces the portal's. `by` None: a
    command. Everything happens in one transaction. FaultyFile says what is wrong with the file,
    that it would take the portal back to an older edition, or that it lacks an advisory of
    `take`. About 40 queries, and 25 more per advisory that is added or changed.
    """
    wanted = read(source)
    _check_take(wanted, take)
    return load_document(wanted, take=take, by=by)


@transaction.atomic
def load_document(
    wanted: Json,
    *,
    take: Collection[str] = (),
    only: Collection[str] | None = None,
    said: str = "",
    by: User | None = None,
) -> Report:
    """Load a catalogue file that was read and checked.

    `only` are the tracking IDs to write, the others are left (None: all); terms and editions
    always come along. `said` is the change note ("": document and edition).
    """
    report = Report()
    document = _stored_document(wanted["source"], report)
    newer = newer_edition_loaded(wanted["source"], document)
    load_terms(wanted, document, report)
    load_synonyms(wanted.get("synonyms", []), document, report)
    _load_document(wanted["source"], document, report)
    load_advisories(
        wanted,
        document,
        report,
        take=frozenset(take),
        only=None if only is None else frozenset(only),
        said=said or f"{document.slug} {newest_edition(wanted['source'])['version']}",
        by=by,
    )
    if _finds_differently(report):
        reindex()
    if newer and report.has_news:
        raise FaultyFile([f"source.revisions: {too_old(newer, document.slug)}"])
    if newer:
        # What the newer file said stays the yardstick for "edited here".
        transaction.set_rollback(True)
    return report


def _finds_differently(report: Report) -> bool:
    """Whether advisories that were not written are found by other words now: a group of synonyms
    is new or another, or a term has another name."""
    return SYNONYMS in report.added or bool(report.changed.keys() - {"advisory", "document"})


def too_old(newer: str, document: str) -> str:
    """Says why a file of an older edition is refused."""
    return _(
        "edition %(newer)s of %(document)s is loaded, and this file is an older one. It would take"
        " the portal back; nothing was changed."
    ) % {"newer": newer, "document": document}


def _check_take(wanted: Json, take: Collection[str]) -> None:
    listed = {advisory["tracking_id"] for advisory in wanted["advisories"]}
    if unknown := sorted(set(take) - listed):
        message = _("this file has no such advisory")
        raise FaultyFile([f"--take {name}: {message}" for name in unknown])


def _stored_document(source: Json, report: Report) -> SourceDocument:
    """The document's row, locked, so that two loads of it come one after the other."""
    document = SourceDocument.objects.select_for_update().filter(slug=source["slug"]).first()
    if document is None:
        values = _document_values(source)
        del values["products"]
        document = SourceDocument.objects.create(slug=source["slug"], loaded=values, **values)
        note(report.added, "document", document.slug)
    return document


def newer_edition_loaded(source: Json, document: SourceDocument) -> str | None:
    """The version that was loaded last if it is newer than the file's newest, else None.

    Dates decide. Of two editions of one day that is older which the last file knew of, while it
    does not know the last file's newest.
    """
    last = document.loaded.get("newest")
    if last is None:
        return None
    newest = newest_edition(source)
    listed = {revision["version"] for revision in source["revisions"]}
    of_old = newest["version"] in document.loaded["revisions"] and last["version"] not in listed
    older = newest["date"] < last["date"] or (newest["date"] == last["date"] and of_old)
    return str(last["version"]) if older else None


def _load_document(source: Json, document: SourceDocument, report: Report) -> None:
    """Title, publisher, products covered and editions. The products are there already."""
    wanted = _document_values(source)
    covered = sorted(product.slug for product in document.products.all())
    current = {name: covered if name == "products" else getattr(document, name) for name in wanted}
    # A document that was just made covers nothing yet.
    merged = merge(loaded={"products": [], **document.loaded}, current=current, wanted=wanted)
    if merged.kept:
        note(report.edited_here, "document", f"{document.slug} ({', '.join(merged.kept)})")
    for name, value in merged.changes.items():
        if name == "products":
            document.products.set(Product.objects.filter(slug__in=value))
        else:
            setattr(document, name, value)
    is_new = document.slug in report.added.get("document", [])
    if merged.changes and not is_new:
        note(report.changed, "document", f"{document.slug} ({', '.join(merged.changes)})")
    elif not merged.kept and not is_new:
        report.unchanged += 1
    editions = _load_editions(source, document, report)
    newest = {key: newest_edition(source)[key] for key in ("version", "date")}
    loaded = {**wanted, "revisions": editions, "newest": newest}
    if merged.changes or document.loaded != loaded:
        document.loaded = loaded
        document.save()


def _document_values(source: Json) -> Values:
    return {
        "publisher": source["publisher"],
        **two_columns("title", source["title"]),
        "products": sorted(source["products"]),
    }


def _load_editions(source: Json, document: SourceDocument, report: Report) -> dict[str, Values]:
    """Write the document's editions; answers what the file says of each, by version."""
    stored = {revision.version: revision for revision in document.revisions.all()}
    loaded = document.loaded.get("revisions", {})
    said: dict[str, Values] = {}
    for entry in source["revisions"]:
        version = entry["version"]
        wanted = {"date": entry["date"], **two_columns("note", entry.get("note"))}
        said[version] = wanted
        revision = stored.get(version)
        if revision is None:
            columns = {**wanted, "date": date.fromisoformat(wanted["date"])}
            DocumentRevision.objects.create(document=document, version=version, **columns)
            note(report.added, "edition", version)
            continue
        current = {
            "date": revision.date.isoformat(),
            "note_ja": revision.note_ja,
            "note_en": revision.note_en,
        }
        merged = merge(loaded=loaded.get(version, {}), current=current, wanted=wanted)
        if merged.kept:
            note(report.edited_here, "edition", f"{version} ({', '.join(merged.kept)})")
        if merged.changes:
            columns = dict(merged.changes)
            if "date" in columns:
                columns["date"] = date.fromisoformat(columns["date"])
            DocumentRevision.objects.filter(pk=revision.pk).update(**columns)
            note(report.changed, "edition", f"{version} ({', '.join(merged.changes)})")
        elif not merged.kept:
            report.unchanged += 1
    return said
