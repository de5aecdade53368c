"""Words that were searched for, marked in a text."""

from collections.abc import Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from advisories import searching

register = template.Library()


@register.filter
def mark(text: str, words: Sequence[str]) -> SafeString:
    """`text`, escaped, with `<mark>` around each of the normalised words."""
    if not words:
        return format_html("{}", text)
    pieces = searching.marked(text, words)
    return format_html_join(
        "", "{}", ((format_html("<mark>{}</mark>", p) if found else p,) for p, found in pieces)
    )


@register.filter
def excerpt(text: str, words: Sequence[str]) -> str:
    """The part of `text` that a list has room for, chosen so that the first word is in it."""
    return searching.excerpt(text, words)
