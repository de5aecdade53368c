"""What an uploaded edition of a document would change: a line for each advisory it concerns.

Identity is the tracking ID, else the set of Q&A numbers: a row that was renumbered keeps the
tracking ID it has here. Reads only.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from advisories.catalogue_file import FaultyFile, Json
from advisories.content import Content, content_of, step, token_of
from advisories.differences import Difference, Names, differences
from advisories.loading_advisories import content_from_file, foreign_ids, is_foreign
from advisories.models import Advisory, AdvisoryRevision, DocumentImport
from advisories.table_contents import Wanted, wanted_of_rows
from advisories.texts import in_language

Origin = AdvisoryRevision.Origin


class Kind(models.TextChoices):
    """What a line is, in the order in which lines are shown."""

    CONFLICT = "conflict", gettext_lazy("Changed here meanwhile")
    ADDED = "added", gettext_lazy("Added")
    FIXED = "fixed", gettext_lazy("Newly fixed")
    CHANGED = "changed", gettext_lazy("Changed")
    EDITED = "edited", gettext_lazy("Edited here")
    MISSING = "missing", gettext_lazy("No longer in the document")

    @property
    def is_ticked(self) -> bool:
        """Whether it is taken unless somebody says otherwise."""
        return self in (Kind.ADDED, Kind.FIXED, Kind.CHANGED)


@dataclass(frozen=True)
class Line:
    """One advisory that the edition concerns. `tracking_id` is the portal's, `in_file` the file's;
    `place` is its row in a table ("": in a catalogue file its number says which it is);
    `token` stands for what the portal says at the moment ("": nothing yet)."""

    kind: Kind
    tracking_id: str
    in_file: str
    place: str
    title: str
    token: str
    step: AdvisoryRevision.Step | None
    differences: list[Difference]
    words: str
    content: Content | None
    row: Advisory | None


@dataclass(frozen=True)
class Proposal:
    """Everything the edition says about the advisories; `unchanged` counts the rest."""

    lines: list[Line]
    unchanged: int

    def groups(self) -> Iterator[tuple[Kind, list[Line]]]:
        """The lines by kind, without empty groups."""
        for kind in Kind:
            if lines := [line for line in self.lines if line.kind == kind]:
                yield kind, lines


def proposal_of(staged: DocumentImport) -> Proposal:
    """The edition compared with what the portal says now. Queries do not depend on how many
    advisories there are. Raises FaultyFile where the file no longer fits the portal."""
    return _Comparing(staged).proposal()


def wanted_of(staged: DocumentImport) -> list[Wanted]:
    """The entries of the file. Raises FaultyFile, also for another document's tracking ID."""
    if staged.kind == DocumentImport.Kind.TABLE:
        wanted = wanted_of_rows(staged.content)
    else:
        wanted = [
            Wanted(content_from_file(entry, staged.document, index), f"advisories[{index}]")
            for index, entry in enumerate(staged.content["advisories"])
        ]
    _refuse_foreign(wanted, staged.document)
    return wanted


def _refuse_foreign(wanted: list[Wanted], document: str) -> None:
    if foreign := foreign_ids([entry.content for entry in wanted], document):
        raise FaultyFile(
            f"{entry.place}: {is_foreign(name, foreign[name], document)}"
            for entry in wanted
            for name in [entry.content["tracking_id"]]
            if name in foreign
        )


def stored_of(document: str) -> dict[str, Advisory]:
    """The advisories of the document by tracking ID; eight queries."""
    rows = Advisory.objects.with_terms().filter(document__slug=document)
    return {row.tracking_id: row for row in rows}


def matches(wanted: Iterable[Content], stored: Mapping[str, Advisory]) -> dict[str, str]:
    """Tracking ID in the file -> the one here, for entries that were renumbered: the only one of
    the file, and the only one here, with these Q&A numbers."""
    contents = list(wanted)
    listed = {content["tracking_id"] for content in contents}
    by_numbers: dict[frozenset[str], set[str]] = defaultdict(set)
    for row in stored.values():
        if row.tracking_id not in listed:
            for key in _keys(content_of(row)["references"]):
                by_numbers[key].add(row.tracking_id)
    found: dict[str, str] = {}
    for content in contents:
        if content["tracking_id"] not in stored:
            keys = _keys(content["references"])
            here = {name for key in keys for name in by_numbers.get(key, ())}
            if len(here) == 1:
                found[content["tracking_id"]] = here.pop()
    times = Counter(found.values())
    return {name: here for name, here in found.items() if times[here] == 1}


def _keys(references: list[Content]) -> set[frozenset[str]]:
    """The set of numbers as they stand, and with successors in their place."""
    numbers = frozenset(row["number"] for row in references)
    current = frozenset(row["successor"] or row["number"] for row in references)
    return {numbers, current} if numbers else set()


class _Comparing:
    """One comparison of a staged file with the portal."""

    def __init__(self, staged: DocumentImport) -> None:
        self.staged = staged
        self.wanted = wanted_of(staged)
        contents = [entry.content for entry in self.wanted]
        self.stored = stored_of(staged.document)
        self.renumbered = matches(contents, self.stored)
        self.names = _names(staged)
        newest = AdvisoryRevision.objects.filter(
            advisory__document__slug=staged.document, number=models.F("advisory__revision")
        ).select_related("editor")
        self.newest = {revision.advisory_id: revision for revision in newest.defer("content")}

    def proposal(self) -> Proposal:
        compared = [self._compare(entry) for entry in self.wanted]
        lines = [line for line in compared if line]
        named = {self._name_here(entry.content["tracking_id"]) for entry in self.wanted}
        gone = [
            self._missing(row)
            for name, row in self.stored.items()
            if name not in named and row.state == Advisory.State.PUBLISHED
        ]
        return Proposal(lines=[*lines, *gone], unchanged=len(compared) - len(lines))

    def _name_here(self, in_file: str) -> str:
        return self.renumbered.get(in_file, in_file)

    def _compare(self, entry: Wanted) -> Line | None:
        """The line of an entry; None where the portal says the same."""
        in_file = entry.content["tracking_id"]
        name = self._name_here(in_file)
        row = self.stored.get(name)
        content = {**entry.content, "tracking_id": name}
        before = content_of(row) if row else None
        if before == content:
            return None
        token = token_of(row) if row else ""
        kind, words = self._kind(entry, row, before, content, token)
        return Line(
            kind=kind,
            tracking_id=name,
            in_file=in_file,
            place=entry.place if self.staged.kind == DocumentImport.Kind.TABLE else "",
            title=in_language(content["title"]),
            token=token,
            step=step(before if row and row.revision else None, content),
            differences=differences(before, content, self.names),
            words=words,
            content=content,
            row=row,
        )

    def _kind(
        self,
        entry: Wanted,
        row: Advisory | None,
        before: Content | None,
        content: Content,
        token: str,
    ) -> tuple[Kind, str]:
        name = content["tracking_id"]
        if token != self.staged.base.get(name, ""):
            return Kind.CONFLICT, self._meanwhile(row)
        if row is None or before is None:
            return Kind.ADDED, ""
        if entry.made_from is not None and entry.made_from != row.revision:
            return Kind.CONFLICT, _(
                "The table was made from revision %(stated)s; the newest is %(current)s."
            ) % {"stated": entry.made_from, "current": row.revision}
        if entry.made_from is None and self._is_edited_here(row):
            return Kind.EDITED, self._last_written(row)
        return (Kind.FIXED if _is_newly_fixed(before, content) else Kind.CHANGED), ""

    def _is_edited_here(self, row: Advisory) -> bool:
        """Whether neither the loader nor, for a table, an import wrote the newest revision."""
        newest = self.newest.get(row.pk)
        is_table = self.staged.kind == DocumentImport.Kind.TABLE
        ours = {Origin.FILE, Origin.IMPORT} if is_table else {Origin.FILE}
        return newest is None or newest.origin not in ours

    def _meanwhile(self, row: Advisory | None) -> str:
        first = _("It was changed here after the file was uploaded.")
        return f"{first} {self._last_written(row)}" if row else first

    def _last_written(self, row: Advisory) -> str:
        """Who wrote last what the portal says, and what taking the file's version would undo."""
        newest = self.newest.get(row.pk)
        if newest is None:
            return _("There is a draft here that was never published.")
        said = _("Revision %(number)s: %(who)s, %(when)s.") % {
            "number": newest.number,
            "who": newest.editor or _("a command"),
            "when": date_format(timezone.localtime(newest.published_at), "Y-m-d H:i"),
        }
        if row.state == Advisory.State.WITHDRAWN:
            return f"{said} {_('It is withdrawn here; taking this publishes it again.')}"
        return said

    def _missing(self, row: Advisory) -> Line:
        return Line(
            kind=Kind.MISSING,
            tracking_id=row.tracking_id,
            in_file="",
            place="",
            title=row.title,
            token=token_of(row),
            step=AdvisoryRevision.Step.MAJOR,
            differences=[],
            words="",
            content=None,
            row=row,
        )


def _is_newly_fixed(before: Content, after: Content) -> bool:
    fixed = {row["product"] for row in before["affected"] if row["fixed_in"]}
    return any(row["fixed_in"] and row["product"] not in fixed for row in after["affected"])


def _names(staged: DocumentImport) -> Names:
    """What slugs are called here; new ones as the file calls them."""
    names = Names.from_portal()
    if staged.kind == DocumentImport.Kind.TABLE:
        return names
    for kind, key, shown in (
        ("category", "categories", _name),
        ("topics", "topics", _name),
        ("modes", "modes", _name),
        ("conditions", "conditions", _name),
        ("product", "products", lambda entry: str(entry["short_name"])),
        ("fixed_in", "releases", lambda entry: in_language(entry["label"])),
    ):
        for entry in staged.content.get(key, []):
            names.of[kind].setdefault(entry["slug"], shown(entry))
    return names


def _name(entry: Json) -> str:
    return in_language(entry["name"])
