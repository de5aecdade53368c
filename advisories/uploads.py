"""Uploaded tables and catalogue files: limits before parsing, and parsing in a child process.

The limits are those of a table that people edit.
"""

import io
import json
import logging
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from advisories.catalogue_file import FaultyFile, Json
from advisories.table_parsing import MOST_ROWS, FileRefused, Table, too_large

logger = logging.getLogger(__name__)
WORKER = Path(__file__).with_name("upload_worker.py")
SECONDS = 30  # until the child is given up; of computing it gets half
MEGABYTES = 512

MOST_BYTES = 2 * 1024 * 1024
MOST_UNPACKED = 50 * 1024 * 1024
MOST_RATIO = 100  # unpacked to packed; a table of repeated words reaches about 30
MOST_ENTRIES = 200
MOST_COLUMNS = 60
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"  # XLS, and XLSX behind a password


class ChildFailed(Exception):
    """The child process gave no answer in its limits."""


def read_table(data: bytes, kind: str, *, columns: int = 0) -> Table:
    """The rows of a file of `kind` "csv" or "xlsx", the columns' names first, all of one length.

    `columns`: how many a table of this portal has, where that is more than MOST_COLUMNS. Raises
    FileRefused, whose message says what to do.
    """
    _check_size(data)
    if kind == "xlsx":
        check_workbook(data)
    job = {"kind": kind, "most_columns": max(columns, MOST_COLUMNS)}
    try:
        answer = _run(job, data)
    except ChildFailed as error:
        logger.warning("A table was not read: %s", error)
        raise FileRefused(_("The file takes too long to read, or too much memory.")) from error
    if "refused" in answer:
        raise FileRefused(answer["refused"][0])
    table: Table = answer["table"]
    return table


def read_catalogue(data: bytes) -> Json:
    """The catalogue file in the bytes, checked. Raises FaultyFile with a message per place."""
    try:
        _check_size(data)
        answer = _run({"kind": "json", "most_advisories": MOST_ROWS}, data)
    except FileRefused as refused:
        raise FaultyFile([str(refused)]) from refused
    except ChildFailed as error:
        logger.warning("A catalogue file was not read: %s", error)
        message = _("The file takes too long to read, or too much memory.")
        raise FaultyFile([message]) from error
    if "refused" in answer:
        raise FaultyFile(answer["refused"])
    document: Json = answer["document"]
    return document


def _check_size(data: bytes) -> None:
    if len(data) > MOST_BYTES:
        raise FileRefused(_("The file is larger than 2 MB. Split it."))


def check_workbook(data: bytes) -> None:
    """Raises FileRefused for what the directory of the zip file tells, without unpacking it."""
    if data.startswith(OLD_WORKBOOK):
        raise FileRefused(
            _("The file is an XLS workbook or has a password. Save it as XLSX without one.")
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except Exception as error:  # a hostile zip has many ways to fail
        raise FileRefused(
            _("The file is not an XLSX workbook. Choose a file that was saved as XLSX.")
        ) from error
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES or unpacked > min(MOST_UNPACKED, MOST_RATIO * len(data)):
        raise too_large()
    names = [entry.filename.lower() for entry in entries]
    if any(name.endswith(("vbaproject.bin", ".bas")) or "/macrosheets/" in name for name in names):
        raise FileRefused(_("The workbook holds macros. Save it as XLSX without them."))
    if any("externallinks/" in name for name in names):
        raise FileRefused(
            _("The workbook links to other workbooks. Replace the links by their values.")
        )


def _run(job: dict[str, Any], data: bytes, *, seconds: float = SECONDS) -> dict[str, Any]:
    """What the child read. Raises ChildFailed."""
    limits = {
        "language": get_language() or "ja",
        "megabytes": MEGABYTES,
        "seconds": SECONDS // 2,
    }
    header = json.dumps(job | limits).encode()
    try:
        child = subprocess.run(  # noqa: S603 (our own file, no shell; the job goes in by stdin)
            [sys.executable, "-I", str(WORKER)],
            input=header + b"\n" + data,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise ChildFailed(str(error)) from error
    if child.returncode:
        said = child.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ChildFailed(f"status {child.returncode}: {said[-1] if said else ''}")
    answer: dict[str, Any] = json.loads(child.stdout)
    return answer
