"""PDFs that the house signs (PAdES), with a key that nobody trusts."""

import io
import subprocess
from datetime import UTC, datetime

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from checklists.handover import pades
from checklists.handover.pdf_file import PdfFailed, write_pdf
from tests.support.content import make_content
from tests.support.handover import NOW, handover_of, make_proof
from tests.support.keys import NAME, time_stamp_authority, write_pkcs12


@pytest.fixture
def key(settings, tmp_path):
    settings.SIGNING_KEY_FILE = write_pkcs12(tmp_path / "key.p12", "secret")
    settings.SIGNING_KEY_PASSWORD = "secret"
    return pades.configured_key()


@pytest.fixture(scope="module")
def plain():
    return write_pdf(handover_of(make_content(), "en", make_proof(certificate=NAME)))


def pdfsig(tmp_path, pdf):
    """What poppler says of the signatures of a file."""
    file = tmp_path / "signed.pdf"
    file.write_bytes(pdf)
    done = subprocess.run(["pdfsig", "-nocert", str(file)], capture_output=True, text=True)
    return done.stdout


def test_without_a_key_nothing_is_signed():
    assert pades.configured_key() is None


def test_the_signature_is_added_behind_the_file_as_it_was(key, plain):
    signed = pades.sign(plain, key, NOW)

    assert signed.startswith(plain)
    assert b"/ETSI.CAdES.detached" in signed[len(plain) :]


def test_poppler_agrees_that_the_signature_is_valid_and_covers_the_whole_file(key, plain, tmp_path):
    said = pdfsig(tmp_path, pades.sign(plain, key, NOW))

    assert "Signature is Valid" in said
    assert "Total document signed" in said
    assert NAME in said


def test_a_signed_file_still_conforms(key, plain, pdf_validator):
    assert pdf_validator.validate(pades.sign(plain, key, NOW)) == []


def test_the_file_says_whose_certificate_signs_it(key, plain, pdf_text):
    assert key.name == NAME
    assert NAME in pdf_text(plain)


def test_one_other_byte_is_found(key, plain, tmp_path):
    signed = bytearray(pades.sign(plain, key, NOW))
    signed[len(plain) // 2] ^= 1

    assert not pades.signature_holds(bytes(signed))
    assert "Signature is Valid" not in pdfsig(tmp_path, bytes(signed))


def test_a_signature_that_holds_is_said_to_and_a_file_without_one_is_no_fault(key, plain):
    assert pades.signature_holds(pades.sign(plain, key, NOW)) is True
    assert pades.signature_holds(plain) is None


def test_bytes_behind_the_signature_are_found(key, plain):
    assert pades.signature_holds(pades.sign(plain, key, NOW) + b"\n%more\n") is False


def test_with_an_authority_the_signature_is_time_stamped(key, plain, settings, pdf_validator):
    with time_stamp_authority() as address:
        settings.TIMESTAMP_URL = address
        signed = pades.sign(plain, key, NOW)

    assert stamped_at(signed) == datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    assert pdf_validator.validate(signed) == []


def stamped_at(pdf):
    """The time in the time-stamp of the only signature."""
    [signature] = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    added = {
        each["type"].native: each["values"] for each in signature.signer_info["unsigned_attrs"]
    }
    token = added["signature_time_stamp_token"][0]["content"]
    return token["encap_content_info"]["content"].parsed["gen_time"].native


def test_an_authority_that_does_not_answer_fails_with_a_reason(key, plain, settings):
    with time_stamp_authority() as address:
        settings.TIMESTAMP_URL = address

    with pytest.raises(PdfFailed, match="TIMESTAMP_URL"):
        pades.sign(plain, key, NOW)


def test_an_expired_certificate_signs_nothing(settings, tmp_path, plain):
    settings.SIGNING_KEY_FILE = write_pkcs12(tmp_path / "old.p12", expired=True)
    settings.SIGNING_KEY_PASSWORD = ""

    with pytest.raises(PdfFailed, match="expired"):
        pades.sign(plain, pades.configured_key(), NOW)


def test_a_key_that_has_gone_since_the_start_fails_with_a_reason(settings, tmp_path):
    settings.SIGNING_KEY_FILE = tmp_path / "gone.p12"
    settings.SIGNING_KEY_PASSWORD = ""

    with pytest.raises(PdfFailed, match="cannot be opened"):
        pades.configured_key()
