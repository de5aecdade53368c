"""A bundle leaves the house: what it was is kept, so that /verify/ knows it years later."""

from collections.abc import Iterable

from checklists.models import Edition, HandedOut


def hand_out(*, editions: Iterable[Edition], tag: str) -> None:
    """Keep that a bundle with these editions is given to somebody; `tag` is `Bundle.tag`. Once is
    enough; one query."""
    HandedOut.objects.bulk_create(
        (HandedOut(edition=edition, tag=tag) for edition in editions), ignore_conflicts=True
    )
