"""Fresh databases for tests that commit, on SQLite and on PostgreSQL.

Django empties the tables after such a test (`flush`). Here that is impossible on purpose: triggers
refuse DELETE and TRUNCATE on events and on issued editions. So each test that commits works on a
copy of the migrated test database, and the copy is thrown away whole:

* SQLite: the file is copied with SQLite's own backup, 1 to 3 ms.
* PostgreSQL: `CREATE DATABASE ... TEMPLATE`, dropped `WITH (FORCE)`.

The test database itself never sees a commit after its migration (other tests are rolled back), so
it is always a clean original. `settings_dict` is one object for all threads of the process: the
live server's threads, and threads that a test starts, open their connections on the copy too.

`install()` puts this in the place of the flush, so `@pytest.mark.django_db(transaction=True)`,
`transactional_db` and `live_server` all work as pytest-django documents them.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connections
from django.test import TransactionTestCase

ALIAS = "default"
originals: list[str] = []


def install() -> None:
    """Give every test that commits a database of its own instead of flushing afterwards."""
    TransactionTestCase._fixture_setup = classmethod(_fixture_setup)
    TransactionTestCase._fixture_teardown = _fixture_teardown


def _fixture_setup(cls: type[TransactionTestCase]) -> None:
    if cls.fixtures or cls.serialized_rollback or cls.reset_sequences or cls.available_apps:
        raise NotImplementedError(
            f"{cls.__name__}: a test that commits starts from the migrated database. Make what it"
            " needs in the test; fixtures, serialized_rollback, reset_sequences and"
            " available_apps are not supported."
        )
    enter_copy()


def _fixture_teardown(self: Any) -> None:
    leave_copy()


def enter_copy() -> None:
    """Copy the test database and let every connection of this process use the copy."""
    connection = connections[ALIAS]
    original = str(connection.settings_dict["NAME"])
    copy = f"{original}_copy"
    connection.close()
    if connection.vendor == "sqlite":
        _remove_sqlite(copy)
        with closing(sqlite3.connect(original)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
    else:
        quote = connection.ops.quote_name
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {quote(copy)} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {quote(copy)} TEMPLATE {quote(original)}")
    originals.append(original)
    connection.settings_dict["NAME"] = copy


def leave_copy() -> None:
    """Throw the copy away, with whatever the test committed, and return to the original."""
    connection = connections[ALIAS]
    copy = str(connection.settings_dict["NAME"])
    connection.close()
    connection.settings_dict["NAME"] = originals.pop()
    if connection.vendor == "sqlite":
        _remove_sqlite(copy)
    else:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {connection.ops.quote_name(copy)} WITH (FORCE)")


def _remove_sqlite(name: str) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(name + suffix).unlink(missing_ok=True)
