"""Filters of the pages that show what is signed."""

from collections.abc import Mapping
from typing import Any

from django import template

from advisories.texts import in_language as text_in_language
from checklists.wording import open_points_text

register = template.Library()


@register.filter
def in_language(text: dict[str, str] | None) -> str:
    """A frozen text {"ja", "en"} in the active language."""
    return text_in_language(text)


@register.filter
def open_points(pending: int) -> str:
    """How many items are pending, in words; "" for none."""
    return open_points_text(pending)


@register.filter
def proofs(content: Mapping[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """(number of the item, file) of the evidence, in the order of the items."""
    numbers = {item["tracking_id"]: item["position"] for item in content["items"]}
    return [(numbers[file["tracking_id"]], file) for file in content.get("evidence", [])]


@register.filter
def grouped(digest: str) -> str:
    """A digest in groups of eight, to be compared by eye."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


@register.filter
def iso_day(iso: str) -> str:
    """ "2026-11-24" as "2026/11/24"."""
    return iso.replace("-", "/")
