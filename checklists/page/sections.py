"""What the checklist page shows: counts that add up, progress, and the list in its order. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advisories.applicability import Verdict
from advisories.texts import in_language
from checklists.forms import Entered
from checklists.models import ChecklistItem, Decision
from checklists.page.filters import SEVERITY_NAMES, Filters
from checklists.page.items import NEEDED, ItemWriter, undone_in
from checklists.undone import Undone, happened_words


@dataclass(frozen=True)
class Figure:
    """How much of what has to be decided is decided, of one severity or (`key` "all") of all."""

    key: str
    label: str
    done: int
    total: int


@dataclass(frozen=True)
class Section:
    """A part of the list. `folded`: it needs no work; `open` all the same while one looks for
    something in it."""

    key: str
    title: str
    count: str
    note: str = ""
    folded: bool = False
    open: bool = False
    items: list[SafeString] = field(default_factory=list)


def verdict_counts(items: Iterable[ChecklistItem]) -> list[tuple[str, str, int]]:
    """(verdict, its word, how many): always all four, so that they add up."""
    counts = Counter(item.verdict for item in items)
    return [(verdict.value, str(verdict.label), counts[verdict]) for verdict in Verdict]


def progress_of(items: Iterable[ChecklistItem]) -> list[Figure]:
    """A figure for each severity that has something to decide, and one for all. A returned or
    flagged item has to be decided again, so it counts as open."""
    needed = [item for item in items if item.verdict in NEEDED]
    total = Counter(item.severity for item in needed)
    done = Counter(item.severity for item in needed if is_decided(item))
    figures = [
        Figure(key, str(label), done[severity], total[severity])
        for severity, (key, label) in SEVERITY_NAMES.items()
        if total[severity]
    ]
    return [*figures, Figure("all", _("All"), done.total(), total.total())]


def is_decided(item: ChecklistItem) -> bool:
    """Decided, and not to be decided again."""
    return item.decision != Decision.OPEN and not (item.returned or item.flagged)


def pending_count(items: Iterable[ChecklistItem]) -> int:
    return sum(item.decision == Decision.PENDING for item in items)


def sections_of(
    filters: Filters, writer: ItemWriter, entered: Entered | None = None
) -> list[Section]:
    """What a change of the box may have undone, what has to be decided by category, then
    what is fixed and what does not apply, each in document order. An item with an entry that was
    refused is there whatever the filters say."""
    refused = entered.tracking_id if entered else None
    shown = [i for i in filters.items if filters.keeps(i) or i.tracking_id == refused]
    first, shown = _undone_first(shown)
    sections = [(_undone(first, writer.happened), first)] if first else []
    sections += _to_decide(shown)
    fixed = [item for item in shown if item.verdict == Verdict.FIXED]
    outside = [item for item in shown if item.verdict == Verdict.NOT_APPLICABLE]
    if fixed:
        sections.append((_fixed(fixed, writer.verify_fixed, bool(filters.chosen)), fixed))
    if outside:
        sections.append((_outside(outside, bool(filters.chosen)), outside))
    for section, items in sections:
        section.items.extend(
            writer.write(item, entered if item.tracking_id == refused else None) for item in items
        )
    if refused:
        sections = [
            (_opened(section) if any(i.tracking_id == refused for i in items) else section, items)
            for section, items in sections
        ]
    return [section for section, _items in sections]


def counts_in_words(filters: Filters) -> dict[str, str]:
    """What a page that stays open shows anew after a decision: the counts of the filters, by
    "facet:value", and with nothing filtered those of the sections, by "#key"."""
    counts = {
        f"{facet.name}:{option.value}": str(option.count)
        for facet in filters.facets
        for option in facet.options
    }
    if not filters.chosen:
        _first, items = _undone_first(filters.items)
        fixed = [item for item in items if item.verdict == Verdict.FIXED]
        counts |= {f"#{section.key}": section.count for section, _items in _to_decide(items)}
        counts["#fixed"] = _decided_of(fixed)
    return counts


def _decided_of(items: list[ChecklistItem]) -> str:
    return _("%(done)d of %(total)d decided") % {
        "done": sum(map(is_decided, items)),
        "total": len(items),
    }


def _to_decide(shown: list[ChecklistItem]) -> list[tuple[Section, list[ChecklistItem]]]:
    """One section per category, in the order in which the document names them first."""
    groups: dict[str, list[ChecklistItem]] = {}
    for item in shown:
        if item.verdict in NEEDED:
            groups.setdefault(item.category, []).append(item)
    return [
        (
            Section(
                key=f"category-{number}",
                title=in_language(items[0].content["category"]["name"]),
                count=_decided_of(items),
            ),
            items,
        )
        for number, items in enumerate(groups.values(), start=1)
    ]


def _undone_first(
    shown: list[ChecklistItem],
) -> tuple[list[ChecklistItem], list[ChecklistItem]]:
    """What a change of the box may have undone, the weightiest first; and all the others."""
    weight = {value: number for number, value in enumerate(Undone.values)}
    first = sorted((i for i in shown if undone_in(i)), key=lambda i: weight[undone_in(i)])
    return first, [item for item in shown if not undone_in(item)]


def _undone(items: list[ChecklistItem], happened: str) -> Section:
    count = ngettext("%(n)d item", "%(n)d items", len(items)) % {"n": len(items)}
    return Section("undone", _("Perhaps undone"), count, happened_words(happened))


def _fixed(items: list[ChecklistItem], verify: bool, is_open: bool) -> Section:
    note = (
        _("The box was not installed with this release, so old values may have come over.")
        + " "
        + _("Verify each of them.")
        if verify
        else _("The box was installed with this release. Nothing has to be verified.")
    )
    title = str(Verdict.FIXED.label)
    return Section("fixed", title, _decided_of(items), note, folded=True, open=is_open)


def _outside(items: list[ChecklistItem], is_open: bool) -> Section:
    title = str(Verdict.NOT_APPLICABLE.label)
    count = ngettext("%(n)d item", "%(n)d items", len(items)) % {"n": len(items)}
    return Section("not_applicable", title, count, folded=True, open=is_open)


def _opened(section: Section) -> Section:
    return Section(
        section.key,
        section.title,
        section.count,
        section.note,
        section.folded,
        True,
        section.items,
    )
