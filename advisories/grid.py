"""Advisories against releases and modes: what `decide` says of each where nothing else is known of
the box. No query; the rows come from `with_terms` and `products_with_releases`."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from advisories.applicability import Deployment, Reason, Verdict, decide
from advisories.models import Advisory, Mode, Product, Release
from advisories.querysets import facts_of

# Why a cell says what it says, where the verdict alone leaves that open.
WORDS = {
    Reason.PRODUCT: _("product not affected"),
    Reason.LINEAGE: _("depends on the first installation"),
    Reason.UNNAMED: _("the document does not say"),
    Reason.CONDITION_OPEN: _("depends on a condition"),
}


@dataclass(frozen=True)
class Column:
    """A release in a mode; `mode` None: the product has none."""

    product: Product
    release: Release
    mode: Mode | None

    @cached_property
    def deployment(self) -> Deployment:
        return Deployment(
            product=self.product.slug,
            rank=self.release.rank,
            mode=self.mode.slug if self.mode else None,
            product_modes=frozenset(mode.slug for mode in self.product.modes.all()),
        )


@dataclass(frozen=True)
class Cell:
    """`reason` None: the advisory's document does not cover the product."""

    column: Column
    reason: Reason | None
    # The first one of its release: it stands apart from the one before.
    starts: bool = False

    @property
    def verdict(self) -> Verdict | None:
        return self.reason.verdict if self.reason else None

    @property
    def words(self) -> Any:
        return WORDS.get(self.reason, "") if self.reason else ""


@dataclass(frozen=True)
class ReleaseGroup:
    """The columns of one release."""

    release: Release
    columns: list[Column]


@dataclass(frozen=True)
class ProductGroup:
    """The columns of one product: its releases, the oldest first, each in all its modes."""

    product: Product
    releases: list[ReleaseGroup]

    @property
    def columns(self) -> list[Column]:
        return [column for group in self.releases for column in group.columns]

    @property
    def modes(self) -> list[Mode | None]:
        """The modes as every release of the product has them; [None] where it has none."""
        return [column.mode for column in self.releases[0].columns]


def products_with_releases() -> QuerySet[Product]:
    """What `groups_of` reads; three queries."""
    releases = Release.objects.order_by("rank")
    return Product.objects.prefetch_related("modes", Prefetch("releases", releases))


def groups_of(
    products: Iterable[Product], *, release: str = "", mode: str = ""
) -> list[ProductGroup]:
    """The columns of these products, of one release or one mode only where that is said. A
    product that has no modes keeps its column whatever the mode."""
    groups = []
    for product in products:
        modes: Sequence[Mode | None] = [m for m in product.modes.all() if mode in ("", m.slug)] or (
            [] if product.modes.all() else [None]
        )
        releases = [r for r in product.releases.all() if release in ("", r.slug)]
        if modes and releases:
            columns = [ReleaseGroup(r, [Column(product, r, m) for m in modes]) for r in releases]
            groups.append(ProductGroup(product, columns))
    return groups


def cells_of(
    advisory: Advisory, groups: Iterable[ProductGroup], covered: Collection[int]
) -> list[Cell]:
    """One cell for each column of the groups. `covered` are the keys of the products that the
    advisory's document covers: it says nothing of others."""
    return [
        cell
        for group in groups
        for release in group.releases
        for cell in _cells(advisory, release, covered)
    ]


def rows_of(
    advisory: Advisory, groups: Iterable[ProductGroup], covered: Collection[int]
) -> list[tuple[ProductGroup, list[tuple[Release, list[Cell]]]]]:
    """The same cells, product by product and in it release by release."""
    return [
        (group, [(r.release, _cells(advisory, r, covered)) for r in group.releases])
        for group in groups
    ]


def _cells(advisory: Advisory, group: ReleaseGroup, covered: Collection[int]) -> list[Cell]:
    release, product = group.release, group.columns[0].product
    if product.pk not in covered:
        return [Cell(column, None, number == 0) for number, column in enumerate(group.columns)]
    facts = facts_of(advisory, product=product.slug, rank=release.rank)
    return [
        Cell(column, decide(facts, column.deployment), number == 0)
        for number, column in enumerate(group.columns)
    ]
