"""Does a file still say what was issued? First by what it proves itself, then by the database.

With a database that never saw it (years later, on another computer) what the file proves itself is
all there is: the sentences say so. Nothing here writes.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from checklists.handover import pades, verify
from checklists.models import Edition
from checklists.verification import Origin, origins


@dataclass(frozen=True)
class Said:
    """One sentence in the active language; `holds` None: it is neither right nor wrong."""

    holds: bool | None
    text: str


def said_of(path: Path) -> list[Said]:
    """What holds of a bundle (ZIP or folder), JSON, PDF, XLSX or CSV file, and what does not."""
    if path.is_dir():
        return list(_bundle(path))
    sha256 = _hash_of(path)
    found = origins(sha256)
    said = [*_issued_here(found)]
    if path.suffix.lower() == ".zip":
        return [*said, *_bundle(path)]
    data = path.read_bytes()
    if data.startswith(b"{"):
        said += [_found(f) for f in verify.check_json(data, path.name)]
    if data.startswith(b"%PDF"):
        said += _signature(data)
    if not found:
        said += _strange(data, proved=data.startswith(b"{") and all(s.holds for s in said))
    return said


def _found(finding: verify.Finding) -> Said:
    return Said(finding.holds, finding.ja if get_language() == "ja" else finding.en)


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _issued_here(found: list[Origin]) -> Iterator[Said]:
    for origin in found:
        edition, checklist = origin.edition, origin.edition.checklist
        yield Said(
            True,
            _(
                "Issued here as %(name)s, edition %(number)s of %(host)s (%(customer)s /"
                " %(project)s), checklist %(checklist)s, digest %(digest)s."
            )
            % {
                "name": origin.name,
                "number": edition.number,
                "host": checklist.host,
                "customer": checklist.customer,
                "project": checklist.project,
                "checklist": checklist.pk,
                "digest": edition.digest,
            },
        )
        if origin.answer_revoked:
            yield Said(None, _("The customer's answer that it shows was revoked."))
        yield from _since(edition)


def _since(edition: Edition) -> Iterator[Said]:
    if hasattr(edition, "revocation"):
        yield Said(None, _("It was revoked: %(reason)s") % {"reason": edition.revocation.reason})
    later = Edition.objects.filter(
        checklist=edition.checklist_id, minor__gt=edition.minor, issued_at__isnull=False
    ).last()
    if later:
        yield Said(None, _("A later edition is issued: %(number)s.") % {"number": later.number})


def _signature(pdf: bytes) -> Iterator[Said]:
    holds = pades.signature_holds(pdf)
    if holds:
        yield Said(True, _("Its digital signature (PAdES) is intact and covers the whole file."))
    elif holds is not None:
        yield Said(False, _("Its digital signature (PAdES) does not fit the file: it was changed."))
    elif b"/ETSI.CAdES.detached" in pdf:
        yield Said(
            None,
            _(
                "It has a digital signature (PAdES), which only the packages of"
                " requirements-pades.txt can check here."
            ),
        )


def _strange(data: bytes, *, proved: bool) -> Iterator[Said]:
    """A file that was not issued here: `proved` when it holds in itself."""
    claimed = verify.claimed(data)
    known = _edition(claimed)
    if known:
        yield Said(
            False,
            _(
                "It says that it is of edition %(number)s of %(host)s (digest %(digest)s), but that"
                " edition has no such file: this one was changed."
            )
            % {"number": known.number, "host": known.checklist.host, "digest": claimed},
        )
    elif proved:
        yield _unknown(claimed)
    else:
        yield Said(
            False,
            _(
                "It is not one of the files issued here: it comes from elsewhere, or was changed"
                " since, or is a draft."
            ),
        )
        if claimed:
            yield Said(None, _("It says that its digest is %(digest)s.") % {"digest": claimed})


def _unknown(content_digest: str) -> Said:
    return Said(
        None,
        _(
            "This portal knows no edition with this digest. The file holds in itself; its"
            " verification code is %(code)s. Compare that with the paper that was signed, or on the"
            " verification page."
        )
        % {"code": verify.code_of(content_digest)},
    )


def _edition(content_digest: str) -> Edition | None:
    found = Edition.objects.filter(digest=content_digest, issued_at__isnull=False)
    return found.select_related("checklist", "revocation").first() if content_digest else None


def _bundle(path: Path) -> Iterator[Said]:
    findings, editions = verify.check(path)
    yield from map(_found, findings)
    for named in editions:
        known = _edition(named.get("digest", ""))
        if known is None:
            yield _unknown(named.get("digest", ""))
        elif (str(known.checklist_id), known.chain_head) != (
            named.get("checklist"),
            named.get("chain_head"),
        ):
            yield Said(
                False,
                _("%(folder)s: this portal knows another chain head for it.")
                % {"folder": named.get("folder")},
            )
        else:
            yield Said(
                True,
                _(
                    "%(folder)s: issued here as edition %(number)s of %(host)s, with this digest"
                    " and this chain head."
                )
                % {
                    "folder": named.get("folder"),
                    "number": known.number,
                    "host": known.checklist.host,
                },
            )
            yield from _since(known)
