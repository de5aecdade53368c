"""A frozen note (`notes.frozen_note`) as one text: for tables, files and comparisons. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

CODE, INDENT = "code", "    "


def version_in(content: Mapping[str, Any]) -> int:
    """The version of the note that an item's content holds; 0: none."""
    note = content.get("local_note")
    return int(note["version"]) if note else 0


def as_text(note: Mapping[str, Any] | None) -> str:
    """The note as it was typed, commands indented, and a line for each picture; "" without one."""
    return "\n\n".join(_parts(note)) if note else ""


def _parts(note: Mapping[str, Any]) -> Iterator[str]:
    for block in note["blocks"]:
        indent = INDENT if block["kind"] == CODE else ""
        yield "\n".join(f"{indent}{line}" if line else "" for line in block["lines"])
    for number, picture in enumerate(note["pictures"], start=1):
        name = _("Picture %(n)d") % {"n": number}
        yield f"[{name}: {picture['caption']}]" if picture["caption"] else f"[{name}]"
