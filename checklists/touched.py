"""Which checklists and issued editions the advisories of a document have moved under: a fixed
number of queries, however many there are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch

from advisories.models import Advisory, AdvisoryRevision, DocumentRevision
from checklists.models import Checklist, ChecklistItem, Edition
from checklists.moves import Held, Move, Revised, moves
from checklists.offers import catalogue_in, current_of, current_rows, held_in
from portal.models import User

# The newest checklists of a portal that are looked at.
MOST = 500


@dataclass(frozen=True)
class Touched:
    """An open checklist (`edition` is its draft) or an issued edition, and which advisories of
    the document moved since. `version` is the one of the document that it names, "" for none."""

    checklist: Checklist
    edition: Edition
    version: str
    moves: list[Move]

    @property
    def is_open(self) -> bool:
        return self.edition.issued_at is None


def touched_by(revision: DocumentRevision, person: User) -> list[Touched]:
    """What this revision of a document touches among the rollouts of `person`, the newest first.

    That is what names an older revision; for the newest one also what names itself, since
    advisories are edited between revisions. Superseded and revoked editions take no part. Nine
    queries.
    """
    document = revision.document
    versions = [r.version for r in document.revisions.order_by("date", "pk")]
    is_newest = revision.version == versions[-1]
    older = {"", *versions[: versions.index(revision.version)]}
    current = [
        current_of(row)
        for row in current_rows(
            Advisory.objects.filter(document=document)
            .exclude(state=Advisory.State.DRAFT)
            .order_by("position", "pk")
        )
    ]
    revisions: dict[str, list[Revised]] = {}
    for name, number, step, note in (
        AdvisoryRevision.objects.filter(advisory__document=document, number__gt=1)
        .order_by("number")
        .values_list("advisory__tracking_id", "number", "step", "note")
    ):
        revisions.setdefault(name, []).append(Revised(number, step, note))
    found = [
        Touched(checklist, edition, version, moves(held, current, revisions))
        for checklist, edition, version, held in _held(document.slug, _checklists(revision, person))
        if is_newest or version in older
    ]
    return [touched for touched in found if touched.moves]


def _checklists(revision: DocumentRevision, person: User) -> list[Checklist]:
    products = revision.document.products.values("slug")
    editions = Edition.objects.select_related("revocation").prefetch_related("sign_offs")
    found = (
        Checklist.objects.visible_to(person)
        .kept()
        .filter(product__in=products)
        .select_related("rollout")
        .prefetch_related(Prefetch("editions", editions.defer("content", "files")))
    )
    return list(found.order_by("-created_at", "pk")[:MOST])


def _held(
    slug: str, checklists: list[Checklist]
) -> Iterator[tuple[Checklist, Edition, str, dict[str, Held]]]:
    """The open edition and the newest issued one of each checklist, with what they hold."""
    items = _items(checklists)
    for checklist in checklists:
        editions = sorted(checklist.editions.all(), key=lambda edition: edition.minor)
        if editions[-1].issued_at is None:
            named = {d["slug"]: d["version"] for d in checklist.frozen["documents"]}
            yield checklist, editions[-1], named.get(slug, ""), items[checklist.pk]
        issued = [edition for edition in editions if edition.issued_at is not None]
        if issued and not hasattr(issued[-1], "revocation"):
            held = items[checklist.pk]
            positions = {name: each.position for name, each in held.items()}
            version = catalogue_in(issued[-1])["documents"].get(slug, "")
            yield checklist, issued[-1], version, held_in(issued[-1], positions)


def _items(checklists: Iterable[Checklist]) -> dict[UUID, dict[str, Held]]:
    held: dict[UUID, dict[str, Held]] = {checklist.pk: {} for checklist in checklists}
    for pk, name, *of in ChecklistItem.objects.filter(checklist__in=held).values_list(
        "checklist_id", "tracking_id", "position", "revision", "note_version"
    ):
        held[pk][name] = Held(*of)
    return held
