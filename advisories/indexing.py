"""What each advisory is found by: written with it, and anew when a word of a term changes."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import transaction

from advisories.models import Advisory, Synonym
from advisories.querysets import AdvisoryQuerySet
from advisories.searching import search_text

TEXTS = ("title", "summary", "action", "check", "impact")
BATCH = 500


def synonym_groups() -> list[list[str]]:
    """One query."""
    return [synonym.group for synonym in Synonym.objects.all()]


def search_text_of(advisory: Advisory, synonyms: Iterable[Sequence[str]]) -> str:
    """The column `search_text` of a row of `with_terms`, for which this takes no query."""
    return search_text(_texts(advisory), synonyms)


def _texts(advisory: Advisory) -> Iterator[str]:
    """Both languages of everything that can be read of the advisory."""
    yield advisory.tracking_id
    for text in TEXTS:
        yield from _both(advisory, text)
    terms = (advisory.topics, advisory.modes, advisory.conditions)
    for term in (advisory.category, *(term for of in terms for term in of.all())):
        yield from _both(term, "name")
    for row in advisory.affected.all():
        yield from (row.product.short_name, row.product.name, *_both(row, "fix_note"))
    for reference in advisory.references.all():
        yield from (reference.number, reference.successor)


def _both(row: Any, text: str) -> tuple[str, str]:
    return getattr(row, f"{text}_ja"), getattr(row, f"{text}_en")


@transaction.atomic
def reindex(advisories: AdvisoryQuerySet | None = None) -> int:
    """Write anew what `advisories` (None: all) are found by; how many changed. For what happens
    without `publish`: a group of synonyms or the name of a term was edited.

    Two queries, and for each 500 advisories seven, eight where one of them changed.
    """
    if advisories is None:
        advisories = Advisory.objects.all()
    groups = synonym_groups()
    keys = list(advisories.order_by("pk").values_list("pk", flat=True))
    changed = 0
    for start in range(0, len(keys), BATCH):
        changed += _reindex_batch(keys[start : start + BATCH], groups)
    return changed


def _reindex_batch(keys: list[int], synonyms: list[list[str]]) -> int:
    """Locked, so that no `publish` in between is overwritten with what was read before it."""
    batch = Advisory.objects.filter(pk__in=keys).order_by("pk")
    list(batch.select_for_update().values_list("pk"))
    stale = []
    for advisory in batch.with_terms():
        text = search_text_of(advisory, synonyms)
        if advisory.search_text != text:
            advisory.search_text = text
            stale.append(advisory)
    if stale:
        Advisory.objects.bulk_update(stale, ["search_text"])
    return len(stale)


def index_the_rest(*, apps: Any, **_signal: Any) -> None:
    """Index what has been published and is not indexed: advisories that an older version of the
    portal wrote. Runs after every `migrate`, also after one that goes back to before the index."""
    if "search_text" in {f.name for f in apps.get_model("advisories", "Advisory")._meta.fields}:
        reindex(Advisory.objects.filter(revision__gt=0, search_text=""))
