"""What an action answers when it does nothing."""

from collections.abc import Sequence


class Refused(Exception):
    """The action is not possible; `messages` say why and what to do, in the active language."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages: Sequence[str] = messages


class NotAllowed(Refused):
    """The person's role or membership does not permit it."""


class Stale(Refused):
    """What the person saw is no longer so: look again, then repeat (HTTP 409)."""


class Overtaken(Refused):
    """Somebody else was faster. The message says what is there now; the same can be sent again."""
