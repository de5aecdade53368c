"""A process of its own for one uploaded file: a line of JSON and the file's bytes on stdin, what
was read as JSON on stdout.

Run by path and isolated, with just enough of Django for the messages: no settings of the portal,
no database, no models. A file must not be able to stall or fill a server.
"""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def limit(megabytes: int, seconds: int) -> None:
    """Bound this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's time limit is all there is
        return
    if hasattr(resource, "RLIMIT_AS") and sys.platform != "darwin":
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def prepare(language: str) -> None:
    """Django's translations, and nothing else of it."""
    sys.path.insert(0, str(ROOT))
    from django.apps import apps
    from django.conf import settings
    from django.utils import translation

    settings.configure(BASE_DIR=ROOT, USE_I18N=True, LOCALE_PATHS=[ROOT / "locale"])
    apps.populate(())
    translation.activate(language)


def read_catalogue(job: dict[str, Any], data: bytes) -> dict[str, Any]:
    """{"document": the catalogue}; {"refused": messages} for a faulty file."""
    from advisories.catalogue_file import FaultyFile, read

    try:
        return {"document": read(data, most_advisories=job["most_advisories"])}
    except FaultyFile as faulty:
        return {"refused": str(faulty).split("\n")}


def read_table(job: dict[str, Any], data: bytes) -> dict[str, Any]:
    """{"table": rows}; {"refused": [message]} for a faulty file."""
    from advisories.table_parsing import FileRefused, parse_csv, parse_xlsx

    parse = {"csv": parse_csv, "xlsx": parse_xlsx}[job["kind"]]
    try:
        return {"table": parse(data, most_columns=job["most_columns"])}
    except FileRefused as refused:
        return {"refused": [str(refused)]}


def main() -> int:
    job = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    prepare(job["language"])
    limit(job["megabytes"], job["seconds"])
    read = read_catalogue if job["kind"] == "json" else read_table
    sys.stdout.buffer.write(json.dumps(read(job, data)).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
