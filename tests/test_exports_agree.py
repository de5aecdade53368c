"""CSV, XLSX, JSON and PDF of one edition, read back and compared field by field."""

import csv
import io
import json
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from advisories.cells import restore
from checklists.handover import verify, words
from checklists.handover.csv_file import write_csv
from checklists.handover.json_file import write_json
from checklists.handover.pdf_file import write_pdf
from checklists.handover.rows import make_row
from checklists.handover.xlsx_file import KEYS, write_xlsx
from tests.support.content import make_content, offer
from tests.support.handover import DIGEST, handover_of, make_proof
from tests.support.pdf import set_text
from tests.support.sheets import book_of, box_sheet, table_of

LANGUAGES = ("ja", "en")
# What a cell of the PDF has of a row; the rest is in the sheets and in JSON.
PRINTED = ("title", "reason", "note", "decision_reason", "approver", "waiting_for", "due")

# What the summary of the XLSX has as a table and the CSV in one cell.
TABLES = ("answers", "signatures", "history", "evidence")


class Edition:
    """Every format of one edition in one language."""

    def __init__(self, language):
        self.content = make_content()
        moved = self.content["items"][1]["tracking_id"]
        self.content["offers"] = [
            offer(moved, "minor"),
            offer("IWS-NEW", "added", position=None, held=None, newest=1, verdict="required"),
        ]
        self.content["evidence"] = [
            {
                "tracking_id": moved,
                "name": "screen.png",
                "size": 12_345,
                "sha256": DIGEST,
                "by": "Omar",
                "at": "2026-11-24T01:32:00Z",
            }
        ]
        digest = verify.digest(self.content)
        self.proof = make_proof(digest=digest, code=verify.code_of(digest))
        self.handover = handover_of(self.content, language, self.proof)
        self.language = language
        keys = (key for key, _head in words.SHEET_COLUMNS)
        self.heads = dict(zip(keys, self.handover.sheet_head, strict=True))

    def csv_rows(self):
        text = write_csv(self.handover).decode("utf-8-sig")
        rows = csv.DictReader(io.StringIO(text, newline=""))
        return [{head: restore(cell) for head, cell in row.items()} for row in rows]

    def xlsx_rows(self):
        rows = table_of(write_xlsx(self.handover))
        return [{head: row[head] for head in row if head not in KEYS} for row in rows]

    def summary(self):
        sheet = box_sheet(book_of(write_xlsx(self.handover)), 0)
        return "\n".join(str(c.value) for row in sheet.iter_rows() for c in row if c.value)

    def said(self):
        return json.loads(write_json(self.content, self.proof))

    def pdf_text(self):
        return "".join(set_text(write_pdf(self.handover)).split())


@pytest.fixture(params=LANGUAGES)
def edition(request):
    return Edition(request.param)


def test_csv_and_xlsx_have_the_same_fields_with_the_same_texts(edition):
    for in_csv, in_xlsx in zip(edition.csv_rows(), edition.xlsx_rows(), strict=True):
        assert in_xlsx == {head: in_csv[head] for head in in_xlsx}


def test_what_the_csv_repeats_in_every_row_stands_in_the_summary_of_the_xlsx(edition):
    rows, summary = edition.csv_rows(), edition.summary()

    for key, value in edition.handover.common.items():
        assert {row[edition.heads[key]] for row in rows} == {value}
        for line in value.split("\n") if key not in TABLES else ():
            assert line in summary, key


def test_tables_of_the_summary_are_cells_with_a_line_per_row_in_the_csv(edition):
    [row, *_rest], summary = edition.csv_rows(), edition.summary()
    boxes = [box for box in edition.handover.boxes if box.name]
    tables = {key: getattr(edition.handover, key) for key in ("answers", "history", "evidence")}

    for key, things in (tables | {"signatures": boxes}).items():
        lines = row[edition.heads[key]].split("\n")
        for line, thing in zip(lines, things, strict=True):
            for text in vars(thing).values():
                assert text in line, key
                assert text in summary, key


def test_the_rows_made_of_the_json_alone_are_those_of_csv_and_xlsx(edition):
    """What a program reads out of JSON is what people read in a sheet."""
    said = edition.said()
    moved = {offer["tracking_id"]: offer for offer in said["content"]["offers"]}
    with override(edition.language):
        made = [
            make_row(
                item,
                language=edition.language,
                zone=ZoneInfo("Asia/Tokyo"),
                product=said["content"]["checklist"]["product"]["slug"],
                offer=moved.get(item["tracking_id"]),
            )
            for item in said["content"]["items"]
        ]

    for row, in_csv in zip(made, edition.csv_rows(), strict=True):
        for key, head in edition.heads.items():
            if hasattr(row, key):
                assert getattr(row, key) == in_csv[head], key


def test_digest_chain_head_and_code_are_the_same_everywhere(edition):
    said, text, [row, *_rest] = edition.said(), edition.pdf_text(), edition.csv_rows()
    summary = edition.summary()

    for value in (said["digest"], said["chain_head"], said["code"]):
        assert value in text
        assert value in row.values()
        assert value in summary
    assert verify.digest(said["content"]) == said["digest"]


def test_the_pdf_prints_of_every_row_what_the_csv_has(edition):
    text = edition.pdf_text()

    for row in edition.csv_rows():
        for key in PRINTED:
            assert "".join(row[edition.heads[key]].split()) in text, (
                row[edition.heads["number"]],
                key,
            )


def test_counts_and_signatures_are_the_same_everywhere(edition):
    said, text, summary = edition.said(), edition.pdf_text(), edition.summary()

    for line in edition.handover.counts:
        assert said["content"]["counts"][line.key] == line.total
        assert "".join(f"{line.verdict} {line.total}".split()) in text
    for signature in said["signatures"]:
        assert "".join(signature["name"].split()) in text
        assert signature["name"] in summary
