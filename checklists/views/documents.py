"""A page for each revision of a document: what it touches."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from advisories.models import DocumentRevision
from checklists.moves import Step
from checklists.touched import MOST, Touched, touched_by
from checklists.views.checklist import Editions
from checklists.views.refusals import person_of


@dataclass(frozen=True)
class Row:
    """A checklist or an edition with the number of moves of each step, in the order of Step."""

    touched: Touched
    editions: Editions
    counts: list[tuple[Step, int]]


@require_safe
@never_cache
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """Which rollouts of this person a revision of a document touches; eleven queries."""
    found = DocumentRevision.objects.select_related("document")
    revision: DocumentRevision = get_object_or_404(found, pk=pk)
    person = person_of(request)
    rows = [
        Row(
            touched,
            Editions(touched.checklist, person),
            [(step, sum(move.step is step for move in touched.moves)) for step in Step],
        )
        for touched in touched_by(revision, person)
    ]
    history = list(revision.document.revisions.order_by("-date", "-pk"))
    context = {
        "revision": revision,
        "history": history,
        "newest": history[0],
        "steps": list(Step),
        "open_rows": [row for row in rows if row.touched.is_open],
        "issued_rows": [row for row in rows if not row.touched.is_open],
        "most": MOST,
    }
    return render(request, "checklists/document.html", context)
