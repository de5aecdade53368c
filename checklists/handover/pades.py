"""PAdES: the house's own signature over a PDF, invisible, so that PDF/UA and PDF/A stay valid.

pyhanko is an optional package (requirements-pades.txt); settings refuse a key without it.
"""

import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from .pdf_file import PdfFailed

FIELD = "Signature1"


@dataclass(frozen=True)
class Key:
    """A private key with its certificate; `name` is whose it is, as the file prints it."""

    name: str
    signer: Any


def configured_key() -> Key | None:
    """The key of SIGNING_KEY_FILE; None when PDFs are not signed. Raises PdfFailed."""
    if settings.SIGNING_KEY_FILE is None:
        return None
    from pyhanko.sign.signers import SimpleSigner

    try:
        data = settings.SIGNING_KEY_FILE.read_bytes()
        signer = SimpleSigner.load_pkcs12_data(
            data, other_certs=[], passphrase=settings.SIGNING_KEY_PASSWORD.encode() or None
        )
    except (OSError, ValueError) as error:
        raise PdfFailed("the key of SIGNING_KEY_FILE cannot be opened") from error
    subject = signer.signing_cert.subject.native
    name = str(subject.get("common_name") or subject.get("organization_name") or "")
    return Key(name or signer.signing_cert.subject.human_friendly, signer)


def signed(pdf: bytes, now: datetime) -> bytes:
    """`pdf` signed with the configured key; as it is where there is none. Raises PdfFailed."""
    key = configured_key()
    return sign(pdf, key, now) if key else pdf


def sign(pdf: bytes, key: Key, now: datetime) -> bytes:
    """`pdf` with one signature more, its own bytes unchanged in front; with TIMESTAMP_URL also
    time-stamped. Raises PdfFailed, also for a certificate that is not valid `now`."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner
    from pyhanko.sign.timestamps.aiohttp_client import HTTPTimeStamper

    certificate = key.signer.signing_cert
    if not certificate.not_valid_before <= now <= certificate.not_valid_after:
        raise PdfFailed("the certificate of SIGNING_KEY_FILE has expired or is not valid yet")
    stamper = HTTPTimeStamper(settings.TIMESTAMP_URL) if settings.TIMESTAMP_URL else None
    meta = PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    signed = io.BytesIO()
    try:
        PdfSigner(meta, key.signer, timestamper=stamper).sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)), output=signed
        )
    except OSError as error:
        raise PdfFailed("the time-stamp authority (TIMESTAMP_URL) does not answer") from error
    return signed.getvalue()


def signature_holds(pdf: bytes) -> bool | None:
    """Whether the file's signature covers all of it, unchanged; None: it has none, or pyhanko is
    not installed. Whether its certificate is to be trusted is for the reader to say."""
    if b"/ByteRange" not in pdf:
        return None
    try:
        from pyhanko.pdf_utils.reader import PdfFileReader
        from pyhanko.sign.validation import validate_pdf_signature
        from pyhanko_certvalidator import ValidationContext
    except ImportError:
        return None
    try:
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
        if not signatures:
            return None
        last = signatures[-1]
        own = ValidationContext(trust_roots=[last.signer_cert], allow_fetching=False)
        status = validate_pdf_signature(last, signer_validation_context=own)
    except Exception:  # a damaged file fails in as many ways as there are bytes
        return False
    covers_all = status.coverage is not None and status.coverage.name == "ENTIRE_FILE"
    return bool(status.intact and status.valid and covers_all)
