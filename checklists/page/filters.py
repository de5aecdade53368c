"""The filters of the checklist page: what the query string narrows the list to. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from advisories.applicability import Severity, Verdict
from advisories.texts import in_language
from checklists.handover.words import NONE_NEEDED
from checklists.models import ChecklistItem, Decision

RETURNED = "returned"
SEVERITY_NAMES: dict[int | None, tuple[str, str | Promise]] = {
    3: ("high", Severity.HIGH.label),
    2: ("medium", Severity.MEDIUM.label),
    1: ("low", Severity.LOW.label),
    None: ("none", _("None given")),
}
LEGENDS = {
    "severity": _("Severity"),
    "decision": _("Decision"),
    "verdict": _("Verdict"),
    "topic": _("Topic"),
}


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    name: str
    legend: str
    options: list[Option]


def needs_no_decision(item: ChecklistItem) -> bool:
    """Whether nobody waits for one: it does not apply, and nothing was recorded or sent back."""
    undecided = item.decision == Decision.OPEN and not (item.returned or item.flagged)
    return undecided and item.verdict == Verdict.NOT_APPLICABLE


def values_of(item: ChecklistItem) -> dict[str, set[str]]:
    """Facet -> the item's values in it."""
    decisions: set[str] = {NONE_NEEDED if needs_no_decision(item) else item.decision}
    return {
        "severity": {SEVERITY_NAMES[item.severity][0]},
        "decision": decisions | {RETURNED} if item.returned or item.flagged else decisions,
        "verdict": {item.verdict},
        "topic": {topic["slug"] for topic in item.content["topics"]},
    }


class Filters:
    """What was chosen, read against the items that there are. Unknown values choose nothing."""

    def __init__(self, query: QueryDict, items: Iterable[ChecklistItem]) -> None:
        self.items = list(items)
        known = self._known
        self.chosen = {
            name: chosen
            for name in LEGENDS
            if (chosen := set(query.getlist(name)).intersection(known[name]))
        }

    def keeps(self, item: ChecklistItem) -> bool:
        """Whether the item has, in each facet with a choice, one of the values chosen."""
        if not self.chosen:
            return True
        values = values_of(item)
        return all(values[name] & chosen for name, chosen in self.chosen.items())

    @cached_property
    def query(self) -> str:
        """What was chosen as a query string with its "?"; "" without a choice."""
        query = QueryDict(mutable=True)
        for name, chosen in self.chosen.items():
            query.setlist(name, sorted(chosen))
        return "?" + query.urlencode() if query else ""

    @cached_property
    def facets(self) -> list[Facet]:
        """All facets with the count of each option in the whole list."""
        return [
            Facet(name, str(legend), self._options(name))
            for name, legend in LEGENDS.items()
            if self._known[name]
        ]

    @cached_property
    def _counts(self) -> dict[str, Counter[str]]:
        counts: dict[str, Counter[str]] = {name: Counter() for name in LEGENDS}
        for item in self.items:
            for name, values in values_of(item).items():
                counts[name].update(values)
        return counts

    @cached_property
    def _known(self) -> dict[str, dict[str, str]]:
        """Facet -> value -> its name."""
        counts = self._counts
        topics = {
            topic["slug"]: in_language(topic["name"])
            for item in self.items
            for topic in item.content["topics"]
        }
        decisions = {value: str(label) for value, label in Decision.choices}
        none_needed = {NONE_NEEDED: str(_("None needed (not applicable)"))}
        none_needed = none_needed if counts["decision"][NONE_NEEDED] else {}
        returned = {RETURNED: str(_("Returned"))} if counts["decision"][RETURNED] else {}
        return {
            "severity": {
                key: str(name)
                for key, name in SEVERITY_NAMES.values()
                if counts["severity"][key] or key != "none"
            },
            "decision": decisions | none_needed | returned,
            "verdict": {value: str(label) for value, label in Verdict.choices},
            "topic": topics,
        }

    def _options(self, name: str) -> list[Option]:
        chosen, counts = self.chosen.get(name, set()), self._counts[name]
        return [
            Option(value, label, counts[value], value in chosen)
            for value, label in self._known[name].items()
        ]
