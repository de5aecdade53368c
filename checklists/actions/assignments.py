"""Who is to do an item: a person or a team. It is an event, and no part of what is signed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from advisories.texts import LANGUAGES, both
from checklists.actions.errors import Refused, Stale
from checklists.actions.events import append, in_draft, lock, require, stored, used_before
from checklists.models import ChecklistItem, Event, Team
from portal.models import User
from portal.roles import Role


@transaction.atomic
def assign(
    *,
    checklist_id: UUID,
    op_id: UUID,
    items: Sequence[str],
    person: User | None = None,
    team: Team | None = None,
    by: User,
) -> Event:
    """Give these items (tracking IDs) to a member or to a team; to neither: to nobody any more.

    Decisions and versions stay. The same `op_id` gives the stored event. Raises Refused for
    unknown items, a person who is no member, or both at once; Stale outside a draft; NotAllowed.
    """
    checklist = lock(checklist_id)
    require(checklist, by, Role.ENGINEER)
    if person and team:
        raise Refused(_("Choose a person or a team."))
    name = dict.fromkeys(LANGUAGES, person.name if person else "")
    payload: dict[str, Any] = {
        "items": sorted(set(items)),
        "person": person.pk if person else None,
        "team": team.pk if team else None,
        "name": both(team, "name") if team else name,
    }
    done = stored(checklist, op_id, Event.Kind.ASSIGNED, by)
    if done:
        if any(done.payload[key] != payload[key] for key in ("items", "person", "team")):
            raise used_before()
        return done
    if not in_draft(checklist):
        raise Stale(_("The checklist is no longer in that state. Reload the page."))
    if person and not checklist.rollout.members.filter(pk=person.pk).exists():
        raise Refused(_("This person is not a member of the rollout."))
    found = ChecklistItem.objects.filter(checklist=checklist, tracking_id__in=payload["items"])
    if not payload["items"] or found.count() != len(payload["items"]):
        raise Refused(_("Choose the items."))
    found.update(assignee=person, team=team)
    return append(
        checklist,
        op_id=op_id,
        kind=Event.Kind.ASSIGNED,
        payload=payload,
        effect={},
        by=by,
    )
