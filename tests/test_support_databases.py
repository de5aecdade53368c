"""A test that commits leaves nothing behind, although nothing can be flushed."""

import threading

import pytest
from django.db import connection, transaction

from portal.models import User

pytestmark = pytest.mark.django_db


def add_from_another_thread():
    def work():
        User.objects.create(username="thread")
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


@pytest.mark.parametrize("round", [1, 2])
def test_what_a_test_commits_is_gone_in_the_next_one(committed_db, round):
    assert not User.objects.exists()

    User.objects.create(username=f"round-{round}")

    assert connection.settings_dict["NAME"].endswith("_copy")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round", [1, 2])
def test_other_threads_see_what_was_committed_and_the_other_way_round(round):
    User.objects.create(username="main")

    add_from_another_thread()

    assert set(User.objects.values_list("username", flat=True)) == {"main", "thread"}


def test_after_commits_the_other_tests_find_the_migrated_database():
    assert not User.objects.exists()
    assert not connection.settings_dict["NAME"].endswith("_copy")


@pytest.mark.django_db(transaction=True)
def test_on_commit_runs_in_a_test_that_commits():
    ran = []

    with transaction.atomic():
        transaction.on_commit(lambda: ran.append(True))

    assert ran


@pytest.mark.parametrize("round", [1, 2])
def test_the_live_server_sees_the_test_and_leaves_nothing(live_server, round):
    assert not User.objects.exists()

    User.objects.create(username="seen")
