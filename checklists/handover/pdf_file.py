"""The hand-over as PDF (PDF/UA-1 and PDF/A-2a), set by typst in a child process."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import segno
from django.conf import settings

from . import fonts
from .parts import Handover
from .pdf_layout import picture_file, template_data

LOGOS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}
WORKER = Path(__file__).with_name("pdf_worker.py")
SECONDS = 40
MEGABYTES = 2048


class PdfFailed(Exception):
    """No PDF could be made; the text says why, in one line."""


def write_pdf(handover: Handover, *, seconds: int = SECONDS, megabytes: int = MEGABYTES) -> bytes:
    """The PDF of `handover`, ending in a line end; the same bytes for the same `handover`.

    The child gets `seconds` and, where the system can limit it, `megabytes` of address space.
    Raises PdfFailed when it needs more, or cannot set the document.
    """
    return set_pages(
        "checklist.typ",
        template_data(handover) | {"logo": _logo(handover.logo)},
        qr=_qr(handover.public_url),
        pictures=handover.pictures,
        at=handover.generated_at,
        seconds=seconds,
        megabytes=megabytes,
    )


def set_pages(
    template: str,
    data: Mapping[str, Any],
    *,
    qr: str = "",
    pictures: Mapping[str, bytes] | None = None,
    at: datetime,
    seconds: int = SECONDS,
    megabytes: int = MEGABYTES,
) -> bytes:
    """The PDF that `template` (a file in templates/handover) makes of `data`; as `write_pdf`.

    The template and the `pictures` (by SHA-256) lie in a folder of their own: it is all that the
    child's typst can read.
    """
    source = Path(settings.BASE_DIR) / "templates" / "handover" / template
    job: dict[str, Any] = {
        "family": fonts.FAMILY,
        "font_paths": [str(face.parent) for face in fonts.FACES],
        "data": data,
        "qr": qr,
        "timestamp": at.replace(microsecond=0).isoformat(),  # typst's wish
        "seconds": seconds,
        "megabytes": megabytes,
    }
    # Removed here and not by the child, which may be killed.
    with tempfile.TemporaryDirectory(prefix="handover-") as folder:
        place = Path(folder) / template
        shutil.copyfile(source, place)
        for sha256, picture in (pictures or {}).items():
            place.with_name(picture_file(sha256)).write_bytes(picture)
        job |= {"template": str(place), "root": folder}
        return _run(json.dumps(job).encode(), seconds)


def _logo(data: bytes) -> dict[str, Any] | None:
    """The picture as typst takes one: its format, and its bytes as numbers."""
    if not data:
        return None
    for start, kind in LOGOS.items():
        if data.startswith(start):
            return {"format": kind, "bytes": list(data)}
    raise PdfFailed("the logo is neither PNG nor JPEG")


def _qr(url: str) -> str:
    if not url:
        return ""
    svg = segno.make(url, error="m", micro=False).svg_inline(scale=1, border=4)
    return svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)


def _run(job: bytes, seconds: int) -> bytes:
    try:
        child = subprocess.run(  # noqa: S603 (our own file, no shell; the job goes in by stdin)
            [sys.executable, "-I", str(WORKER)],
            input=job,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise PdfFailed(f"it took longer than {seconds} seconds") from error
    except OSError as error:
        raise PdfFailed(str(error)) from error
    if child.returncode or not child.stdout.startswith(b"%PDF-"):
        raise PdfFailed(_reason(child.returncode, child.stderr))
    return child.stdout


def _reason(status: int, stderr: bytes) -> str:
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    said = next((line for line in reversed(lines) if line), "")
    return said[:300] or f"the child process ended with status {status}"
