"""Which links are checked, and keeping what was found."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, OuterRef, QuerySet, Subquery, When

from advisories.links import Answer
from advisories.models import LinkCheck, Reference

CURRENT = Case(When(successor_url="", then=F("url")), default=F("successor_url"))


def current_links() -> list[str]:
    """The addresses that readers of published advisories are sent to. One query."""
    references = Reference.objects.filter(advisory__state="published").order_by()
    links = references.annotate(current=CURRENT).values_list("current", flat=True).distinct()
    return sorted(links)


def with_checks(references: QuerySet[Reference]) -> QuerySet[Reference]:
    """References that also answer `link_state` and `link_checked_at` (None: never checked)."""
    checks = LinkCheck.objects.filter(url=OuterRef("current"))
    return references.annotate(
        current=CURRENT,
        link_state=Subquery(checks.values("state")),
        link_checked_at=Subquery(checks.values("checked_at")),
    )


@transaction.atomic
def keep(answers: Iterable[tuple[str, Answer]], now: datetime) -> None:
    """Store what was found. A page that says something else than it did is changed `now`; one that
    could not be read keeps the digest it had."""
    answers = list(answers)
    known = LinkCheck.objects.in_bulk([url for url, _answer in answers], field_name="url")
    for url, answer in answers:
        check = known.get(url) or LinkCheck(url=url)
        if answer.digest and check.digest and answer.digest != check.digest:
            check.changed_at = now
        check.digest = answer.digest or check.digest
        check.state, check.http_code = answer.state, answer.http_code
        check.final_url, check.checked_at = answer.final_url, now
        check.save()
