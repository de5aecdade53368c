"""What a device sends after work without a network: read with care, recorded one by one.

Each operation is a transaction of its own, so one that is refused does not stop the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from checklists import actions
from checklists.actions import Refused
from checklists.actions.operations import RECORDED
from checklists.forms import LARGEST_VERSION, uuid_or_none
from checklists.models import Event
from portal.models import User

# Forms of operations that are understood. An old one stays here for as long as a device may keep
# it unsent.
SCHEMAS = (1,)
MOST_OPERATIONS = 50
MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Answered:
    """What became of one operation. `op_id` as it was sent; `event` None: refused, `messages` say
    why."""

    op_id: Any
    event: Event | None = None
    messages: list[str] = field(default_factory=list)


def record_all(checklist_id: UUID, operations: list[Any], by: User) -> list[Answered]:
    """Record the operations in their order. The caller has checked that `by` may see the
    checklist."""
    return [_record(checklist_id, operation, by) for operation in operations]


def _record(checklist_id: UUID, sent: Any, by: User) -> Answered:
    if not isinstance(sent, Mapping):
        return Answered(None, None, [_damaged()])
    op_id = sent.get("op_id")
    try:
        return Answered(op_id, actions.record(checklist_id=checklist_id, by=by, **_read(sent, by)))
    except Refused as error:
        return Answered(op_id, None, list(error.messages))


def _read(sent: Mapping[str, Any], by: User) -> dict[str, Any]:
    """The arguments of `record`. Raises Refused for what this portal does not understand."""
    if sent.get("schema") not in SCHEMAS:
        raise Refused(
            _("This portal does not know the form of this entry (%(schema)s).")
            % {"schema": str(sent.get("schema"))[:20]}
            + " "
            + _("Reload the page while the portal can be reached, then send it again.")
        )
    op_id, payload = uuid_or_none(str(sent.get("op_id", ""))), sent.get("payload")
    version = sent.get("base_version")
    if op_id is None or sent.get("kind") not in RECORDED or not isinstance(payload, Mapping):
        raise Refused(_damaged())
    if version is not None and not is_version(version):
        raise Refused(_damaged())
    return {
        "op_id": op_id,
        "kind": Event.Kind(sent["kind"]),
        "payload": payload,
        "base_version": _version_after(sent, payload, version, by),
        "client_at": moment_or_none(sent.get("client_at")),
    }


def _damaged() -> str:
    return _("This entry is not complete. Reload the page and enter it again.")


def _version_after(
    sent: Mapping[str, Any], payload: Mapping[str, Any], version: int | None, by: User
) -> int | None:
    """The version that the person saw. Of an entry that was made on an unsent one of one's own
    (`follows`) it is the one which that became, if it was applied."""
    follows = uuid_or_none(str(sent.get("follows", "")))
    before = follows and Event.objects.filter(op_id=follows, actor=by, kind=sent["kind"]).first()
    if not before or any(before.payload.get(n) != payload.get(n) for n in ("item", "question")):
        return version
    applied = before.outcome in (Event.Outcome.APPLIED, Event.Outcome.SAME)
    # One that came late has no effect at all.
    made: int | None = before.effect["version"] if applied else before.base_version
    return made


def is_version(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_VERSION


def moment_or_none(value: Any) -> datetime | None:
    """A device's time as it claims it; None where it is none, or says no time zone."""
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None


def label_of(user_agent: str) -> str:
    """A device in a few words, from what its browser says of itself: "Windows, Chrome"."""
    systems = {
        "Windows": "Windows",
        "iPad": "iPad",
        "iPhone": "iPhone",
        "Android": "Android",
        "Mac OS": "Mac",
        "CrOS": "ChromeOS",
        "Linux": "Linux",
    }
    browsers = {"Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
    found = [
        next((name for sign, name in names.items() if sign in user_agent), "")
        for names in (systems, browsers)
    ]
    return ", ".join(name for name in found if name)
