"""Tables of advisories: what was exported imports back, and a faulty one writes nothing."""

import csv
import io
import re
import zipfile

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signing import dumps

from advisories import table_files, table_parsing
from advisories.actions import publish, withdraw
from advisories.admin_tables import SALT
from advisories.models import Advisory, AdvisoryRevision
from advisories.table_reader import RowReader
from advisories.table_rows import COLUMNS, reference_line, to_row
from portal.roles import Role
from tests.support.editing import Catalogue, as_editor, sign_in

pytestmark = pytest.mark.django_db
LIST = "/admin/advisories/advisory/"
IMPORT, CONFIRM, EXPORT = (f"{LIST}{part}/" for part in ("import", "process_import", "export"))
FORMATS = {"csv": "0", "xlsx": "1"}


@pytest.fixture
def catalogue():
    return Catalogue()


@pytest.fixture
def editor(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    as_editor(client)
    client.cookies["django_language"] = "en"
    return client


def export(client, kind="csv", query=""):
    answer = client.post(f"{EXPORT}{query}", {"format": FORMATS[kind], "resource": "0"})
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="advisories.{kind}"'
    return answer.content


def upload(client, content, name="advisories.csv"):
    """The dry run's page."""
    answer = client.post(IMPORT, {"import_file": SimpleUploadedFile(name, content), "resource": 0})
    assert answer.status_code == 200
    return answer


def confirm(client, preview):
    ticket = re.search(r'name="ticket" value="([^"]+)"', preview.content.decode())
    assert ticket, faults(preview)
    return client.post(CONFIRM, {"ticket": ticket[1]}, follow=True)


def carry_out(client, content, name="advisories.csv"):
    return confirm(client, upload(client, content, name))


def faults(answer):
    """What the page says is wrong, in one text; "" when nothing is."""
    text = answer.content.decode()
    if 'name="ticket"' in text:
        return ""
    return " ".join(re.findall(r'<ul class="errorlist.*?</ul>', text, re.S))


def rows_of(content):
    """A CSV export as rows that can be changed, header first."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def as_csv(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def edited(client, which="E-1", /, **cells):
    """The export with some cells of one row changed ("__" stands for the dot)."""
    rows = rows_of(export(client))
    line = next(row for row in rows if row[0] == which)
    for column, value in cells.items():
        line[rows[0].index(column.replace("__", "."))] = value
    return as_csv(rows)


def added(client, tracking_id, **cells):
    """The export's columns with one new row."""
    header = rows_of(export(client))[0]
    new = {
        "tracking_id": tracking_id,
        "document": "guide",
        "title_ja": "件名",
        "summary_ja": "概要",
        "action_ja": "対処",
        "category": "tuning",
        "gateway.status": "affected",
        **{column.replace("__", "."): value for column, value in cells.items()},
    }
    return as_csv([header, [new.get(column, "") for column in header]])


def nothing_was_written():
    counts = list(Advisory.objects.order_by("pk").values_list("tracking_id", "revision"))
    return counts == [("E-1", 1), ("E-2", 1), ("E-3", 1)] and AdvisoryRevision.objects.count() == 3


# Export


def test_an_export_has_the_columns_of_the_format_in_their_order(editor, catalogue):
    header = rows_of(export(editor))[0]

    groups = [
        f"{product}.{column}"
        for product in ("gateway", "mail", "other")
        for column in (
            "status",
            "basis",
            "fixed_in",
            "fix_scope",
            "fix_kind",
            "fix_note_ja",
            "fix_note_en",
        )
    ]
    assert header == [*COLUMNS, *groups]


def test_an_exported_row_says_what_the_advisory_says(editor, catalogue):
    header, first = rows_of(export(editor))[:2]

    row = dict(zip(header, first, strict=True))
    assert row["tracking_id"] == "E-1"
    assert row["revision"] == "1"
    assert (row["severity"], row["topics"], row["modes"]) == ("high", "network", "proxy")
    assert (row["source_revision"], row["source_table"], row["source_row"]) == ("1.0", "1", "4")
    assert row["gateway.fixed_in"] == "gateway-2"
    assert row["gateway.fix_note_ja"] == "'=2 行目まで\n読む"
    assert row["mail.status"] == ""
    assert row["references"].splitlines() == [
        r"|0012|https://example.com/a\|b|KA-7|https://example.com/ka-7",
        "mail|13|https://example.com/13||",
    ]


def test_no_exported_cell_can_run(editor, catalogue):
    Advisory.objects.filter(tracking_id="E-2").update(
        title_ja="=cmd()", title_en="+1", summary_ja="@x", summary_en="-1", action_ja="＝1"
    )

    book = openpyxl.load_workbook(io.BytesIO(export(editor, "xlsx")))
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value]
    flat = [cell for row in rows_of(export(editor)) for cell in row]

    assert {cell.data_type for cell in cells} == {"s"}
    assert not [text for text in flat if text[:1] in tuple("=+-@＝")]


def test_a_csv_export_starts_with_a_byte_order_mark(editor, catalogue):
    assert export(editor).startswith(b"\xef\xbb\xbftracking_id,")


def test_an_export_keeps_the_filters_of_the_list(editor, catalogue):
    rows = rows_of(export(editor, query="?severity__exact=3"))

    assert [row[0] for row in rows[1:]] == ["E-1"]


def test_an_export_takes_the_same_queries_however_long_it_is(
    editor, catalogue, django_assert_num_queries
):
    with django_assert_num_queries(18):
        export(editor)
    for number in range(5):
        catalogue.draft(f"E-3{number}")
    with django_assert_num_queries(18):
        export(editor)


# Round trip


@pytest.mark.parametrize("kind", FORMATS)
def test_what_was_exported_imports_back_without_a_change(editor, catalogue, kind):
    catalogue.draft()
    withdraw(advisory=catalogue.third, reason="gone", by=None)
    Advisory.objects.filter(tracking_id="E-2").update(
        summary_ja=" 'quoted', with \"both\"\nand lines\n", check_en="'=1", title_en="007"
    )
    publish(advisory=catalogue.second, by=None)
    revisions = AdvisoryRevision.objects.count()

    preview = upload(editor, export(editor, kind), f"a.{kind}")

    assert preview.context["result"].totals["skip"] == 4
    assert preview.context["result"].changed_rows == []
    assert "Nothing: the table says what is there already." in preview.content.decode()
    assert AdvisoryRevision.objects.count() == revisions


@pytest.mark.parametrize("kind", FORMATS)
def test_an_emptied_catalogue_comes_back_from_its_export(editor, catalogue, kind):
    content = export(editor, kind)
    before = {r.advisory.tracking_id: r.content for r in AdvisoryRevision.objects.all()}
    AdvisoryRevision.objects.all().delete()
    Advisory.objects.all().delete()

    carry_out(editor, content, f"a.{kind}")

    after = {r.advisory.tracking_id: r.content for r in AdvisoryRevision.objects.all()}
    assert after == before


def test_a_changed_row_becomes_one_revision_with_all_its_rows(editor, catalogue):
    content = edited(
        editor,
        title_ja="新しい",
        topics="reports, network",
        gateway__fixed_in="",
        gateway__fix_scope="",
        mail__status="not_affected",
        references="|99|https://example.com/99||",
    )

    preview = upload(editor, content, "表.csv")
    answer = confirm(editor, preview)

    revision = catalogue.first.revisions.get(number=2)
    assert "Imported: 0 new, 1 changed, 2 left as they were." in [
        str(message) for message in answer.context["messages"]
    ]
    assert (revision.origin, revision.note) == ("import", "imported from 表.csv")
    assert revision.editor.username == "mara"
    assert revision.content["title"]["ja"] == "新しい"
    assert revision.content["topics"] == ["network", "reports"]
    assert [row["product"] for row in revision.content["affected"]] == ["gateway", "mail"]
    assert revision.content["affected"][0]["fixed_in"] is None
    assert [reference["number"] for reference in revision.content["references"]] == ["99"]
    assert AdvisoryRevision.objects.count() == 4


def test_the_dry_run_shows_the_difference_and_writes_nothing(editor, catalogue):
    preview = upload(editor, edited(editor, title_ja="E-1 の題名 <b>"))

    text = preview.content.decode()
    assert "<dd>E-1 の<del>件名</del><ins>題名 &lt;b&gt;</ins></dd>" in text
    assert nothing_was_written()


def test_a_blank_group_removes_the_row_of_that_product(editor, catalogue):
    carry_out(editor, edited(editor, "E-2", mail__status="", mail__fixed_in="", mail__fix_scope=""))

    assert [row.product.slug for row in catalogue.second.affected.all()] == ["gateway"]


def test_a_new_row_is_published_unless_it_says_draft(editor, catalogue):
    carry_out(editor, added(editor, "E-20"))
    carry_out(editor, added(editor, "E-21", state="draft"))

    assert Advisory.objects.get(tracking_id="E-20").revision == 1
    draft = Advisory.objects.get(tracking_id="E-21")
    assert (draft.state, draft.revision) == ("draft", 0)


def test_numbers_that_a_spreadsheet_turned_into_fractions_are_read(editor, catalogue):
    rows = rows_of(export(editor))
    place = rows[0].index("source_row")
    rows[1][place] = 5.0

    carry_out(editor, as_xlsx(rows), "a.xlsx")

    assert Advisory.objects.get(tracking_id="E-1").source_row == 5


# Conflicts


def test_a_row_exported_before_a_newer_revision_is_a_conflict(editor, catalogue):
    content = edited(editor, title_ja="meins")
    Advisory.objects.filter(tracking_id="E-1").update(action_ja="zuerst")
    publish(advisory=catalogue.first, by=None)

    said = faults(upload(editor, content))

    assert "Row 2:" in said
    assert "revision: Conflict: revision 2 was published" in said
    assert Advisory.objects.get(tracking_id="E-1").title_ja == "E-1 の件名"


def test_one_conflict_stops_the_whole_table(editor, catalogue):
    rows = rows_of(edited(editor, "E-3", title_ja="neu"))
    rows[1][rows[0].index("title_ja")] = "meins"
    publish_again(catalogue.first)

    said = faults(upload(editor, as_csv(rows)))

    assert "Row 2:" in said
    assert Advisory.objects.get(tracking_id="E-3").revision == 1


def test_a_conflict_that_arises_after_the_dry_run_stops_the_import(editor, catalogue):
    preview = upload(editor, edited(editor, title_ja="meins"))
    publish_again(catalogue.first)

    answer = confirm(editor, preview)

    assert "revision: Conflict" in faults(answer)
    assert Advisory.objects.get(tracking_id="E-1").title_ja == "E-1 の件名"
    assert catalogue.first.revisions.count() == 2


def publish_again(advisory):
    Advisory.objects.filter(pk=advisory.pk).update(action_ja="zuerst")
    publish(advisory=advisory, by=None)


@pytest.mark.parametrize(
    ("revision", "message"),
    [("", "exists, at revision 1"), ("7", "no revision 7 yet"), ("x", "exists, at revision 1")],
)
def test_a_row_says_which_revision_it_changes(editor, catalogue, revision, message):
    said = faults(upload(editor, edited(editor, title_ja="neu", revision=revision)))

    assert message in said
    assert nothing_was_written()


# Rows that are refused


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"tracking_id": ""}, "tracking_id:"),
        ({"tracking_id": "a b"}, "tracking_id: Use letters"),
        ({"tracking_id": "E-2"}, "tracking_id: This tracking ID is in row 2 as well."),
        ({"document": "nope"}, "document: “nope” is not known. Known are: guide."),
        ({"category": ""}, "category: This cell must not be empty."),
        ({"topics": "network,nope"}, "topics: “nope” is not known."),
        ({"modes": "nope"}, "modes: “nope” is not known."),
        ({"conditions": "nope"}, "conditions: “nope” is not known."),
        ({"severity": "urgent"}, "severity: “urgent” is not known. Known are: high, medium, low."),
        ({"phase": "never"}, "phase: “never” is not known."),
        ({"position": "-1"}, "position: “-1” is no whole number."),
        ({"source_row": "9" * 12}, "source_row:"),
        ({"source_revision": "9.9"}, "source_revision: “9.9” is not known. Known are: 1.0."),
        ({"title_ja": ""}, "title_ja:"),
        ({"title_ja": "x" * 201}, "title_ja:"),
        ({"summary_ja": "x" * 5001}, "summary_ja:"),
        ({"action_ja": "bell \x07"}, "action_ja: Character 6 is an invisible control"),
        ({"state": "withdrawn"}, "state: A table cannot withdraw."),
        ({"state": "draft"}, "state: This advisory is published and cannot be a draft again."),
        ({"state": "lost"}, "state: “lost” is not known. Known are: draft, published."),
        ({"gateway__status": "broken"}, "gateway.status: “broken” is not known."),
        ({"gateway__status": ""}, "gateway.status: Give a status"),
        ({"gateway__basis": "x"}, "gateway.basis: “x” is not known."),
        ({"gateway__fixed_in": "nope"}, "gateway.fixed_in: “nope” is not known."),
        (
            {"gateway__fixed_in": "mail-2"},
            "gateway.fixed_in: Mail 2.0 is a release of Mail. Choose one of Gateway.",
        ),
        ({"gateway__fix_scope": ""}, "gateway.fix_scope: Say which installations"),
        ({"gateway__fixed_in": ""}, "gateway.fixed_in: Name the release"),
        ({"other__status": "affected"}, "does not cover Other"),
        ({"references": "|1|https://example.com/"}, "references: Line 1 needs five parts"),
        ({"references": "nope|1|https://example.com/||"}, "references: “nope” is not known."),
        ({"references": "|1|javascript:alert(1)||"}, "references: Line 1, url:"),
        ({"references": "||https://example.com/||"}, "references: Line 1, number:"),
        (
            {"references": "|1|https://example.com/||\n|1|https://example.com/||"},
            "references: The number 1 is there twice.",
        ),
    ],
)
def test_a_wrong_cell_is_named_by_row_and_column(editor, catalogue, cells, message):
    said = faults(upload(editor, edited(editor, "E-1", **cells)))

    assert message in said
    assert "Row " in said
    assert nothing_was_written()


def test_an_advisory_without_any_product_is_refused(editor, catalogue):
    said = faults(upload(editor, added(editor, "E-20", gateway__status="")))

    assert "Row 2: List at least one product" in said
    assert nothing_was_written()


def test_a_withdrawn_advisory_is_not_changed_by_a_table(editor, catalogue):
    withdraw(advisory=catalogue.first, reason="gone", by=None)

    said = faults(upload(editor, edited(editor, title_ja="doch")))

    assert "state: This advisory is withdrawn." in said
    assert Advisory.objects.get(tracking_id="E-1").title_ja == "E-1 の件名"


def test_every_fault_of_a_table_is_said_at_once(editor, catalogue):
    rows = rows_of(edited(editor, "E-1", category="nope", title_ja="a"))
    rows[3][rows[0].index("document")] = "nope"
    rows.insert(3, [""] * len(rows[0]))

    said = faults(upload(editor, as_csv(rows)))

    assert "Row 2: category:" in said.replace("</li><li>", " ")
    assert "Row 4: tracking_id: This row is empty." in said
    assert "Row 5: document:" in said


# Files that are refused


def zip_of(**entries):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return content.getvalue()


HEAD = ",".join(COLUMNS).encode()
BROKEN = {
    "no file of that kind": ("a.exe", b"MZ", "name ends in .csv or .xlsx"),
    "an empty CSV": ("a.csv", b"\n\n", "The file is empty."),
    "Shift JIS": ("a.csv", "件名".encode("cp932"), "not in UTF-8"),
    "UTF-16": ("a.csv", "tracking_id".encode("utf-16"), "not in UTF-8"),
    "NUL": ("a.csv", b"tracking_id\0,revision\n", "NUL"),
    "a surrogate": ("a.csv", b"tracking_id,\xed\xa0\x80\n", "not in UTF-8"),
    "an open quotation": ("a.csv", b'"tracking_id,revision\nx', "no readable CSV"),
    "a huge cell": ("a.csv", b'tracking_id\n"' + b"x" * 200_000 + b'"', "no readable CSV"),
    "missing columns": ("a.csv", b"tracking_id,revision\nE-1,1\n", "These columns are missing:"),
    "semicolons": ("a.csv", b"tracking_id;revision\nE-1;1\n", "These columns are missing:"),
    "a long row": ("a.csv", b"tracking_id\nE-1,1\n", "Row 2 has more cells"),
    "a formula in CSV": ("a.csv", b"tracking_id\n=1+1\n", "Row 2 holds a formula."),
    "too many columns": ("a.csv", b"a," * 400, "more columns than"),
    "no zip": ("a.xlsx", b"tracking_id", "not an XLSX workbook"),
    "half a zip": ("a.xlsx", zip_of(a="x" * 1000)[:60], "not an XLSX workbook"),
    "a zip of something else": ("a.xlsx", zip_of(a="x"), "cannot be read as an XLSX"),
    "an empty zip": ("a.xlsx", zip_of(), "cannot be read as an XLSX"),
    "a zip bomb": ("a.xlsx", zip_of(a="x" * 60_000_000), "holds too much"),
    "many entries": ("a.xlsx", zip_of(**{f"e{n}": "" for n in range(201)}), "holds too much"),
    "many tags": ("a.xlsx", zip_of(a="<c/>" * 3_100_000), "holds too much"),
    "entities": ("a.xlsx", zip_of(a='<!DOCTYPE x [<!ENTITY a "b">]>'), "no spreadsheet writes"),
    "an empty sheet": ("a.xlsx", as_xlsx([]), "The file is empty."),
    "a formula": ("a.xlsx", as_xlsx([["tracking_id"], ["=1+1"]]), "Row 2 holds a formula."),
    "too many bytes": ("a.csv", b"x" * (2 * 1024 * 1024 + 1), "larger than 2 MB"),
    "no bytes": ("a.csv", b"", "empty"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_gets_a_message(editor, catalogue, case):
    name, content, message = BROKEN[case]

    said = faults(upload(editor, content, name))

    assert message in said
    assert nothing_was_written()


@pytest.mark.parametrize("rows", [5_000, 5_001])
def test_a_table_has_at_most_five_thousand_rows(rows):
    content = b"tracking_id\n" + b"E-1\n" * rows

    if rows == 5_000:
        assert len(table_files.CSV().create_dataset(content)) == rows
    else:
        with pytest.raises(table_parsing.FileRefused, match=r"5.?000"):
            table_files.CSV().create_dataset(content)


def test_a_sheet_that_claims_to_be_endless_is_read_for_what_it_holds():
    content = io.BytesIO(as_xlsx([["tracking_id"], ["E-1"]]))
    with zipfile.ZipFile(content) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b'ref="A1:A2"', b'ref="A1:XFD1048576"')

    assert len(table_files.XLSX().create_dataset(zip_of(**parts))) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda header: [*header, "colour"], "These columns are not known: colour."),
        (lambda header: [*header, "revision"], "A column is there twice."),
        (lambda header: header[1:], "These columns are missing: tracking_id."),
    ],
)
def test_the_columns_must_be_those_of_an_export(editor, catalogue, change, message):
    header = change(rows_of(export(editor))[0])

    assert message in faults(upload(editor, as_csv([header, ["x"] * len(header)])))


# The two steps


@pytest.mark.parametrize("address", [IMPORT, EXPORT])
def test_the_pages_are_there_for_editors_only(client, catalogue, address):
    assert client.get(address).status_code == 302
    sign_in(client, Role.ENGINEER)
    assert client.get(address).status_code == 302


def test_an_import_is_confirmed_by_a_button_only(editor):
    assert editor.get(CONFIRM).status_code == 405


@pytest.mark.parametrize(
    "ticket",
    [
        "",
        "forged",
        dumps({"user": 0, "stored": "x", "file": "a.csv", "format": "0"}, salt=SALT),
        dumps({"user": 0, "stored": "../../etc/passwd", "file": "a", "format": "0"}, salt="other"),
    ],
)
def test_a_forged_preview_imports_nothing(editor, catalogue, ticket):
    answer = editor.post(CONFIRM, {"ticket": ticket}, follow=True)

    said = [str(message) for message in answer.context["messages"]]
    assert said == ["This preview is no longer valid. Upload the file again."]
    assert nothing_was_written()


def test_a_preview_belongs_to_the_editor_who_uploaded(editor, catalogue):
    preview = upload(editor, edited(editor, title_ja="neu"))
    sign_in(editor, Role.EDITOR, "kenji")

    confirm(editor, preview)

    assert nothing_was_written()


def test_a_preview_is_imported_once(editor, catalogue):
    preview = upload(editor, edited(editor, title_ja="neu"))

    confirm(editor, preview)
    confirm(editor, preview)

    assert catalogue.first.revisions.count() == 2


def test_no_upload_is_left_behind_by_an_import(editor, catalogue, tmp_path):
    carry_out(editor, edited(editor, title_ja="neu"))

    assert list((tmp_path / "imports").iterdir()) == []


# Rows by themselves


def test_reading_rows_asks_the_database_only_once(catalogue, django_assert_num_queries):
    products = list(catalogue.document.products.all())
    row = to_row(Advisory.objects.with_terms().first(), products)
    reader = RowReader(products)

    with django_assert_num_queries(0):
        parsed = reader.read(row)

    assert parsed.errors == {}
    assert [reference_line(r) for r in parsed.references] == row["references"].split("\n")


def test_an_export_with_a_filter_that_is_none_goes_back_to_the_list(client):
    as_editor(client)

    answer = client.get("/admin/advisories/advisory/export/", {"severity__exact": "x"})

    assert answer.status_code == 302
