"""The checklist page and its history."""

import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from csp.decorators import csp_update
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from checklists.actions.rendering import WRITERS
from checklists.actions.signing import is_unchanged, may_review
from checklists.conflicts import to_resolve
from checklists.forms import Entered, EnteredAnswer, EnteredBulk
from checklists.models import NOTE_LENGTH, Checklist, Decision, Edition, Event, Evidence, SignOff
from checklists.moves import Move
from checklists.offers import held_by, moves_since, withdrawn
from checklists.page.conflicts import conflicts_of
from checklists.page.filters import Filters
from checklists.page.header import header_of
from checklists.page.history import lines_of
from checklists.page.items import CHOICES, LONG, NEEDED, ItemWriter
from checklists.page.offers import counts_of
from checklists.page.paper import decisions
from checklists.page.paper import lines_of as lines_to_do
from checklists.page.questions import questions_of
from checklists.page.recorded import said_in
from checklists.page.sections import (
    counts_in_words,
    is_decided,
    pending_count,
    progress_of,
    sections_of,
    verdict_counts,
)
from checklists.signing_forms import OnceForm
from checklists.views.refusals import checklist_of, person_of
from portal.models import User
from portal.roles import Role

EVENTS_PER_PAGE = 100
# Its scripts make markup in one place only: static/js/checklist/html.js.
TRUSTED_TYPES = {"require-trusted-types-for": ["'script'"], "trusted-types": ["portal"]}
LANGUAGE_NAMES = (("ja", "日本語"), ("en", "English"))


@dataclass(frozen=True)
class Editions:
    """Where a checklist stands, and what this person may do next. No query after
    `checklist_of`, but the person's roles and what `may_close` asks."""

    checklist: Checklist
    person: User

    @cached_property
    def all(self) -> list[Edition]:
        return sorted(self.checklist.editions.all(), key=lambda edition: edition.minor)

    @cached_property
    def newest(self) -> Edition:
        return self.all[-1]

    @cached_property
    def state(self) -> str:
        return "revoked" if self.is_revoked else self.newest.state.value

    @cached_property
    def is_revoked(self) -> bool:
        return getattr(self.newest, "revocation", None) is not None

    @cached_property
    def declined(self) -> SignOff | None:
        """The customer's refusal of the newest edition, while no acceptance has followed."""
        declined = self.newest.state == Edition.State.DECLINED
        return self.newest.signature(SignOff.Kind.DECLINED) if declined else None

    @cached_property
    def issued(self) -> Edition | None:
        """The newest issued edition; None before the first one."""
        return next((e for e in reversed(self.all) if e.issued_at is not None), None)

    @cached_property
    def prepared(self) -> SignOff | None:
        return self.newest.signature(SignOff.Kind.PREPARED)

    @cached_property
    def returned(self) -> SignOff | None:
        """The signature that a reviewer undid with a comment for the whole checklist, while
        nobody has signed again."""
        undone = [s for s in self.newest.sign_offs.all() if s.kind == SignOff.Kind.PREPARED]
        last = undone[-1] if undone else None
        return last if last and last.revoked_at and last.revoke_reason else None

    @cached_property
    def in_draft(self) -> bool:
        return self.newest.state == Edition.State.DRAFT and not self.checklist.discarded_at

    @cached_property
    def may_edit(self) -> bool:
        return self.in_draft and self.person.has_role(Role.ENGINEER)

    @cached_property
    def in_review(self) -> bool:
        prepared = self.newest.state == Edition.State.PREPARED
        return prepared and not self.checklist.discarded_at

    @cached_property
    def may_review(self) -> bool:
        return bool(
            self.in_review
            and self.prepared
            and self.person.has_role(Role.REVIEWER)
            and may_review(self.prepared, self.person)
        )

    @cached_property
    def may_withdraw(self) -> bool:
        return bool(self.in_review and self.prepared and self.prepared.signer_id == self.person.pk)

    @cached_property
    def may_reopen(self) -> bool:
        return self.newest.issued_at is not None and self._signs

    @cached_property
    def may_close(self) -> bool:
        """A draft opened by mistake. One query in a draft that has changed."""
        return self.in_draft and self._signs and is_unchanged(self.checklist, self.newest)

    @property
    def _signs(self) -> bool:
        return self.person.has_role(Role.ENGINEER) or self.person.has_role(Role.REVIEWER)

    @property
    def close_form(self) -> OnceForm:
        return OnceForm()


@require_safe
@never_cache
@csp_update(TRUSTED_TYPES)  # type: ignore[arg-type]  # it passes on what the address holds
def checklist_detail(request: HttpRequest, uuid: UUID) -> HttpResponse:
    response = page(request, checklist_of(request, uuid))
    # By this the worker knows whose copy it keeps, and that the portal itself has answered.
    response.headers["Portal-User"] = str(person_of(request).pk)
    return response


def page(
    request: HttpRequest,
    checklist: Checklist,
    *,
    status: int = 200,
    entered: Entered | None = None,
    answered: EnteredAnswer | None = None,
    several: EnteredBulk | None = None,
) -> HttpResponse:
    """The whole page; five to eight queries. `entered`, `answered` and `several` are what was
    refused."""
    sheet = Sheet(request, checklist, several.chosen if several else ())
    refused = entered or answered or several
    anchor = answered.anchor if answered else "several" if several else sheet.anchor(entered)
    context = sheet.context(entered, answered) | {
        "refused": refused.messages if refused else [],
        "refused_at": anchor,
        "several": Several.of(sheet, several),
        # Where no form is left to hold it, what was typed is at least shown.
        "typed": said_in(entered.values) if entered and not sheet.editions.may_edit else None,
    }
    return render(request, "checklists/checklist_detail.html", context, status=status)


@dataclass(frozen=True)
class Several:
    """The form that decides several items at once. `shown` are all items on the page that still
    have to be decided, each with its version: what is decided is overwritten only where somebody
    ticks it. `values` is what was refused."""

    op_id: UUID
    shown: list[str]
    values: Mapping[str, str]
    choices: Sequence[Decision]
    note_length: int
    refused: bool

    @classmethod
    def of(cls, sheet: "Sheet", entered: EnteredBulk | None) -> "Several":
        return cls(
            op_id=uuid4(),
            shown=[
                f"{item.tracking_id} {item.version}"
                for item in sheet.items
                if sheet.filters.keeps(item)
                and (sheet.filters.chosen or item.verdict in NEEDED)
                and not is_decided(item)
            ],
            values=entered.values if entered else {},
            choices=CHOICES,
            note_length=NOTE_LENGTH,
            refused=bool(entered),
        )


class Sheet:
    """One checklist as this request's person sees it; `chosen` are the items that are ticked."""

    def __init__(
        self, request: HttpRequest, checklist: Checklist, chosen: Container[str] = ()
    ) -> None:
        self.chosen = chosen
        self.checklist = checklist
        self.editions = Editions(checklist, person_of(request))
        self.items = list(checklist.items.select_related("assignee", "team"))
        self.answers = list(checklist.answers.all())
        self.filters = Filters(request.GET, self.items)
        self.csrf_token = get_token(request)

    @cached_property
    def values(self) -> dict[str, str]:
        return {answer.question: answer.value for answer in self.answers}

    @cached_property
    def writer(self) -> ItemWriter:
        header = self.checklist.frozen
        return ItemWriter(
            self.checklist,
            self.values,
            csrf_token=self.csrf_token,
            editable=self.editions.may_edit,
            verify_fixed=self.values["installed_with"] != header["release"]["slug"],
            query=self.filters.query,
            moves={move.tracking_id: move for move in self.moves},
            evidence=self.evidence,
            chosen=self.chosen,
            long=self.long,
        )

    @cached_property
    def evidence(self) -> dict[int, list[Evidence]]:
        """The files of each item that has some, by its primary key."""
        found: dict[int, list[Evidence]] = {}
        for file in Evidence.objects.present_in(self.checklist):
            found.setdefault(file.item_id, []).append(file)
        return found

    @cached_property
    def long(self) -> bool:
        return sum(map(self.filters.keeps, self.items)) > LONG

    @cached_property
    def moves(self) -> list[Move]:
        return moves_since(self.checklist.product, held_by(self.items))

    def anchor(self, entered: Entered | None) -> str:
        """Where on the page an entry that was refused stands."""
        refused = entered.tracking_id if entered else None
        found = (f"item-{i.position}" for i in self.items if i.tracking_id == refused)
        return next(found, "main")

    def waiting(self, events: list[Event]) -> list[Any]:
        items = {item.pk: item for item in self.items}
        answers = {answer.question: answer for answer in self.answers}
        return conflicts_of(self.checklist.frozen, events, items, answers)

    def conflict(self, request: HttpRequest, event: Event) -> str:
        """The card of an event that is a conflict, for the item's place; "" for another one."""
        if event.outcome != Event.Outcome.CONFLICT:
            return ""
        context = self.progress() | {"checklist": self.checklist, "filters": self.filters}
        context["conflict"] = self.waiting([event])[0]
        return render_to_string("checklists/_conflict.html", context, request)

    def progress(self) -> dict[str, Any]:
        """Of what has to be decided: a withdrawn one that is open has not."""
        gone = withdrawn(self.moves)
        counted = [i for i in self.items if i.tracking_id not in gone or i.decision != "open"]
        return {
            "progress": progress_of(counted),
            "pending": pending_count(self.items),
            "counts_in_words": json.dumps(counts_in_words(self.filters), ensure_ascii=False),
            "editable": self.editions.may_edit,
        }

    def context(self, entered: Entered | None, answered: EnteredAnswer | None) -> dict[str, Any]:
        checklist, editions = self.checklist, self.editions
        questions = questions_of(checklist.frozen, self.answers, self.items, answered)
        sections = sections_of(self.filters, self.writer, entered)
        return self.progress() | {
            "checklist": checklist,
            "editions": editions,
            "header": header_of(checklist.frozen, self.values, timezone.localdate()),
            "counts": verdict_counts(self.items),
            "moved": counts_of(self.moves),
            "offers": sum(move.is_offer for move in self.moves),
            "total": len(self.items),
            "questions": [q for q in questions if q.is_open or q.messages],
            "given": questions,
            "conflicts": self.waiting(to_resolve(checklist)),
            "sections": sections,
            "long": self.long,
            "shown": sum(len(section.items) for section in sections),
            "filters": self.filters,
            "returned_items": [i.position for i in self.items if i.returned],
            "formats": [
                *((each, language) for each in WRITERS for language in LANGUAGE_NAMES),
                ("json", None),
            ],
        }


@require_safe
@never_cache
def paper_sheet(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The open items, narrowed as on the page, with boxes to tick by hand; ten queries."""
    checklist = checklist_of(request, uuid)
    sheet = Sheet(request, checklist)
    kept = [item for item in sheet.items if sheet.filters.keeps(item)]
    lines = lines_to_do(kept, verify_fixed=sheet.writer.verify_fixed)
    context = {
        "checklist": checklist,
        "editions": sheet.editions,
        "header": header_of(checklist.frozen, sheet.values, timezone.localdate()),
        "lines": lines,
        "decisions": decisions(),
        "filters": sheet.filters,
        "now": timezone.localtime(),
    }
    return render(request, "checklists/paper_sheet.html", context)


@require_safe
@never_cache
def history(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Everything that happened, newest first; eight queries."""
    checklist = checklist_of(request, uuid)
    events = checklist.events.select_related("item").order_by("-seq")
    events = events.defer("item__facts", "item__previous")
    found = Paginator(events, EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"checklist": checklist, "page": found, "lines": lines_of(checklist.frozen, found)}
    return render(request, "checklists/history.html", context)
