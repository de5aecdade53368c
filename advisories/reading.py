"""The content of a revision in words: the cells of a table, one per thing that it says.

What a file of the list holds and what the comparison of two revisions shows are the same cells.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from advisories.applicability import FixScope, Severity, Status
from advisories.content import Content
from advisories.models import (
    Advisory,
    AffectedProduct,
    Category,
    Condition,
    Mode,
    Product,
    Release,
    SourceDocument,
    Topic,
)
from advisories.texts import LANGUAGES, both, in_language

Text = dict[str, str]
SEPARATOR = " / "


@dataclass(frozen=True)
class Column:
    label: str
    cell: Callable[[Content], str]


class Words:
    """The names that contents speak of by slug. Seven queries.

    `languages` are those in which names are given; texts come in both. A term that is no longer
    there stands for itself, with its slug.
    """

    def __init__(self, languages: Sequence[str] = LANGUAGES) -> None:
        self.languages = languages
        self.products = list(Product.objects.all())
        self.names: dict[str, dict[str, Text]] = {
            name: {row.slug: both(row, field) for row in rows}
            for name, rows, field in (
                ("category", Category.objects.all(), "name"),
                ("topics", Topic.objects.all(), "name"),
                ("modes", Mode.objects.all(), "name"),
                ("conditions", Condition.objects.all(), "name"),
                ("document", SourceDocument.objects.all(), "title"),
                ("release", Release.objects.order_by(), "label"),
            )
        }

    def columns(self, products: Iterable[Product] | None = None) -> list[Column]:
        """What a content says, of these products only (None: of all), in the order of the page."""
        if products is None:
            products = self.products
        return [
            self._plain(_("State"), "state", _labels(Advisory.State)),
            Column(_("Reason of the withdrawal"), lambda c: c["withdrawn_reason"] or ""),
            self._plain(_("Severity"), "severity", {s.slug: str(s.label) for s in Severity}),
            *self._named(_("Category"), "category"),
            *self._named(_("Topics"), "topics"),
            *_in_both(_("Title"), "title"),
            *_in_both(_("Summary"), "summary"),
            *_in_both(_("What to do"), "action"),
            *_in_both(_("How to prove it"), "check"),
            *_in_both(_("Service impact"), "impact"),
            self._plain(_("Phase"), "phase", _labels(Advisory.Phase)),
            self._plain(_("Who acts"), "acts", _labels(Advisory.Actor)),
            *self._named(_("Deployment modes"), "modes", _("every mode")),
            *self._named(_("Conditions"), "conditions"),
            *(column for product in products for column in self._of_product(product)),
            Column("Q&A", lambda c: _lines(_numbers(r) for r in c["references"])),
            Column(_("Address"), lambda c: _lines(_address(r) for r in c["references"])),
            *self._named(_("Document"), "document"),
            Column(_("Version"), lambda c: c["provenance"]["revision"] or ""),
            Column(_("Table"), lambda c: _number(c["provenance"]["table"])),
            Column(_("Row"), lambda c: _number(c["provenance"]["row"])),
        ]

    def _plain(self, label: str, key: str, labels: dict[str, str]) -> Column:
        return Column(label, lambda c: _label(labels, c[key]))

    def _named(self, label: str, key: str, none: str = "") -> list[Column]:
        """The names behind a slug or a list of slugs, in each of the languages."""

        def column(language: str) -> Column:
            def cell(content: Content) -> str:
                slugs = [content[key]] if isinstance(content[key], str) else content[key]
                found = [self._name(key, slug, language) for slug in slugs]
                return SEPARATOR.join(found) or none

            return Column(_with_language(label, language, self.languages), cell)

        return [column(language) for language in self.languages]

    def _name(self, key: str, slug: str, language: str) -> str:
        return in_language(self.names[key].get(slug), language) or slug

    def _of_product(self, product: Product) -> list[Column]:
        def column(label: str, key: str, labels: dict[str, str]) -> Column:
            def cell(content: Content) -> str:
                return _label(labels, _row_of(content, product.slug).get(key))

            return Column(f"{product.short_name}: {label}", cell)

        def fixed_in(content: Content) -> str:
            slug = _row_of(content, product.slug).get("fixed_in")
            return self._name("release", slug, self.languages[0]) if slug else ""

        def note(language: str) -> Column:
            label = _with_language(_("Note on the fix"), language)
            return Column(
                f"{product.short_name}: {label}",
                lambda c: (_row_of(c, product.slug).get("fix_note") or {}).get(language, ""),
            )

        return [
            column(_("Status"), "status", _labels(Status)),
            column(_("Basis"), "basis", _labels(AffectedProduct.Basis)),
            Column(f"{product.short_name}: {_('Fixed in')}", fixed_in),
            column(_("The fix reaches"), "fix_scope", _labels(FixScope)),
            column(_("Kind of fix"), "fix_kind", _labels(AffectedProduct.FixKind)),
            *(note(language) for language in LANGUAGES),
        ]


def _labels(choices: Any) -> dict[str, str]:
    return {choice.value: str(choice.label) for choice in choices}


def _label(labels: dict[str, str], value: str | None) -> str:
    return labels.get(value, value) if value else ""


def _with_language(label: str, language: str, among: Sequence[str] = LANGUAGES) -> str:
    """The label, with the language where there is more than one."""
    if len(among) == 1:
        return label
    return f"{label} ({_('Japanese') if language == 'ja' else _('English')})"


def _in_both(label: str, key: str) -> list[Column]:
    def column(language: str) -> Column:
        return Column(_with_language(label, language), lambda c: (c[key] or {}).get(language, ""))

    return [column(language) for language in LANGUAGES]


def _row_of(content: Content, product: str) -> Content:
    """What the content says of a product; {} for nothing."""
    return next((row for row in content["affected"] if row["product"] == product), {})


def _numbers(reference: Content) -> str:
    number, successor = reference["number"], reference["successor"]
    return f"{number} → {successor}" if successor else str(number)


def _address(reference: Content) -> str:
    return str(reference["successor_url"] or reference["url"])


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _number(number: int | None) -> str:
    return "" if number is None else str(number)
