"""What a revision of an advisory holds, and how far two of them differ (design section 3)."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from advisories.applicability import Severity
from advisories.models import Advisory, AdvisoryRevision, AffectedProduct, Reference
from advisories.texts import both

Content = dict[str, Any]

APPLICABILITY, ACTION, TEXT = "applicability", "action", "text"
APPLICABILITY_KEYS = ("document", "state", "modes", "conditions")
APPLICABILITY_OF_A_PRODUCT = ("product", "status", "fixed_in", "fix_scope")
ACTION_KEYS = ("action", "check", "severity")


def content_of(advisory: Advisory) -> Content:
    """The advisory as an entry of the catalogue file, with its document, state and reason of
    withdrawal.

    Every key is there; what is not said is None. Lists are sorted where order means nothing;
    references keep theirs. Texts are {"ja", "en"}. No query for a row of `with_terms`, else nine.
    """
    severity, revision = advisory.severity, advisory.source_revision
    return {
        "document": advisory.document.slug,
        "tracking_id": advisory.tracking_id,
        "position": advisory.position,
        "state": advisory.state,
        "withdrawn_reason": advisory.withdrawn_reason,
        "title": both(advisory, "title"),
        "summary": both(advisory, "summary"),
        "action": both(advisory, "action"),
        "check": text_or_none(both(advisory, "check")),
        "impact": text_or_none(both(advisory, "impact")),
        "phase": advisory.phase or None,
        "acts": advisory.acts or None,
        "category": advisory.category.slug,
        "topics": sorted(topic.slug for topic in advisory.topics.all()),
        "severity": None if severity is None else Severity(severity).slug,
        "modes": sorted(mode.slug for mode in advisory.modes.all()),
        "conditions": sorted(condition.slug for condition in advisory.conditions.all()),
        "provenance": {
            "revision": revision.version if revision else None,
            "table": advisory.source_table,
            "row": advisory.source_row,
        },
        "affected": sorted(
            (_affected(row) for row in advisory.affected.all()), key=lambda row: row["product"]
        ),
        "references": [
            _reference(row)
            for row in sorted(advisory.references.all(), key=lambda row: (row.position, row.pk))
        ],
    }


def _affected(row: AffectedProduct) -> Content:
    return {
        "product": row.product.slug,
        "status": row.status,
        "basis": row.basis or None,
        "fixed_in": row.fixed_in.slug if row.fixed_in else None,
        "fix_scope": row.fix_scope or None,
        "fix_kind": row.fix_kind or None,
        "fix_note": text_or_none(both(row, "fix_note")),
    }


def _reference(row: Reference) -> Content:
    return {
        "product": row.product.slug if row.product else None,
        "number": row.number,
        "url": row.url,
        "successor": row.successor or None,
        "successor_url": row.successor_url or None,
    }


def text_or_none(text: dict[str, str]) -> dict[str, str] | None:
    """None for a text that is empty in every language."""
    return text if any(text.values()) else None


def canonical(value: Any) -> bytes:
    """The one way a JSON value is written before it is hashed. Raises UnicodeEncodeError for a
    lone surrogate, which is no text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, child in value.items():
            yield key
            yield from strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from strings(child)


def digests(content: Mapping[str, Any]) -> dict[str, str]:
    """SHA-256 (hex) of the three parts of a content: applicability, action, text (the rest)."""
    parts: dict[str, Content] = {APPLICABILITY: {}, ACTION: {}, TEXT: {}}
    for key, value in content.items():
        if key in APPLICABILITY_KEYS:
            parts[APPLICABILITY][key] = value
        elif key in ACTION_KEYS:
            parts[ACTION][key] = value
        elif key == "affected":
            parts[APPLICABILITY][key] = [
                {name: row[name] for name in APPLICABILITY_OF_A_PRODUCT} for row in value
            ]
            parts[TEXT][key] = [
                {
                    name: row[name]
                    for name in row
                    if name == "product" or name not in APPLICABILITY_OF_A_PRODUCT
                }
                for row in value
            ]
        else:
            parts[TEXT][key] = value
    return {part: hashlib.sha256(canonical(fields)).hexdigest() for part, fields in parts.items()}


def token_of(advisory: Advisory) -> str:
    """Stands for all that the stored advisory says; also drafts change, without a number. No query
    for a row of `with_terms`."""
    digest = hashlib.sha256(canonical(content_of(advisory))).hexdigest()
    return f"{advisory.revision}-{digest[:24]}"


def step(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> AdvisoryRevision.Step | None:
    """How far `new` is from `old` (None: there is none). None when nothing changed.

    Applicability changed is MAJOR, action, check or severity MINOR, anything else PATCH.
    """
    if old is None:
        return AdvisoryRevision.Step.FIRST
    before, after = digests(old), digests(new)
    if before[APPLICABILITY] != after[APPLICABILITY]:
        return AdvisoryRevision.Step.MAJOR
    if before[ACTION] != after[ACTION]:
        return AdvisoryRevision.Step.MINOR
    if before[TEXT] != after[TEXT]:
        return AdvisoryRevision.Step.PATCH
    return None
