"""Two boxes beside each other: what one of them needs and the other does not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from django.db.models import QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from advisories.applicability import Deployment, Reason, Severity, Verdict
from advisories.models import Advisory, SourceDocument
from advisories.verdict_rows import verdict_rows

TO_DO = (Verdict.REQUIRED, Verdict.CONFIRM)


class Change(TextChoices):
    """What becomes of an advisory on the way from the first box to the second."""

    NEW = "new", gettext_lazy("Newly needed")
    STAYS = "stays", gettext_lazy("Still needed")
    ANSWER = "answer", gettext_lazy("Needs an answer")
    VERIFY = "verify", gettext_lazy("Verify only")
    FALLS_AWAY = "falls_away", gettext_lazy("Falls away")
    NEITHER = "neither", gettext_lazy("Concerns neither")


def change(before: Verdict | None, after: Verdict | None) -> Change:
    """None: the document of the advisory does not cover the product, which is as good as not
    applicable here."""
    if after is Verdict.CONFIRM:  # nobody knows yet whether it will be needed
        return Change.ANSWER
    if after is Verdict.REQUIRED:
        return Change.STAYS if before in TO_DO else Change.NEW
    if after is Verdict.FIXED:
        return Change.VERIFY
    if before in TO_DO or before is Verdict.FIXED:
        return Change.FALLS_AWAY
    return Change.NEITHER


@dataclass(frozen=True)
class Difference:
    """One advisory; a reason None: out of scope of that box."""

    advisory: Advisory
    before: Reason | None
    after: Reason | None

    @property
    def change(self) -> Change:
        return change(_verdict(self.before), _verdict(self.after))

    @property
    def sides(self) -> tuple[Reason | None, Reason | None]:
        return self.before, self.after


class Comparison:
    """Every advisory in scope of one of two boxes, in document order. Three queries."""

    def __init__(self, before: Deployment, after: Deployment) -> None:
        self.boxes = before, after

    @cached_property
    def _reasons(self) -> tuple[dict[int, Reason], dict[int, Reason]]:
        before, after = (
            {pk: Reason(reason) for pk, _verdict, reason in verdict_rows(box)} for box in self.boxes
        )
        return before, after

    def __iter__(self) -> Iterator[Difference]:
        """Row by row, however many there are."""
        before, after = self._reasons
        for advisory in self._advisories().iterator(chunk_size=500):
            one, other = before.get(advisory.pk), after.get(advisory.pk)
            if one or other:
                yield Difference(advisory, one, other)

    def _advisories(self) -> QuerySet[Advisory]:
        products = {box.product for box in self.boxes}
        documents = SourceDocument.objects.filter(products__slug__in=products).values("pk")
        found = Advisory.objects.published().filter(document__in=documents)
        return found.defer("search_text").order_by("document_id", "position", "pk")

    @cached_property
    def counts(self) -> list[tuple[Change, int]]:
        """All kinds of change; they add up to every advisory in scope of one of the boxes.
        No query once the list was gone through."""
        before, after = self._reasons
        counted = dict.fromkeys(Change, 0)
        for pk in before.keys() | after.keys():
            counted[change(_verdict(before.get(pk)), _verdict(after.get(pk)))] += 1
        return list(counted.items())

    @property
    def total(self) -> int:
        return sum(n for _change, n in self.counts)


def _verdict(reason: Reason | None) -> Verdict | None:
    return reason.verdict if reason else None


def table(comparison: Comparison, names: Sequence[str]) -> Iterator[list[str]]:
    """Headings and rows, titles in both languages; `names` are those of the boxes' releases.

    All words are looked up at once, in the reader's language: the rows are written when the
    request is over.
    """
    heads = [
        _("Tracking ID"),
        _("Severity"),
        f"{_('Title')} ({_('Japanese')})",
        f"{_('Title')} ({_('English')})",
        _("Difference"),
    ]
    for side, name in zip("AB", names, strict=True):
        heads += [f"{side} ({name}): {_('Verdict')}", f"{side}: {_('Reason for the verdict')}"]
    changes = {change: str(change.label) for change in Change}
    severities = {severity: str(severity.label) for severity in Severity} | {None: ""}
    reasons: dict[Reason | None, list[str]] = {
        reason: [str(reason.verdict.label), str(reason.label)] for reason in Reason
    }
    reasons[None] = [_("not in the documents of this product"), ""]
    rows = (
        [
            row.advisory.tracking_id,
            severities[Severity(row.advisory.severity) if row.advisory.severity else None],
            row.advisory.title_ja,
            row.advisory.title_en,
            changes[row.change],
            *reasons[row.before],
            *reasons[row.after],
        ]
        for row in comparison
    )
    return chain([heads], rows)
