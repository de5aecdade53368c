"""The wizard's questions as data, and the answers as they stand in an address. Pure.

`header` is always the frozen header of a box (see `freezing.freeze_header`) or None while no
known release has been chosen: what the wizard asks is what a checklist will hold.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from advisories.applicability import OLDER
from checklists.freezing import CONDITION, NOT_KNOWN
from checklists.undone import Happened

# What a field of the page about conditions is called; an address has yes= and no= instead.
FIELD = "condition-"
# Stands for whatever cannot be a slug, so that nothing hostile travels on; it is never one.
DAMAGED = "?"
SLUG = re.compile(r"[a-z0-9]+(?:[-.][a-z0-9]+)*")
SLUG_LENGTH = 80

Header = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """A question with a page of its own. `key` names it in addresses; an optional one may be
    passed by without an answer."""

    key: str
    title: str | Promise
    page: str
    choose: str | Promise = ""
    optional: bool = False


RELEASE = Step(
    "release",
    gettext_lazy("Which release does the box run?"),
    "checklists:new",
    gettext_lazy("Choose the release of the box."),
)
MODE = Step(
    "mode",
    gettext_lazy("In which mode is the box deployed?"),
    "checklists:new_mode",
    gettext_lazy("Choose a deployment mode, or “Not known”."),
)
INSTALLED_WITH = Step(
    "installed_with",
    gettext_lazy("With which release was the box first installed?"),
    "checklists:new_installed_with",
    gettext_lazy("Choose a release, “An older release” or “Not known”."),
)
CONDITIONS = Step(
    "conditions",
    gettext_lazy("What is true of this box?"),
    "checklists:new_conditions",
    optional=True,
)


# The order in which a box is asked; not every box is asked everything.
ORDER = (RELEASE, MODE, INSTALLED_WITH, CONDITIONS)


@dataclass(frozen=True)
class Answers:
    """What an address says of a box. "" is "not answered yet"; `mode` and `installed_with` may be
    "unknown", `installed_with` "older"; `yes` and `no` are slugs of conditions.

    `predecessor` is the checklist that this one starts from, or "", and `happened` what became of
    the box since. `change` is true while one
    answer is corrected on the way back to the check page.
    """

    release: str = ""
    mode: str = ""
    installed_with: str = ""
    yes: frozenset[str] = frozenset()
    no: frozenset[str] = frozenset()
    predecessor: str = ""
    happened: str = ""
    change: bool = False

    @classmethod
    def read(cls, query: MultiValueDict[str, str]) -> "Answers":
        """From an address, or from the fields of the page about conditions. Never raises: what
        cannot be an answer becomes DAMAGED, which `faults` reports; unknown keys are dropped."""
        said = {
            key.removeprefix(FIELD): query.getlist(key) for key in query if key.startswith(FIELD)
        }
        yes = [*query.getlist("yes"), *(slug for slug, values in said.items() if "yes" in values)]
        no = [*query.getlist("no"), *(slug for slug, values in said.items() if "no" in values)]
        if any(set(values) - {"yes", "no", NOT_KNOWN} for values in said.values()):
            yes.append(DAMAGED)
        return cls(
            release=_single(query, "release"),
            mode=_single(query, "mode"),
            installed_with=_single(query, "installed_with"),
            yes=frozenset(map(_slug, yes)),
            no=frozenset(map(_slug, no)),
            predecessor=_uuid(query.get("predecessor", "")),
            happened=_one_of(Happened.values, query.get("happened", "")),
            change=query.get("change") == "1",
        )

    def pairs(self, *, without: Step | None = None) -> list[tuple[str, str]]:
        """Keys and values of the address, always in the same order; `without` leaves one
        question's answer out, for the page that asks it."""
        pairs = [
            ("release", self.release),
            ("mode", self.mode),
            ("installed_with", self.installed_with),
            *(("yes", slug) for slug in sorted(self.yes)),
            *(("no", slug) for slug in sorted(self.no)),
            ("predecessor", self.predecessor),
            ("happened", self.happened),
            ("change", "1" if self.change else ""),
        ]
        left_out = {"yes", "no"} if without is CONDITIONS else {without.key if without else ""}
        return [(key, value) for key, value in pairs if value and key not in left_out]

    def query(self) -> str:
        return urlencode(self.pairs())

    def get(self, step: Step) -> str:
        """The answer to a question that has one; "" for none yet."""
        return "" if step is CONDITIONS else str(getattr(self, step.key))

    def conditions(self) -> dict[str, str]:
        """Condition -> "yes" or "no", the answered ones in the order of their slugs."""
        given = dict.fromkeys(self.yes, "yes") | dict.fromkeys(self.no, "no")
        return dict(sorted(given.items()))

    def stated(self) -> dict[str, str]:
        """Question -> value as a checklist keeps them (see `freezing.deployment_from`)."""
        return {
            "mode": self.mode or NOT_KNOWN,
            "installed_with": self.installed_with or NOT_KNOWN,
            **{CONDITION + slug: value for slug, value in self.conditions().items()},
        }


def _single(query: MultiValueDict[str, str], key: str) -> str:
    values = query.getlist(key)
    if len(set(values)) > 1:
        return DAMAGED
    return _slug(values[0]) if values and values[0] else ""


def _slug(value: str) -> str:
    return value if len(value) <= SLUG_LENGTH and SLUG.fullmatch(value) else DAMAGED


def _one_of(values: Sequence[str], value: str) -> str:
    return value if value in values else ""


def _uuid(value: str) -> str:
    """The UUID in its usual form, "" for none; DAMAGED is no checklist that anybody sees."""
    try:
        return str(UUID(value)) if value else ""
    except ValueError:
        return DAMAGED


def steps(header: Header | None, *, asks_conditions: bool = True) -> tuple[Step, ...]:
    """The questions for this box: no mode where the product has none, and the page about
    conditions only where one of them can still change a row."""
    asked = [RELEASE]
    if header is None or header["modes"]:
        asked.append(MODE)
    asked.append(INSTALLED_WITH)
    if asks_conditions:
        asked.append(CONDITIONS)
    return tuple(asked)


def faults(answers: Answers, header: Header | None) -> dict[Step, str]:
    """Questions whose answer cannot be right, with what to do about it. What is not answered yet
    is no fault."""
    found: dict[Step, str] = {}
    if header is None:
        if answers.release:
            found[RELEASE] = _("The catalogue has no such release. Choose one of these.")
        return found
    if header["modes"] and answers.mode not in ("", NOT_KNOWN, *_slugs(header, "modes")):
        found[MODE] = _(
            "%(product)s does not support this deployment mode. Choose one of these."
        ) % {"product": header["product"]["short_name"]}
    if message := _lineage_fault(answers.installed_with, header):
        found[INSTALLED_WITH] = message
    if message := _condition_fault(answers, header):
        found[CONDITIONS] = message
    return found


def _lineage_fault(value: str, header: Header) -> str:
    if value in ("", NOT_KNOWN, OLDER.value):
        return ""
    rank = next((r["rank"] for r in header["releases"] if r["slug"] == value), None)
    if rank is None:
        return _("%(product)s has no such release. Choose one of these.") % {
            "product": header["product"]["short_name"]
        }
    if rank > header["release"]["rank"]:
        return _(
            "A box cannot have been installed with a newer release than the one it runs."
            " Choose one of these, or change the release of the box."
        )
    return ""


def _condition_fault(answers: Answers, header: Header) -> str:
    names = {c["slug"]: c["name"] for c in header["conditions"]}
    if (answers.yes | answers.no) - names.keys():
        return _("The address names a condition that this list does not have. Answer again below.")
    if answers.yes & answers.no:
        return _("The address says both yes and no to one question. Answer again below.")
    return ""


def usable(answers: Answers, header: Header | None) -> Answers:
    """The answers without the faulty ones, for a preview that never guesses."""
    if header is None:
        return Answers()
    faulty = faults(answers, header)
    known = _slugs(header, "conditions") - (answers.yes & answers.no)
    return replace(
        answers,
        mode="" if MODE in faulty or not header["modes"] else answers.mode,
        installed_with="" if INSTALLED_WITH in faulty else answers.installed_with,
        yes=answers.yes & known,
        no=answers.no & known,
    )


def first_open(answers: Answers, asked: Sequence[Step], faulty: Mapping[Step, str]) -> Step | None:
    """The first question without a usable answer; None when there is none."""
    return next((s for s in asked if s in faulty or not (s.optional or answers.get(s))), None)


def before(step: Step, asked: Sequence[Step]) -> list[Step]:
    """The questions that come before `step`, which itself need not be asked."""
    return [other for other in asked if ORDER.index(other) < ORDER.index(step)]


def after(step: Step, asked: Sequence[Step]) -> list[Step]:
    return [other for other in asked if ORDER.index(other) > ORDER.index(step)]


def _slugs(header: Header, key: str) -> frozenset[str]:
    return frozenset(entry["slug"] for entry in header[key])
