"""How many advisories each choice would leave over.

The counts of a facet ignore what was chosen in that facet itself, and nothing else. The columns of
an advisory are counted by one query for all facets together: one row per combination, of which
there are few however many advisories there are.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Case, Count, Exists, OuterRef, Value, When
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from advisories.applicability import Reason, Severity, Status, Verdict
from advisories.filters import FACETS, NO_SEVERITY, SEVERITIES, AdvisoryFilter, start_of
from advisories.models import Advisory, AffectedProduct

# Days back from today, and what that is called.
PERIODS = {
    30: gettext_lazy("the last 30 days"),
    90: gettext_lazy("the last 90 days"),
    365: gettext_lazy("the last 12 months"),
}
# What the cube has no column of its own for is asked for each row: is it among those chosen?
ASKED = ("topic", "condition", "product", "since")

Row = dict[str, Any]


@dataclass(frozen=True)
class Option:
    """A box of a facet. `n`: how many rows the list would have if only it were ticked here."""

    value: str
    label: str
    n: int
    checked: bool


@dataclass(frozen=True)
class Facet:
    """`single`: one choice at most."""

    name: str
    label: str
    options: list[Option]
    single: bool = False


class Counts:
    """All counts of one page: four queries, five for search words."""

    def __init__(self, chosen: AdvisoryFilter, today: date) -> None:
        self.chosen, self.today = chosen, today
        chosen.look_up_matches()

    @cached_property
    def cube(self) -> list[Row]:
        """How many advisories there are of each combination of what the facets ask; the filters
        that are no facets (release, mode, search words) hold for all. One query."""
        chosen = self.chosen
        columns = ["category_id", "severity", "document_id"]
        asked = {
            f"{name}_holds": Case(When(chosen.term(name), then=1), default=0)
            for name in ASKED
            if name in chosen.values
        }
        if chosen.chosen_release:
            columns.append("reason")
        found = chosen.scope().annotate(period=self._period(), **asked).order_by()
        grouped = found.values(*columns, "period", *asked).annotate(n=Count("pk"))
        return list(grouped) if chosen.form.is_valid() else []

    def _period(self) -> Case:
        """The shortest of PERIODS that an advisory changed in, 0 for none."""
        changed = [
            When(changed_at__gte=start_of(self.since(days)), then=Value(days)) for days in PERIODS
        ]
        return Case(*changed, default=Value(0))

    def since(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def _holds(self, row: Row, name: str) -> bool:
        """Whether a row of the cube is among those chosen in one facet."""
        values = self.chosen.values.get(name)
        if not values:
            return True
        match name:
            case "verdict":
                return Reason(row["reason"]).verdict in values
            case "severity":
                return _severity(row) in values
            case "category":
                return row["category_id"] in {self._pk(name, slug) for slug in values}
        return bool(row[f"{name}_holds"])

    def _pk(self, name: str, slug: str) -> int:
        key: int = self.chosen.terms[name][slug].pk
        return key

    def rows(self, *, without: str = "") -> list[Row]:
        """The rows of the cube that every facet but `without` leaves over."""
        names = [name for name in FACETS if name != without]
        return [row for row in self.cube if all(self._holds(row, name) for name in names)]

    def total(self, *, without: str = "") -> int:
        """How long the list is, or would be without one of its facets."""
        return sum(row["n"] for row in self.rows(without=without))

    def _by(self, name: str, key: Callable[[Row], Any]) -> Counter[Any]:
        counted: Counter[Any] = Counter()
        for row in self.rows(without=name):
            counted[key(row)] += row["n"]
        return counted

    @cached_property
    def verdicts(self) -> list[tuple[Verdict, int]]:
        """How many rows of the release's list have each verdict, always all four."""
        counted = self._by("verdict", lambda row: Reason(row["reason"]).verdict)
        return [(verdict, counted[verdict]) for verdict in Verdict]

    @cached_property
    def facets(self) -> list[Facet]:
        """Those with something to choose. What would give nothing is left out, unless it is
        chosen; the four verdicts are always there."""
        several = [
            *([self._verdict()] if self.chosen.chosen_release else []),
            self._severity(),
            self._category(),
            self._linked("topic", Advisory.topics.through),
            self._linked("condition", Advisory.conditions.through),
            self._product(),
        ]
        return [facet for facet in (*several, self._since()) if facet.options]

    def _facet(
        self, name: str, options: Iterable[tuple[str, str, int]], *, every: bool = False
    ) -> Facet:
        ticked = self.chosen.values.get(name, [])
        return Facet(
            name,
            str(self.chosen.form.fields[name].label),
            [
                Option(value, label, n, value in ticked)
                for value, label, n in options
                if n or every or value in ticked
            ],
        )

    def _verdict(self) -> Facet:
        options = [(v.value, str(v.label), n) for v, n in self.verdicts]
        return self._facet("verdict", options, every=True)

    def _severity(self) -> Facet:
        counted = self._by("severity", _severity)
        labels = {slug: str(s.label) for slug, s in SEVERITIES.items()}
        labels[NO_SEVERITY] = _("None given")
        return self._facet("severity", [(slug, labels[slug], counted[slug]) for slug in labels])

    def _category(self) -> Facet:
        return self._named("category", self._by("category", lambda row: row["category_id"]))

    def _linked(self, name: str, links: Any) -> Facet:
        """Of terms of which an advisory has any number. One query."""
        narrowed = self.chosen.narrowed(without=name).order_by().values("pk")
        counted = links.objects.filter(advisory__in=narrowed).values(f"{name}_id")
        numbers = dict(counted.annotate(n=Count("pk")).values_list(f"{name}_id", "n"))
        return self._named(name, Counter(numbers))

    def _product(self) -> Facet:
        """The advisories of the documents that cover a product, less those that name it as not
        affected. One query."""
        concerned = self._by("product", lambda row: row["document_id"])
        # Few rows say "not affected", so these are looked at, and not all advisories.
        listed = self.chosen.narrowed(without="product").order_by()
        spared = AffectedProduct.objects.filter(
            Exists(listed.filter(pk=OuterRef("advisory_id"))), status=Status.NOT_AFFECTED
        )
        left_out = {
            (document, product): n
            for document, product, n in spared.order_by()
            .values("advisory__document_id", "product_id")
            .annotate(n=Count("pk"))
            .values_list("advisory__document_id", "product_id", "n")
        }
        counted: Counter[int] = Counter()
        for product in self.chosen.terms["product"].values():
            for document in product.documents.all():
                n = concerned[document.pk] - left_out.get((document.pk, product.pk), 0)
                counted[product.pk] += n
        return self._named("product", counted)

    def _named(self, name: str, counted: Counter[int]) -> Facet:
        """A facet of terms, counted by primary key."""
        terms = self.chosen.terms[name]
        return self._facet(name, [(slug, str(row), counted[row.pk]) for slug, row in terms.items()])

    def _since(self) -> Facet:
        """The usual periods, and the day in the address where it is none of them."""
        day = self.chosen.values.get("since")
        counted = self._by("since", lambda row: row["period"])
        options, n = [], 0
        for days, label in PERIODS.items():
            n += counted[days]
            since = self.since(days)
            if n or since == day:
                options.append(Option(since.isoformat(), str(label), n, since == day))
        if day and not any(option.checked for option in options):
            named = _("since %(day)s") % {"day": date_format(day, "Y-m-d")}
            options.append(Option(day.isoformat(), named, self.total(), True))
        if options:
            everything = sum(counted.values())
            options.insert(0, Option("", _("at any time"), everything, day is None))
        return Facet("since", str(self.chosen.form.fields["since"].label), options, single=True)

    def relaxations(self) -> list[tuple[str, int, str]]:
        """For an empty list: each single filter without which there would be rows, how many, and
        the query string without it. One query for each filter that is no facet, three at most."""
        found = []
        for name in self.chosen.active:
            if name in FACETS:
                n = self.total(without=name)
            else:
                n = self.chosen.narrowed(without=name).count()
            if n:
                found.append((self._described(name), n, self.chosen.query_without(name)))
        return found

    def _described(self, name: str) -> str:
        given = dict.fromkeys(filter(None, self.chosen.query.getlist(name)))
        names = ", ".join(self.chosen.named(name, value) for value in given)
        return f"{self.chosen.form.fields[name].label}: {names}"


def _severity(row: Row) -> str:
    return Severity(row["severity"]).slug if row["severity"] else NO_SEVERITY
