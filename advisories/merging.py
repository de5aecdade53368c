"""Three values of one field: what the file says, what it said last time, what the portal says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Values = dict[str, Any]


@dataclass
class Report:
    """What a run of the loader did, by kind ("advisory", "mode"): slugs, tracking IDs, versions.

    `edited_here`, `shared` (another document brought it, with other details), `missing` (of this
    document, but not in this file) and `not_chosen` were left as they are. `unchanged` counts the
    rest.
    """

    added: dict[str, list[str]] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)
    edited_here: dict[str, list[str]] = field(default_factory=dict)
    shared: dict[str, list[str]] = field(default_factory=dict)
    missing: dict[str, list[str]] = field(default_factory=dict)
    not_chosen: dict[str, list[str]] = field(default_factory=dict)
    unchanged: int = 0

    @property
    def has_news(self) -> bool:
        return bool(self.added or self.changed)

    def lines(self) -> Iterator[str]:
        """The report as it is printed."""
        for title, group in (
            ("Added", self.added),
            ("Changed", self.changed),
            ("Left, edited here", self.edited_here),
            ("Left, brought by another document", self.shared),
            ("Left, not in this file", self.missing),
            ("Left, not chosen", self.not_chosen),
        ):
            for kind, names in group.items():
                yield f"{title}: {kind} ({len(names)}): {', '.join(names)}"
        yield f"Unchanged: {self.unchanged}"


def note(group: dict[str, list[str]], kind: str, name: str) -> None:
    group.setdefault(kind, []).append(name)


@dataclass(frozen=True)
class Merge:
    """`changes` are to be written; `kept` names the fields that were edited here."""

    changes: Values
    kept: list[str]


def merge(
    *, loaded: Mapping[str, Any], current: Mapping[str, Any], wanted: Mapping[str, Any]
) -> Merge:
    """A value that is still what the file said last time follows the file; any other was edited
    in the portal and is kept (design section 3)."""
    different = [name for name in wanted if current[name] != wanted[name]]
    follows = [name for name in different if name in loaded and loaded[name] == current[name]]
    return Merge(
        changes={name: wanted[name] for name in follows},
        kept=[name for name in different if name not in follows],
    )
