"""A frozen note (`notes.frozen_note`) as one text: for tables, files and comparisons. Pure."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

CODE, INDENT = "code", "    "


def version_in(content: Mapping[str, Any]) -> int:
    """The version of the note that an item's content holds; 0: none."""
    note = content.get("local_note")
    return int(note["version"]) if note else 0


def as_text(note: Mapping[str, Any] | None) -> str:
    """The note as it was typed, commands indented, and a line for each picture; "" without one,
    or where only its hash was handed over."""
    names = (f"[{name}]" for name in picture_names(note))
    return "\n\n".join(part for part in (steps(note), *names) if part)


def steps(note: Mapping[str, Any] | None) -> str:
    """The note without its pictures."""
    return "\n\n".join(map(_block, note.get("blocks", []))) if note else ""


def _block(block: Mapping[str, Any]) -> str:
    indent = INDENT if block["kind"] == CODE else ""
    return "\n".join(f"{indent}{line}" if line else "" for line in block["lines"])


def pictures_in(note: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    return list(note.get("pictures", [])) if note else []


def picture_names(note: Mapping[str, Any] | None) -> list[str]:
    """What each picture is called: its number in the note, and its caption."""
    names = []
    for number, picture in enumerate(pictures_in(note), start=1):
        name = _("Picture %(n)d") % {"n": number}
        names.append(f"{name}: {picture['caption']}" if picture["caption"] else name)
    return names
