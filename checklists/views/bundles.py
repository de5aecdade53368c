"""Bundles to take away: one edition's, or all boxes of a rollout in one go.

The size is known in advance, so the browser shows how far it is; a download that broke off goes on
where it stopped (Range), because the same state gives the same bytes.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
)
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from advisories.texts import LANGUAGES
from checklists.actions import hand_out
from checklists.actions.rendering import render_sheets, safe_name
from checklists.bundles import (
    Bundle,
    Part,
    bundle_of_edition,
    bundle_of_rollout,
    missing_files,
    parts_of,
)
from checklists.models import Checklist, ChecklistItem, Rollout
from checklists.views.editions import issued_edition
from checklists.views.files import download
from checklists.views.refusals import checklist_of
from checklists.views.rollouts import rollout_of

MOST_ITEMS = 5_000  # of a workbook that is written while somebody waits
FROM = re.compile(r"bytes=(\d{1,12})-")


@dataclass(frozen=True)
class Box:
    """A box of the rollout; `missing` names stored files that are gone."""

    part: Part
    files: int
    size: int
    missing: list[str]

    @classmethod
    def of(cls, part: Part) -> "Box":
        found = part.edition.files if part.edition else []
        missing = missing_files(part.edition) if part.edition else []
        return cls(part, len(found), sum(file["size"] for file in found), missing)


@require_safe
def edition_bundle(request: HttpRequest, uuid: UUID, number: str) -> HttpResponseBase:
    checklist = checklist_of(request, uuid)
    edition = issued_edition(checklist, number)
    if missing := missing_files(edition):
        return _gone(request, [(edition.checklist.host, missing)], checklist.get_absolute_url())
    return streamed(request, bundle_of_edition(edition))


@require_safe
@never_cache
def rollout_files(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What the rollout's bundle has and what not, before anybody downloads it."""
    rollout = rollout_of(request, uuid)
    boxes = [Box.of(part) for part in parts_of(rollout)]
    issued = [box for box in boxes if box.part.edition]
    context = {
        "rollout": rollout,
        "boxes": boxes,
        "issued": issued,
        "broken": any(box.missing for box in boxes),
        "any_open": Checklist.objects.filter(rollout=rollout).kept().with_open_edition().exists(),
        "size": _size(rollout) if issued and not any(box.missing for box in boxes) else None,
    }
    return render(request, "checklists/rollout_files.html", context)


def _size(rollout: Rollout) -> int | None:
    """None from 4 GiB on, where a ZIP ends."""
    try:
        return bundle_of_rollout(rollout).size
    except ValueError:
        return None


@require_safe
def rollout_bundle(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    rollout = rollout_of(request, uuid)
    boxes = [Box.of(part) for part in parts_of(rollout)]
    if missing := [(box.part.checklist.host, box.missing) for box in boxes if box.missing]:
        return _gone(request, missing, rollout.get_absolute_url())
    return streamed(request, bundle_of_rollout(rollout))


@require_safe
def rollout_sheets(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The open boxes of the rollout in one workbook, a sheet each."""
    rollout = rollout_of(request, uuid)
    language = request.GET.get("language") or get_language() or "ja"
    if language not in LANGUAGES:
        raise Http404
    found = Checklist.objects.filter(rollout=rollout).kept().with_open_edition().with_editions()
    boxes = list(found.select_related("created_by").order_by("host", "pk"))
    items = ChecklistItem.objects.filter(checklist__in=boxes).count()
    if not boxes or items > MOST_ITEMS:
        text = _("No box of this rollout is open.") if not boxes else _too_many()
        messages.error(request, text)
        return redirect("checklists:rollout_files", uuid)
    editions = [(box, next(e for e in box.editions.all() if e.issued_at is None)) for box in boxes]
    data = render_sheets(editions, language, timezone.now())
    name = f"{safe_name(rollout.number or rollout.project)[:80]}_{language}.xlsx"
    return download(data, name, "xlsx", cache="no-store")


def _too_many() -> str:
    return (
        _("The open boxes have more than %(items)d items together.") % {"items": MOST_ITEMS}
        + " "
        + _("Take the XLSX of each box from its page.")
    )


def _gone(request: HttpRequest, missing: list[tuple[str, list[str]]], back: str) -> HttpResponse:
    context = {"missing": missing, "back": back}
    return render(request, "checklists/bundle_gone.html", context, status=410)


def streamed(request: HttpRequest, bundle: Bundle) -> StreamingHttpResponse:
    """The whole ZIP, or what is left of it after a break. 206 only while it is the same ZIP."""
    hand_out(editions=bundle.editions, tag=bundle.tag)
    size, tag = bundle.size, f'"{bundle.tag}"'
    start = _start(request, size, tag)
    response = StreamingHttpResponse(
        bundle.chunks(start), content_type="application/zip", status=206 if start else 200
    )
    if start:
        response["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
    response["Content-Length"] = size - start
    response["Content-Disposition"] = content_disposition_header(True, bundle.name) or "attachment"
    response["ETag"], response["Accept-Ranges"] = tag, "bytes"
    response["Cache-Control"] = "private, no-cache"
    return response


def _start(request: HttpRequest, size: int, tag: str) -> int:
    """The first byte that the client lacks; 0 when it lacks all, or has another ZIP."""
    asked = FROM.fullmatch(request.headers.get("Range", ""))
    if not asked or request.headers.get("If-Range", tag) != tag:
        return 0
    start = int(asked[1])
    return start if start < size else 0
