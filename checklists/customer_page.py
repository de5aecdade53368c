"""What the customer's page and the edition's page show of the customer's part. Reads only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.functional import cached_property

from advisories.texts import in_language
from checklists.actions import Refused
from checklists.actions.issued import require_current
from checklists.actions.rendering import verification_code
from checklists.content import given_pictures
from checklists.handover.rows import Row
from checklists.handover.settings_shape import settings_in
from checklists.models import AccessUse, CustomerAccess, Edition, Event, SignOff
from checklists.page.recorded import moment
from checklists.signed import NotTaken, exceptions_of, not_taken, rows_of
from portal.models import User
from portal.roles import Role


@dataclass(frozen=True)
class Comment:
    """One comment; `number` is its item's, "" when it is on the whole list."""

    number: str
    title: str
    text: str
    name: str
    at: str
    access: str


@dataclass(frozen=True)
class Link:
    """A link that was made, and who came through it when. `open`: it lets somebody in or keeps
    somebody in."""

    access: CustomerAccess
    log: list[AccessUse]
    open: bool


@dataclass(frozen=True)
class CommentedRow:
    """A row with its comments; `typed` is what was sent and not kept, `note` the company's own
    one, as far as the edition gives it."""

    row: Row
    note: Mapping[str, Any] | None
    comments: list[Comment]
    typed: str


@dataclass(frozen=True)
class Shown:
    """An issued edition as its customer sees it, in the active language. Three queries."""

    access: CustomerAccess
    # Tracking ID ("" is the whole list) -> a comment that was sent and not kept.
    typed: Mapping[str, str]

    @property
    def edition(self) -> Edition:
        edition: Edition = self.access.edition
        return edition

    @cached_property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.edition.content)
        return content

    @property
    def code(self) -> str:
        return verification_code(self.edition.digest)

    @property
    def is_demo(self) -> bool:
        signers = [s.signer for s in self.edition.sign_offs.all() if s.signer]
        return self.edition.checklist.is_demo or any(signer.is_demo for signer in signers)

    @cached_property
    def problem(self) -> str:
        return problem_of(self.edition)

    @cached_property
    def accepted(self) -> SignOff | None:
        return self.edition.signature(SignOff.Kind.ACCEPTED)

    @cached_property
    def declined(self) -> SignOff | None:
        """A refusal that no acceptance has followed."""
        return None if self.accepted else self.edition.signature(SignOff.Kind.DECLINED)

    @property
    def may_accept(self) -> bool:
        return not self.problem and self.accepted is None

    @property
    def may_decline(self) -> bool:
        return self.may_accept and self.declined is None

    @cached_property
    def _rows(self) -> list[Row]:
        return rows_of(self.content)

    @cached_property
    def _notes(self) -> dict[str, Any]:
        if not settings_in(self.content).local_notes:
            return {}
        return {item["tracking_id"]: item.get("local_note") for item in self.content["items"]}

    @cached_property
    def pictures(self) -> dict[str, tuple[str, dict[str, Any]]]:
        return given_pictures(self.content)

    @property
    def exceptions(self) -> list[tuple[str, list[Row]]]:
        return exceptions_of(self._rows)

    @property
    def not_taken(self) -> list[NotTaken]:
        """What the catalogue had changed and the signers handed over without."""
        return not_taken(self.content)

    @cached_property
    def comments(self) -> list[Comment]:
        return comments_of(self.edition)

    @cached_property
    def rows(self) -> list[CommentedRow]:
        return [
            CommentedRow(
                row=row,
                note=self._notes.get(row.tracking_id),
                comments=[c for c in self.comments if c.number == row.number],
                typed=self.typed.get(row.tracking_id, ""),
            )
            for row in self._rows
        ]

    @property
    def commenter(self) -> str:
        """Who has commented last through this access."""
        names = [c.name for c in self.comments if c.access == str(self.access.pk)]
        return names[-1] if names else ""

    @property
    def general(self) -> list[Comment]:
        return [comment for comment in self.comments if not comment.number]

    @property
    def typed_in_general(self) -> str:
        return self.typed.get("", "")


@dataclass(frozen=True)
class CustomersPart:
    """What members see on the page of an edition; at most five queries."""

    edition: Edition
    person: User

    @cached_property
    def problem(self) -> str:
        return problem_of(self.edition)

    @cached_property
    def replies(self) -> list[SignOff]:
        """The customer's answers of all times, the oldest first."""
        return [s for s in self.edition.sign_offs.all() if hasattr(s, "reply")]

    @cached_property
    def answered(self) -> bool:
        return self.edition.signature(SignOff.Kind.ACCEPTED) is not None

    @cached_property
    def may_ask(self) -> bool:
        """Whether this person may ask the customer, and there is something to ask for."""
        may = self.person.has_role(Role.ENGINEER) or self.person.has_role(Role.REVIEWER)
        return may and not self.problem and not self.answered

    @property
    def may_link(self) -> bool:
        return self.may_ask and bool(settings.PUBLIC_URL)

    @cached_property
    def links(self) -> list[Link]:
        links = self.edition.accesses.filter(kind=CustomerAccess.Kind.LINK)
        now = timezone.now()
        return [
            Link(access, list(access.log.all()), access.is_live(now))
            for access in links.select_related("created_by").prefetch_related("log")
        ]

    @cached_property
    def may_revoke_links(self) -> bool:
        return self.person.has_role(Role.ENGINEER) or self.person.has_role(Role.REVIEWER)

    @cached_property
    def comments(self) -> list[Comment]:
        return comments_of(self.edition)


def problem_of(edition: Edition) -> str:
    """Why nobody can answer for this edition any more; "" while somebody can."""
    try:
        require_current(edition)
    except Refused as error:
        return " ".join(error.messages)
    return ""


def comments_of(edition: Edition) -> list[Comment]:
    """The comments on this edition, the oldest first; one query."""
    events = edition.checklist.events.filter(kind=Event.Kind.COMMENTED).select_related("item")
    return [
        Comment(
            number=str(event.item.position) if event.item else "",
            title=in_language(event.item.content["title"]) if event.item else "",
            text=event.payload["comment"],
            name=event.actor_name,
            at=moment(event.recorded_at),
            access=event.payload["access"],
        )
        for event in events.defer("item__facts", "item__previous").order_by("seq")
        if event.payload["edition"] == edition.number
    ]
