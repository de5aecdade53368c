"""The acceptance sheet: one page, both languages, what it says and what it conforms to."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from checklists.handover.acceptance import Accepted, write_sheet
from tests.support.content import HOSTILE, make_content
from tests.support.handover import CODE, DIGEST
from tests.support.pdf import pdf_info

LANGUAGES = ("ja", "en")
SETTINGS = {
    "company": "株式会社インテグレータ",
    "logo_sha256": None,
    "document_number": "P-2026-118-proxy01-1.0",
    "signature": "seal",
    "calendar": "western",
    "classification": "社外秘",
}
ACCEPTED = Accepted(
    name="鈴木 一郎",
    company="株式会社サンプル商事",
    at=datetime(2026, 11, 25, 3, 4, 5, tzinfo=UTC),
    how="link",
    statement={"ja": "版 1.0 を受領し、承認します。", "en": "I accept edition 1.0."},
    digest=DIGEST,
    chain_head="c0ffee" * 10 + "beef",
    code=CODE,
    issued_at="2026-11-24T03:00:00+00:00",
    issuer="株式会社インテグレータ",
    files=tuple(
        {"name": f"P-2026-118_proxy01_1.0_{language}.{extension}", "sha256": DIGEST}
        for language in LANGUAGES
        for extension in ("csv", "pdf", "xlsx", "json")
    ),
)


def content(**changes):
    return make_content(settled=True) | {"handover": SETTINGS | changes}


def sheet(accepted=ACCEPTED, language="ja", **changes):
    return write_sheet(content(**changes), accepted, language=language, time_zone="Asia/Tokyo")


def packed(text):
    """Without white space: cells are wrapped."""
    return "".join(text.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_conforms_to_pdf_ua_1_and_pdf_a_2a(pdf_validator, language):
    assert pdf_validator.validate(sheet(language=language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_one_tagged_page_with_a_title(language):
    pdf = sheet(language=language)

    info = pdf_info(pdf)
    assert info["Pages"] == "1"
    assert info["Tagged"] == "yes"
    assert "proxy01" in info["Title"]
    assert pdf.endswith(b"\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_who_accepted_what_when_and_how(pdf_text, language):
    said = packed(pdf_text(sheet(language=language)))

    for text in (
        "株式会社インテグレータ",
        "鈴木 一郎",
        "株式会社サンプル商事",
        "2026/11/25 12:04",
        "P-2026-118-proxy01-1.0",
        "Web ゲートウェイ更改",
        "IWSVA 6.5 Service Pack 3",
        "2026/11/24 12:00",
        CODE,
        DIGEST,
        ACCEPTED.chain_head,
        ACCEPTED.statement[language],
        "社外秘",
        "P-2026-118_proxy01_1.0_en.xlsx",
    ):
        assert packed(text) in said, text


def test_a_paper_says_its_date_who_received_it_and_the_scans_hash(pdf_text):
    paper = replace(
        ACCEPTED, how="paper", dated="2026-11-26", witness="大森 修", scan_sha256="ab" * 32
    )

    said = packed(pdf_text(sheet(paper, "en")))

    assert packed("On paper dated 2026/11/26, received by 大森 修") in said
    assert "ab" * 32 in said


def test_a_device_says_in_whose_presence(pdf_text):
    device = replace(ACCEPTED, how="device", witness="大森 修")

    assert packed("in the presence of 大森 修") in packed(pdf_text(sheet(device, "en")))


def test_the_calendar_and_the_box_are_those_of_the_edition(pdf_text):
    japanese = packed(pdf_text(sheet(calendar="japanese")))
    english = packed(pdf_text(sheet(language="en", calendar="japanese", signature="sign")))

    assert packed("令和8年11月25日") in japanese
    assert "令和" not in english
    assert "Signature" in english


def test_an_edition_from_before_there_were_settings_has_a_sheet_too(pdf_text):
    old = make_content(settled=True)
    old.pop("handover", None)

    pdf = write_sheet(old, ACCEPTED, language="en", time_zone="Asia/Tokyo")

    assert "鈴木" in pdf_text(pdf)


def test_a_demo_is_marked(pdf_text):
    assert "DEMO" in pdf_text(sheet(replace(ACCEPTED, demo=True), "en"))


@pytest.mark.parametrize("length", ["W", "髙"])
def test_it_stays_one_page_with_the_longest_texts_and_loses_none(pdf_text, length):
    long = length * 200
    hard = replace(
        ACCEPTED,
        name=long,
        company=long,
        issuer=long,
        how="paper",
        dated="2026-11-26",
        witness=long,
        scan_sha256="ab" * 32,
        files=tuple({"name": length * 150 + ".pdf", "sha256": DIGEST} for _ in range(10)),
    )
    whole = content(document_number=long, classification=length * 40)
    whole["checklist"] = whole["checklist"] | {"host": long, "project": long, "number": length * 80}

    pdf = write_sheet(whole, hard, language="ja", time_zone="Asia/Tokyo")

    assert pdf_info(pdf)["Pages"] == "1"
    assert packed(pdf_text(pdf)).count(length) >= 200 * 7 + 150 * 10


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_texts_stay_text(pdf_validator, kind):
    text = HOSTILE[kind]
    hostile = replace(
        ACCEPTED, name=text, company=text, issuer=text, statement={"ja": text, "en": text}
    )

    assert pdf_validator.validate(sheet(hostile, document_number=text, classification=text)) == []
