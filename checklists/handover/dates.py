"""Days and moments as a hand-over prints them: 2026/11/24, or 令和8年11月24日.

The calendar is set around the making of a hand-over, as its language is: `with calendar(...)`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, tzinfo

from .settings_shape import JAPANESE, WESTERN

# The first day of each era, the newest first. No document here is older.
ERAS = (
    (date(2019, 5, 1), "令和"),
    (date(1989, 1, 8), "平成"),
    (date(1926, 12, 25), "昭和"),
)
_calendar: ContextVar[str] = ContextVar("calendar", default=WESTERN)


@contextmanager
def calendar(name: str) -> Iterator[None]:
    """Inside, days are printed in the calendar `name`: WESTERN or JAPANESE."""
    token = _calendar.set(name)
    try:
        yield
    finally:
        _calendar.reset(token)


def day(iso: str) -> str:
    """ "2026-11-24" as "2026/11/24" or "令和8年11月24日"; "" stays ""."""
    if iso and _calendar.get() == JAPANESE:
        return _japanese(date.fromisoformat(iso))
    return iso.replace("-", "/")


def moment(iso: str, zone: tzinfo) -> str:
    """An ISO time as "2026/11/24 10:32" in `zone`; "" stays ""."""
    if not iso:
        return ""
    local = datetime.fromisoformat(iso).astimezone(zone)
    return f"{day(local.date().isoformat())} {local:%H:%M}"


def _japanese(when: date) -> str:
    for first, era in ERAS:
        if when >= first:
            year = when.year - first.year + 1
            return f"{era}{'元' if year == 1 else year}年{when.month}月{when.day}日"
    return f"{when.year}年{when.month}月{when.day}日"
