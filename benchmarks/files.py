"""A process of its own for one measurement of files: time, and the most memory that it held.

python -m benchmarks.files pdf|xlsx|sheets|issue|bundle ROUNDS
(JSON on stdin: a content, or what names a rollout and a person)
"""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any
from uuid import uuid4


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


def work_of(kind: str, given: Any) -> Callable[[], Any]:
    from django.conf import settings
    from django.utils import timezone

    from checklists.handover.pdf_file import write_pdf
    from checklists.handover.tables import Proof, make_handover
    from checklists.handover.xlsx_file import write_xlsx

    of_a_rollout = {"sheets": _sheets, "issue": _issue, "bundle": _bundle}
    if kind in of_a_rollout:
        return partial(of_a_rollout[kind], given)
    proof = Proof(state="issued", generated_at=timezone.now())
    write = {"pdf": write_pdf, "xlsx": write_xlsx}[kind]
    handover = make_handover(given, language="ja", proof=proof, time_zone=settings.TIME_ZONE)
    return lambda: write(handover)


def _sheets(given: Any) -> None:
    """What the view of the workbook does."""
    from django.utils import timezone

    from checklists.actions.rendering import render_sheets
    from checklists.models import Checklist

    found = Checklist.objects.filter(rollout=given["rollout"]).kept().with_open_edition()
    boxes = found.with_editions().select_related("created_by").order_by("host", "pk")
    render_sheets([(box, box.editions.all()[0]) for box in boxes], "ja", timezone.now())


def _issue(given: Any) -> None:
    """Decide what has to be decided, sign and review, box by box: seven files each."""
    from checklists import actions
    from checklists.chain import digest
    from checklists.content import content_of
    from checklists.models import Checklist, Event
    from portal.models import User

    user = User.objects.get(pk=given["user"])
    for checklist in Checklist.objects.filter(rollout=given["rollout"]):
        for item in checklist.items.exclude(verdict="not_applicable"):
            actions.record(
                checklist_id=checklist.pk,
                op_id=uuid4(),
                kind=Event.Kind.DECISION,
                payload={"item": item.tracking_id, "decision": {"decision": "done", "note": "済"}},
                base_version=0,
                by=user,
            )
        seen = digest(content_of(checklist, checklist.editions.get()))
        signature = {"checklist_id": checklist.pk, "seen": seen, "by": user}
        actions.prepare(op_id=uuid4(), **signature)
        actions.issue(op_id=uuid4(), **signature)


def _bundle(given: Any) -> None:
    from checklists.bundles import bundle_of_rollout
    from checklists.models import Rollout

    for _chunk in bundle_of_rollout(Rollout.objects.get(pk=given["rollout"])).chunks():
        pass


def main(kind: str, rounds: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    import django

    django.setup()
    from benchmarks.timing import milliseconds

    work = work_of(kind, json.load(sys.stdin))
    times = [milliseconds(work) for _ in range(rounds)]
    peaks = (
        resource.getrusage(who).ru_maxrss / 1024  # kibibytes on Linux
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(json.dumps({"milliseconds": median(times), "megabytes": max(peaks)}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
