"""What the public page answers: is this code, or this file, of an edition that was issued here?

Nothing else of an edition leaves here: no customer, no host, no count. What is not known looks the
same whatever is wrong with it.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from django.db.models import QuerySet

from checklists.actions.rendering import verification_code
from checklists.bundles import tag_of
from checklists.handover import verify
from checklists.models import Edition
from checklists.verification import origins

CODE_LENGTH = 20
# The long vowel is what a Japanese keyboard has where others have a dash.
NOT_OF_A_CODE = re.compile(r"[\W_ー]+")


@dataclass(frozen=True)
class Answer:
    """`state`: genuine, superseded (`newer` is the number that did it) or revoked. `code` is the
    edition's, to be compared with the paper."""

    state: str
    code: str
    newer: str = ""


def digits_of(text: str) -> str:
    """The digits of a code however it was typed, also in full width; "" when it is none."""
    typed = NOT_OF_A_CODE.sub("", normalize("NFKC", text)).lower()
    known = len(typed) == CODE_LENGTH and not set(typed) - set("0123456789abcdef")
    return typed if known else ""


def answer_to_code(text: str) -> Answer | None:
    """None: no edition was issued here with this code. The same query however it is wrong."""
    digits = digits_of(text)
    wanted = digits or "0" * CODE_LENGTH
    # A range and not LIKE: both databases use the index on it.
    found = _issued().filter(digest__gte=wanted, digest__lt=wanted + "g").first()
    return _answer(found) if found and digits else None


def answers_to_file(file: Any) -> list[Answer]:
    """The editions that an open file is of; none: it is not, byte for byte, what was issued."""
    found = origins(_hash_of(file))
    answers = [_answer(origin.edition, origin.answer_revoked) for origin in found]
    answers += [] if found else [_answer(edition) for edition in _bundled(file)]
    return list(dict.fromkeys(answers))


def _hash_of(file: Any) -> str:
    hashed = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(1 << 20):
        hashed.update(chunk)
    return hashed.hexdigest()


def _bundled(file: Any) -> list[Edition]:
    """The editions of a bundle that was handed out; none when it is none, byte for byte."""
    try:
        parts = verify.zip_parts(file)
        tag = tag_of(_known(parts))
    except (verify.Broken, OSError, ValueError):
        return []
    return list(_issued().filter(handed_out__tag=tag).order_by("pk"))


def _known(parts: verify.Parts) -> Iterator[tuple[str, int, str]]:
    """Path, size and SHA-256 of each file of a ZIP, one of them in memory at a time."""
    for name in parts.names:
        data = parts.read(name)
        yield name, len(data), verify.sha256(data)


def _issued() -> QuerySet[Edition]:
    issued = Edition.objects.filter(issued_at__isnull=False)
    return issued.select_related("checklist", "revocation").defer("content")


def _answer(edition: Edition, answer_revoked: bool = False) -> Answer:
    """At most one query."""
    code = verification_code(edition.digest)
    if answer_revoked or hasattr(edition, "revocation"):
        return Answer("revoked", code)
    issued = Edition.objects.filter(checklist=edition.checklist_id, issued_at__isnull=False)
    newest = issued.order_by("-minor").only("minor").first()
    if newest is not None and newest.minor > edition.minor:
        return Answer("superseded", code, newest.number)
    return Answer("genuine", code)
