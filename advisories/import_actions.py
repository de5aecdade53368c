"""Taking in an uploaded edition of a document: upload, then apply what was chosen, or discard."""

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from advisories.actions import RevisionConflict, publish, withdraw
from advisories.catalogue_file import FaultyFile, Json, newest_edition
from advisories.content import token_of
from advisories.loading import load_document, newer_edition_loaded, too_old
from advisories.models import (
    Advisory,
    AdvisoryRevision,
    DocumentImport,
    Product,
    SourceDocument,
)
from advisories.proposals import Kind, Line, Proposal, proposal_of, stored_of, wanted_of
from advisories.table_contents import rows_of
from advisories.table_parsing import FileRefused
from advisories.table_rows import columns
from advisories.tidy import UNPRINTABLE
from advisories.uploads import read_catalogue, read_table
from advisories.writing import ContentWriter
from portal.models import User

State = DocumentImport.State
Origin = AdvisoryRevision.Origin
ENDINGS = {".json": "json", ".csv": "csv", ".xlsx": "xlsx"}


class ImportRefused(Exception):
    """Nothing was written; `messages` say why."""

    def __init__(self, messages: list[str]) -> None:
        self.messages = messages
        super().__init__("\n".join(messages))


@transaction.atomic
def stage(*, file_name: str, data: bytes, by: User) -> DocumentImport:
    """Keep an uploaded edition for a decision. Raises FaultyFile, with the place of each fault.

    What the portal says now is kept with it: a later change here is a conflict.
    """
    kind = ENDINGS.get(Path(file_name).suffix.lower())
    if kind is None:
        raise FaultyFile([_("Choose a file whose name ends in .json, .csv or .xlsx.")])
    staged = DocumentImport(
        file_name=UNPRINTABLE.sub("", file_name)[-150:],
        sha256=hashlib.sha256(data).hexdigest(),
        uploaded_by=by,
        uploaded_at=timezone.now(),
    )
    if kind == "json":
        _stage_catalogue(staged, read_catalogue(data))
    else:
        _stage_table(staged, data, kind)
    stored = stored_of(staged.document)
    staged.base = {name: token_of(row) for name, row in stored.items()}
    staged.save()
    return staged


def _stage_catalogue(staged: DocumentImport, document: Json) -> None:
    """Tries the terms too, and rolls back: what they would do is kept to be shown."""
    source = document["source"]
    staged.kind = DocumentImport.Kind.CATALOGUE
    staged.document, staged.content = source["slug"], document
    staged.edition = newest_edition(source)["version"]
    existing = SourceDocument.objects.filter(slug=source["slug"]).first()
    if existing and (newer := newer_edition_loaded(source, existing)):
        raise FaultyFile([too_old(newer, existing.slug)])
    wanted_of(staged)
    with transaction.atomic():
        report = load_document(document, only=(), by=staged.uploaded_by)
        transaction.set_rollback(True)
    staged.terms = {
        name: {noun: names for noun, names in getattr(report, name).items() if noun != "advisory"}
        for name in ("added", "changed", "edited_here", "shared")
    }


def _stage_table(staged: DocumentImport, data: bytes, kind: str) -> None:
    most = len(columns(Product.objects.all()))
    try:
        rows = rows_of(read_table(data, kind, columns=most))
    except FileRefused as refused:
        raise FaultyFile([str(refused)]) from refused
    staged.kind, staged.content = DocumentImport.Kind.TABLE, rows
    staged.document = rows[0]["document"].strip()
    wanted_of(staged)


@transaction.atomic
def apply(
    *,
    staged: DocumentImport,
    chosen: Collection[str],
    seen: Mapping[str, str],
    note: str,
    reason: str = "",
    by: User,
) -> DocumentImport:
    """Take over the chosen lines of the proposal: one revision for each, all or nothing.

    `chosen` are tracking IDs, `seen` what the editor saw of each (`Line.token`); `reason` is why
    those that are no longer in the document are withdrawn. Terms and editions of a catalogue file
    come along. Raises ImportRefused, FaultyFile; then nothing was written.
    """
    staged, chosen = _lock(staged), set(chosen)
    # Nobody may publish one of them between the comparison and its revision.
    list(Advisory.objects.select_for_update().filter(tracking_id__in=chosen).order_by("pk"))
    proposal = proposal_of(staged)
    lines = {line.tracking_id: line for line in proposal.lines}
    if moved := [
        name for name in chosen if name not in lines or lines[name].token != seen.get(name)
    ]:
        raise ImportRefused(
            [
                _("%(id)s was changed here after this page was made. Look at it again.")
                % {"id": name}
                for name in sorted(moved)
            ]
        )
    taken = [line for line in proposal.lines if line.tracking_id in chosen]
    if not note.strip():
        raise ImportRefused([_("Say what this import brings, for the history.")])
    try:
        _take_over(staged, taken, note=note, reason=reason, by=by)
    except RevisionConflict as conflict:
        raise ImportRefused([str(conflict)]) from conflict
    except ValidationError as refused:
        raise ImportRefused(refused.messages) from refused
    staged.result = _result(proposal, chosen)
    return _decide(staged, State.APPLIED, by)


@transaction.atomic
def discard(*, staged: DocumentImport, by: User) -> DocumentImport:
    """Decide to take nothing over. Raises ImportRefused when it was decided already."""
    return _decide(_lock(staged), State.DISCARDED, by)


def _lock(staged: DocumentImport) -> DocumentImport:
    locked = DocumentImport.objects.select_for_update().get(pk=staged.pk)
    if locked.state != State.STAGED:
        raise ImportRefused([_("This import was decided already, perhaps by somebody else.")])
    return locked


def _take_over(
    staged: DocumentImport, taken: list[Line], *, note: str, reason: str, by: User
) -> None:
    is_table = staged.kind == DocumentImport.Kind.TABLE
    written = [line for line in taken if line.kind != Kind.MISSING]
    if is_table:
        _write_rows(written, note=note, by=by)
    else:
        names = [line.tracking_id for line in written]
        document = _with_names_of_here(staged.content, written)
        load_document(document, only=names, take=names, said=note, by=by)
    for line in taken:
        if line.kind == Kind.MISSING and line.row:
            withdraw(
                advisory=line.row,
                reason=reason,
                origin=Origin.IMPORT if is_table else Origin.FILE,
                expected_revision=line.row.revision,
                by=by,
            )


def _write_rows(lines: list[Line], *, note: str, by: User) -> None:
    writer = ContentWriter()
    for line in lines:
        row = line.row or Advisory()
        expected = row.revision
        if line.content:
            writer.write(row, line.content)
        publish(advisory=row, note=note, origin=Origin.IMPORT, expected_revision=expected, by=by)


def _with_names_of_here(document: Json, lines: list[Line]) -> Json:
    """The catalogue file with the tracking IDs that renumbered advisories have here."""
    here = {line.in_file: line.tracking_id for line in lines}
    advisories = [
        {**entry, "tracking_id": here.get(entry["tracking_id"], entry["tracking_id"])}
        for entry in document["advisories"]
    ]
    return {**document, "advisories": advisories}


def _result(proposal: Proposal, chosen: set[str]) -> dict[str, list[str]]:
    """Tracking IDs by what was done with them."""
    done: dict[str, list[str]] = {"added": [], "changed": [], "withdrawn": [], "left": []}
    for line in proposal.lines:
        if line.tracking_id not in chosen:
            done["left"].append(line.tracking_id)
        elif line.kind == Kind.MISSING:
            done["withdrawn"].append(line.tracking_id)
        else:
            done["changed" if line.row else "added"].append(line.tracking_id)
    return done


def _decide(staged: DocumentImport, state: State, by: User) -> DocumentImport:
    staged.state, staged.decided_by, staged.decided_at = state, by, timezone.now()
    staged.save()
    return staged
