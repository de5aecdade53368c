"""Two languages side by side: columns `x_ja`, `x_en`, frozen as {"ja": ..., "en": ...}."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language

LANGUAGES = ("ja", "en")


def in_language(text: dict[str, str] | None, language: str | None = None) -> str:
    """`text` in `language` (None: the active one), Japanese where that is empty; "" for None."""
    if not text:
        return ""
    return text.get(language or get_language() or "ja") or text.get("ja", "")


def both(instance: Any, field: str) -> dict[str, str]:
    """The columns `field`_ja and `field`_en as {"ja": ..., "en": ...}; empty ones are ""."""
    return {language: getattr(instance, f"{field}_{language}") for language in LANGUAGES}


def two_columns(field: str, text: Mapping[str, str] | None) -> dict[str, Any]:
    """The other way round: {"ja", "en"} as the columns `field`_ja and `field`_en; None and what is
    absent are ""."""
    return {f"{field}_{language}": (text or {}).get(language, "") for language in LANGUAGES}


class localized:
    """A property with the text of `field` in the active language, Japanese as the fallback."""

    def __init__(self, field: str) -> None:
        self.field = field

    def __get__(self, instance: Any, owner: type) -> str:
        return in_language(both(instance, self.field)) if instance is not None else self.field
