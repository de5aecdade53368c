"""The advisories of a catalogue file, one revision for each that is new or changed."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from advisories.actions import publish
from advisories.catalogue_file import FaultyFile, Json
from advisories.content import Content, content_of, text_or_none
from advisories.merging import Report, note
from advisories.models import Advisory, AdvisoryRevision, SourceDocument
from advisories.texts import LANGUAGES
from advisories.writing import TEXTS, ContentWriter
from portal.models import User

NOUN = "advisory"


def load_advisories(
    wanted: Json,
    document: SourceDocument,
    report: Report,
    *,
    take: frozenset[str],
    only: frozenset[str] | None,
    said: str,
    by: User | None,
) -> None:
    """Publish what is new or changed, with the note `said`. An advisory whose newest revision the
    loader did not write is left, unless it is in `take`; so is whatever is not in `only` (None:
    everything is). Raises FaultyFile, naming the place."""
    entries = [
        content_from_file(entry, document.slug, index)
        for index, entry in enumerate(wanted["advisories"])
    ]
    if foreign := foreign_ids(entries, document.slug):
        raise FaultyFile(
            f"advisories[{index}].tracking_id: {is_foreign(name, foreign[name], document.slug)}"
            for index, name in enumerate(content["tracking_id"] for content in entries)
            if name in foreign
        )
    stored = {row.tracking_id: row for row in document.advisories.with_terms()}
    last_written_by = origins(document)
    writer = ContentWriter()
    for index, content in enumerate(entries):
        name = content["tracking_id"]
        row = stored.get(name)
        if row is not None and _is_edited_here(last_written_by.get(row.pk)) and name not in take:
            note(report.edited_here, NOUN, name)
        elif row is not None and content_of(row) == content:
            report.unchanged += 1
        elif only is not None and name not in only:
            note(report.not_chosen, NOUN, name)
        else:
            _publish(writer, row, content, place=f"advisories[{index}]", note=said, by=by)
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


def origins(document: SourceDocument) -> dict[int, str]:
    """Who wrote the newest revision of each of the document's advisories, by primary key."""
    revisions = AdvisoryRevision.objects.filter(advisory__document=document)
    return dict(revisions.order_by("number").values_list("advisory_id", "origin"))


def foreign_ids(contents: Iterable[Content], document: str) -> dict[str, str]:
    """Tracking IDs of the entries that are another document's, with that document. One query."""
    wanted = {content["tracking_id"] for content in contents}
    others = Advisory.objects.exclude(document__slug=document)
    known = dict(others.values_list("tracking_id", "document__slug"))
    return {name: known[name] for name in wanted & known.keys()}


def is_foreign(name: str, other: str, document: str) -> str:
    """Says that an entry is refused because its tracking ID is taken."""
    return _("%(id)s is an advisory of the document %(other)s, not of %(document)s") % {
        "id": name,
        "other": other,
        "document": document,
    }


def _publish(
    writer: ContentWriter,
    row: Advisory | None,
    content: Content,
    *,
    place: str,
    note: str,
    by: User | None,
) -> None:
    """Store the content in `row` (None: a new one) and publish it."""
    row = row or Advisory()
    expected = row.revision if row.pk else 0
    writer.write(row, content)
    try:
        publish(
            advisory=row,
            note=note,
            origin=AdvisoryRevision.Origin.FILE,
            expected_revision=expected,
            by=by,
        )
    except ValidationError as error:
        raise FaultyFile(f"{place}: {message}" for message in error.messages) from None
