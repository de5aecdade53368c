"""How often something may be tried: counted in the database, so that all workers count together.

It slows down who tries at random; what keeps them out is the length of a token.
"""

from datetime import datetime

from django.db.models import F
from django.utils.crypto import salted_hmac

from checklists.models import Attempts

SECONDS = 600
# Windows after which counts are thrown away: a day.
KEPT = 24 * 60 * 60 // SECONDS


def within_limit(what: str, who: str, *, most: int, now: datetime) -> bool:
    """Count one more try of `who`; whether it is one of the first `most` in these ten minutes.

    `who` is stored under a keyed hash only. Three queries, a few more for the first.
    """
    bucket = salted_hmac("checklists.limits", f"{what} {who}", algorithm="sha256").hexdigest()
    window = int(now.timestamp()) // SECONDS
    row, first = Attempts.objects.get_or_create(bucket=bucket, window=window)
    if first:
        Attempts.objects.filter(window__lt=window - KEPT).delete()
    counted = Attempts.objects.filter(pk=row.pk)
    counted.update(count=F("count") + 1)
    return counted.values_list("count", flat=True)[0] <= most
