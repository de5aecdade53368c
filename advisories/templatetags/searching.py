"""Words that were searched for, marked in a text."""

from collections.abc import Iterator, Sequence

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from advisories import searching
from advisories.models import Advisory
from advisories.texts import both

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


@register.simple_tag
def found_elsewhere(advisory: Advisory, words: Sequence[str]) -> tuple[str, str] | None:
    """Where a word stands that neither title nor summary shows: what the text is called, and its
    part with the word. None where nothing was searched for, or one of them shows it."""
    shown = (advisory.title, searching.excerpt(advisory.summary, words))
    if not words or any(searching.holds(text, words) for text in shown):
        return None
    found = (each for each in _other_texts(advisory) if searching.holds(each[1], words))
    label, text = next(found, ("", ""))
    return (label, searching.excerpt(text, words)) if text else None


def _other_texts(advisory: Advisory) -> Iterator[tuple[str, str]]:
    """In the reader's language first."""
    names = {
        "action": _("What to do"),
        "check": _("How to prove it"),
        "impact": _("Service impact"),
        "title": _("Title"),
        "summary": _("Summary"),
    }
    for field, label in names.items():
        yield label, advisory.check_text if field == "check" else getattr(advisory, field)
    for field, label in names.items():
        for text in both(advisory, field).values():
            yield label, text
