"""The company's own notes on advisories as plain values: to be shown, frozen and printed.

A note is what people typed. Nothing in it is markup but code: a line that starts with four spaces,
or lines between two lines of ```.
"""

from collections.abc import Collection, Iterator
from datetime import UTC
from typing import Any

from advisories.models import LocalNote, LocalNoteVersion

Json = dict[str, Any]
TEXT, CODE = "text", "code"
FENCE, INDENT = "```", "    "


def blocks(text: str) -> list[Json]:
    """The text as {"kind": "text" | "code", "lines": [...]}, in order. Blank lines around a block
    are left out; a fence that is never closed reaches to the end."""
    found: list[tuple[str, list[str]]] = []
    for kind, line in _lines(text.split("\n")):
        if not found or found[-1][0] != kind:
            found.append((kind, []))
        found[-1][1].append(line)
    trimmed = [{"kind": kind, "lines": _trimmed(lines)} for kind, lines in found]
    return [block for block in trimmed if block["lines"]]


def _lines(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Each line with what it is. A blank line between two indented ones belongs to the code."""
    fenced = indented = False
    blank: list[str] = []
    for line in lines:
        if line.startswith(FENCE):
            yield from ((TEXT, each) for each in blank)
            # An empty line of text, so that two fences in a row are two blocks.
            yield TEXT, ""
            fenced, indented, blank = not fenced, False, []
        elif fenced:
            yield CODE, line
        elif not line.strip():
            blank.append("")
        else:
            is_code = line.startswith(INDENT)
            yield from ((CODE if is_code and indented else TEXT, each) for each in blank)
            yield (CODE, line.removeprefix(INDENT)) if is_code else (TEXT, line)
            indented, blank = is_code, []
    yield from ((TEXT, each) for each in blank)


def _trimmed(lines: list[str]) -> list[str]:
    """Without blank lines at both ends."""
    filled = [at for at, line in enumerate(lines) if line.strip()]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def plain(note: LocalNote | LocalNoteVersion) -> Json:
    """The note as JSON values: version, who and when (ISO 8601 in UTC), blocks, pictures."""
    return {
        "version": note.version if isinstance(note, LocalNote) else note.number,
        "by": note.saved_by.name,
        "at": note.saved_at.astimezone(UTC).isoformat(timespec="seconds"),
        "blocks": blocks(note.text),
        "pictures": [dict(picture) for picture in note.pictures],
    }


def frozen_note(advisory_ids: Collection[int]) -> dict[int, Json]:
    """The notes of these advisories as JSON values, by primary key of the advisory; one that has
    no note, or an emptied one, is left out. One query.

    A picture is {"sha256", "type", "width", "height", "caption"}; its file is read with
    `pictures.read(sha256)` and never goes away.
    """
    notes = LocalNote.objects.filter(advisory__in=advisory_ids).select_related("saved_by")
    return {note.advisory_id: plain(note) for note in notes if not note.is_empty}
