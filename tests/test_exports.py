"""The list as a file: what it holds, that nothing in it can run, and what it costs."""

import csv
import io
import json
import tracemalloc
from datetime import date
from functools import partial

import openpyxl
import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from advisories.actions import publish, withdraw
from advisories.exporting import csv_pieces, json_pieces, table, xlsx_pieces
from advisories.filters import AdvisoryFilter, start_of
from advisories.models import Advisory, AdvisoryRevision
from portal.roles import Role
from tests.factory import load_fixture_catalogue
from tests.support.copies import copy_advisories
from tests.support.editing import Catalogue, sign_in

pytestmark = pytest.mark.django_db
FORMATS = ["csv", "xlsx", "json"]


@pytest.fixture
def catalogue():
    return Catalogue()


@pytest.fixture
def english(client):
    client.cookies["django_language"] = "en"
    return client


def export(client, extension, **query):
    answer = client.get(f"/advisories/export.{extension}", query)
    assert answer.status_code == 200
    assert f'filename="advisories-{date.today():%Y-}' in answer["Content-Disposition"]
    return b"".join(answer.streaming_content)


def csv_rows(client, **query):
    text = export(client, "csv", **query).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def sheet(client, **query):
    book = openpyxl.load_workbook(io.BytesIO(export(client, "xlsx", **query)))
    return book.worksheets[0]


def chosen(**values):
    query = QueryDict(mutable=True)
    query.update(values)
    return AdvisoryFilter(query)


def test_a_row_says_all_of_an_advisory_in_both_languages(english, catalogue):
    Advisory.objects.update(changed_at=start_of(date(2026, 3, 1)))

    first, second, third = csv_rows(english)

    assert (first["Tracking ID"], first["Revision"], first["Changed on"]) == (
        "E-1",
        "1",
        "2026-03-01",
    )
    assert (first["Title (Japanese)"], first["Title (English)"]) == ("E-1 の件名", "Title of E-1")
    assert (first["Category (Japanese)"], first["Category (English)"]) == ("調整", "Tuning")
    assert (first["Severity"], third["Severity"]) == ("High", "")
    assert first["Conditions (English)"] == "A directory is used"
    assert (first["Deployment modes (English)"], second["Deployment modes (English)"]) == (
        "Proxy",
        "every mode",
    )
    assert (first["Gateway: Status"], first["Mail: Status"]) == ("affected", "")
    assert (first["Gateway: Fixed in"], second["Mail: The fix reaches"]) == (
        "2.0",
        "new installations only",
    )
    assert first["Q&A"] == "0012 → KA-7\n13"
    assert first["Address"] == "https://example.com/ka-7\nhttps://example.com/13"
    assert (first["Version"], first["Table"], first["Row"]) == ("1.0", "1", "4")


def test_the_headings_are_in_the_language_of_the_reader(client, catalogue):
    (row, *_rows) = csv_rows(client)

    assert (row["管理番号"], row["重要度"], row["件名 (英語)"]) == ("E-1", "高", "Title of E-1")


@pytest.mark.parametrize("extension", FORMATS)
def test_a_file_holds_the_rows_of_the_list_in_its_order(client, catalogue, extension):
    query = {"topic": "network", "sort": "severity", "page": "7"}
    catalogue.draft()
    withdraw(advisory=catalogue.second, reason="obsolete", by=None)

    raw = export(client, extension, **query)

    if extension == "xlsx":
        found = [row[0].value for row in sheet(client, **query).iter_rows(min_row=2)]
    elif extension == "json":
        found = [row["tracking_id"] for row in json.loads(raw)["advisories"]]
    else:
        found = [row["管理番号"] for row in csv_rows(client, **query)]
    assert found == ["E-1", "E-3"]


def test_a_release_gives_each_row_its_verdict_and_only_the_columns_of_its_product(
    english, catalogue
):
    rows = csv_rows(english, release="gateway-1", mode="bridge", verdict="not_applicable")

    assert [(row["Verdict"], row["Reason for the verdict"]) for row in rows] == [
        ("Not applicable", "other deployment mode")
    ]
    assert "Gateway: Status" in rows[0]
    assert "Mail: Status" not in rows[0]
    assert "Verdict" not in csv_rows(english)[0]


def test_json_holds_the_published_content_and_the_filters(client, catalogue):
    document = json.loads(export(client, "json", release="gateway-1", q="E-1"))

    assert document["filters"] == "release=gateway-1&q=E-1"
    (row,) = document["advisories"]
    revision = catalogue.first.revisions.get()
    assert row == revision.content | {
        "revision": 1,
        "changed_on": f"{revision.published_at.astimezone():%Y-%m-%d}",
        "verdict": "confirm",
        "reason": "mode_open",
    }


def test_an_empty_list_is_an_empty_file(client, catalogue):
    assert json.loads(export(client, "json", q="nothing"))["advisories"] == []
    assert csv_rows(client, q="nothing") == []
    assert sheet(client, q="nothing").max_row == 1


def test_a_draft_of_the_next_revision_is_in_no_file(client, catalogue):
    Advisory.objects.filter(tracking_id="E-1").update(title_ja="まだ公開していない")

    assert csv_rows(client)[0]["件名 (日本語)"] == "E-1 の件名"


HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "＝1+1", "'=1"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_can_run_as_a_formula(client, catalogue, text):
    catalogue.first.title_ja = text
    catalogue.first.save()
    publish(advisory=catalogue.first, by=None)

    assert csv_rows(client)[0]["件名 (日本語)"] == f"'{text}"
    cells = {cell.value: cell.data_type for cell in sheet(client)[2]}
    assert cells[text] == "s"


def test_characters_that_a_spreadsheet_cannot_hold_are_left_out_of_it(client, catalogue):
    catalogue.first.summary_ja = "前\x0b後\nろ"
    catalogue.first.save()
    publish(advisory=catalogue.first, by=None)

    assert "前後\nろ" in [cell.value for cell in sheet(client)[2]]


@pytest.mark.parametrize("extension", FORMATS)
def test_a_faulty_filter_gives_the_page_that_says_so_and_no_file(client, catalogue, extension):
    answer = client.get(f"/advisories/export.{extension}", {"severity": "urgent"})

    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()


def test_other_formats_are_not_there(client, catalogue):
    assert client.get("/advisories/export.pdf", follow=True).status_code == 404


@pytest.mark.parametrize("extension", FORMATS)
def test_files_are_for_everybody_unless_the_portal_says_otherwise(
    client, catalogue, settings, extension
):
    settings.CATALOGUE_LOGIN_REQUIRED = True
    address = f"/advisories/export.{extension}"

    refused = client.get(address)
    sign_in(client, Role.READER)

    assert refused.url.startswith(reverse("login"))
    assert export(client, extension)
    assert client.post(address).status_code == 405


def test_the_words_of_a_file_do_not_change_while_it_is_sent(catalogue):
    with translation.override("en"):
        rows = table(chosen(release="gateway-1"))

    with translation.override("ja"):
        heads, first, *_rest = rows

    assert heads[0] == "Tracking ID"
    assert "Needs an answer" in first


WRITERS = {
    "csv": lambda: csv_pieces(table(chosen())),
    "json": lambda: json_pieces(chosen()),
    "xlsx": lambda: xlsx_pieces(table(chosen()), "Sheet"),
}


def peak(pieces):
    """The most memory that writing a file takes, in bytes, and how much was written."""
    tracemalloc.start()
    try:
        size = sum(len(piece) for piece in pieces)
        return tracemalloc.get_traced_memory()[1], size
    finally:
        tracemalloc.stop()


def test_memory_stays_flat_however_long_the_list_is(catalogue):
    peak(json_pieces(chosen()))
    copy_advisories(2_000, [AdvisoryRevision])
    few, short = peak(json_pieces(chosen()))

    copy_advisories(20_000, [AdvisoryRevision])
    many, long = peak(json_pieces(chosen()))

    assert long > 9 * short
    assert many < 1.25 * few


@pytest.mark.parametrize("write", [csv_pieces, partial(xlsx_pieces, title="Sheet")])
def test_memory_stays_flat_however_long_a_table_is(write):
    def rows(count):
        return ([f"{number}", "本文" * 50] for number in range(count))

    peak(write(rows(2_000)))
    few, short = peak(write(rows(2_000)))

    many, long = peak(write(rows(20_000)))

    assert long > 5 * short
    assert many < 1.25 * few


@pytest.mark.parametrize("extension", FORMATS)
def test_a_file_takes_the_same_queries_however_long_it_is(catalogue, extension):
    def queries():
        with CaptureQueriesContext(connection) as context:
            assert list(WRITERS[extension]())
        return len(context)

    few = queries()
    copy_advisories(600)

    assert queries() == few <= 16


def test_a_workbook_of_the_real_catalogue_can_be_read(client):
    load_fixture_catalogue()

    rows = list(sheet(client).iter_rows(values_only=True))

    assert len(rows) == 33
    assert all(isinstance(cell, str) or cell is None for row in rows for cell in row)
    assert sheet(client).freeze_panes == "B2"
