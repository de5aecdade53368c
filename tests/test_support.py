"""The test tools themselves: a tool that cannot fail proves nothing."""

import socket
from datetime import UTC, datetime

import pytest
import typst

DOCUMENT = b'#set document(title: "Check")\n= Heading\nSome text.'


def make_pdf(**options):
    return typst.compile(
        DOCUMENT, format="pdf", timestamp=datetime(2026, 1, 1, tzinfo=UTC), **options
    )


def test_no_test_reaches_the_network():
    with (
        socket.socket() as stranger,
        pytest.raises(AssertionError, match=r"tried to reach 192\.0\.2\.1"),
    ):
        stranger.connect(("192.0.2.1", 80))


def test_the_validator_passes_a_conforming_pdf(pdf_validator):
    pdf = make_pdf(pdf_standards=["ua-1", "a-2a"]) + b"\n"

    assert pdf_validator.validate(pdf) == []


def test_the_validator_names_the_rules_that_a_plain_pdf_breaks(pdf_validator):
    failures = pdf_validator.validate(make_pdf(), ["2a"])

    assert failures
    assert all(failure.startswith("2a ") for failure in failures)


def test_the_validator_survives_a_file_that_is_no_pdf(pdf_validator):
    assert pdf_validator.validate(b"no PDF")
    assert pdf_validator.validate(make_pdf(pdf_standards=["ua-1", "a-2a"]) + b"\n") == []


def test_text_and_pages_are_read_back(pdf_text, pdf_pages):
    pdf = make_pdf()

    assert "Some text." in pdf_text(pdf)
    assert len(pdf_pages(pdf)) == 1
