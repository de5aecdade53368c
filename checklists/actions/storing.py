"""Evidence that is stored, and a purge that removes files: never both at once.

Equal bytes are one file. Whoever stores some that are there already writes nothing, and their row
is not seen before they commit: a purge in between would take the file away from them. Issued
files hold the time at which they were made, so nobody stores those again.
"""

from django.db import connection

from checklists import files

KEY = 0x70757267  # of the advisory lock


def store(data: bytes) -> str:
    """As `files.store`, and no purge removes a file until the transaction ends."""
    _hold("pg_advisory_xact_lock_shared")
    return files.store(data)


def hold_alone() -> None:
    """Nobody stores a file until the transaction ends; what was stored before is committed."""
    _hold("pg_advisory_xact_lock")


def _hold(lock: str) -> None:
    """SQLite has one writer at a time anyway: a transaction begins as one."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {lock}(%s)", [KEY])
