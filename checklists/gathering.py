"""The advisories of a box as frozen items: read as plain rows, a fixed number of queries."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import QuerySet

from advisories.applicability import Deployment, Facts, FixScope, Reason, Status
from advisories.models import (
    Advisory,
    AffectedProduct,
    Category,
    Condition,
    Mode,
    Reference,
    Release,
    SourceDocument,
    Topic,
)
from advisories.note_words import version_in
from advisories.notes import frozen_note
from advisories.statements import fetch
from advisories.texts import LANGUAGES
from advisories.verdict_rows import verdict_rows
from checklists.freezing import Json, facts_to_json, in_both

TEXTS = ("title", "summary", "action", "check", "impact")
LINKS = {"topics": Topic, "modes": Mode, "conditions": Condition}
NOTHING = {"ja": "", "en": ""}
COLUMNS = [
    *("pk", "tracking_id", "revision", "severity", "category_id", "phase", "acts"),
    *(f"{text}_{language}" for text in TEXTS for language in LANGUAGES),
    *("source_table", "source_row", "document__slug", "source_revision__version"),
]
AFFECTED = [
    *("advisory_id", "status", "basis", "fix_scope", "fix_kind", "fix_note_ja", "fix_note_en"),
    *("fixed_in__rank", "fixed_in__label_ja", "fixed_in__label_en"),
]


@dataclass(frozen=True, slots=True)
class FrozenItem:
    """An advisory as a box's checklist keeps it; `severity` None: the document gives none."""

    tracking_id: str
    revision: int
    severity: int | None
    category: str
    reason: Reason
    content: Json
    facts: Json
    # Of AffectedProduct.FixKind, which the content has in words; "": not said.
    fix_kind: str = ""

    @property
    def note_version(self) -> int:
        return version_in(self.content)


@dataclass(frozen=True)
class Gathered:
    """`items` in document order; `conditions` of all of them, in their own order, with hints."""

    items: list[FrozenItem]
    conditions: list[Json]


class CatalogueMoved(Exception):
    """Advisories were published while they were being read, again and again."""


def gather(deployment: Deployment, release: Release) -> Gathered:
    """Every advisory in scope of the box, frozen. Twelve queries, whatever the catalogue's size.

    What was published between two of the queries shows in the revision numbers, and everything is
    read anew. Raises CatalogueMoved when that happened five times.
    """
    for _attempt in range(5):
        before = dict(fetch(_revisions, release.product_id))
        gathered = _gather(deployment, release, before)
        if gathered is not None:
            return gathered
    raise CatalogueMoved


def _gather(deployment: Deployment, release: Release, revisions: dict[int, int]) -> Gathered | None:
    """None when the revisions are no longer those that were there before."""
    product = release.product_id
    reasons = {pk: reason for pk, _verdict, reason in verdict_rows(deployment)}
    tables = {name: _terms(model) for name, model in LINKS.items()}
    links = {name: _links(name, table, product) for name, table in tables.items()}
    categories = _terms(Category)
    references = _references(release)
    affected = _affected(product)
    notes = frozen_note(_scope(product).order_by().values("pk"))
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in fetch(_rows, product)]
    if {
        row["pk"]: row["revision"] for row in rows
    } != revisions or reasons.keys() != revisions.keys():
        return None
    items = []
    for row in rows:
        pk = row["pk"]
        terms = {name: of[pk] for name, of in links.items()}
        category = _public(categories[row["category_id"]])
        says = affected.get(pk)
        items.append(
            FrozenItem(
                tracking_id=row["tracking_id"],
                revision=row["revision"],
                severity=row["severity"],
                category=category["slug"],
                reason=Reason(reasons[pk]),
                content={
                    "category": category,
                    **{name: [_public(term) for term in of] for name, of in terms.items()},
                    **{text: _text(row, text) for text in TEXTS},
                    "phase": _label(Advisory.Phase, row["phase"]),
                    "acts": _label(Advisory.Actor, row["acts"]),
                    "references": references[pk],
                    "basis": says["basis"] if says else NOTHING,
                    "fix": says["fix"] if says else None,
                    "provenance": {
                        "document": row["document__slug"],
                        "version": row["source_revision__version"] or "",
                        "table": row["source_table"],
                        "row": row["source_row"],
                    },
                    "local_note": notes.get(pk),
                },
                facts=_facts(says, terms, deployment.rank),
                fix_kind=says["kind"] if says else "",
            )
        )
    used = {term["slug"] for of in links["conditions"].values() for term in of}
    known = sorted(tables["conditions"].values(), key=lambda term: term["order"])
    return Gathered(
        items,
        [{**_public(c), "hint": _text(c, "hint")} for c in known if c["slug"] in used],
    )


def _scope(product: int) -> QuerySet[Advisory]:
    """Published advisories of the documents that cover the product with this primary key."""
    documents = SourceDocument.objects.filter(products=product).values("pk")
    return Advisory.objects.published().filter(document__in=documents)


def _revisions(product: int) -> QuerySet[Any, Any]:
    return _scope(product).order_by().values_list("pk", "revision")


def _rows(product: int) -> QuerySet[Any, Any]:
    return _scope(product).order_by("document_id", "position", "pk").values_list(*COLUMNS)


def _text(row: Json, name: str) -> dict[str, str]:
    return {language: row[f"{name}_{language}"] for language in LANGUAGES}


def _public(term: Json) -> Json:
    return {"slug": term["slug"], "name": _text(term, "name")}


@cache
def _both_labels(choices: type, value: str) -> dict[str, str]:
    return in_both(choices(value).label)


def _label(choices: type, value: str) -> dict[str, str]:
    """The label of a choice in both languages, "" for none."""
    return _both_labels(choices, value) if value else NOTHING


def _terms(model: Any) -> dict[int, Json]:
    """All rows of a table of terms by primary key; "order" sorts them."""
    columns = _term_columns(model)
    terms = {}
    for values in fetch(_term_rows, model):
        term = dict(zip(columns, values, strict=True))
        terms[term["pk"]] = term | {"order": (term["position"], term["slug"])}
    return terms


def _term_columns(model: Any) -> list[str]:
    texts = ["name", "hint"] if model is Condition else ["name"]
    return ["pk", "slug", "position", *(f"{t}_{language}" for t in texts for language in LANGUAGES)]


def _term_rows(model: Any) -> QuerySet[Any, Any]:
    rows: QuerySet[Any, Any] = model.objects.order_by().values_list(*_term_columns(model))
    return rows


def _links(name: str, terms: dict[int, Json], product: int) -> defaultdict[int, list[Json]]:
    """The terms of each advisory in their own order."""
    links: defaultdict[int, list[Json]] = defaultdict(list)
    for advisory, term in fetch(_link_rows, name, product):
        links[advisory].append(terms[term])
    for of in links.values():
        of.sort(key=lambda term: term["order"])
    return links


def _link_rows(name: str, product: int) -> QuerySet[Any, Any]:
    through = getattr(Advisory, name).through._default_manager
    links: QuerySet[Any, Any] = through.filter(advisory__in=_scope(product).values("pk"))
    return links.values_list("advisory_id", f"{LINKS[name]._meta.model_name}_id")


def _references(release: Release) -> defaultdict[int, list[Json]]:
    """The references of each advisory that name no product or this one."""
    references: defaultdict[int, list[Json]] = defaultdict(list)
    for advisory, product, number, url, *successor in fetch(_reference_rows, release.product_id):
        if product in (None, release.product_id):
            references[advisory].append(
                {
                    "number": number,
                    "product": release.product.slug if product else None,
                    "product_name": release.product.short_name if product else "",
                    "url": url,
                    "successor": successor[0],
                    "successor_url": successor[1],
                }
            )
    return references


def _reference_rows(product: int) -> QuerySet[Any, Any]:
    references = Reference.objects.filter(advisory__in=_scope(product).values("pk"))
    return references.order_by("position", "pk").values_list(
        "advisory_id", "product_id", "number", "url", "successor", "successor_url"
    )


def _affected(product: int) -> dict[int, Json]:
    """What each advisory says of the product: status, rank of its fix, basis and fix in words."""
    rows = (dict(zip(AFFECTED, row, strict=True)) for row in fetch(_affected_rows, product))
    return {
        row["advisory_id"]: {
            "status": row["status"],
            "rank": row["fixed_in__rank"],
            "scope": row["fix_scope"],
            "kind": row["fix_kind"],
            "basis": _label(AffectedProduct.Basis, row["basis"]),
            "fix": {
                "scope": row["fix_scope"],
                "kind": _label(AffectedProduct.FixKind, row["fix_kind"]),
                "note": _text(row, "fix_note"),
                "fixed_in": _text(row, "fixed_in__label"),
            }
            if row["fixed_in__rank"] is not None
            else None,
        }
        for row in rows
    }


def _affected_rows(product: int) -> QuerySet[Any, Any]:
    scope = _scope(product).values("pk")
    rows = AffectedProduct.objects.filter(advisory__in=scope, product=product)
    return rows.order_by().values_list(*AFFECTED)


def _facts(affected: Json | None, terms: dict[str, list[Json]], rank: int) -> Json:
    """The facts a verdict rests on, with the fix as this release has reached it."""
    reached = bool(affected and affected["rank"] is not None and affected["rank"] <= rank)
    return facts_to_json(
        Facts(
            modes=frozenset(mode["slug"] for mode in terms["modes"]),
            status=Status(affected["status"]) if affected else None,
            fix=FixScope(affected["scope"]) if affected and reached else None,
            fixed_rank=affected["rank"] if affected and reached else None,
            conditions=frozenset(condition["slug"] for condition in terms["conditions"]),
        )
    )
