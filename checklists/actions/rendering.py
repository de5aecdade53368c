"""Every file of an edition, in every format and both languages, stored under its hash."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings

from advisories import pictures
from advisories.texts import LANGUAGES
from checklists import files
from checklists.chain import timestamp
from checklists.content import content_of, given_pictures
from checklists.handover import pades
from checklists.handover.csv_file import write_csv
from checklists.handover.json_file import write_json
from checklists.handover.paper_pictures import for_paper
from checklists.handover.pdf_file import PdfFailed, write_pdf
from checklists.handover.settings_shape import WESTERN, settings_in
from checklists.handover.tables import EditionLine, Handover, Proof, Signature, make_handover
from checklists.handover.verify import code_of
from checklists.handover.xlsx_file import write_boxes, write_xlsx
from checklists.models import Checklist, Edition, SignOff
from portal.models import User

# What is written in each language; JSON holds both and is written once.
WRITERS = {"pdf": write_pdf, "xlsx": write_xlsx, "csv": write_csv}
FORMATS = (*WRITERS, "json")
MOST_NAME = 60  # letters of a project or host in a file's name


def verification_code(digest: str) -> str:
    """The digest's first 80 bits as four groups of five, short enough to be typed from paper."""
    return code_of(digest)


def verification_page(code: str) -> str:
    """The whole address where this code can be verified; "" without PUBLIC_URL."""
    return f"{settings.PUBLIC_URL}/verify/{code}/" if settings.PUBLIC_URL and code else ""


def render_files(
    checklist: Checklist,
    edition: Edition,
    content: dict[str, Any],
    prepared: SignOff,
    by: User,
    now: datetime,
) -> list[dict[str, Any]]:
    """Render and store what issuing needs: [{"name", "format", "language", "sha256", "size"}];
    the language of a file that has both is "".

    Raises what a writer raises; files that were already stored then belong to nothing.
    """
    demo = checklist.is_demo or by.is_demo or bool(prepared.signer and prepared.signer.is_demo)
    code = verification_code(prepared.digest)
    key = pades.configured_key()
    proof = Proof(
        state="issued",
        generated_at=now,
        digest=prepared.digest,
        chain_head=prepared.chain_head,
        code=code,
        signatures=(
            signature_of(prepared),
            Signature(
                SignOff.Kind.REVIEWED,
                by.name,
                by.company,
                timestamp(now) or "",
                prepared.signer_id == by.pk,
            ),
        ),
        public_url=verification_page(code),
        history=history_of(checklist, edition, now),
        demo=demo,
        logo=_logo(content),
        certificate=key.name if key else "",
        pictures=_pictures(content),
    )
    rendered = []
    for extension, language, data in _written(content, proof):
        if extension == "pdf" and key:
            data = pades.sign(data, key, now)
        rendered.append(
            {
                "name": file_name(checklist, edition, language, extension),
                "format": extension,
                "language": language,
                "sha256": files.store(data),
                "size": len(data),
            }
        )
    return rendered


def _written(content: dict[str, Any], proof: Proof) -> Iterator[tuple[str, str, bytes]]:
    """(format, language, bytes) of every file, one in memory at a time."""
    for language in LANGUAGES:
        for extension, write in WRITERS.items():
            yield extension, language, write(_handover(content, language, extension, proof))
    yield "json", "", write_json(content, proof)


def _handover(content: dict[str, Any], language: str, extension: str, proof: Proof) -> Handover:
    """Only the paper has the calendar of the house; a sheet's days are read by machines, too."""
    calendar = settings_in(content).calendar if extension == "pdf" else WESTERN
    return make_handover(
        content,
        language=language,
        proof=proof,
        time_zone=settings.TIME_ZONE,
        calendar=calendar,
    )


def render_now(
    checklist: Checklist,
    edition: Edition,
    content: dict[str, Any],
    language: str,
    extension: str,
    now: datetime,
) -> bytes:
    """One file of an edition that is not issued: marked as a draft on every page."""
    proof = _draft_proof(checklist, edition, now)
    if extension == "pdf":
        proof = replace(proof, logo=_logo(content), pictures=_pictures(content))
    if extension == "json":
        return write_json(content, proof)
    return WRITERS[extension](_handover(content, language, extension, proof))


def render_sheets(
    open_boxes: Iterable[tuple[Checklist, Edition]], language: str, now: datetime
) -> bytes:
    """One check sheet with a sheet for each of these open editions; at least one."""
    return write_boxes(
        [
            _handover(
                content_of(checklist, edition),
                language,
                "xlsx",
                _draft_proof(checklist, edition, now),
            )
            for checklist, edition in open_boxes
        ]
    )


def _draft_proof(checklist: Checklist, edition: Edition, now: datetime) -> Proof:
    prepared = edition.signature(SignOff.Kind.PREPARED)
    return Proof(
        state="prepared" if prepared else "draft",
        generated_at=now,
        signatures=(signature_of(prepared),) if prepared else (),
        history=history_of(checklist, edition, None),
        demo=checklist.is_demo or bool(prepared and prepared.signer and prepared.signer.is_demo),
    )


def _logo(content: dict[str, Any]) -> bytes:
    """The stored picture that the settings name. Raises PdfFailed when it is gone or changed."""
    sha256 = settings_in(content).logo_sha256
    if not sha256:
        return b""
    try:
        return files.read(sha256)
    except (files.FileChanged, OSError) as error:
        raise PdfFailed("the stored logo is gone or was changed") from error


def _pictures(content: dict[str, Any]) -> dict[str, bytes]:
    """The pictures of the notes that paper has. Raises PdfFailed when one is gone or changed."""
    try:
        return {sha256: for_paper(pictures.read(sha256)) for sha256 in given_pictures(content)}
    except (pictures.FileChanged, OSError, ValueError) as error:
        raise PdfFailed("a stored picture of our own steps is gone or was changed") from error


def signature_of(sign_off: SignOff) -> Signature:
    return Signature(
        sign_off.kind,
        sign_off.name,
        sign_off.company,
        timestamp(sign_off.signed_at) or "",
        sign_off.self_review,
    )


def history_of(
    checklist: Checklist, edition: Edition, now: datetime | None
) -> tuple[EditionLine, ...]:
    """The editions up to this one; two queries and one for its signatures."""
    editions = checklist.editions.filter(minor__lte=edition.minor)
    return tuple(
        _line(e, now if e.pk == edition.pk else e.issued_at)
        for e in editions.select_related("revocation").prefetch_related("sign_offs")
    )


def _line(edition: Edition, at: datetime | None) -> EditionLine:
    prepared = edition.signature(SignOff.Kind.PREPARED)
    revocation = getattr(edition, "revocation", None)
    return EditionLine(
        number=edition.number,
        at=timestamp(at) or "",
        reason=edition.reason,
        by=prepared.name if prepared else edition.opened_by,
        revoked=revocation.reason if revocation else "",
    )


def stored_file(edition: Edition, extension: str, language: str) -> dict[str, Any] | None:
    """The file of an issued edition in this format and language (or in both at once)."""
    wanted = (language, "")
    for file in edition.files:
        if file["format"] == extension and file["language"] in wanted:
            found: dict[str, Any] = file
            return found
    return None


def file_name(checklist: Checklist, edition: Edition, language: str, extension: str) -> str:
    """project_host_edition_language.extension, safe on every file system."""
    named = (checklist.number or checklist.project, checklist.host)
    parts = (*(part[:MOST_NAME] for part in named), edition.number, language)
    return f"{safe_name(*filter(None, parts))}.{extension}"


def safe_name(*parts: str) -> str:
    """The parts as a file's or folder's name."""
    return "_".join("".join(c if c.isalnum() or c in "-." else "-" for c in p) for p in parts)
