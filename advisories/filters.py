"""What the list of advisories can be narrowed by, and in which order it stands.

Choices are lists of slugs, read once for a form, so that a malformed value (an unknown slug, a
NUL) is refused before it reaches the database. How many advisories each choice would leave over
is counted in facets.py.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, cast
from urllib.parse import urlencode

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, NullIf
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from advisories.applicability import UNKNOWN, Deployment, Reason, Severity, Status, Verdict
from advisories.models import (
    Advisory,
    AffectedProduct,
    Category,
    Condition,
    Mode,
    Product,
    Reference,
    Release,
    Topic,
)
from advisories.querysets import AdvisoryQuerySet
from advisories.searching import links_in, numbers_in, words_of

SEVERITIES = {severity.slug: severity for severity in sorted(Severity, reverse=True)}
NO_SEVERITY = "none"
# A search is a handful of words; each is a condition of its own in one query.
MOST_WORDS = 10
# Midnight of a day in the year 1 or 9999 may be no time at all in UTC.
YEARS = (1900, 2999)
# As many matches are looked up once; more are looked for again by every count of the page.
FEW = 1000
# What narrows the list, in the order of the page; the other fields choose the question (release
# and mode) or only the order.
FACETS = ("verdict", "severity", "category", "topic", "condition", "product", "since")
DOCUMENT_ORDER = ("document_id", "position", "pk")
ORDERS = {
    "": _("Order of the document"),
    "severity": _("Severity"),
    "changed": _("Newest change"),
    "title": _("Title"),
}


class CatalogueForm(forms.Form):
    """The filters, and what must hold between them."""

    products: dict[str, Product]

    def clean_q(self) -> str:
        query: str = self.cleaned_data["q"]
        words = words_of(query)
        if query and not words:
            raise ValidationError(_("Write a word, a number or a link."))
        if len(words) > MOST_WORDS and not numbers_in(query):
            raise ValidationError(_("Use at most %(n)d words.") % {"n": MOST_WORDS})
        return query

    def clean_since(self) -> date | None:
        day: date | None = self.cleaned_data["since"]
        first, last = YEARS
        if day and not first <= day.year <= last:
            raise ValidationError(
                _("Enter a date of the years %(first)d to %(last)d.")
                % {"first": first, "last": last}
            )
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        release, mode = cleaned.get("release"), cleaned.get("mode")
        if release and mode:
            product = self.products[release]
            modes = {m.slug: m.name for m in product.modes.all()}
            if mode not in modes:
                names = ", ".join(modes.values())
                raise ValidationError({"mode": self.unsupported(product, names)})
        return cleaned

    @staticmethod
    def unsupported(product: Product, names: str) -> str:
        if not names:
            return _("%(product)s has no deployment modes. Choose “any mode”.") % {
                "product": product
            }
        return _("%(product)s does not support this mode. Choose one of: %(modes)s.") % {
            "product": product,
            "modes": names,
        }


class SeveralFilter(django_filters.MultipleChoiceFilter):
    """Boxes to tick; any of them will do."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        widget = forms.CheckboxSelectMultiple
        super().__init__(label=label, widget=widget, method="narrow", **kwargs)


class AdvisoryFilter(django_filters.FilterSet):
    """Published advisories, narrowed. With a release each row answers `.reason` and `.verdict`.

    `qs` is empty when a value is malformed: the form says which one, and a list that ignores a
    filter would be a wrong list. Eight queries for the choices, whatever the catalogue's size,
    and at most one for search words that could be the number of a Q&A.
    """

    q = django_filters.CharFilter(label=_("Search words"), method="narrow", max_length=500)
    release = django_filters.ChoiceFilter(
        label=_("Release"), empty_label=_("any release"), method="narrow"
    )
    mode = django_filters.ChoiceFilter(
        label=_("Deployment mode"), empty_label=_("any mode"), method="narrow"
    )
    verdict = SeveralFilter(_("Verdict"), choices=Verdict.choices)
    severity = SeveralFilter(
        _("Severity"),
        choices=[
            *((slug, s.label) for slug, s in SEVERITIES.items()),
            (NO_SEVERITY, _("None given")),
        ],
    )
    category = SeveralFilter(_("Category"))
    topic = SeveralFilter(_("Topic"))
    condition = SeveralFilter(_("Condition"))
    product = SeveralFilter(_("Product"))
    since = django_filters.DateFilter(
        label=_("Changed since"), method="narrow", input_formats=["%Y-%m-%d"]
    )
    sort = django_filters.ChoiceFilter(
        label=_("Order"),
        empty_label=ORDERS[""],
        choices=[(key, label) for key, label in ORDERS.items() if key],
        method="narrow",
    )

    class Meta:
        model = Advisory
        fields: list[str] = []
        form = CatalogueForm

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, queryset=Advisory.objects.published())
        self.query: QueryDict = data
        self.releases = {
            release.slug: release
            for release in Release.objects.select_related("product").prefetch_related(
                "product__modes"
            )
        }
        self.terms: dict[str, dict[str, Any]] = {
            "mode": _by_slug(Mode.objects.all()),
            "category": _by_slug(Category.objects.all()),
            "topic": _by_slug(Topic.objects.all()),
            "condition": _by_slug(Condition.objects.all()),
            "product": _by_slug(Product.objects.prefetch_related("documents")),
        }
        for name, rows in self.terms.items():
            self.filters[name].extra["choices"] = [(slug, str(row)) for slug, row in rows.items()]
        self.filters["release"].extra["choices"] = [
            (slug, self._release_name(release)) for slug, release in self.releases.items()
        ]
        cast(CatalogueForm, self.form).products = {
            slug: release.product for slug, release in self.releases.items()
        }

    @staticmethod
    def _release_name(release: Release) -> str:
        if release.in_source:
            return str(release)
        return _("%(release)s (newer than the document)") % {"release": release}

    @cached_property
    def values(self) -> dict[str, Any]:
        """What was chosen, by field, without what was left empty; {} when the form has errors.

        A verdict can be chosen only where there is one: it waits for a release.
        """
        if not self.form.is_valid():
            return {}
        chosen = {name: value for name, value in self.form.cleaned_data.items() if value}
        if "release" not in chosen:
            chosen.pop("verdict", None)
        return chosen

    @property
    def waits_for_release(self) -> bool:
        """A verdict was chosen and no release."""
        return bool(self.query.getlist("verdict")) and "release" not in self.values

    @property
    def chosen_release(self) -> Release | None:
        """The chosen release; None without one or when the form has errors."""
        return self.releases.get(self.values.get("release", ""))

    @property
    def straight_to(self) -> Advisory | None:
        """The one advisory that has the Q&A which the search words are or link to: a published
        one, else a withdrawn one. None for other words, and for a number that several have."""
        rows = self._published_with_number or self._with_number
        return rows[0] if len(rows) == 1 else None

    @property
    def _published_with_number(self) -> list[Advisory]:
        return [row for row in self._with_number if row.state == Advisory.State.PUBLISHED]

    @cached_property
    def _with_number(self) -> list[Advisory]:
        """The first two advisories with that Q&A, published ones before withdrawn ones."""
        if self._cited is None:
            return []
        return list(self._cited.only("pk", "tracking_id", "state").order_by("state", "pk")[:2])

    @cached_property
    def _cited(self) -> AdvisoryQuerySet | None:
        """All advisories with that Q&A but drafts; None where the words are no number or link."""
        query = self.values.get("q", "")
        numbers, links = numbers_in(query), links_in(query)
        if not numbers and not links:
            return None
        cited = Reference.objects.filter(
            Q(number__in=numbers)
            | Q(successor__in=numbers)
            | Q(url__in=links)
            | Q(successor_url__in=links)
        )
        found = Q(tracking_id__in=numbers) | Q(pk__in=cited.values("advisory"))
        return Advisory.objects.filter(found).exclude(state=Advisory.State.DRAFT)

    @property
    def words(self) -> list[str]:
        """The normalised words that are searched for; [] where a Q&A number was found."""
        return [] if self._published_with_number else words_of(self.values.get("q", ""))

    @cached_property
    def _says(self) -> Q:
        """Every word somewhere in the advisory, or the Q&A that was asked for."""
        if self._cited is not None and self._published_with_number:
            return Q(pk__in=self._cited.values("pk"))
        says = Q()
        for word in self.words:
            says &= Q(search_text__contains=word)
        return says

    def look_up_matches(self) -> None:
        """Search once where few advisories hold the words, for a page that goes on to count them
        in several ways. One query for words, none without."""
        if self.words:
            found = Advisory.objects.published().filter(self._says).order_by()
            keys = list(found.values_list("pk", flat=True)[: FEW + 1])
            if len(keys) <= FEW:
                self._says = Q(pk__in=keys)

    @property
    def qs(self) -> AdvisoryQuerySet:
        return self.narrowed()

    def narrowed(self, *, without: str = "") -> AdvisoryQuerySet:
        """The rows that all filters but `without` leave over, in the chosen order."""
        if not self.form.is_valid():
            return Advisory.objects.none()
        found = self.scope(without=without)
        # Without a release there is no verdict either.
        left_out = {without, "verdict" if without == "release" else ""}
        for name in FACETS:
            if name in self.values and name not in left_out:
                found = found.filter(self.term(name))
        return self._ordered(found)

    def scope(self, *, without: str = "") -> AdvisoryQuerySet:
        """Every advisory that the question (release, mode, search words) is about, with `reason`
        where a release was chosen."""
        release, mode = self.chosen_release, self.values.get("mode", "")
        if release is None or without == "release":
            found = Advisory.objects.published()
            if mode and without != "mode":
                found = found.filter(_holds_in(mode))
        else:
            found = Advisory.objects.for_deployment(
                _box(release, "" if without == "mode" else mode)
            )
        return found if without == "q" else found.filter(self._says)

    def term(self, name: str) -> Q:
        """The condition of one of FACETS that has a value."""
        value = self.values[name]
        match name:
            case "verdict":
                return Q(("reason__in", [r.value for r in Reason if r.verdict in value]))
            case "severity":
                wanted = Q(severity__in=[SEVERITIES[slug] for slug in value if slug in SEVERITIES])
                return wanted | Q(severity__isnull=True) if NO_SEVERITY in value else wanted
            case "category":
                return Q(category__in=self._keys(name))
            case "topic":
                return Q(_has("topics", topic__in=self._keys(name)))
            case "condition":
                return Q(_has("conditions", condition__in=self._keys(name)))
            case "product":
                return self._concerns(value)
            case "since":
                return Q(changed_at__gte=start_of(value))
        raise KeyError(name)

    def _keys(self, name: str) -> list[int]:
        return [self.terms[name][slug].pk for slug in self.values[name]]

    def _concerns(self, slugs: list[str]) -> Q:
        """Could hit a box of one of these products: what says nothing of the product does, too."""
        concerns = Q()
        for slug in slugs:
            product = self.terms["product"][slug]
            spared = AffectedProduct.objects.filter(
                advisory=OuterRef("pk"), product=product, status=Status.NOT_AFFECTED
            )
            covering = [document.pk for document in product.documents.all()]
            concerns |= Q(document__in=covering) & ~Q(Exists(spared))
        return concerns

    def _ordered(self, found: AdvisoryQuerySet) -> AdvisoryQuerySet:
        match self.values.get("sort"):
            case "severity":
                return found.order_by(F("severity").desc(nulls_last=True), *DOCUMENT_ORDER)
            case "changed":
                return found.order_by(F("changed_at").desc(nulls_last=True), *DOCUMENT_ORDER)
            case "title":
                return found.order_by(_title(), *DOCUMENT_ORDER)
        return found.order_by(*DOCUMENT_ORDER)

    @property
    def active(self) -> list[str]:
        """The fields that narrow the list or choose its question, in the order of the form."""
        return [name for name in self.form.fields if name in self.values and name != "sort"]

    @property
    def chips(self) -> list[tuple[str, str]]:
        """Each value that narrows the list: its name, and the query string without it."""
        return [
            (
                f"{self.form.fields[name].label}: {self.named(name, value)}",
                self.query_without(name, value),
            )
            for name, value in self._given()
        ]

    @property
    def given_facets(self) -> list[tuple[str, str]]:
        """What the address says of the facets: kept while another field is mended."""
        return [(name, value) for name, value in self._given() if name in FACETS]

    @property
    def box_query(self) -> str:
        """Release and mode as the wizard's address has them."""
        return urlencode(self._box_pairs())

    @property
    def compare_query(self) -> str:
        """Release and mode as the first side of a comparison."""
        return urlencode([(f"a-{key}", value) for key, value in self._box_pairs()])

    def _box_pairs(self) -> list[tuple[str, str]]:
        return [(name, self.values[name]) for name in ("release", "mode") if name in self.values]

    @property
    def file_query(self) -> str:
        """The query string of the same list as a file or another view of it: all its pages."""
        return self.query_without("page")

    def _given(self) -> Iterator[tuple[str, str]]:
        """Fields and values as they stand in the address, also those that are malformed."""
        for name in self.form.fields:
            if name == "sort" or (name == "verdict" and self.waits_for_release):
                continue
            for value in dict.fromkeys(self.query.getlist(name)):
                if value:
                    yield name, value

    def named(self, name: str, value: str) -> str:
        """The name of a choice; what is no choice stands for itself."""
        choices = getattr(self.form.fields[name], "choices", ())
        return str(dict(choices).get(value, value))

    def query_without(self, name: str, value: str | None = None) -> str:
        """The query string without one value of a field, or without all of them."""
        data = self.query.copy()
        left = [other for other in data.getlist(name) if value is not None and other != value]
        data.setlist(name, left)
        data.pop("page", None)
        return data.urlencode()


def start_of(day: date) -> datetime:
    """Midnight in the portal's time zone."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _box(release: Release, mode: str) -> Deployment:
    product = release.product
    modes = frozenset(m.slug for m in product.modes.all())
    return Deployment(
        product=product.slug,
        rank=release.rank,
        mode=mode or (UNKNOWN if modes else None),
        product_modes=modes,
    )


def _title() -> Any:
    """The title as the list shows it: in the reader's language, Japanese where that is empty."""
    if get_language() == "en":
        return Coalesce(NullIf("title_en", Value("")), "title_ja")
    return F("title_ja")


def _by_slug(rows: Any) -> dict[str, Any]:
    return {row.slug: row for row in rows}


def _has(field: str, **lookup: Any) -> Exists:
    """Whether the many-to-many `field` of an advisory has a row like this; never a second row."""
    through = getattr(Advisory, field).through
    return Exists(through.objects.filter(advisory=OuterRef("pk"), **lookup))


def _holds_in(mode: str) -> Q:
    """Lists this mode, or none at all: then it holds in every mode."""
    return Q(_has("modes", mode__slug=mode)) | ~Q(_has("modes"))
