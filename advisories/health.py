"""The checks of the health page: what is looked for, in words, and which advisories it hits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Model, Value
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from advisories.models import (
    Category,
    Condition,
    DocumentRevision,
    Mode,
    Product,
    Release,
    SourceDocument,
    Topic,
)
from advisories.querysets import AdvisoryQuerySet
from advisories.shortcomings import without_english

REVIEWED_WITHIN = timedelta(days=365)


@dataclass(frozen=True)
class Check:
    """`select` narrows advisories to those that are hit, as of `today`."""

    slug: str
    label: Any
    remedy: Any
    select: Callable[[AdvisoryQuerySet, date], AdvisoryQuerySet]


CHECKS = {
    check.slug: check
    for check in (
        Check(
            "no-statement",
            _("A product of the document without a statement"),
            _("Add the product to the advisory, or take it out of the document."),
            lambda advisories, today: advisories.without_statement(),
        ),
        Check(
            "under-investigation",
            _("Under investigation"),
            _("Read the Q&A, or ask the vendor, and set the status."),
            lambda advisories, today: advisories.under_investigation(),
        ),
        Check(
            "fix-without-note",
            _("A fix without a note"),
            _("Say what the fix changed, so that people know what to verify."),
            lambda advisories, today: advisories.with_fix_without_note(),
        ),
        Check(
            "no-translation",
            _("A text without its English"),
            _("English pages and files show the Japanese text there."),
            lambda advisories, today: advisories.with_missing_translation(),
        ),
        Check(
            "dead-link",
            _("A link that leads nowhere"),
            _("Look for the successor of the Q&A and enter it."),
            lambda advisories, today: advisories.with_dead_link(),
        ),
        Check(
            "changed-link",
            _("A linked page that says something else now"),
            _("Read it again, change the advisory if need be, and mark it as reviewed."),
            lambda advisories, today: advisories.with_changed_link(),
        ),
        Check(
            "not-reviewed",
            _("Not reviewed for 12 months"),
            _("Read it again, and mark it as reviewed in the list."),
            lambda advisories, today: advisories.not_reviewed_since(today - REVIEWED_WITHIN),
        ),
    )
}


# What stands beside the advisories on English pages and in English files, and the column that an
# editor knows a row by.
BESIDE: tuple[tuple[type[Model], str], ...] = (
    (Condition, "name_ja"),
    (Mode, "name_ja"),
    (Category, "name_ja"),
    (Topic, "name_ja"),
    (Product, "short_name"),
    (Release, "label_ja"),
    (SourceDocument, "title_ja"),
    (DocumentRevision, "version"),
)


@dataclass(frozen=True)
class Untranslated:
    """A row with a text that lacks its English."""

    model: type[Model]
    pk: int
    name: str

    @property
    def kind(self) -> str:
        return capfirst(str(self.model._meta.verbose_name))


def untranslated() -> list[Untranslated]:
    """Terms, products, releases and documents, in the order of BESIDE; one query."""
    each = [
        model._default_manager.filter(without_english(model))
        .order_by()
        .values_list(Value(number), "pk", name)
        for number, (model, name) in enumerate(BESIDE)
    ]
    found = sorted(each[0].union(*each[1:], all=True))
    return [Untranslated(BESIDE[number][0], pk, name) for number, pk, name in found]


def findings(advisories: AdvisoryQuerySet, today: date) -> list[tuple[Check, int]]:
    """Every check with the number of advisories it hits; one query for each check."""
    return [(check, check.select(advisories, today).count()) for check in CHECKS.values()]
