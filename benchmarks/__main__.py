"""Run the measurements on a fresh SQLite file and on a fresh PostgreSQL, one after the other."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP / "tools"))

import postgres  # noqa: E402  (tools/ is no package)


def measure(database_url: str, folder: str) -> int:
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "MEDIA_ROOT": f"{folder}/media",
        "SECRET_KEY": "measured",
        "SERVE_HTTP": "true",
        "ALLOWED_HOSTS": "testserver",
        "ALLOW_SELF_REVIEW": "true",  # one person prepares and reviews what is bundled
    }
    return subprocess.call(
        [sys.executable, "-m", "benchmarks.run", *sys.argv[1:]], cwd=TOP, env=environment
    )


with tempfile.TemporaryDirectory() as folder:
    status = measure(f"sqlite:///{folder}/bench.sqlite3", folder)
    with postgres.temporary_server(
        # As in production: a commit waits for the disk.
        postgres.machine_binaries() or postgres.packaged_binaries(),
        settings=[],
    ) as url:
        with psycopg.connect(url.removesuffix("portal") + "postgres", autocommit=True) as server:
            server.execute("CREATE DATABASE portal")
        status = measure(url, folder) or status
sys.exit(status)
