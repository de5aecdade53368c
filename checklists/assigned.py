"""Whose an item is, and whose it could be."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from advisories.models import Advisory
from checklists.freezing import in_both
from checklists.models import ChecklistItem, Team


@cache
def _actors() -> dict[str, str]:
    """The frozen words of who acts -> its key. Items hold it in words."""
    return {in_both(actor.label)["en"]: actor.value for actor in Advisory.Actor}


@dataclass(frozen=True)
class Suggestions:
    """The teams that items of certain advisories are meant for."""

    teams: dict[str, Team]

    @classmethod
    def of(cls, teams: Iterable[Team]) -> "Suggestions":
        return cls({team.acts: team for team in teams if team.acts})

    def for_item(self, item: ChecklistItem) -> Team | None:
        """The team of who acts on the item; None where that is not said, or has no team."""
        return self.teams.get(_actors().get(item.content["acts"]["en"], ""))


def owner_name(item: ChecklistItem) -> str:
    """Who is to do it, "" for nobody; with `assignee` and `team` fetched no query."""
    if item.assignee:
        return item.assignee.name
    return str(item.team.name) if item.team else ""
