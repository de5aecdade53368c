"""The first page: what waits for me, my open checklists, what devices have not sent, what was
issued or accepted lately."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from advisories.texts import in_language
from checklists.actions.signing import may_review
from checklists.models import Checklist, Device, Edition, SignOff
from checklists.offers import newest_revisions, offers_in
from checklists.views.checklist import Editions
from checklists.views.refusals import person_of
from portal.models import User
from portal.roles import Role

MOST_OPEN, MOST_ISSUED, MOST_DEVICES = 100, 10, 20


@dataclass(frozen=True)
class Row:
    """A checklist in a list, with `Checklist.objects.with_progress()`'s counts."""

    checklist: Checklist
    editions: Editions
    offers: int

    @property
    def edition(self) -> Edition:
        return self.editions.newest

    @property
    def release(self) -> str:
        frozen = self.checklist.frozen
        return f"{frozen['product']['short_name']} {in_language(frozen['release']['label'])}"

    @property
    def all_decided(self) -> bool:
        """Everything that has to be decided is; the page of the signature checks the rest."""
        counts = self.checklist
        return bool(
            self.editions.in_draft
            and counts.decided == counts.to_do  # type: ignore[attr-defined]
            and not counts.returned_items  # type: ignore[attr-defined]
        )

    @cached_property
    def is_returned(self) -> bool:
        """A reviewer sent it back, and not all of it has been done since."""
        items = self.checklist.returned_items  # type: ignore[attr-defined]
        return self.editions.in_draft and bool(items or self.editions.returned)


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Fourteen queries at most, however many checklists there are."""
    person = person_of(request)
    open_rows = _open_rows(person)
    issued = _recently_issued(person)
    to_sign = [row for row in open_rows if _waits_for(row, person)]
    returned = [row for row in open_rows if row.is_returned and person.has_role(Role.ENGINEER)]
    context = {
        "to_sign": to_sign,
        "returned": returned,
        "declined": _declined(person),
        "devices": _devices(person),
        "open_rows": open_rows,
        "more_open": len(open_rows) == MOST_OPEN,
        "issued": issued,
        "documents": newest_revisions(),
    }
    return render(request, "checklists/home.html", context)


def _open_rows(person: User) -> list[Row]:
    """The open checklists with the number of their offers, newest first; six queries. Where
    there are too many, the oldest of those that nobody has signed yet are left out: none that
    waits for somebody."""
    open_edition = Edition.objects.filter(checklist=OuterRef("pk"), issued_at__isnull=True)
    signatures = SignOff.objects.filter(
        edition__checklist=OuterRef("pk"),
        edition__issued_at__isnull=True,
        kind=SignOff.Kind.PREPARED,
    )
    found = (
        Checklist.objects.visible_to(person)
        .kept()
        .filter(Exists(open_edition))
        .with_progress()
        .annotate(
            returned_items=Count("items", filter=Q(items__returned=True) | Q(items__flagged=True))
        )
        .with_editions()
    )
    kept = list(found.order_by(Exists(signatures).desc(), "-created_at", "pk")[:MOST_OPEN])
    offers = offers_in(kept)
    return [
        Row(checklist, Editions(checklist, person), offers[checklist.pk])
        for checklist in sorted(kept, key=lambda each: each.created_at, reverse=True)
    ]


def _declined(person: User) -> list[SignOff]:
    """What customers have declined and nobody has answered with a new edition yet; one query."""
    edition = OuterRef("edition")
    later = Edition.objects.filter(
        checklist=OuterRef("edition__checklist"), minor__gt=OuterRef("edition__minor")
    )
    accepted = SignOff.objects.filter(
        edition=edition, kind=SignOff.Kind.ACCEPTED, revoked_at__isnull=True
    )
    found = SignOff.objects.filter(
        kind=SignOff.Kind.DECLINED,
        revoked_at__isnull=True,
        edition__checklist__in=Checklist.objects.visible_to(person).kept().values("pk"),
        edition__revocation__isnull=True,
    ).exclude(Exists(later) | Exists(accepted))
    found = found.select_related("edition__checklist", "reply").defer("edition__content")
    return list(found.order_by("-signed_at"))


def _devices(person: User) -> list[Device]:
    """The devices that hold unsent entries of this person's checklists, or may; one query."""
    visible = Checklist.objects.visible_to(person).kept()
    found = Device.objects.outstanding(timezone.now()).filter(checklist__in=visible.values("pk"))
    return list(found.select_related("checklist", "user")[:MOST_DEVICES])


def _waits_for(row: Row, person: User) -> bool:
    prepared = row.editions.prepared
    return bool(prepared and person.has_role(Role.REVIEWER) and may_review(prepared, person))


def _recently_issued(person: User) -> list[Edition]:
    """The editions that were issued or accepted last; two queries."""
    visible = Checklist.objects.visible_to(person).kept()
    accepted = SignOff.objects.filter(
        edition=OuterRef("pk"), kind=SignOff.Kind.ACCEPTED, revoked_at__isnull=True
    )
    # Nothing is accepted before it is issued.
    latest = Coalesce(Subquery(accepted.values("signed_at")[:1]), "issued_at")
    return list(
        Edition.objects.filter(checklist__in=visible.values("pk"), issued_at__isnull=False)
        .select_related("checklist", "revocation")
        .prefetch_related("sign_offs")
        .defer("content", "files")
        .with_open_points()
        .order_by(latest.desc(), "-pk")[:MOST_ISSUED]
    )
