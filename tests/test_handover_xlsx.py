"""The check sheet (XLSX): what is in it, that nothing in it can run, that every text comes back."""

import io
import re
import subprocess
import sys
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from checklists.handover import verify
from checklists.handover.sheet_text import MOST_CHARACTERS, decode, encode
from checklists.handover.xlsx_file import EDITED, KEYS, columns, write_boxes, write_xlsx
from checklists.handover.xlsx_reading import read_rows
from tests.support.content import HOSTILE, make_content, make_hostile, many_items
from tests.support.handover import CODE, DIGEST, handover_of, make_proof
from tests.support.sheets import book_of, box_sheet, heads_of, table_of

LANGUAGES = ("ja", "en")
any_text = st.text(st.characters(exclude_categories=["Cs"]))
risky_text = st.one_of(
    any_text,
    st.builds(str.__add__, st.sampled_from("=+-@\t\r\n '\"＝＋－＠"), any_text),
    st.builds("{}_x{:04x}_{}".format, any_text, st.integers(0, 0xFFFF), any_text),
)


def with_note(note, position=5):
    content = make_content()
    content["items"][position - 1]["decision"]["note"] = note
    return content


def parts_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


# What is in it


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_a_summary_and_a_sheet_per_box(language):
    first, second = make_content(), make_content()
    second["checklist"]["host"] = "proxy02"
    both = [handover_of(content, language) for content in (first, second)]

    one, two = book_of(write_xlsx(both[0])), book_of(write_boxes(both))

    assert one.sheetnames[1:] == ["proxy01"]
    assert two.sheetnames[1:] == ["proxy01", "proxy02"]
    assert one.sheetnames[0] == {"ja": "概要", "en": "Summary"}[language]


def test_the_sheet_of_a_box_has_a_frozen_head_a_filter_and_rows_that_repeat_on_paper():
    sheet = box_sheet(book_of(write_xlsx(handover_of(make_content()))))

    assert sheet.freeze_panes == "E2"
    assert sheet.auto_filter.ref.startswith("A1:")
    assert sheet.auto_filter.ref.endswith("33")
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.print_area == "'proxy01'!$A$1:$K$33"


@pytest.mark.parametrize("place", [0, 1])
def test_every_sheet_prints_on_a4_landscape_with_host_edition_and_page(place):
    sheet = box_sheet(book_of(write_xlsx(handover_of(make_content(), "en"))), place)

    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.oddHeader.left.text == "proxy01"
    assert sheet.oddHeader.right.text == "Edition 1.0"
    assert sheet.oddFooter.right.text == "&P / &N"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_decision_is_chosen_from_the_six_words_of_the_language(language):
    handover = handover_of(make_content(), language)
    sheet = box_sheet(book_of(write_xlsx(handover)))

    [validation] = sheet.data_validations.dataValidation

    column = get_column_letter([key for key, _h in columns(handover)].index("decision") + 1)
    assert validation.formula1 == f'"{",".join(handover.decisions)}"'
    assert str(validation.sqref) == f"{column}2:{column}33"
    assert validation.showErrorMessage


def test_the_hidden_columns_say_which_item_in_which_version_of_which_checklist():
    content = make_content()
    sheet = box_sheet(book_of(write_xlsx(handover_of(content))))
    heads = heads_of(sheet)

    row = dict(zip(heads, [cell.value for cell in sheet[6]], strict=True))

    hidden = {
        heads[n]
        for n in range(len(heads))
        if sheet.column_dimensions[get_column_letter(n + 1)].hidden
    }
    assert hidden == set(KEYS)
    item = content["items"][4]
    assert [row[key] for key in KEYS[:5]] == [
        item["tracking_id"],
        str(item["decision"]["version"]),
        content["checklist"]["id"],
        "1.0",
        DIGEST,
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_of_a_row_has_a_column(language):
    handover = handover_of(make_content(), language)

    table = table_of(write_xlsx(handover))

    rows = sorted((r for s in handover.sections for r in s.rows), key=lambda row: int(row.number))
    for row, cells in zip(rows, table, strict=True):
        assert {head: cells[head] for _key, head in columns(handover)} == {
            head: getattr(row, key) for key, head in columns(handover)
        }


def test_the_summary_has_the_cover_the_counts_the_answers_and_the_proof():
    handover = handover_of(make_content(), "en")
    sheet = box_sheet(book_of(write_xlsx(handover)), 0)

    said = {cell.value for row in sheet.iter_rows() for cell in row if cell.value}

    assert {handover.sum, handover.statement, CODE, DIGEST} <= said
    assert {fact.value for fact in handover.facts} <= said
    assert {answer.question for answer in handover.answers} <= said


@pytest.mark.parametrize(("state", "told"), [("draft", True), ("issued", False)])
def test_only_a_draft_says_how_it_comes_back(state, told):
    sheet = box_sheet(book_of(write_xlsx(handover_of(make_content(), "en", make_proof(state)))), 0)

    said = [cell.value for row in sheet.iter_rows() for cell in row if cell.value]

    assert any("upload the file" in text for text in said) == told
    assert any("DRAFT" in text for text in said) == told


def test_the_file_says_its_digest_in_its_properties():
    data = write_xlsx(handover_of(make_content()))

    assert verify.claimed(data) == DIGEST


def test_the_same_hand_over_gives_the_same_bytes():
    book = book_of(write_xlsx(handover_of(make_content())))
    assert book.properties.modified == book.properties.created
    assert write_xlsx(handover_of(make_content())) == write_xlsx(handover_of(make_content()))


@pytest.mark.parametrize(
    "host",
    [
        "a/b\\c:d*e?f[g]",
        "'quoted'",
        "x" * 200,
        "𠮷" * 40,
        "概要",
        "\x07",
        "&P&D",
        "=1+1",
        "_x0041_",
    ],
)
def test_any_host_makes_a_book_that_opens(host):
    content = make_content()
    content["checklist"]["host"] = host

    data = write_xlsx(handover_of(content))

    book = book_of(data)
    assert len({name.casefold() for name in book.sheetnames}) == 2
    assert all(len(name.encode("utf-16-le")) <= 62 for name in book.sheetnames)
    assert len(read_rows(data)) == 32


def test_an_ampersand_in_a_host_is_no_command_on_the_page():
    content = make_content()
    content["checklist"]["host"] = "a&P"

    text = parts_of(write_xlsx(handover_of(content)))["xl/worksheets/sheet2.xml"]

    assert "&amp;La&amp;&amp;P" in text


def test_a_list_without_items_is_still_a_sheet():
    content = make_content()
    content |= {"items": [], "counts": dict.fromkeys(content["counts"], 0)}

    assert table_of(write_xlsx(handover_of(content))) == []


def test_a_thousand_items_fit():
    assert len(table_of(write_xlsx(handover_of(many_items(1000))))) == 1000


# Nothing in it can run


def assert_only_texts(data):
    """No formula, no number; every cell typed as text and marked as one."""
    for name, part in parts_of(data).items():
        if name.startswith("xl/worksheets/sheet"):
            assert "<f>" not in part
            assert "<f " not in part
            assert set(re.findall(r'<c [^>]*?t="(\w+)"', part)) <= {"inlineStr"}
            assert len(re.findall(r"<c [^>]*>", part)) == part.count('t="inlineStr"')
    for sheet in book_of(data):
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.quotePrefix or cell.value is None
                assert cell.data_type in ("s", "inlineStr") or cell.value is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cell_is_a_text(language):
    assert_only_texts(write_xlsx(handover_of(make_content(), language)))


def test_hostile_texts_are_texts_too():
    data = write_xlsx(handover_of(make_hostile(), "en"))

    assert_only_texts(data)
    notes = {row["Note"] for row in table_of(data)}
    assert {HOSTILE["formula"], HOSTILE["emoji"], HOSTILE["control"], HOSTILE["lines"]} <= notes


@settings(deadline=None, max_examples=25)
@given(risky_text)
def test_no_text_at_all_becomes_a_formula_and_each_comes_back(note):
    data = write_xlsx(handover_of(with_note(note), "en"))

    assert_only_texts(data)
    assert table_of(data)[4]["Note"] == note


@given(risky_text)
def test_every_text_comes_back_through_the_escapes(text):
    assert decode(encode(text)) == text


@given(st.text(st.characters()))
def test_an_escaped_text_has_nothing_that_xml_cannot_hold(text):
    assert not re.search("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]", encode(text))


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a\x00b", "a_x0000_b"),
        ("a\r\nb", "a_x000D_\nb"),
        ("_x0041_", "_x005F_x0041_"),
        ("_x004_", "_x004_"),
        ("\uffff", "_xFFFF_"),
        ("𠮷\t\n", "𠮷\t\n"),
    ],
)
def test_what_xml_cannot_hold_is_written_as_the_format_does(text, cell):
    assert encode(text) == cell
    assert decode(cell) == text


def test_a_text_longer_than_a_cell_is_cut_in_words():
    content = make_content()
    content["items"][0]["summary"] = {"ja": "長" * (MOST_CHARACTERS + 1), "en": ""}

    [summary] = {row["Summary"] for row in table_of(write_xlsx(handover_of(content, "en")))[:1]}

    assert len(summary) == MOST_CHARACTERS
    assert summary.endswith("[cut here: a cell holds no more; CSV, JSON and PDF have all of it]")


@pytest.mark.parametrize("lxml", ["True", "False"])
def test_both_ways_of_openpyxl_to_write_say_the_same(lxml):
    """lxml comes with the packages for signing; openpyxl writes by it where it finds it."""
    program = (
        "import os, sys; sys.path.insert(0, '.');"
        "import tests.settings; os.environ['OPENPYXL_LXML'] = sys.argv[1];"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings';"
        "import django; django.setup();"
        "from tests.support.content import make_hostile;"
        "from tests.support.handover import handover_of;"
        "from checklists.handover.xlsx_file import write_xlsx;"
        "sys.stdout.buffer.write(write_xlsx(handover_of(make_hostile(), 'en')))"
    )

    done = subprocess.run([sys.executable, "-c", program, lxml], capture_output=True, check=True)

    assert table_of(done.stdout) == table_of(write_xlsx(handover_of(make_hostile(), "en")))


# It comes back (more in test_check_sheet.py)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_untouched_sheet_says_what_was_exported(language):
    content = make_content()

    rows = read_rows(write_xlsx(handover_of(content, language)))

    for row, item in zip(rows, content["items"], strict=True):
        assert row.item == item["tracking_id"]
        assert row.version == item["decision"]["version"]
        assert row.checklist == content["checklist"]["id"]
        assert row.values == {name: item["decision"][name] for name in EDITED}
        assert verify.digest(row.values) == row.was
        assert row.faults == []
