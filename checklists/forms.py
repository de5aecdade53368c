"""What the forms of the checklist page send, read with care: nothing typed is thrown away."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.http import QueryDict

from checklists.actions.offers import Wanted
from checklists.actions.operations import FIELDS

# The database's own bound of a version; a larger number was never shown.
LARGEST_VERSION = 2_147_483_647


@dataclass(frozen=True)
class Sent:
    """The parts that every form carries. None: missing, or not what the page had put there."""

    op_id: UUID | None
    base_version: int | None

    @classmethod
    def of(cls, data: QueryDict) -> "Sent":
        return cls(
            uuid_or_none(data.get("op_id", "")), version_or_none(data.get("base_version", ""))
        )

    @property
    def complete(self) -> bool:
        return self.op_id is not None and self.base_version is not None


@dataclass(frozen=True)
class Entered:
    """What a person typed that was not recorded, to be shown again with the reasons why."""

    tracking_id: str
    values: Mapping[str, str]
    messages: list[str]
    # The version that the person saw; None: take the present one.
    base_version: int | None = None


@dataclass(frozen=True)
class EnteredAnswer:
    """An answer that was not recorded; `anchor` is where on the page it was given."""

    question: str
    value: str
    messages: list[str] = field(default_factory=list)
    anchor: str = "questions"


@dataclass(frozen=True)
class EnteredBulk:
    """A decision on the `chosen` items (tracking IDs) that was refused for all of them."""

    values: Mapping[str, str]
    chosen: frozenset[str]
    messages: list[str]


def uuid_or_none(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def wanted_or_none(text: str) -> Wanted | None:
    """An offer as its form sends it, "tracking ID, revision, version of the item, version of the
    note" with blanks between; no version of an item for an added advisory, none of a note where
    there is none. None: not what the page had put there."""
    tracking_id, revision, version, note = [*text.split(" "), "", "", ""][:4]
    number, seen, of_note = (
        version_or_none(revision),
        version_or_none(version),
        version_or_none(note or "0"),
    )
    if not tracking_id.isascii() or not tracking_id.isprintable():
        return None
    if number is None or of_note is None or (version and seen is None):
        return None
    return Wanted(tracking_id, number, seen, of_note)


def version_or_none(text: str) -> int | None:
    """The version that a page had put into its form; None: something else."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        return None
    return version if (version := int(text)) <= LARGEST_VERSION else None


def decision_sent(data: QueryDict, present: str) -> dict[str, str]:
    """The nine fields as they were sent. Without a decision the `present` one is meant: a note
    may be saved before anything is decided."""
    values = {name: data.get(name, "") for name in FIELDS}
    return values | {"decision": values["decision"] or present}
