"""An evaluation without a checklist, as the command line prints it (design section 9)."""

import csv
import io
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from advisories.applicability import Deployment, Reason, Severity, Verdict, deciding_conditions
from advisories.cells import defuse
from advisories.models import Advisory

Json = dict[str, Any]
COLUMNS = ("tracking_id", "references", "severity", "verdict", "reason", "conditions")


def evaluate(deployment: Deployment) -> tuple[Json, list[Json]]:
    """(counts per verdict, items in document order). Four queries whatever the catalogue's size.

    An item is {"tracking_id", "references": [numbers], "severity": slug | None, "verdict",
    "reason", "conditions": [slugs that decided it or are open]}.
    """
    rows = Advisory.objects.for_deployment(deployment)
    rows = rows.prefetch_related("references__product", "conditions")
    items = [_item(advisory, deployment) for advisory in rows]
    counts = dict.fromkeys(Verdict.values, 0)
    for item in items:
        counts[item["verdict"]] += 1
    return counts, items


def _item(advisory: Advisory, deployment: Deployment) -> Json:
    reason = Reason(advisory.reason)  # type: ignore[attr-defined]
    conditions = frozenset(condition.slug for condition in advisory.conditions.all())
    severity = advisory.severity
    return {
        "tracking_id": advisory.tracking_id,
        "references": [
            reference.number
            for reference in advisory.references.all()
            if reference.product is None or reference.product.slug == deployment.product
        ],
        "severity": None if severity is None else Severity(severity).slug,
        "verdict": reason.verdict.value,
        "reason": reason.value,
        "conditions": deciding_conditions(conditions, reason, deployment.answers),
    }


def as_csv(items: Iterable[Json]) -> str:
    """RFC 4180 with a header line; lists are joined by commas, no severity is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for item in items:
        writer.writerow([defuse(_cell(item[column])) for column in COLUMNS])
    return out.getvalue()


def _cell(value: Any) -> str:
    return ",".join(value) if isinstance(value, list) else value or ""


def as_table(counts: Json, items: Iterable[Json]) -> str:
    """For reading on a terminal, in the active language."""
    rows = [[_("ID"), _("severity"), _("verdict"), _("reason"), _("conditions"), "Q&A"]]
    for item in items:
        severity = item["severity"]
        rows.append(
            [
                item["tracking_id"],
                str(Severity[severity.upper()].label) if severity else "-",
                str(Verdict(item["verdict"]).label),
                str(Reason(item["reason"]).label),
                " ".join(item["conditions"]),
                " ".join(item["references"]),
            ]
        )
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
    total = "  ".join(f"{Verdict(verdict).label}: {count}" for verdict, count in counts.items())
    return "\n".join([*lines, "", total, ""])


def _width(text: str) -> int:
    """Columns on a terminal: Japanese letters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
