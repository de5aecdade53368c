"""What the catalogue offers a checklist now, and what moved since an edition: a fixed number of
queries, however much there is. What it means is in `moves`."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, F, IntegerField, QuerySet, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from advisories.applicability import Reason, decide
from advisories.models import (
    Advisory,
    AdvisoryRevision,
    DocumentRevision,
    LocalNote,
    Release,
    SourceDocument,
)
from advisories.note_words import version_in
from advisories.statements import fetch
from checklists.chain import digest
from checklists.freezing import deployment_from, facts_from_json
from checklists.gathering import CatalogueMoved, FrozenItem, Gathered, gather
from checklists.models import Checklist, ChecklistItem, Edition
from checklists.moves import Current, Held, Move, Revised, Step, changed, moves

COLUMNS = (
    *("tracking_id", "revision", "state", "withdrawn_reason"),
    *("title_ja", "title_en", "severity", "note_version"),
)

Json = dict[str, Any]


class CannotTake(Exception):
    """Why nothing can be taken into this checklist, in words: what it was made with is gone."""


@dataclass(frozen=True)
class Offer:
    """A move that can be taken: what the item would become, and its reason for this box."""

    move: Move
    new: FrozenItem
    reason: Reason


@dataclass(frozen=True)
class Offered:
    """Everything that moved, and of it what can be taken, by tracking ID. `problem` says why
    nothing can, "" otherwise; `conditions` are those of all advisories in scope, with hints."""

    moves: list[Move]
    offers: dict[str, Offer]
    problem: str = ""
    conditions: tuple[Json, ...] = ()

    @property
    def withdrawn(self) -> frozenset[str]:
        return withdrawn(self.moves)


def held_by(items: Iterable[ChecklistItem]) -> dict[str, Held]:
    return {
        item.tracking_id: Held(item.position, item.revision, item.note_version) for item in items
    }


def held_in(edition: Edition, positions: Mapping[str, int]) -> dict[str, Held]:
    """What an issued edition holds. `positions` are those of the checklist's items: they never
    change."""
    catalogue = catalogue_in(edition)
    notes = catalogue.get("notes", {})
    return {
        name: Held(positions.get(name, 0), revision, notes.get(name, 0))
        for name, revision in catalogue["revisions"].items()
    }


def catalogue_in(edition: Edition) -> Json:
    """`catalogue_of` an issued edition; one from before there were offers has it in its content
    only."""
    catalogue: Json = edition.catalogue or catalogue_of(json.loads(edition.content))
    return catalogue


def catalogue_of(content: Mapping[str, Any]) -> Json:
    """What of the catalogue a signed content holds: the revision of each advisory, the version of
    each document and, where there are any, those of the company's own notes."""
    notes = {i["tracking_id"]: version for i in content["items"] if (version := version_in(i))}
    return ({"notes": notes} if notes else {}) | {
        "revisions": {item["tracking_id"]: item["revision"] for item in content["items"]},
        "documents": {
            document["slug"]: document["version"] for document in content["catalogue"]["documents"]
        },
    }


def withdrawn(found: Iterable[Move]) -> frozenset[str]:
    """The items that need no decision any more."""
    return frozenset(move.tracking_id for move in found if move.step is Step.WITHDRAWN)


def moves_since(product: str, held: Mapping[str, Held]) -> list[Move]:
    """How the catalogue has moved for a box of `product` (a slug) that holds these revisions.

    One query where nothing has; at most three.
    """
    current = [current_of(row) for row in fetch(_current_rows, product)]
    missing = held.keys() - {now.tracking_id for now in current}
    if missing:
        rows = Advisory.objects.filter(tracking_id__in=missing).order_by("tracking_id")
        elsewhere = current_rows(rows)
        current += [current_of(row, in_scope=False) for row in elsewhere]
    return moves(held, current, revisions_of(changed(held, current)))


def _current_rows(product: str) -> QuerySet[Any, Any]:
    documents = SourceDocument.objects.filter(products__slug=product).values("pk")
    rows = Advisory.objects.filter(document__in=documents).exclude(state=Advisory.State.DRAFT)
    return current_rows(rows.order_by("document_id", "position", "pk"))


def current_rows(advisories: QuerySet[Advisory]) -> QuerySet[Any, Any]:
    """What `current_of` reads. An emptied note is none."""
    emptied = When(local_note__text="", local_note__pictures=[], then=0)
    version = Case(emptied, default=F("local_note__version"), output_field=IntegerField())
    return advisories.annotate(note_version=Coalesce(version, 0)).values_list(*COLUMNS)


def current_of(row: tuple[Any, ...], *, in_scope: bool = True) -> Current:
    tracking_id, revision, state, reason, title_ja, title_en, severity, note = row
    title = {"ja": title_ja, "en": title_en}
    return Current(tracking_id, revision, state, reason, title, severity, in_scope, note)


def revisions_of(tracking_ids: list[str]) -> dict[str, list[Revised]]:
    """The later revisions of these advisories, the oldest first; one query, none for none."""
    found: dict[str, list[Revised]] = {}
    if not tracking_ids:
        return found
    rows = AdvisoryRevision.objects.filter(advisory__tracking_id__in=tracking_ids, number__gt=1)
    for name, number, step, note in rows.order_by("number").values_list(
        "advisory__tracking_id", "number", "step", "note"
    ):
        found.setdefault(name, []).append(Revised(number, step, note))
    return found


def offered_to(
    checklist: Checklist, items: Iterable[ChecklistItem], answers: Mapping[str, str]
) -> Offered:
    """All that moved, with what each offer would make of its item.

    `answers` are the present ones (question -> value). One query where nothing is offered, else
    at most seventeen.
    """
    found = moves_since(checklist.product, held_by(items))
    if not any(move.is_offer for move in found):
        return Offered(found, {})
    try:
        gathered = _gather(checklist, answers)
    except CannotTake as error:
        return Offered(found, {}, str(error))
    new = {item.tracking_id: item for item in gathered.items}
    deployment = deployment_from(checklist.frozen, answers)
    offers = {}
    for move in found:
        item = new.get(move.tracking_id)
        # What was published between two of the queries is offered the next time.
        newest = (move.newest, move.newest_note)
        if move.is_offer and item and (item.revision, item.note_version) == newest:
            reason = decide(facts_from_json(item.facts), deployment)
            offers[move.tracking_id] = Offer(move, item, reason)
    return Offered(found, offers, conditions=tuple(gathered.conditions))


def _gather(checklist: Checklist, answers: Mapping[str, str]) -> Gathered:
    """The items that this box would get if its checklist were made now. At most fourteen
    queries."""
    header = checklist.frozen
    release = Release.objects.select_related("product").filter(slug=checklist.release).first()
    ranks = {r.slug: r.rank for r in release.product.releases.all()} if release else {}
    # A frozen rank is compared with those of newly frozen facts, so they have to be of one kind.
    if release is None or any(r["rank"] != ranks.get(r["slug"]) for r in header["releases"]):
        raise CannotTake(
            _("The catalogue now orders the releases of this product in another way.")
            + " "
            + _("Start a new checklist from this one.")
        )
    try:
        return gather(deployment_from(header, answers), release)
    except CatalogueMoved as error:
        raise CannotTake(
            _("The catalogue is being edited just now. Try again in a minute.")
        ) from error


def seen_in(found: Iterable[Move]) -> str:
    """A digest of what a page showed: it differs when anything has moved since."""
    return digest(
        [[move.tracking_id, move.step.value, move.newest, move.newest_note] for move in found]
    )


def offers_in(checklists: Iterable[Checklist]) -> dict[UUID, int]:
    """How many offers each of these open checklists has; three queries. For lists."""
    products = {checklist.pk: checklist.product for checklist in checklists}
    held: dict[UUID, dict[str, Held]] = {pk: {} for pk in products}
    for pk, name, revision, note in ChecklistItem.objects.filter(
        checklist__in=products
    ).values_list("checklist_id", "tracking_id", "revision", "note_version"):
        held[pk][name] = Held(0, revision, note)
    notes = _notes()
    current: dict[str, dict[str, int]] = {product: {} for product in products.values()}
    covered = SourceDocument.products.through._default_manager.filter(
        product__slug__in=set(products.values()),
        sourcedocument__advisories__state=Advisory.State.PUBLISHED,
    )
    for product, name, revision in covered.values_list(
        "product__slug",
        "sourcedocument__advisories__tracking_id",
        "sourcedocument__advisories__revision",
    ):
        current[product][name] = revision
    return {
        pk: sum(
            held[pk].get(name) != Held(0, revision, notes.get(name, 0))
            for name, revision in current[product].items()
        )
        for pk, product in products.items()
    }


def _notes() -> dict[str, int]:
    """The version of each of the company's own notes that says something; one query."""
    notes = LocalNote.objects.exclude(text="", pictures=[])
    return dict(notes.order_by().values_list("advisory__tracking_id", "version"))


def newest_revisions(product: str | None = None) -> list[DocumentRevision]:
    """The newest revision of each document (with a product: that covers it); one query."""
    found = DocumentRevision.objects.select_related("document")
    if product is not None:
        found = found.filter(document__products__slug=product)
    ordered = found.order_by("document_id", "date", "pk")
    return list({revision.document_id: revision for revision in ordered}.values())
