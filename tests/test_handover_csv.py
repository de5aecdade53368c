"""The CSV file, read back as a spreadsheet's user would."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisories.cells import FORMULA_STARTS, defuse, restore
from checklists.handover.csv_file import write_csv
from tests.support.content import HOSTILE, LONG_NOTE, make_content, make_hostile, offer
from tests.support.handover import CODE, DIGEST, handover_of, make_proof

any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
# Unicode at random rarely starts with one of the few that matter.
risky_text = st.builds(str.__add__, st.sampled_from(FORMULA_STARTS), any_text) | any_text


def read_back(data):
    text = data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def write_cells(cells):
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(map(defuse, cells))
    return text.getvalue()


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_a_cell_that_a_spreadsheet_would_run_gets_one_apostrophe(start):
    assert defuse(f"{start}1+1") == f"'{start}1+1"
    assert restore(f"'{start}1+1") == f"{start}1+1"


@pytest.mark.parametrize("text", ["", "a", "1", " =1", "a=1", "高", "→", "a'"])
def test_any_other_cell_stays_as_it_is(text):
    assert defuse(text) == restore(text) == text


def test_restoring_removes_exactly_one_apostrophe():
    assert restore("''quoted") == "'quoted"


@given(st.lists(risky_text, min_size=1))
def test_every_text_comes_back_through_a_csv_file(texts):
    [cells] = csv.reader(io.StringIO(write_cells(texts), newline=""))

    assert [restore(cell) for cell in cells] == texts


@given(risky_text)
def test_no_cell_starts_with_a_formula_character(text):
    assert defuse(text)[:1] == "'" or defuse(text)[:1] not in set(FORMULA_STARTS)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_file_is_utf_8_with_bom_and_line_ends_of_rfc_4180(language):
    data = write_csv(handover_of(make_content(), language))

    assert data.startswith(b"\xef\xbb\xbf")
    assert data.endswith(b"\r\n")
    assert data.count(b"\r\n") == data.count(b"\r")


def test_there_is_a_row_per_advisory_in_document_order():
    content = make_content()

    rows = read_back(write_csv(handover_of(content, "en")))

    assert [row["No."] for row in rows] == [str(number) for number in range(1, 33)]
    assert [row["Tracking ID"] for row in rows] == [i["tracking_id"] for i in content["items"]]


def test_a_row_has_the_verdict_its_reason_the_decision_and_where_it_belongs():
    rows = read_back(write_csv(handover_of(make_content(), "en")))

    pending, same = rows[7], rows[31]
    assert pending["Verdict"] == "Action required"
    assert pending["Reason for the verdict"] == "Concerns this box"
    assert pending["Decision"] == "Pending"
    assert pending["Due"] == "2026/11/27"
    assert pending["Recorded at"] == "2026/11/24 10:32"
    assert rows[9]["Value before"] == "製品既定の CA"
    assert rows[0]["Q&A"] == "1120273 → KA-0008812"
    assert rows[0]["Links"] == "https://success.trendmicro.com/ja-JP/solution/KA-0008812"
    assert same["Customer"] == "株式会社サンプル商事"
    assert (same["Digest of the content (SHA-256)"], same["Verification code"]) == (DIGEST, CODE)


def test_no_two_columns_have_the_same_head():
    for language in ("ja", "en"):
        head = handover_of(make_content(), language).sheet_head
        assert len(set(head)) == len(head)


@pytest.mark.parametrize("state", ["draft", "prepared"])
def test_a_file_that_is_no_issued_edition_says_so_in_every_row(state):
    rows = read_back(write_csv(handover_of(make_content(), "en", make_proof(state))))

    assert {row["State"] for row in rows} <= {"Draft", "Awaiting review"}


@settings(deadline=None)
@given(risky_text)
def test_any_note_comes_back_from_the_whole_file(note):
    content = make_content()
    content["items"][4]["decision"]["note"] = note

    rows = read_back(write_csv(handover_of(content, "en")))

    assert restore(rows[4]["Note"]) == note


def test_hostile_texts_come_back_and_none_is_a_formula():
    rows = read_back(write_csv(handover_of(make_hostile(), "en")))

    assert restore(rows[0]["Note"]) == LONG_NOTE
    notes = {restore(row["Note"]) for row in rows}
    assert {HOSTILE["emoji"], HOSTILE["right_to_left"], HOSTILE["formula"]} <= notes
    assert not any(cell[:1] in set("=+-@\t\r\n＝＋－＠") for row in rows for cell in row.values())


def test_a_lone_surrogate_costs_its_own_letter_only():
    content = make_content()
    content["items"][4]["decision"]["note"] = "x\ud800y"

    assert read_back(write_csv(handover_of(content, "en")))[4]["Note"] == "x?y"


def test_what_was_not_taken_stands_in_its_row_and_an_added_advisory_in_every_row():
    content = make_content()
    content["offers"] = [
        offer("IWS-NEW", "added", position=None, held=None),
        offer(content["items"][2]["tracking_id"], "patch", position=3),
    ]

    rows = read_back(write_csv(handover_of(content, "en")))

    changes = [row["Change of the catalogue"] for row in rows]
    assert changes.pop(2).endswith("PATCH: wording changed (revision 1 → 3)")
    assert set(changes) == {""}
    [added] = {row["Added advisories that were not taken"] for row in rows}
    assert added.startswith("IWS-NEW Title (High): Added")
