"""Giving items to people and teams, and the list of what is mine."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID, uuid4, uuid5

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from advisories.texts import in_language
from checklists import actions
from checklists.actions import Refused, Stale
from checklists.actions.events import require
from checklists.assigned import Suggestions, owner_name
from checklists.forms import uuid_or_none
from checklists.models import Checklist, ChecklistItem, Decision, Edition, Event, Team
from checklists.page.filters import SEVERITY_NAMES
from checklists.views.boxes import newest_edition
from checklists.views.refusals import checklist_of, explains_refusals, person_of
from portal.models import User
from portal.roles import Role

NEEDED = ("required", "confirm")
MOST = 1000
PERSON, TEAM, SUGGESTED, NOBODY = "person-", "team-", "suggested", "nobody"


@dataclass(frozen=True)
class Line:
    """An item in a list of who does what."""

    item: ChecklistItem
    title: str
    severity_key: str
    severity: str
    owner: str
    suggested: Team | None
    chosen: bool = False

    @property
    def action(self) -> str:
        return in_language(self.item.content["action"])

    @property
    def is_open(self) -> bool:
        item = self.item
        return item.decision == Decision.OPEN or item.returned or item.flagged


def _line(item: ChecklistItem, suggestions: Suggestions, *, chosen: bool = False) -> Line:
    severity_key, severity = SEVERITY_NAMES[item.severity]
    return Line(
        item=item,
        title=in_language(item.content["title"]),
        severity_key=severity_key,
        severity=str(severity) if item.severity else "—",
        owner=owner_name(item),
        suggested=suggestions.for_item(item),
        chosen=chosen,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@explains_refusals
def assign(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Who does which item of a draft; `?topic=` ticks all items of a topic."""
    checklist = checklist_of(request, uuid)
    require(checklist, person_of(request), Role.ENGINEER)
    if checklist.discarded_at or newest_edition(checklist).state != Edition.State.DRAFT:
        raise Stale(_("Only items of a draft are given to somebody. Re-open it first."))
    members = list(checklist.rollout.members.filter(is_active=True).order_by("username"))
    teams = list(Team.objects.all())
    items = list(checklist.items.select_related("assignee", "team"))
    suggestions = Suggestions.of(teams)
    if request.method == "POST":
        return _assign(request, checklist, items, members, teams, suggestions)
    topic = request.GET.get("topic", "")
    topics = {t["slug"]: in_language(t["name"]) for i in items for t in i.content["topics"]}
    shown = [i for i in items if i.verdict in NEEDED or i.assignee_id or i.team_id or topic]
    lines = [
        _line(
            item,
            suggestions,
            chosen=any(t["slug"] == topic for t in item.content["topics"]),
        )
        for item in shown
    ]
    context = {
        "checklist": checklist,
        "lines": lines,
        "members": members,
        "teams": teams,
        "topics": sorted(topics.items(), key=lambda each: each[1]),
        "topic": topic,
        "op_id": uuid4(),
        "to_suggest": sum(bool(line.suggested and not line.owner) for line in lines),
    }
    return render(request, "checklists/assign.html", context)


def _assign(
    request: HttpRequest,
    checklist: Checklist,
    items: list[ChecklistItem],
    members: list[User],
    teams: list[Team],
    suggestions: Suggestions,
) -> HttpResponse:
    op_id, to = uuid_or_none(request.POST.get("op_id", "")), request.POST.get("to", "")
    if op_id is None:
        raise Refused(_("This form was not complete. Reload the page and try again."))
    by = person_of(request)
    again = redirect("checklists:assign", checklist.pk)
    people = {f"{PERSON}{member.pk}": member for member in members}
    named = {f"{TEAM}{team.pk}": team for team in teams}
    if to == SUGGESTED:
        events = _take_suggestions(checklist, items, suggestions, op_id, by)
    elif to not in people and to not in named and to != NOBODY:
        messages.error(request, _("Choose a person or a team."))
        return again
    else:
        chosen = request.POST.getlist("item")
        if not chosen:
            messages.error(request, _("Choose the items."))
            return again
        events = [
            actions.assign(
                checklist_id=checklist.pk,
                op_id=op_id,
                items=chosen,
                person=people.get(to),
                team=named.get(to),
                by=by,
            )
        ]
    number = sum(len(event.payload["items"]) for event in events)
    text = ngettext("%(n)d item was given out.", "%(n)d items were given out.", number)
    messages.success(request, text % {"n": number})
    return again


def _take_suggestions(
    checklist: Checklist,
    items: Iterable[ChecklistItem],
    suggestions: Suggestions,
    op_id: UUID,
    by: User,
) -> list[Event]:
    """Every needed item that nobody has to the team it is meant for: one event per team."""
    meant: dict[Team, list[str]] = {}
    for item in items:
        team = suggestions.for_item(item)
        if team and item.verdict in NEEDED and not (item.assignee_id or item.team_id):
            meant.setdefault(team, []).append(item.tracking_id)
    return [
        actions.assign(
            checklist_id=checklist.pk,
            op_id=uuid5(op_id, f"team {team.pk}"),
            items=tracking_ids,
            team=team,
            by=by,
        )
        for team, tracking_ids in meant.items()
    ]


# ---------------------------------------------------------------- what is mine


@dataclass(frozen=True)
class Box:
    checklist: Checklist
    lines: list[Line]


@require_safe
@never_cache
def mine(request: HttpRequest) -> HttpResponse:
    """The items of open checklists that are mine or a team's, box by box; five queries. `whose`
    is "me", a team's number or "nobody"; `state` "open" or "all"."""
    person = person_of(request)
    teams = list(Team.objects.all())
    known = {str(team.pk): team for team in teams}
    whose = request.GET.get("whose", "me")
    whose = whose if whose in known or whose == NOBODY else "me"
    everything = request.GET.get("state") == "all"
    boxes = Checklist.objects.visible_to(person).kept().with_open_edition()
    items = ChecklistItem.objects.filter(checklist__in=boxes.values("pk"))
    if whose == "me":
        items = items.filter(assignee=person)
    elif whose == NOBODY:
        items = items.filter(assignee=None, team=None, verdict__in=NEEDED)
    else:
        items = items.filter(team=known[whose])
    found = list(
        items.select_related("checklist__rollout", "assignee", "team").order_by(
            "checklist__rollout__created_at", "checklist__host", "checklist_id", "position"
        )[:MOST]
    )
    suggestions = Suggestions.of(teams)
    lines = [_line(item, suggestions) for item in found]
    kept = [line for line in lines if everything or line.is_open]
    context = {
        "boxes": [
            Box(checklist, list(of))
            for checklist, of in groupby(kept, key=lambda line: line.item.checklist)
        ],
        "shown": len(kept),
        "total": len(lines),
        "teams": teams,
        "whose": whose,
        "team": known.get(whose),
        "everything": everything,
        "now": timezone.localtime(),
        "more": len(found) == MOST,
    }
    return render(request, "checklists/mine.html", context)
