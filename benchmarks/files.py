"""A process of its own for one measurement of files: time, and the most memory that it held.

python -m benchmarks.files pdf|xlsx|bundle ROUNDS   (JSON on stdin: a content, or a rollout's id)
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from statistics import median
from typing import Any


def measure(kind: str, given: Any, rounds: int) -> tuple[float, float]:
    """(milliseconds, megabytes): the median of `rounds`, the peak of the process and of those that
    it starts, which is where typst works."""
    # Linux counts what the starting process held as the started one's peak; a shell holds little.
    done = subprocess.run(
        [
            "sh",
            "-c",
            '"$@"; exit $?',
            "sh",
            sys.executable,
            "-m",
            "benchmarks.files",
            kind,
            str(rounds),
        ],
        input=json.dumps(given).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    found = json.loads(done.stdout)
    return found["milliseconds"], found["megabytes"]


def _work(kind: str, given: Any) -> Callable[[], Any]:
    from django.conf import settings
    from django.utils import timezone

    from checklists.bundles import bundle_of_rollout
    from checklists.handover.pdf_file import write_pdf
    from checklists.handover.tables import Proof, make_handover
    from checklists.handover.xlsx_file import write_xlsx
    from checklists.models import Rollout

    if kind == "bundle":
        rollout = Rollout.objects.get(pk=given)
        return lambda: sum(len(chunk) for chunk in bundle_of_rollout(rollout).chunks())
    proof = Proof(state="issued", generated_at=timezone.now())
    write = {"pdf": write_pdf, "xlsx": write_xlsx}[kind]
    handover = make_handover(given, language="ja", proof=proof, time_zone=settings.TIME_ZONE)
    return lambda: write(handover)


def main(kind: str, rounds: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()
    from benchmarks.timing import milliseconds

    work = _work(kind, json.load(sys.stdin))
    times = [milliseconds(work) for _ in range(rounds)]
    peaks = (
        resource.getrusage(who).ru_maxrss / 1024  # kibibytes on Linux
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(json.dumps({"milliseconds": median(times), "megabytes": max(peaks)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
