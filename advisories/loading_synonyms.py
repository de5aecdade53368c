"""The groups of synonyms of a catalogue file. A group is known by its first word in the file."""

from collections.abc import Collection

from advisories.merging import Report, merge, note
from advisories.models import SourceDocument, Synonym

NOUN = "synonyms"


def load_synonyms(wanted: Collection[list[str]], document: SourceDocument, report: Report) -> None:
    """Write what is new or follows the file; a group that was edited in the portal is kept.

    One query, and one for each group that is new or changed. The advisories are not indexed anew.
    """
    groups = [[" ".join(word.split()) for word in group] for group in wanted]
    stored = list(Synonym.objects.select_related("document"))
    own = {row.loaded["words"][0]: row for row in stored if row.document_id == document.pk}
    others = {row.group[0]: row for row in stored if row.document_id != document.pk}
    for group in groups:
        name = group[0]
        if name in own:
            _follow(own[name], group, report)
        elif name in others:
            _share(others[name], group, report)
        else:
            words = {"words": "\n".join(group), "loaded": {"words": group}}
            Synonym.objects.create(document=document, **words)
            note(report.added, NOUN, name)
    for name in sorted(own.keys() - {group[0] for group in groups}):
        note(report.missing, NOUN, name)


def _follow(row: Synonym, group: list[str], report: Report) -> None:
    wanted = {"words": group}
    merged = merge(loaded=row.loaded, current={"words": row.group}, wanted=wanted)
    if merged.kept:
        note(report.edited_here, NOUN, group[0])
    elif merged.changes:
        row.words = "\n".join(group)
        note(report.changed, NOUN, group[0])
    else:
        report.unchanged += 1
    if row.loaded != wanted:
        row.loaded = wanted
        row.save(update_fields=["words", "loaded"])


def _share(row: Synonym, group: list[str], report: Report) -> None:
    """It came from elsewhere and stays as it is."""
    if row.group != group:
        note(report.shared, NOUN, group[0])
    else:
        report.unchanged += 1
