"""The rules of `applicability` in SQL, and what is fetched with an advisory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models
from django.db.models import (
    Case,
    Exists,
    FilteredRelation,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Value,
    When,
)

from advisories import shortcomings
from advisories.applicability import (
    UNKNOWN,
    Deployment,
    Facts,
    FixScope,
    Reason,
    Status,
    Verdict,
)

if TYPE_CHECKING:
    from advisories.models import Advisory


def _model(name: str) -> Any:
    return apps.get_model("advisories", name)


class AdvisoryQuerySet(models.QuerySet["Advisory"]):
    def published(self) -> AdvisoryQuerySet:
        return self.filter(state="published")

    def covering(self, product: str) -> AdvisoryQuerySet:
        """Published advisories of the documents that cover the product with this slug."""
        covers = _model("SourceDocument").products.through._default_manager
        documents = covers.filter(product=_key("Product", product)).values("sourcedocument")
        return self.published().filter(document__in=documents)

    def for_deployment(self, deployment: Deployment) -> AdvisoryQuerySet:
        """Every advisory in scope of the box, in document order, with `reason` (design 4).

        One query, whatever the size of the catalogue. Instances also answer `.verdict`;
        `with_verdict` filters by it.
        """
        product = Q(affected__product=_key("Product", deployment.product))
        return (
            self.covering(deployment.product)
            .annotate(row=FilteredRelation("affected", condition=product))
            .annotate(reason=_reason(deployment))
            .order_by("document_id", "position", "pk")
        )

    def with_verdict(self, *verdicts: Verdict) -> AdvisoryQuerySet:
        """Of `for_deployment`'s rows those with one of these verdicts."""
        reasons = [r.value for r in Reason if r.verdict in verdicts]
        return self.filter(Q(("reason__in", reasons)))

    # What editors should look at (shortcomings.py): published advisories, one query each.

    def without_statement(self) -> AdvisoryQuerySet:
        return self.published().filter(shortcomings.no_statement())

    def under_investigation(self) -> AdvisoryQuerySet:
        return self.published().filter(shortcomings.under_investigation())

    def with_fix_without_note(self) -> AdvisoryQuerySet:
        return self.published().filter(shortcomings.fix_without_note())

    def with_missing_translation(self) -> AdvisoryQuerySet:
        return self.published().filter(shortcomings.no_translation())

    def with_dead_link(self) -> AdvisoryQuerySet:
        return self.published().filter(shortcomings.dead_link())

    def with_changed_link(self) -> AdvisoryQuerySet:
        return self.published().filter(shortcomings.changed_link())

    def not_reviewed_since(self, day: date) -> AdvisoryQuerySet:
        """Neither marked as reviewed nor published on `day` or later."""
        return self.published().exclude(shortcomings.reviewed_since(day))

    def with_terms(self) -> AdvisoryQuerySet:
        """With category, document, topics, modes, conditions, references and product rows:
        seven queries more than the plain list, whatever its length."""
        affected = _model("AffectedProduct").objects.select_related("product", "fixed_in__product")
        references = _model("Reference").objects.select_related("product")
        return self.select_related("category", "document", "source_revision").prefetch_related(
            "topics",
            "modes",
            "conditions",
            Prefetch("references", references.order_by("position", "pk")),
            Prefetch("affected", affected.order_by("product__position", "product__slug")),
        )


def _reason(deployment: Deployment) -> Case:
    """The nine rules as one CASE, first match wins. `row` is the advisory's row for the product."""
    mode_links, condition_links = _links("modes"), _links("conditions")
    lists_modes = Exists(mode_links)
    answered_no = [slug for slug, yes in deployment.answers.items() if not yes]
    open_conditions = condition_links.exclude(condition__in=_keys(deployment.answers))
    reached = Q(row__fixed_in__rank__lte=deployment.rank)
    new_only = Q(row__fix_scope=FixScope.NEW_INSTALLS)
    reached_by_box = ~new_only
    if isinstance(deployment.installed_with, int):
        reached_by_box |= Q(row__fixed_in__rank__lte=deployment.installed_with)

    rules: list[tuple[Any, Reason]] = []
    if isinstance(deployment.mode, str):
        here = Exists(mode_links.filter(mode=_key("Mode", deployment.mode)))
        rules.append((Q(lists_modes) & ~Q(here), Reason.MODE))
    rules.append((Q(row__status=Status.NOT_AFFECTED), Reason.PRODUCT))
    if answered_no:
        said_no = Exists(condition_links.filter(condition__in=_keys(answered_no)))
        rules.append((said_no, Reason.CONDITION))
    rules.append((reached & reached_by_box, Reason.FIXED))
    if deployment.installed_with is UNKNOWN:
        rules.append((reached & new_only, Reason.LINEAGE))
    if deployment.mode is UNKNOWN:
        missing = [
            ~Q(Exists(mode_links.filter(mode=_key("Mode", slug))))
            for slug in sorted(deployment.product_modes)
        ]
        if missing:
            any_missing = missing[0]
            for term in missing[1:]:
                any_missing |= term
            rules.append((Q(lists_modes) & any_missing, Reason.MODE_OPEN))
    unnamed = Q(row__status__isnull=True) | Q(row__status=Status.UNDER_INVESTIGATION)
    rules.append((unnamed, Reason.UNNAMED))
    rules.append((Exists(open_conditions), Reason.CONDITION_OPEN))
    return Case(
        *(When(rule, then=Value(reason.value)) for rule, reason in rules),
        default=Value(Reason.AFFECTED.value),
        output_field=models.CharField(),
    )


def _key(model: str, slug: str) -> Subquery:
    """The primary key behind a slug, looked up once per query instead of joined to every row."""
    return Subquery(_model(model).objects.filter(slug=slug).order_by().values("pk"))


def _keys(conditions: Iterable[str]) -> models.QuerySet[Any]:
    """The primary keys of the conditions with these slugs, for IN."""
    keys: models.QuerySet[Any] = _model("Condition").objects.filter(slug__in=list(conditions))
    return keys.order_by().values("pk")


def _links(field: str) -> models.QuerySet[Any]:
    """The advisory's rows in the table behind a many-to-many field."""
    through = getattr(_model("Advisory"), field).through
    links: models.QuerySet[Any] = through._default_manager.filter(advisory=OuterRef("pk"))
    return links


def facts_of(advisory: Advisory, *, product: str, rank: int) -> Facts:
    """What `advisory` says of `product` at a release of this rank; no query after `with_terms`."""
    row = next((r for r in advisory.affected.all() if r.product.slug == product), None)
    fixed_in = row.fixed_in if row else None
    reached = fixed_in is not None and fixed_in.rank <= rank
    return Facts(
        modes=frozenset(mode.slug for mode in advisory.modes.all()),
        status=Status(row.status) if row else None,
        fix=FixScope(row.fix_scope) if row and reached else None,
        fixed_rank=fixed_in.rank if fixed_in and reached else None,
        conditions=frozenset(condition.slug for condition in advisory.conditions.all()),
    )
