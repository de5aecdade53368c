"""Every file of an edition, in every format and both languages, stored under its hash."""

from datetime import datetime
from typing import Any

from django.conf import settings

from advisories.texts import LANGUAGES
from checklists import files
from checklists.chain import timestamp
from checklists.handover.csv_file import write_csv
from checklists.handover.pdf_file import write_pdf
from checklists.handover.tables import Proof, Signature, make_handover
from checklists.models import Checklist, Edition, SignOff
from portal.models import User

WRITERS = {"csv": write_csv, "pdf": write_pdf}


def verification_code(digest: str) -> str:
    """The digest's first 80 bits as four groups of five, short enough to be typed from paper."""
    return "-".join(digest[start : start + 5].upper() for start in range(0, 20, 5))


def render_files(
    checklist: Checklist,
    edition: Edition,
    content: dict[str, Any],
    prepared: SignOff,
    by: User,
    now: datetime,
) -> list[dict[str, Any]]:
    """Render and store what issuing needs: [{"name", "format", "language", "sha256", "size"}].

    Raises what a writer raises; files that were already stored then belong to nothing.
    """
    demo = checklist.is_demo or by.is_demo or bool(prepared.signer and prepared.signer.is_demo)
    proof = Proof(
        state="issued",
        generated_at=now,
        digest=prepared.digest,
        chain_head=prepared.chain_head,
        code=verification_code(prepared.digest),
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
        history=history_of(checklist, edition, now),
        demo=demo,
    )
    rendered = []
    for language in LANGUAGES:
        handover = make_handover(
            content, language=language, proof=proof, time_zone=settings.TIME_ZONE
        )
        for extension, write in WRITERS.items():
            data = write(handover)
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


def render_now(
    checklist: Checklist,
    edition: Edition,
    content: dict[str, Any],
    language: str,
    extension: str,
    now: datetime,
) -> bytes:
    """One file of an edition that is not issued: marked as a draft on every page."""
    prepared = edition.signature(SignOff.Kind.PREPARED)
    proof = Proof(
        state="prepared" if prepared else "draft",
        generated_at=now,
        signatures=(signature_of(prepared),) if prepared else (),
        history=history_of(checklist, edition, None),
        demo=checklist.is_demo or bool(prepared and prepared.signer and prepared.signer.is_demo),
    )
    handover = make_handover(content, language=language, proof=proof, time_zone=settings.TIME_ZONE)
    return WRITERS[extension](handover)


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
) -> tuple[tuple[str, str, str, str], ...]:
    """The editions up to this one: (number, issued at or "", reason, opened by)."""
    return tuple(
        (
            e.number,
            timestamp(now if e.pk == edition.pk else e.issued_at) or "",
            e.reason,
            e.opened_by,
        )
        for e in checklist.editions.filter(minor__lte=edition.minor)
    )


def file_name(checklist: Checklist, edition: Edition, language: str, extension: str) -> str:
    """project-host-edition-language.extension, safe on every file system."""
    parts = (checklist.number or checklist.project, checklist.host, edition.number, language)
    safe = "_".join("".join(c if c.isalnum() or c in "-." else "-" for c in p) for p in parts)
    return f"{safe[:150]}.{extension}"
