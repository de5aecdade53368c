"""Bundles: everything of an edition, or of a rollout's newest ones, in a ZIP that verifies itself.

Nothing is rendered or packed here: the files were stored when their edition was issued, and the
ZIP's layout is known in advance. So it is streamed, with its size, one file in memory at a time.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Max, Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import override

from advisories import pictures
from advisories.texts import LANGUAGES
from checklists import files
from checklists.actions.rendering import safe_name, verification_code
from checklists.chain import body_of, canonical
from checklists.content import given_pictures
from checklists.handover import verify
from checklists.models import Checklist, Edition, Event, Reply, Rollout, SignOff

README = Path(verify.__file__).with_name("README.txt")
SCHEMA = Path(settings.BASE_DIR) / "docs" / "schema" / "checklist-1.json"
LEFT_OUT = "LEFT-OUT.txt"
MOST_NAME = 80


@dataclass(frozen=True)
class Entry:
    """A file of a bundle: what it is is known before it is read."""

    path: str
    size: int
    sha256: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Bundle:
    """`tag` changes when a byte of the ZIP does."""

    name: str
    editions: list[Edition]
    entries: list[Entry]

    @property
    def size(self) -> int:
        """Raises ValueError from 4 GiB on."""
        return verify.zip_size((entry.path, entry.size) for entry in self.entries)

    @property
    def tag(self) -> str:
        return tag_of((entry.path, entry.size, entry.sha256) for entry in self.entries)

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """The ZIP from byte `start` on. Raises files.FileChanged or OSError when a stored file is
        no longer what was issued: what has been sent until then is no whole ZIP."""
        place = 0
        for chunk in verify.zip_chunks((entry.path, entry.read()) for entry in self.entries):
            if place + len(chunk) > start:
                yield chunk[max(0, start - place) :]
            place += len(chunk)


@dataclass(frozen=True)
class Part:
    """A box of a rollout: `edition` None where there is none to hand over, and why."""

    checklist: Checklist
    edition: Edition | None
    why_not: str = ""


def tag_of(files_of_zip: Iterable[tuple[str, int, str]]) -> str:
    """What stands for a ZIP as `zip_chunks` makes it: its files in their order, each as path, size
    and SHA-256. Nothing else is in it."""
    return hashlib.sha256(canonical([list(file) for file in files_of_zip]).encode()).hexdigest()


def bundle_of_edition(edition: Edition) -> Bundle:
    """One issued edition with its events up to the last one that names it."""
    folder = _folder(edition, set())
    return Bundle(f"{folder}.zip", [edition], _entries([(folder, edition)], []))


def bundle_of_rollout(rollout: Rollout) -> Bundle:
    """The newest issued edition of every box; what has none is named in LEFT_OUT."""
    parts = parts_of(rollout)
    taken: set[str] = set()
    editions = [(_folder(p.edition, taken), p.edition) for p in parts if p.edition]
    name = safe_name(rollout.number or rollout.project)[:MOST_NAME]
    entries = _entries(editions, [p for p in parts if not p.edition])
    return Bundle(f"{name}.zip", [edition for _folder, edition in editions], entries)


def parts_of(rollout: Rollout) -> list[Part]:
    """Every box that was not discarded, in the order of the bundle; two queries."""
    editions = Edition.objects.defer("content").with_open_points().select_related("revocation")
    boxes = Checklist.objects.filter(rollout=rollout).kept().order_by("host", "pk")
    return [
        _part(checklist) for checklist in boxes.prefetch_related(Prefetch("editions", editions))
    ]


def _part(checklist: Checklist) -> Part:
    issued = [e for e in checklist.editions.all() if e.issued_at is not None]
    if not issued:
        return Part(checklist, None, _("not issued yet"))
    newest = max(issued, key=lambda edition: edition.minor)
    if hasattr(newest, "revocation"):
        return Part(checklist, None, _("edition %(number)s was revoked") % {"number": newest})
    newest.checklist = checklist
    return Part(checklist, newest)


def missing_files(edition: Edition) -> list[str]:
    """The names of stored files that are not where they were put; none of them is read. Three
    queries at most."""
    content = json.loads(_content(edition.pk))
    belonging = (*edition.files, *_answer_files(edition), *content.get("evidence", []))
    return [
        *(f["name"] for f in belonging if not files.path_of(f["sha256"]).is_file()),
        *(s for s in given_pictures(content) if not pictures.path_of(s).is_file()),
    ]


def _folder(edition: Edition, taken: set[str]) -> str:
    """A name that no other edition of the bundle has."""
    stem = safe_name(edition.checklist.host[:MOST_NAME], edition.number)
    name, number = stem, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(name.casefold())
    return name


def _entries(editions: list[tuple[str, Edition]], left_out: list[Part]) -> list[Entry]:
    """Sorted by path, the manifest last: it names all the others."""
    entries = [
        _fixed("README.txt", _readme()),
        _fixed("verify.py", program()),
        _fixed("checklist-1.schema.json", SCHEMA.read_bytes()),
    ]
    if left_out:
        entries.append(_fixed(LEFT_OUT, _left_out(left_out)))
    for folder, edition in editions:
        entries += _edition_entries(folder, edition, last_event(edition))
    entries.sort(key=lambda entry: entry.path)
    named = [
        {
            "folder": folder,
            "checklist": str(edition.checklist_id),
            "number": edition.number,
            "digest": edition.digest,
            "chain_head": edition.chain_head,
            "code": verification_code(edition.digest),
        }
        for folder, edition in editions
    ]
    manifest = verify.manifest_of(((e.path, e.size, e.sha256) for e in entries), named)
    return [*entries, _fixed(verify.MANIFEST, manifest)]


def _fixed(path: str, data: bytes) -> Entry:
    return Entry(path, len(data), hashlib.sha256(data).hexdigest(), lambda: data)


def _edition_entries(folder: str, edition: Edition, last: int) -> Iterator[Entry]:
    for file in edition.files:
        yield _stored(f"{folder}/{file['name']}", file)
    for file in _answer_files(edition):
        yield _stored(f"{folder}/acceptance/{file['name']}", file)
    content = _content(edition.pk)
    yield Entry(
        f"{folder}/content.json", len(content), edition.digest, partial(_content, edition.pk)
    )
    proofs = {}  # one file may prove several items
    for evidence in json.loads(content).get("evidence", []):
        name = safe_name(evidence["sha256"][:8], evidence["name"][-MOST_NAME:])
        proofs[f"{folder}/evidence/{name}"] = evidence
    for path, evidence in proofs.items():
        yield _stored(path, evidence)
    for tracking_id, picture in given_pictures(json.loads(content)).values():
        yield _picture(f"{folder}/notes", tracking_id, picture)
    events = events_file(edition.checklist_id, last)
    yield Entry(
        f"{folder}/events.jsonl",
        len(events),
        hashlib.sha256(events).hexdigest(),
        partial(events_file, edition.checklist_id, last),
    )


def _answer_files(edition: Edition) -> list[dict[str, Any]]:
    """The sheets of the customer's live acceptance, and the paper that was scanned."""
    accepted = Reply.objects.filter(
        sign_off__edition=edition,
        sign_off__kind=SignOff.Kind.ACCEPTED,
        sign_off__revoked_at__isnull=True,
    ).first()
    if accepted is None:
        return []
    scan = accepted.scan and {**accepted.scan, "name": f"scan.{accepted.scan['format']}"}
    return [file for file in (*accepted.sheets, scan) if file]


def _stored(path: str, file: dict[str, Any]) -> Entry:
    return Entry(path, file["size"], file["sha256"], partial(files.read, file["sha256"]))


def _picture(folder: str, tracking_id: str, picture: dict[str, Any]) -> Entry:
    """A picture of the company's own note. Raises OSError when it is not where it was put."""
    sha256, kind = picture["sha256"], picture["type"].removeprefix("image/")
    caption = picture["caption"][:MOST_NAME]
    name = safe_name(*filter(None, (sha256[:8], tracking_id, caption)))
    size = pictures.path_of(sha256).stat().st_size
    return Entry(f"{folder}/{name}.{kind}", size, sha256, partial(pictures.read, sha256))


def _content(edition: int) -> bytes:
    """The very text whose digest was signed."""
    return Edition.objects.values_list("content", flat=True).get(pk=edition).encode()


def last_event(edition: Edition) -> int:
    """The number of the last event that names this edition: its bundle needs none after it."""
    found = edition.checklist.events.filter(payload__edition=edition.number)
    last: int = found.aggregate(last=Max("seq"))["last"]
    return last


def events_file(checklist: UUID, last: int) -> bytes:
    """Events 1 to `last`, a line each: everything that is hashed, and the hash."""
    events = Event.objects.filter(checklist=checklist, seq__lte=last).select_related("item")
    events = events.defer("item__content", "item__facts", "item__previous").order_by("seq")
    return "".join(f"{_line(event)}\n" for event in events).encode()


def _line(event: Event) -> str:
    body = body_of(event, tracking_id=event.item.tracking_id if event.item else None)
    return canonical(body | {"hash": event.hash})


def program() -> bytes:
    """The verifier as it goes into the bundle, without the portal."""
    return Path(verify.__file__).read_bytes()


def _readme() -> bytes:
    page = f"{settings.PUBLIC_URL}/verify/" if settings.PUBLIC_URL else ""
    lines = README.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if page or "{page}" not in line]
    return "".join(kept).replace("{page}", page).encode()


def _left_out(parts: list[Part]) -> bytes:
    """Why boxes of the rollout are not in the bundle, in both languages."""
    text = ""
    for language in LANGUAGES:
        with override(language):
            text += _("These boxes of the rollout are not in this bundle:") + "\n"
            text += "".join(f"  {p.checklist.host}: {_part(p.checklist).why_not}\n" for p in parts)
    return text.encode()
