"""Events, issued editions and revocations never change and never go, on SQLite and PostgreSQL."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from checklists import triggers
from checklists.actions import revoke_edition
from checklists.models import Edition, Event, Purge, Revocation
from tests.support.rollouts import Scene, op, quick_files

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_files(monkeypatch)


NAMES = [
    "checklists_edition_no_delete",
    "checklists_edition_no_update",
    "checklists_event_no_delete",
    "checklists_event_no_update",
    "checklists_revocation_no_delete",
    "checklists_revocation_no_update",
]


def revoked():
    """An issued edition that was revoked."""
    scene = Scene(at="issued")
    revoke_edition(edition_id=scene.edition.pk, op_id=op("revoke"), reason="wrong", by=scene.ines)
    return scene


def refused(work):
    with pytest.raises(DatabaseError, match="never"), transaction.atomic():
        work()


def drop_all():
    with connection.cursor() as cursor:
        for name in NAMES:
            table = name.rsplit("_no_", 1)[0]
            on = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {name}{on}")


def test_every_trigger_is_there_after_migrate():
    assert triggers.missing(connection) == []


def test_events_are_neither_changed_nor_deleted():
    Scene()

    refused(lambda: Event.objects.update(actor_name="somebody else"))
    refused(lambda: Event.objects.all().delete())
    assert Event.objects.count() == 1


def test_issued_editions_are_neither_changed_nor_deleted():
    scene = Scene(at="issued")

    refused(lambda: Edition.objects.update(digest="0" * 64))
    refused(lambda: Edition.objects.update(issued_at=None, content="", digest="", chain_head=""))
    refused(lambda: scene.edition.delete())


def test_revocations_are_neither_changed_nor_deleted():
    revoked()

    refused(lambda: Revocation.objects.update(reason="it was right"))
    refused(lambda: Revocation.objects.all().delete())
    assert Revocation.objects.get().reason == "wrong"


def test_an_edition_that_is_not_issued_may_still_go():
    Scene()

    assert Edition.objects.update(reason="more")
    assert Edition.objects.all().delete()


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_writing_over_a_row_is_refused():
    """SQLite's REPLACE deletes without asking the triggers, unless they are recursive."""
    Scene()
    row = "SELECT * FROM checklists_event"
    if connection.vendor == "sqlite":
        statement = f"REPLACE INTO checklists_event {row}"
    else:
        statement = (
            f"INSERT INTO checklists_event OVERRIDING SYSTEM VALUE {row}"
            " ON CONFLICT (id) DO UPDATE SET actor_name = 'somebody else'"
        )

    refused(lambda: run(statement))


def test_emptying_the_table_is_refused(committed_db):
    """SQLite has no TRUNCATE; its DELETE without WHERE takes the same short cut."""
    revoked()
    for table in triggers.GUARDED:
        verb = "TRUNCATE {} CASCADE" if connection.vendor == "postgresql" else "DELETE FROM {}"
        statement = verb.format(table)
        refused(lambda statement=statement: run(statement))


def test_a_purge_line_of_another_rollout_lets_nothing_go():
    Scene()
    Purge.objects.create(
        rollout=op("another"), digests={}, reason="old", purged_by="me", purged_at=timezone.now()
    )

    refused(lambda: Event.objects.all().delete())


def test_even_a_purge_line_of_its_own_lets_no_event_change():
    scene = revoked()
    Purge.objects.create(
        rollout=scene.rollout.pk, digests={}, reason="old", purged_by="me", purged_at=timezone.now()
    )

    refused(lambda: Event.objects.update(actor_name="somebody else"))
    refused(lambda: Edition.objects.update(digest="0" * 64))
    refused(lambda: Revocation.objects.update(reason="it was right"))


def test_installing_twice_changes_nothing():
    triggers.install()
    triggers.install()

    assert triggers.missing(connection) == []


def test_the_system_check_names_missing_triggers_and_migrate_puts_them_back():
    drop_all()

    messages = triggers.check(databases=["default"])

    assert messages[0].id == "checklists.E001"
    assert all(name in messages[0].msg for name in NAMES)
    call_command("migrate", verbosity=0)
    assert triggers.check(databases=["default"]) == []


def test_without_triggers_a_change_goes_through():
    """The negative control: it is the triggers that refuse."""
    Scene()
    drop_all()

    assert Event.objects.update(actor_name="somebody else") == 1
