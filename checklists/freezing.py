"""What a checklist keeps of the catalogue: texts, names and facts as plain JSON values.

Catalogue edits never reach a checklist, because it holds copies (design section 5).
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import translation

from advisories.applicability import (
    OLDER,
    UNKNOWN,
    Deployment,
    Facts,
    FixScope,
    Older,
    Status,
    Unknown,
)
from advisories.models import Product, Release, SourceDocument
from advisories.texts import LANGUAGES, both

CONDITION = "condition:"
NOT_KNOWN = "unknown"

Json = dict[str, Any]


def in_both(label: Any) -> dict[str, str]:
    """A lazily translated text as {"ja", "en"}."""
    texts = {}
    for language in LANGUAGES:
        with translation.override(language):
            texts[language] = str(label) if label else ""
    return texts


def freeze_header(release: Release, conditions: list[Json], today: date) -> Json:
    """The header of a box of `release`: product, its modes and releases, `conditions` in scope
    as {"slug", "name", "hint"}, document editions, and the day on which the catalogue was looked
    at. Four queries."""
    product: Product = release.product
    return {
        "product": {
            "slug": product.slug,
            "short_name": product.short_name,
            "name": product.name,
            "modes_note": both(product, "modes_note"),
        },
        "release": {
            **_release(release),
            "in_source": release.in_source,
            "end_of_support": release.end_of_support and release.end_of_support.isoformat(),
            "end_of_support_source": release.end_of_support_source,
        },
        "modes": [
            {"slug": mode.slug, "name": both(mode, "name"), "note": both(mode, "note")}
            for mode in product.modes.all()
        ],
        "releases": [_release(other) for other in product.releases.order_by("rank")],
        "conditions": conditions,
        "documents": documents_of(product),
        "check_date": today.isoformat(),
    }


def _release(release: Release) -> Json:
    return {"slug": release.slug, "rank": release.rank, "label": both(release, "label")}


def documents_of(product: Product) -> list[Json]:
    """The documents that cover the product, each with its newest revision; two queries."""
    documents = SourceDocument.objects.filter(products=product).prefetch_related("revisions")
    frozen = []
    for document in documents.order_by("pk"):
        newest = max(document.revisions.all(), key=lambda r: (r.date, r.pk), default=None)
        frozen.append(
            {
                "slug": document.slug,
                "publisher": document.publisher,
                "title": both(document, "title"),
                "version": newest.version if newest else "",
                "date": newest.date.isoformat() if newest else None,
            }
        )
    return frozen


def facts_to_json(facts: Facts) -> Json:
    return {
        "modes": sorted(facts.modes),
        "status": facts.status and facts.status.value,
        "fix": facts.fix and facts.fix.value,
        "fixed_rank": facts.fixed_rank,
        "conditions": sorted(facts.conditions),
    }


def facts_from_json(frozen: Mapping[str, Any]) -> Facts:
    return Facts(
        modes=frozenset(frozen["modes"]),
        status=Status(frozen["status"]) if frozen["status"] else None,
        fix=FixScope(frozen["fix"]) if frozen["fix"] else None,
        fixed_rank=frozen["fixed_rank"],
        conditions=frozenset(frozen["conditions"]),
    )


def deployment_from(header: Mapping[str, Any], answers: Mapping[str, str]) -> Deployment:
    """The box as its frozen header and its present answers (question -> value) describe it."""
    mode: str | Unknown | None = None
    if header["modes"]:
        given = answers.get("mode", NOT_KNOWN)
        mode = UNKNOWN if given == NOT_KNOWN else given
    return Deployment(
        product=header["product"]["slug"],
        rank=header["release"]["rank"],
        mode=mode,
        installed_with=_lineage(header, answers.get("installed_with", NOT_KNOWN)),
        answers={
            question.removeprefix(CONDITION): value == "yes"
            for question, value in answers.items()
            if question.startswith(CONDITION) and value in ("yes", "no")
        },
        product_modes=frozenset(mode["slug"] for mode in header["modes"]),
    )


def _lineage(header: Mapping[str, Any], value: str) -> int | Older | Unknown:
    if value == NOT_KNOWN:
        return UNKNOWN
    if value == OLDER.value:
        return OLDER
    ranks: dict[str, int] = {r["slug"]: r["rank"] for r in header["releases"]}
    return ranks[value]
