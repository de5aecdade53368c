"""The open items of a checklist for a sheet of paper: what to do, and room to write. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from advisories.applicability import Verdict
from advisories.texts import in_language
from checklists.models import ChecklistItem, Decision
from checklists.page.filters import SEVERITY_NAMES
from checklists.page.items import CHOICES, NEEDED
from checklists.page.recorded import Said, said_of


@dataclass(frozen=True)
class Line:
    """An item to be done by hand; `said` is what was recorded of it so far."""

    position: int
    severity_key: str
    severity: str
    title: str
    verdict: str
    verdict_label: str
    texts: dict[str, str]
    references: list[str]
    note: Mapping[str, Any] | None
    returned: str
    said: Said


def decisions() -> list[str]:
    """The words beside the boxes to tick."""
    return [str(choice.label) for choice in CHOICES]


def is_open(item: ChecklistItem, *, verify_fixed: bool) -> bool:
    """Whether somebody has to go to the box for it: not decided, sent back, or to be verified."""
    if item.returned or item.flagged:
        return True
    wanted = item.verdict in NEEDED or (verify_fixed and item.verdict == Verdict.FIXED)
    return wanted and item.decision == Decision.OPEN


def lines_of(items: Iterable[ChecklistItem], *, verify_fixed: bool) -> list[Line]:
    return [_line(item) for item in items if is_open(item, verify_fixed=verify_fixed)]


def _line(item: ChecklistItem) -> Line:
    severity_key, severity = SEVERITY_NAMES[item.severity]
    content = item.content
    return Line(
        position=item.position,
        severity_key=severity_key,
        severity=str(severity) if item.severity else "—",
        title=in_language(content["title"]),
        verdict=item.verdict,
        verdict_label=str(Verdict(item.verdict).label),
        texts={name: in_language(content[name]) for name in ("action", "check", "impact")},
        references=[r["successor"] or r["number"] for r in content["references"]],
        note=content.get("local_note"),
        returned=item.returned_comment if item.returned else "",
        said=said_of(item),
    )
