"""The PDF: what it says, what it conforms to, and what hostile texts cannot do to it."""

import io
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from checklists.handover import fonts, pdf_file
from checklists.handover.fonts import BREAK, NO_GLYPH, breakable, clean, line_count, width
from checklists.handover.pdf_file import PdfFailed, write_pdf
from checklists.handover.tables import EditionLine
from tests.support.content import (
    HOSTILE,
    LONG_NOTE,
    LONG_URL,
    hostile_offers,
    make_content,
    make_hostile,
    many_items,
    offer,
)
from tests.support.handover import CODE, DIGEST, handover_of, make_proof
from tests.support.pdf import alternatives_in, links_in, pdf_info, set_text

LANGUAGES = ("ja", "en")
PUBLIC_URL = "https://portal.example.jp/verify/9F86D-08188-4C7D6-59A2F/"


@cache
def issued(language):
    """The PDF of the plain issued edition; several tests read it."""
    return write_pdf(handover_of(make_content(), language))


def packed(text):
    """Without white space: cells are wrapped."""
    return "".join(text.split())


def with_note(note, position=5):
    content = make_content()
    item = next(item for item in content["items"] if item["position"] == position)
    item["decision"]["note"] = note
    return content


def figures_in(pdf):
    return len(re.findall(rb"/S\s*/Figure", pdf))


def words_of(pdf):
    """(page width, right edge, text) of each word, in points."""
    done = subprocess.run(
        ["pdftotext", "-bbox", "-", "-"], input=pdf, capture_output=True, check=True
    )
    page_width = 0.0
    for element in ElementTree.fromstring(done.stdout).iter():  # noqa: S314 (made by poppler)
        if element.tag.endswith("page"):
            page_width = float(element.get("width"))
        elif element.tag.endswith("word"):
            yield page_width, float(element.get("xMax")), element.text


# What it says


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_conforms_to_pdf_ua_1_and_pdf_a_2a(pdf_validator, language):
    proof = make_proof(public_url=PUBLIC_URL)

    pdf = write_pdf(handover_of(make_content(), language, proof))

    assert pdf_validator.validate(pdf) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_a4_landscape_tagged_titled_with_bookmarks_and_a_line_end(language):
    pdf = issued(language)

    info = pdf_info(pdf)
    assert info["Page size"] == "841.89 x 595.276 pts (A4)"
    assert info["Tagged"] == "yes"
    assert "proxy01" in info["Title"]
    assert b"/Outlines" in pdf
    assert f"/Lang({language}-".encode() in pdf
    assert pdf.endswith(b"\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_on_the_cover_is_on_the_first_page(language):
    handover = handover_of(make_content(), language)

    cover = packed(set_text(issued(language)).split("\f")[0])

    assert packed(handover.customer) in cover
    assert packed(handover.sum) in cover
    assert packed(handover.statement) in cover
    for fact in handover.facts:
        assert packed(fact.label) in cover
        assert packed(fact.value) in cover
    for line in handover.severities:
        assert packed(line.severity) in cover
    for remark in handover.remarks:
        assert packed(remark) in cover
    assert all(packed(box.title) in cover for box in handover.boxes)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_advisory_is_printed_with_title_reason_and_number(language):
    handover = handover_of(make_content(), language)

    text = packed(set_text(issued(language)))

    for row in (row for section in handover.sections for row in section.rows):
        assert packed(row.title) in text
        assert packed(row.reason) in text
        assert packed(row.note) in text
        assert all(packed(link.text) in text for link in row.links)


def test_open_points_come_before_the_tables_and_the_annexes_last(pdf_text):
    handover = handover_of(make_content(), "en")

    text = pdf_text(issued("en"))

    headings = [
        "History of editions",
        "Answers this checklist rests on",
        "Open points and accepted risks",
        *(section.title for section in handover.sections),
        "No evidence is attached",
        "Digest of the content",
    ]
    places = [text.index(heading) for heading in headings]
    assert places == sorted(places)


def test_changes_of_the_catalogue_that_were_not_taken_are_printed_and_told_on_the_cover(pdf_pages):
    content = make_content()
    content["offers"] = [
        offer(content["items"][1]["tracking_id"], "major", position=2),
        offer("IWS-NEW", "added", position=None, held=None),
    ]

    first, *others = pdf_pages(write_pdf(handover_of(content, "en")))

    assert "2 added or MAJOR changes of the catalogue were not taken" in first
    text = packed("".join(others))
    assert packed("IWS-NEW Title (High): Added; verdict with it: Fixed, verify only") in text


def test_every_page_has_its_number_the_code_and_whose_document_it_is_not(pdf_pages):
    pages = pdf_pages(issued("en"))

    for number, page in enumerate(pages, start=1):
        assert f"{number} / {len(pages)}" in page
        assert CODE in page
        assert "not a document of Trend Micro" in page
    assert DIGEST in packed(pages[-1])


@pytest.mark.parametrize("state", ["draft", "prepared"])
def test_draft_and_demo_are_marked_on_every_page(pdf_pages, state):
    content = make_content(demo=True)

    pages = pdf_pages(write_pdf(handover_of(content, "en", make_proof(state))))

    assert all("DRAFT" in page and "DEMO" in page for page in pages)


def test_an_issued_edition_has_no_mark(pdf_text):
    text = pdf_text(issued("en"))

    assert "DRAFT" not in text
    assert "DEMO" not in text


def test_a_draft_has_empty_boxes_to_tick_by_hand(pdf_text):
    draft = pdf_text(write_pdf(handover_of(make_content(), "en", make_proof("draft"))))
    final = pdf_text(issued("en"))

    assert draft.count("□ Risk accepted") > 3
    assert "□" not in final


def test_links_are_clickable_and_lead_to_the_successor():
    links = links_in(issued("ja"))

    assert "https://success.trendmicro.com/ja-JP/solution/KA-0008812" in links
    assert "https://success.trendmicro.com/jp/solution/1120273" not in links


def test_there_is_a_qr_code_only_where_there_is_a_verification_page():
    without = issued("en")
    with_page = write_pdf(handover_of(make_content(), "en", make_proof(public_url=PUBLIC_URL)))

    assert PUBLIC_URL not in links_in(without)
    assert PUBLIC_URL in links_in(with_page)
    assert figures_in(with_page) == figures_in(without) + 1


def test_the_same_hand_over_gives_the_same_bytes():
    assert write_pdf(handover_of(make_content(), "en")) == issued("en")


def test_no_heading_is_left_alone_at_the_foot_of_a_page(pdf_pages):
    handover = handover_of(many_items(90), "en")

    titles = [section.title for section in handover.sections] + ["Open points", "Verification"]
    for page in pdf_pages(write_pdf(handover)):
        body = [line for line in page.splitlines() if line.strip()]
        footer = next(i for i, line in enumerate(body) if line.startswith("In our own words"))
        assert not any(body[footer - 1].startswith(title) for title in titles)


# As this house hands over (content["handover"])


def with_settings(**house):
    content = make_content()
    content["handover"] = house
    return content


def drawn_logo(kind="PNG"):
    data = io.BytesIO()
    Image.new("RGB", (40, 12), "#17376b").save(data, kind)
    return data.getvalue()


HOUSE = {
    "company": "Integrator East KK",
    "document_number": "IWS-2026-0118-01",
    "classification": "社外秘",
    "signature": "seal",
    "calendar": "japanese",
}


def test_number_and_classification_are_on_every_page_and_the_company_on_the_cover(pdf_pages):
    pages = pdf_pages(write_pdf(handover_of(with_settings(**HOUSE), "ja")))

    assert all("IWS-2026-0118-01" in page and "社外秘" in page for page in pages)
    assert "Integrator East KK" in pages[0]


def test_without_settings_the_preparers_company_issues_it_and_nothing_is_classified(pdf_text):
    text = pdf_text(issued("en"))

    assert "株式会社インテグレータ" in text
    assert "Document number" not in text
    assert "社外秘" not in text


@pytest.mark.parametrize(("signature", "seals", "lines"), [("seal", 3, 0), ("sign", 0, 3)])
def test_the_boxes_are_to_be_stamped_or_to_be_signed(pdf_pages, signature, seals, lines):
    content = with_settings(signature=signature)

    cover = pdf_pages(write_pdf(handover_of(content, "en")))[0].split()

    assert (cover.count("Seal"), cover.count("Signature")) == (seals, lines)


def test_the_japanese_calendar_is_for_the_japanese_paper_alone(pdf_text):
    content = with_settings(**HOUSE)

    japanese = packed(pdf_text(write_pdf(handover_of(content, "ja", calendar="japanese"))))
    english = packed(pdf_text(write_pdf(handover_of(content, "en", calendar="japanese"))))

    assert "令和8年11月24日12:00" in japanese
    assert "2026/11/" not in japanese
    assert "2026/11/24" in english
    assert "令和" not in english


def test_the_chart_says_its_numbers_to_who_cannot_see_it():
    handover = handover_of(make_content(), "en")

    [chart] = alternatives_in(issued("en"))

    assert chart == handover.chart
    assert "High 17 (Open 7, Done 3, Verified 2, Pending 1, None needed 4)" in chart


def test_the_edition_table_has_every_edition_and_says_which_was_revoked():
    history = (
        EditionLine("1.0", "2026-11-20T03:00:00Z", "", "Omar", "the wrong box"),
        EditionLine("1.1", "2026-11-24T03:00:00Z", "the right box", "Olga"),
    )

    text = packed(
        set_text(write_pdf(handover_of(make_content(), "en", make_proof(history=history))))
    )

    assert packed("1.0 2026/11/20 12:00 First edition Revoked: the wrong box Omar") in text
    assert packed("1.1 2026/11/24 12:00 the right box Olga") in text


def test_evidence_is_listed_with_its_hashes_in_the_order_of_its_items(pdf_text):
    content = make_content()
    content["evidence"] = [evidence_of(content["items"][at], f"{at}.png") for at in (9, 2)]

    text = packed(pdf_text(write_pdf(handover_of(content, "en"))))

    assert text.index("2.png") < text.index("9.png")
    assert text.count("ab" * 32) == 2


def evidence_of(item, name):
    return {
        "tracking_id": item["tracking_id"],
        "name": name,
        "size": 1234,
        "sha256": "ab" * 32,
        "by": "Omar",
        "at": "2026-11-24T01:32:00Z",
    }


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_logo_is_printed_and_everything_still_conforms(pdf_validator, kind):
    content = with_settings(**HOUSE)
    content["evidence"] = [evidence_of(content["items"][0], "screen.png")]
    proof = make_proof(public_url=PUBLIC_URL, logo=drawn_logo(kind), certificate="Integrator KK")

    pdf = write_pdf(handover_of(content, "ja", proof, calendar="japanese"))

    assert pdf_validator.validate(pdf) == []
    assert "ロゴ: Integrator East KK" in alternatives_in(pdf)


def test_a_logo_that_is_no_picture_fails_with_a_reason():
    with pytest.raises(PdfFailed, match="neither PNG nor JPEG"):
        write_pdf(handover_of(make_content(), "ja", make_proof(logo=b"GIF89a")))


def test_digest_chain_head_and_code_are_in_the_files_metadata():
    keywords = pdf_info(issued("ja"))["Keywords"]

    assert f"code {CODE}" in keywords
    assert f"digest {DIGEST}" in keywords
    assert "head c0ffee" in keywords


# Hostile texts


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_texts_still_conform(pdf_validator, language):
    content = make_hostile() | {"offers": hostile_offers()}

    assert pdf_validator.validate(write_pdf(handover_of(content, language))) == []


def test_markup_stays_what_it_is():
    text = packed(set_text(write_pdf(handover_of(with_note(HOSTILE["markup"])))))

    assert packed(HOSTILE["markup"]) in text
    assert "root:" not in text


def test_only_web_addresses_become_links():
    links = links_in(write_pdf(handover_of(make_hostile())))

    assert links
    assert all(link.startswith("https://") for link in links)


def test_a_400_letter_address_is_printed_whole_and_linked():
    content = make_content()
    item = content["items"][1]  # alone, so that its row is on one page
    item["references"][0].update(number=LONG_URL, url=LONG_URL, successor="")
    counts = dict.fromkeys(content["counts"], 0) | {item["verdict"]: 1}
    content |= {"items": [item], "counts": counts}

    pdf = write_pdf(handover_of(content))

    assert LONG_URL in links_in(pdf)
    assert LONG_URL in packed(set_text(pdf))


# Pitfalls 1 to 7 of typst


def test_1_a_character_without_glyph_becomes_a_geta(pdf_text):
    text = pdf_text(write_pdf(handover_of(with_note("済み ✅ สวัสดี \ue000 完"))))

    assert packed("済み 〓 〓〓〓〓〓〓 〓 完") in packed(text)


def test_1_all_that_is_let_through_can_be_drawn(pdf_text, tmp_path):
    every_character = clean(
        "".join(map(chr, range(0xD800))) + "".join(map(chr, range(57344, 1 << 18)))
    )
    template = tmp_path / "all.typ"
    template.write_text(
        '#set document(title: "All")\n#set text(font: "Noto Sans CJK JP", size: 5pt, lang: "ja")\n'
        "#let d = json(bytes(sys.inputs.data))\n#d #strong(d)"
    )
    job = {
        "template": str(template),
        "root": str(tmp_path),
        "family": fonts.FAMILY,
        "qr": "",
        "font_paths": [str(face.parent) for face in fonts.FACES],
        "data": "".join(sorted(set(every_character))),
        "timestamp": "2026-11-24T00:00:00+00:00",
        "seconds": 60,
        "megabytes": 4096,
    }

    pdf = pdf_file._run(pdf_file.json.dumps(job).encode(), 60)

    assert len(set(every_character)) > 40_000
    assert "髙" in pdf_text(pdf)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("髙橋 﨑 𠮷 神 ①㈱ 葛\U000e0100", "髙橋 﨑 𠮷 神 ①㈱ 葛\U000e0100"),
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("a\tb\xa0c\u3000d", "a b c\u3000d"),
        ("Cafe\u0301", "Café"),
        ("x\u202ey\u200fz\u200b\ufeff\xad", "xyz"),
        ("a\x00b\x07c", "a〓b〓c"),
        ("x\ud800y", "x〓y"),
        ("✅", "〓"),
    ],
)
def test_1_names_are_kept_and_what_cannot_be_drawn_is_seen(text, cleaned):
    assert clean(text) == cleaned


@settings(deadline=None)
@given(st.text(st.characters()))
def test_1_cleaned_text_has_nothing_that_cannot_be_drawn(text):
    selectors = {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}

    assert {ord(c) for c in clean(text)} <= fonts.drawable() | selectors | {0x0A}
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("position", [5, 16, 9])
def test_2_a_row_taller_than_a_page_is_not_cut(pdf_text, position):
    pdf = write_pdf(handover_of(with_note(LONG_NOTE, position)))

    printed = set(re.findall(r"(?<!\d)\d{4}(?!\d)", pdf_text(pdf)))
    assert {f"{number:04d}" for number in range(625)} <= printed


def test_2_many_short_lines_make_a_row_tall_too(pdf_text):
    pdf = write_pdf(handover_of(with_note("\n".join(f"L{number:03d}" for number in range(200)))))

    assert {f"L{number:03d}" for number in range(200)} <= set(pdf_text(pdf).split())


@pytest.mark.parametrize("letter", ["W", "x", "1", "Я", "ｱ", "~", "/"])
def test_3_a_long_run_is_broken_and_stays_on_the_page_and_in_one_piece_when_copied(letter):
    content = with_note(letter * 120)
    content["checklist"].update(host=letter * 200, customer=letter * 200, project=letter * 200)
    for item in content["items"]:
        item["decision"]["by"] = item["decision"]["approver"] = letter * 20

    pdf = write_pdf(handover_of(content))

    assert all(right <= page - 30 for page, right, _word in words_of(pdf))
    assert letter * 120 in packed(set_text(pdf))
    assert BREAK not in set_text(pdf)


@pytest.mark.parametrize("text", ["HTTPS 復号の設定", "authentication required", "日本語" * 99])
def test_3_text_that_fits_or_breaks_by_itself_is_left_alone(text):
    assert breakable(text, 40, 7.5) == text


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x2DFF), max_size=300))
def test_3_breaks_are_all_that_is_added(text):
    text = clean(text)
    broken = breakable(text, 20, 7.5)

    assert broken.replace(BREAK, "") == text
    assert line_count(broken, 20, 7.5) >= 1
    if broken != text:
        assert width(max(broken.split(BREAK), key=len), 7.5) < width(text, 7.5)


def test_4_threads_do_not_get_in_each_others_way(pdf_text):
    def render(number):
        content = make_content()
        content["checklist"]["host"] = f"gateway{number}"
        return write_pdf(handover_of(content))

    with ThreadPoolExecutor(4) as pool:
        pdfs = list(pool.map(render, range(6)))

    for number, pdf in enumerate(pdfs):
        assert set(re.findall(r"gateway\d", pdf_text(pdf))) == {f"gateway{number}"}
    assert pdfs[3] == render(3)


def test_5_the_worker_loads_neither_django_nor_the_portal():
    code = (
        "import runpy, sys; runpy.run_path(sys.argv[1]);"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'django', 'checklists', 'typst'}))"
    )
    command = [sys.executable, "-I", "-c", code, str(pdf_file.WORKER)]

    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")

    assert done.stdout.strip() == "['typst']"


def test_5_a_document_that_takes_too_long_is_given_up(monkeypatch, tmp_path):
    worker = tmp_path / "stuck.py"
    worker.write_text("import time; time.sleep(600)")
    monkeypatch.setattr(pdf_file, "WORKER", worker)
    started = time.monotonic()

    with pytest.raises(PdfFailed, match="longer than 1 seconds"):
        write_pdf(handover_of(make_content()), seconds=1)

    assert time.monotonic() - started < 60


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="address space has no limit on this system"
)
def test_5_a_document_that_takes_too_much_memory_fails_with_a_reason():
    with pytest.raises(PdfFailed) as failure:
        write_pdf(handover_of(many_items(200)), megabytes=180)

    assert str(failure.value)


def test_5_a_broken_template_fails_with_one_short_line(monkeypatch, tmp_path, settings):
    folder = tmp_path / "templates" / "handover"
    folder.mkdir(parents=True)
    (folder / "checklist.typ").write_text("#let x = (")
    settings.BASE_DIR = tmp_path

    with pytest.raises(PdfFailed) as failure:
        write_pdf(handover_of(make_content()))

    assert "unclosed" in str(failure.value)
    assert len(str(failure.value).splitlines()) == 1


def test_6_a_thousand_items_stay_below_ten_megabytes(pdf_pages):
    pdf = write_pdf(handover_of(many_items(1000)))

    assert len(pdf) < 10 * 2**20
    assert len(pdf_pages(pdf)) > 80


def test_7_a_missing_font_is_said_aloud(monkeypatch, tmp_path):
    handover = handover_of(make_content())
    fonts.drawable()
    monkeypatch.setattr(fonts, "FACES", (Path(tmp_path) / "gone.otf",))

    with pytest.raises(PdfFailed, match="the font Noto Sans CJK JP is missing"):
        write_pdf(handover)


def test_7_both_faces_draw_the_geta():
    assert ord(NO_GLYPH) in fonts.drawable()
