"""Triggers that keep events, issued editions and revocations as they are (design section 5).

They guard against accidents; the proof is the chain of hashes and the heads in issued files.
"""

from typing import Any

from django.core.checks import CheckMessage, Error
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

# table -> (which rows are guarded, the row's checklist)
GUARDED = {
    "checklists_event": ("1 = 1", "OLD.checklist_id"),
    "checklists_edition": ("OLD.issued_at IS NOT NULL", "OLD.checklist_id"),
    "checklists_revocation": (
        "1 = 1",
        "(SELECT e.checklist_id FROM checklists_edition e WHERE e.id = OLD.edition_id)",
    ),
}
PURGED = (
    "EXISTS (SELECT 1 FROM checklists_purge p JOIN checklists_checklist c"
    " ON c.rollout_id = p.rollout WHERE c.id = {checklist})"
)


def _sqlite() -> list[str]:
    statements = []
    for table, (guarded, checklist) in GUARDED.items():
        purged = PURGED.format(checklist=checklist)
        statements += [
            f"DROP TRIGGER IF EXISTS {table}_no_update",
            f"DROP TRIGGER IF EXISTS {table}_no_delete",
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN {guarded}"
            f" BEGIN SELECT RAISE(ABORT, '{table} rows never change'); END",
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}"
            f" WHEN {guarded} AND NOT {purged}"
            f" BEGIN SELECT RAISE(ABORT, '{table} rows are never deleted'); END",
        ]
    return statements


def _postgresql() -> list[str]:
    statements = []
    for table, (guarded, checklist) in GUARDED.items():
        purged = PURGED.format(checklist=checklist)
        statements += [
            f"""CREATE OR REPLACE FUNCTION {table}_guard() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'TRUNCATE' THEN
                    RAISE EXCEPTION '{table} rows are never deleted';
                END IF;
                IF TG_OP = 'UPDATE' THEN
                    IF {guarded} THEN RAISE EXCEPTION '{table} rows never change'; END IF;
                    RETURN NEW;
                END IF;
                IF {guarded} AND NOT {purged} THEN
                    RAISE EXCEPTION '{table} rows are never deleted';
                END IF;
                RETURN OLD;
            END $$""",
            f"CREATE OR REPLACE TRIGGER {table}_no_update BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_guard()",
            f"CREATE OR REPLACE TRIGGER {table}_no_delete BEFORE TRUNCATE ON {table}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_guard()",
        ]
    return statements


def install(*, using: str = "default", **_signal: Any) -> None:
    """Put the triggers in place. Idempotent; runs after every `migrate`. Before the tables exist
    it does nothing."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if not {*GUARDED, "checklists_purge"} <= set(connection.introspection.table_names(cursor)):
            return
        for statement in _sqlite() if connection.vendor == "sqlite" else _postgresql():
            cursor.execute(statement)


def remove(*, using: str = "default", plan: Any = (), **_signal: Any) -> None:
    """Take them away before a migration of this app on SQLite, which rebuilds tables and refuses
    while a trigger names the one that is away. `install` puts them back."""
    connection = connections[using]
    ours = any(migration.app_label == "checklists" for migration, _backwards in plan)
    if connection.vendor == "sqlite" and ours:
        with connection.cursor() as cursor:
            for table in GUARDED:
                for end in ("no_update", "no_delete"):
                    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_{end}")


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Names of the triggers that are not there; one query."""
    wanted = {f"{table}_{end}" for table in GUARDED for end in ("no_update", "no_delete")}
    source = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.vendor == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    )
    with connection.cursor() as cursor:
        cursor.execute(source)
        return sorted(wanted - {name for (name,) in cursor.fetchall()})


def check(*, databases: Any = None, **_kwargs: Any) -> list[CheckMessage]:
    """System check (`check --database default`): reports triggers that are absent."""
    messages: list[CheckMessage] = []
    for alias in databases or []:
        connection = connections[alias]
        try:
            with connection.cursor() as cursor:
                if "checklists_event" not in connection.introspection.table_names(cursor):
                    continue
            absent = missing(connection)
        except DatabaseError:
            continue
        if absent:
            messages.append(
                Error(
                    f"Triggers are missing: {', '.join(absent)}.",
                    hint="Run `manage.py migrate`, which puts them in place.",
                    id="checklists.E001",
                )
            )
    return messages
