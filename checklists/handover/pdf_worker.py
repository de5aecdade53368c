"""A process of its own for one PDF: JSON on stdin, the file on stdout, the reason on stderr.

Run by path, so that neither Django nor this package is imported: typst keeps its last ten
documents in memory (1.5 GB with large ones), and a document must not be able to stall a server.
"""

import json
import sys
from datetime import datetime
from typing import Any

import typst

NOWHERE = "/nonexistent"


def limit(megabytes: int, seconds: int) -> None:
    """Bound this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's time limit is all there is
        return
    if hasattr(resource, "RLIMIT_AS") and sys.platform != "darwin":
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def render(job: dict[str, Any]) -> bytes:
    """The PDF of a job as `pdf_file.write_pdf` makes it; raises RuntimeError with a reason."""
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=job["font_paths"]
    )
    if job["family"] not in fonts.families():
        raise RuntimeError(f"the font {job['family']} is missing")
    pdf: bytes = typst.compile(
        job["template"],
        root=job["root"],
        font_paths=fonts,
        format="pdf",
        sys_inputs={"data": json.dumps(job["data"], ensure_ascii=False), "qr": job["qr"]},
        pdf_standards=["ua-1", "a-2a"],
        timestamp=datetime.fromisoformat(job["timestamp"]),
        package_path=NOWHERE,
        package_cache_path=NOWHERE,
    )
    # Without a line end after %%EOF a later incremental signature breaks PDF/A (6.1.9).
    return pdf if pdf.endswith(b"\n") else pdf + b"\n"


def main() -> int:
    job = json.loads(sys.stdin.buffer.read())
    limit(job["megabytes"], job["seconds"])
    try:
        pdf = render(job)
    except (RuntimeError, MemoryError, OSError) as error:
        sys.stderr.write(str(error) or type(error).__name__)
        return 1
    sys.stdout.buffer.write(pdf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
