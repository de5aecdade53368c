"""Two boxes beside each other: what falls away, stays, is new, needs verifying."""

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from advisories.access import public_catalogue
from advisories.boxes import SIDES, BoxForm, address, conditions_of
from advisories.comparison import Change, Comparison, Difference, table
from advisories.exporting import csv_pieces
from advisories.models import Release
from advisories.views.exports import attached

# Rows of one kind on the page; the file has them all.
MOST_ROWS = 300


class Group(NamedTuple):
    """The rows of one kind of change; `n` counts also those that are not shown."""

    change: Change
    n: int
    rows: list[Difference]


@public_catalogue
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Both boxes stand in the address. The form's own fields lead to that address."""
    forms = box_forms(request)
    one, other = forms
    context = {"forms": forms, "has_errors": not all(form.is_valid() for form in forms)}
    if not context["has_errors"]:
        query = address(one.pairs(), other.pairs())
        if request.GET.urlencode() != query:
            return redirect(reverse("advisories:compare") + (f"?{query}" if query else ""))
        context |= {
            "query": query,
            "swapped": address(other.pairs("a"), one.pairs("b")),
            "wizard": [(form, address(form.pairs(box=True))) for form in forms],
        }
        comparison = comparison_of(forms)
        if comparison:
            groups = groups_of(comparison)
            context |= {
                "groups": groups,
                "total": comparison.total,
                "cut": any(group.n > len(group.rows) for group in groups),
            }
    return render(request, "advisories/compare.html", context)


@public_catalogue
@require_safe
def compare_csv(request: HttpRequest) -> HttpResponseBase:
    """The whole comparison as a table, titles in both languages."""
    forms = box_forms(request)
    comparison = comparison_of(forms)
    if comparison is None:
        return redirect(f"{reverse('advisories:compare')}?{request.GET.urlencode()}")
    name = f"comparison-{timezone.localdate():%Y-%m-%d}.csv"
    rows = table(comparison, [str(form.chosen) for form in forms])
    return attached(csv_pieces(rows), name)


def box_forms(request: HttpRequest) -> list[BoxForm]:
    """Both sides. Three queries, four where a release is chosen."""
    releases = {
        release.slug: release
        for release in Release.objects.select_related("product").prefetch_related("product__modes")
    }
    conditions = conditions_of(releases.get(request.GET.get(f"{s}-release", "")) for s in SIDES)
    return [
        BoxForm(request.GET, side=side, releases=releases, conditions=conditions) for side in SIDES
    ]


def comparison_of(forms: list[BoxForm]) -> Comparison | None:
    before, after = (form.deployment for form in forms)
    return Comparison(before, after) if before and after else None


def groups_of(comparison: Comparison) -> list[Group]:
    groups = {change: Group(change, n, []) for change, n in comparison.counts}
    for difference in comparison:
        rows = groups[difference.change].rows
        if len(rows) < MOST_ROWS:
            rows.append(difference)
    return list(groups.values())
