"""What the list of advisories can be narrowed by.

Choices are lists of slugs, read once for a form, so that a malformed value (an unknown slug, a
NUL) is refused before it reaches the database.
"""

import unicodedata
from typing import Any, cast

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from advisories.applicability import UNKNOWN, Deployment, Severity
from advisories.models import Advisory, Category, Mode, Product, Reference, Release, Topic
from advisories.querysets import AdvisoryQuerySet

SEVERITIES = {severity.slug: severity for severity in sorted(Severity, reverse=True)}
NO_SEVERITY = "none"
# A search is a handful of words; each is a condition of its own in one query.
MOST_WORDS = 10
SEARCHED = (
    "tracking_id",
    *(f"{t}_{lang}" for t in ("title", "summary", "action", "check") for lang in ("ja", "en")),
)


class CatalogueForm(forms.Form):
    """The filters, and what must hold between them."""

    products: dict[str, Product]

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


class AdvisoryFilter(django_filters.FilterSet):
    """Published advisories, narrowed. With a release each row answers `.reason` and `.verdict`.

    `qs` is empty when a value is malformed: the form says which one, and a list that ignores a
    filter would be a wrong list. Five queries for the choices, whatever the catalogue's size.
    """

    q = django_filters.CharFilter(label=_("Search words"), method="narrow_text", max_length=200)
    release = django_filters.ChoiceFilter(
        label=_("Release"), empty_label=_("any release"), method="keep"
    )
    mode = django_filters.ChoiceFilter(
        label=_("Deployment mode"), empty_label=_("any mode"), method="keep"
    )
    severity = django_filters.MultipleChoiceFilter(
        label=_("Severity"),
        choices=[
            *((slug, s.label) for slug, s in SEVERITIES.items()),
            (NO_SEVERITY, _("None given")),
        ],
        widget=forms.CheckboxSelectMultiple,
        method="narrow_severity",
    )
    category = django_filters.MultipleChoiceFilter(
        label=_("Category"), widget=forms.CheckboxSelectMultiple, method="narrow_category"
    )
    topic = django_filters.MultipleChoiceFilter(
        label=_("Topic"), widget=forms.CheckboxSelectMultiple, method="narrow_topic"
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
        choices = {
            "release": [(slug, self._release_name(r)) for slug, r in self.releases.items()],
            "mode": _names(Mode),
            "category": _names(Category),
            "topic": _names(Topic),
        }
        for name, values in choices.items():
            self.filters[name].extra["choices"] = values
        cast(CatalogueForm, self.form).products = {
            slug: release.product for slug, release in self.releases.items()
        }

    @staticmethod
    def _release_name(release: Release) -> str:
        if release.in_source:
            return str(release)
        return _("%(release)s (newer than the document)") % {"release": release}

    @cached_property
    def chosen_release(self) -> Release | None:
        """The chosen release; None without one or when the form has errors."""
        if not self.form.is_valid():
            return None
        return self.releases.get(self.form.cleaned_data["release"])

    @property
    def qs(self) -> AdvisoryQuerySet:
        if not self.form.is_valid():
            return Advisory.objects.none()
        found = self._in_scope(self.form.cleaned_data["mode"])
        return cast(AdvisoryQuerySet, self.filter_queryset(found))

    @property
    def chips(self) -> list[tuple[str, str]]:
        """Each value that narrows the list: its name, and the query string without it."""
        return [
            (f"{field.label}: {_choice(field, value)}", self._without(name, value))
            for name, field in self.form.fields.items()
            for value in dict.fromkeys(self.query.getlist(name))
            if value
        ]

    def _without(self, name: str, value: str) -> str:
        data = self.query.copy()
        data.setlist(name, [other for other in data.getlist(name) if other != value])
        data.pop("page", None)
        return data.urlencode()

    def _in_scope(self, mode: str) -> AdvisoryQuerySet:
        if self.chosen_release is None:
            found = Advisory.objects.published().order_by("document", "position", "pk")
            return found.filter(_holds_in(mode)) if mode else found
        product = self.chosen_release.product
        modes = frozenset(m.slug for m in product.modes.all())
        return Advisory.objects.for_deployment(
            Deployment(
                product=product.slug,
                rank=self.chosen_release.rank,
                mode=mode or (UNKNOWN if modes else None),
                product_modes=modes,
            )
        )

    def keep(self, queryset: AdvisoryQuerySet, name: str, value: str) -> AdvisoryQuerySet:
        """Release and mode choose the question (`_in_scope`); they drop no row here."""
        return queryset

    def narrow_text(self, queryset: AdvisoryQuerySet, name: str, value: str) -> AdvisoryQuerySet:
        """Every word somewhere in the advisory; full-width letters and digits count as plain."""
        for word in unicodedata.normalize("NFKC", value).split()[:MOST_WORDS]:
            queryset = queryset.filter(_says(word))
        return queryset

    def narrow_severity(
        self, queryset: AdvisoryQuerySet, name: str, value: list[str]
    ) -> AdvisoryQuerySet:
        if not value:
            return queryset
        wanted = Q(severity__in=[SEVERITIES[slug] for slug in value if slug in SEVERITIES])
        if NO_SEVERITY in value:
            wanted |= Q(severity__isnull=True)
        return queryset.filter(wanted)

    def narrow_category(
        self, queryset: AdvisoryQuerySet, name: str, value: list[str]
    ) -> AdvisoryQuerySet:
        return queryset.filter(category__slug__in=value) if value else queryset

    def narrow_topic(
        self, queryset: AdvisoryQuerySet, name: str, value: list[str]
    ) -> AdvisoryQuerySet:
        return queryset.filter(_has("topics", topic__slug__in=value)) if value else queryset


def _names(model: type[Mode] | type[Category] | type[Topic]) -> list[tuple[str, str]]:
    return [(term.slug, term.name) for term in model.objects.all()]


def _choice(field: forms.Field, value: str) -> str:
    """The name of a choice; what is no choice stands for itself."""
    return str(dict(getattr(field, "choices", ())).get(value, value))


def _has(field: str, **lookup: Any) -> Exists:
    """Whether the many-to-many `field` of an advisory has a row like this; never a second row."""
    through = getattr(Advisory, field).through
    return Exists(through.objects.filter(advisory=OuterRef("pk"), **lookup))


def _holds_in(mode: str) -> Q:
    """Lists this mode, or none at all: then it holds in every mode."""
    return Q(_has("modes", mode__slug=mode)) | ~Q(_has("modes"))


def _says(word: str) -> Q:
    """Whether an advisory, or the number of one of its references, contains `word`."""
    says = Q(
        Exists(
            Reference.objects.filter(
                Q(number__icontains=word) | Q(successor__icontains=word), advisory=OuterRef("pk")
            )
        )
    )
    for field in SEARCHED:
        says |= Q(**{f"{field}__icontains": word})
    return says
