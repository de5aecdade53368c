"""Which checklists hold an advisory, for the page of the advisory, which knows nothing of them."""

from typing import NamedTuple

from django import template

from advisories.models import Advisory
from checklists.models import Checklist, ChecklistItem

register = template.Library()

SHOWN = 20


class Used(NamedTuple):
    """The newest items of the advisory that the reader may see, and how many there are."""

    items: list[ChecklistItem]
    total: int


@register.simple_tag(takes_context=True)
def checklists_using(context: template.Context, advisory: Advisory) -> Used:
    """Two queries; none for somebody who is not logged in."""
    user = context.get("user")
    if user is None or not user.is_authenticated:
        return Used([], 0)
    mine = Checklist.objects.visible_to(user).kept().order_by().values("pk")
    items = ChecklistItem.objects.filter(tracking_id=advisory.tracking_id, checklist__in=mine)
    newest = items.select_related("checklist").defer("content", "facts")
    shown = list(newest.order_by("-checklist__created_at", "pk")[:SHOWN])
    return Used(shown, items.count() if len(shown) == SHOWN else len(shown))
