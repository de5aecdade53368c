"""How often something may be tried: counted in the database for all workers together."""

from datetime import UTC, datetime, timedelta

import pytest

from checklists.limits import SECONDS, within_limit
from checklists.models import Attempts

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def tries(number, *, what="link", who="192.0.2.1", most=3, now=NOW):
    return [within_limit(what, who, most=most, now=now) for _ in range(number)]


def test_the_first_ones_are_within_and_the_next_is_not():
    assert tries(4) == [True, True, True, False]


def test_another_one_and_another_thing_count_for_themselves():
    tries(3)

    assert tries(1, who="192.0.2.2") == [True]
    assert tries(1, what="answer") == [True]


def test_after_ten_minutes_it_begins_anew():
    tries(4)

    assert tries(1, now=NOW + timedelta(seconds=SECONDS - 1)) == [False]
    assert tries(1, now=NOW + timedelta(seconds=SECONDS)) == [True]


def test_who_tried_is_not_stored_and_counts_go_after_a_day():
    tries(2)
    assert "192.0.2.1" not in str(list(Attempts.objects.values()))

    tries(1, now=NOW + timedelta(days=1))
    assert Attempts.objects.count() == 2
    tries(1, now=NOW + timedelta(days=1, seconds=SECONDS))

    assert Attempts.objects.count() == 2
    assert not Attempts.objects.filter(count=2).exists()


def test_a_try_takes_the_same_few_queries(django_assert_max_num_queries):
    tries(1)

    with django_assert_max_num_queries(3):
        tries(1)
