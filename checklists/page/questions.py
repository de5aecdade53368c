"""The questions about the box on the checklist page: which are open, who answered which. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.utils.translation import gettext as _

from advisories.applicability import OLDER, Reason, Verdict, can_change
from advisories.texts import in_language
from checklists import wording
from checklists.forms import EnteredAnswer
from checklists.freezing import CONDITION, NOT_KNOWN, deployment_from, facts_from_json
from checklists.models import Answer, ChecklistItem
from checklists.page.recorded import moment


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    chosen: bool
    note: str = ""

    @property
    def checked(self) -> str:
        """The attribute of its radio button."""
        return " checked" if self.chosen else ""


@dataclass(frozen=True)
class Question:
    """A question with its present answer. `positions` are the items that an answer can change;
    `fixed` says that it was given with the checklist and cannot change."""

    name: str
    text: str
    hint: str
    value: str
    by: str
    at: str
    version: int
    choices: list[Choice]
    positions: list[int]
    fixed: bool
    messages: list[str]

    @property
    def is_open(self) -> bool:
        return bool(self.positions)

    @property
    def is_condition(self) -> bool:
        return self.name.startswith(CONDITION)

    @property
    def op_id(self) -> str:
        return str(uuid4())


def questions_of(
    header: Mapping[str, Any],
    answers: Iterable[Answer],
    items: Iterable[ChecklistItem],
    entered: EnteredAnswer | None = None,
) -> list[Question]:
    """Every question of the box. `entered` is an answer that was refused, with its messages."""
    rows = list(answers)
    waiting = _waiting(header, {row.question: row.value for row in rows}, items)
    return [
        _question(
            header,
            row,
            waiting.get(row.question, []),
            entered if entered and entered.question == row.question else None,
        )
        for row in rows
    ]


def _waiting(
    header: Mapping[str, Any], answers: Mapping[str, str], items: Iterable[ChecklistItem]
) -> dict[str, list[int]]:
    """Question without an answer -> positions of the items that an answer can still change."""
    unanswered = {question for question, value in answers.items() if value in (NOT_KNOWN, "")}
    found: dict[str, list[int]] = {}
    if not unanswered:
        return found
    deployment = deployment_from(header, answers)
    for item in items:
        facts = facts_from_json(item.facts)
        asked = {CONDITION + slug for slug in can_change(facts, deployment)}
        if item.reason == Reason.LINEAGE:
            asked.add("installed_with")
        in_every_mode = deployment.product_modes <= facts.modes
        if item.verdict != Verdict.NOT_APPLICABLE and facts.modes and not in_every_mode:
            asked.add("mode")
        for question in asked & unanswered:
            found.setdefault(question, []).append(item.position)
    return found


def _question(
    header: Mapping[str, Any], row: Answer, positions: list[int], entered: EnteredAnswer | None
) -> Question:
    value = entered.value if entered else row.value
    name = row.question
    conditions = {CONDITION + c["slug"]: c for c in header["conditions"]}
    return Question(
        name=name,
        text=wording.question_text(header, name),
        hint=in_language(conditions[name]["hint"]) if name in conditions else "",
        value=wording.value_text(header, name, row.value or NOT_KNOWN),
        by=row.answered_by,
        at=moment(row.answered_at),
        version=row.version,
        choices=_choices(header, name, value or NOT_KNOWN),
        positions=positions,
        # A mode that was corrected was not known in the beginning, so it can be corrected again.
        fixed=name == "mode" and row.version == 0 and row.value != NOT_KNOWN,
        messages=entered.messages if entered else [],
    )


def _choices(header: Mapping[str, Any], name: str, value: str) -> list[Choice]:
    if name == "mode":
        given = [
            (m["slug"], in_language(m["name"]), in_language(m["note"])) for m in header["modes"]
        ]
    elif name == "installed_with":
        rank = header["release"]["rank"]
        given = [
            (r["slug"], in_language(r["label"]), "")
            for r in header["releases"]
            if r["rank"] <= rank
        ]
        given.append((OLDER.value, _("An older release"), ""))
    else:
        given = [("yes", _("Yes"), ""), ("no", _("No"), "")]
    unknown = _("Don't know") if name.startswith(CONDITION) else _("Not known")
    given.append((NOT_KNOWN, unknown, ""))
    return [Choice(slug, label, slug == value, note) for slug, label, note in given]
