"""A check sheet that comes back: what it would change is shown, what is ticked is recorded."""

import io
import re
import sys
import zipfile
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.translation import override

from checklists.actions import return_items
from checklists.actions.rendering import render_now
from checklists.content import content_of
from checklists.handover import xlsx_reading
from checklists.handover.xlsx_file import write_boxes
from checklists.handover.xlsx_reading import SheetRefused, read_rows
from checklists.models import Event
from portal.roles import Role
from tests.support.content import HOSTILE
from tests.support.pages import client_of, text_of, url
from tests.support.rollouts import (
    Scene,
    decide,
    make_checklist,
    op,
    open_edition,
    person,
    sign_prepared,
)
from tests.support.sheets import opened

pytestmark = pytest.mark.django_db
HEADS = {
    "en": {"decision": "Decision", "note": "Note", "before": "Value before"},
    "ja": {"decision": "判断", "note": "備考", "before": "変更前の値"},
}


def exported(checklist, language="en"):
    edition = open_edition(checklist)
    checklist.refresh_from_db()
    content = content_of(checklist, edition)
    return render_now(checklist, edition, content, language, "xlsx", timezone.now())


def filled(scene, language="en", **notes):
    """A sheet in which A_1="text" has set the note of A-1, and its decision to done."""
    with opened(exported(scene.checklist, language)) as sheet:
        for name, note in notes.items():
            number = int(name.removeprefix("A_"))
            sheet[number, HEADS[language]["decision"]] = {"en": "Done", "ja": "実施済"}[language]
            sheet[number, HEADS[language]["note"]] = note
    return sheet.data


def upload(client, scene, data, name="sheet.xlsx"):
    file = SimpleUploadedFile(name, data)
    return client.post(url("check_sheet", scene), {"file": file})


def ticket_of(response):
    return re.search(r'name="ticket" value="([^"]+)"', response.content.decode())[1]


def ticks_of(response):
    return re.findall(r'name="take" value="([^"]+)"', response.content.decode())


def record(client, scene, shown, take=None):
    take = ticks_of(shown) if take is None else take
    sent = {"ticket": ticket_of(shown), "take": take}
    return client.post(url("check_sheet", scene), sent, follow=True)


def test_the_page_asks_for_a_file_and_says_what_happens():
    scene = Scene()

    response = client_of(scene.omar).get(url("check_sheet", scene))

    assert response.status_code == 200
    assert "nothing is recorded before you have ticked it" in text_of(response)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_sheet_of_either_language_comes_back_on_a_page_of_the_other(language):
    scene = Scene()
    client = client_of(scene.omar, language={"ja": "en", "en": "ja"}[language])

    shown = upload(client, scene, filled(scene, language, A_1="checked"))
    record(client, scene, shown)

    item = scene.item("A-1")
    assert (item.decision, item.note) == ("done", "checked")


def test_what_would_change_is_shown_and_nothing_is_recorded_yet():
    scene = Scene()

    shown = upload(client_of(scene.omar), scene, filled(scene, A_1="checked"))

    assert shown.status_code == 200
    assert ticks_of(shown) == ["A-1"]
    assert "checked" in text_of(shown)
    assert "4 rows change nothing" in text_of(shown)
    assert scene.item("A-1").decision == "open"
    assert Event.objects.filter(kind="decision").count() == 0


def test_only_what_is_ticked_is_recorded():
    scene = Scene()
    client = client_of(scene.omar)
    shown = upload(client, scene, filled(scene, A_1="one", A_2="two"))

    done = record(client, scene, shown, take=["A-2"])

    assert (scene.item("A-1").decision, scene.item("A-2").decision) == ("open", "done")
    assert "1 item of the check sheet was recorded." in text_of(done)


def test_recorded_is_what_was_shown_whatever_is_sent_beside_it():
    scene = Scene()
    client = client_of(scene.omar)
    shown = upload(client, scene, filled(scene, A_1="one"))

    record(client, scene, shown, take=["A-1", "A-2", "A-9", "'; DROP TABLE"])

    assert scene.item("A-1").note == "one"
    assert Event.objects.filter(kind="decision").count() == 1


def test_an_untouched_sheet_changes_nothing():
    scene = Scene(at="worked")

    shown = upload(client_of(scene.omar), scene, exported(scene.checklist))

    assert "Nothing: the check sheet says what is recorded already." in text_of(shown)


def test_rows_that_nobody_touched_do_not_undo_what_others_did_meanwhile():
    scene = Scene()
    data = filled(scene, A_2="two")
    decide(scene.checklist, "A-1", note="meanwhile", by=scene.omar)

    shown = upload(client_of(scene.omar), scene, data)

    assert ticks_of(shown) == ["A-2"]


def test_where_somebody_was_faster_it_becomes_a_conflict_and_nothing_is_overwritten():
    scene = Scene()
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)
    data = filled(scene, A_1="from the sheet")
    decide(scene.checklist, "A-1", "verified", note="meanwhile", by=olga)
    client = client_of(scene.omar)

    shown = upload(client, scene, data)
    done = record(client, scene, shown)

    assert "becomes a conflict" in text_of(shown)
    assert scene.item("A-1").note == "meanwhile"
    [event] = Event.objects.filter(outcome="conflict")
    assert event.payload["decision"]["note"] == "from the sheet"
    assert "both values are kept" in text_of(done)
    assert "from the sheet" in text_of(done)


def test_the_same_file_twice_is_recorded_once():
    scene = Scene()
    client, data = client_of(scene.omar), filled(scene, A_1="one")
    first = upload(client, scene, data)
    record(client, scene, first)

    record(client, scene, first)
    decide(scene.checklist, "A-1", "verified", by=scene.omar)
    again = upload(client, scene, data)

    assert "Recorded from this file before" in text_of(again)
    assert ticks_of(again) == []
    assert Event.objects.filter(kind="decision", payload__decision__note="one").count() == 1


def test_what_is_signed_between_upload_and_recording_is_kept_as_late():
    scene = Scene(at="worked")
    client = client_of(scene.omar)
    shown = upload(client, scene, filled(scene, A_1="too late"))
    sign_prepared(scene.checklist, scene.omar)

    done = client.post(url("check_sheet", scene), {"ticket": ticket_of(shown), "take": "A-1"})

    assert done.status_code == 409
    assert scene.item("A-1").note == "設定した"


@pytest.mark.parametrize("state", ["prepared", "issued"])
def test_only_a_draft_takes_a_sheet(state):
    scene = Scene(at=state)

    assert client_of(scene.omar).get(url("check_sheet", scene)).status_code == 409


def test_a_ticket_of_another_checklist_or_hour_records_nothing(monkeypatch):
    scene = Scene()
    client = client_of(scene.omar)
    sent = {"ticket": ticket_of(upload(client, scene, filled(scene, A_1="one"))), "take": "A-1"}
    other = make_checklist(scene.rollout, scene.omar, name="other", host="proxy-02")

    there = client.post(url("check_sheet", scene).replace(str(scene.id), str(other.pk)), sent)
    broken = client.post(url("check_sheet", scene), sent | {"ticket": "x" + sent["ticket"]})
    monkeypatch.setattr("checklists.views.sheets.TICKET_SECONDS", -1)
    late = client.post(url("check_sheet", scene), sent, follow=True)

    assert there.url.endswith("/import/")
    assert broken.url.endswith("/import/")
    assert "Nothing was recorded." in text_of(late)
    assert Event.objects.filter(kind="decision").count() == 0


def test_a_returned_item_is_decided_anew_by_the_sheet():
    scene = Scene(at="prepared")
    return_items(
        checklist_id=scene.id, op_id=op("r"), comments={"A-1": "again"}, comment="", by=scene.ines
    )
    client = client_of(scene.omar)

    record(client, scene, upload(client, scene, filled(scene, A_1="looked again")))

    item = scene.item("A-1")
    assert (item.returned, item.note) == (False, "looked again")


# What cannot be recorded is told with its cell


def faults_of(scene, change):
    with opened(exported(scene.checklist)) as sheet:
        change(sheet)
    return text_of(upload(client_of(scene.omar), scene, sheet.data)), sheet


@pytest.mark.parametrize(
    ("head", "value", "told"),
    [
        ("Decision", "finished", "“finished” is no decision; choose one of: Open, Done"),
        ("Decision", "", "“” is no decision"),
        ("Decision", 5, "“5” is no decision"),
        ("Note", "=1+1", "a formula; enter its value"),
        ("Note", "x" * 5001, "the text is too long, at most 5000 characters"),
        ("Due", "tomorrow", "“tomorrow” is no day; enter it like 2026/11/27"),
        ("Due", "2026/02/30", "“2026/02/30” is no day"),
        ("Decision", "Risk accepted", "Enter the reason why the risk is accepted."),
    ],
)
def test_a_cell_with_something_impossible_is_told_with_its_address(head, value, told):
    scene = Scene()

    def change(sheet):
        sheet[2, head] = value
        sheet[1, "Decision"] = "Done"

    said, sheet = faults_of(scene, change)

    address = sheet.address(2, "Decision" if "reason why" in told else head)
    assert f"{address}: {told}" in said
    assert "What the check sheet would change 1" in said


def test_an_error_value_of_the_spreadsheet_is_told():
    scene = Scene()

    def change(sheet):
        cell = sheet.place(1, "Note")
        cell.value, cell.data_type = "#REF!", "e"

    said, sheet = faults_of(scene, change)

    assert f"{sheet.address(1, 'Note')}: an error value" in said


def test_numbers_days_and_words_are_taken_as_they_were_typed():
    scene = Scene()
    client = client_of(scene.omar)
    with opened(exported(scene.checklist)) as sheet:
        sheet[1, "Decision"] = " pending "
        sheet[1, "Waiting for"] = True
        sheet[1, "Due"] = date(2026, 11, 27)
        sheet[1, "Value before"] = 300
        sheet[1, "Value after"] = 0.5
        sheet[2, "Decision"] = "実施済"
        sheet[2, "Note"] = "two\r\nlines "

    record(client, scene, upload(client, scene, sheet.data))

    one, two = scene.item("A-1"), scene.item("A-2")
    assert (one.decision, one.waiting_for, str(one.due)) == ("pending", "TRUE", "2026-11-27")
    assert (one.value_before, one.value_after) == ("300", "0.5")
    assert (two.decision, two.note) == ("done", "two\nlines")


@pytest.mark.parametrize("name", sorted(HOSTILE.keys() - {"surrogate", "control"}))
def test_hostile_notes_come_back_to_the_letter(name):
    scene = Scene()
    note = HOSTILE[name].replace("\r\n", "\n").replace("\r", "\n").strip()
    decide(scene.checklist, "A-2", note=note, by=scene.omar)
    client = client_of(scene.omar)

    shown = upload(client, scene, exported(scene.checklist))

    assert ticks_of(shown) == []
    assert "5 rows change nothing" in text_of(shown)


def test_the_same_item_twice_is_told_and_neither_counts():
    scene = Scene()

    def change(sheet):
        sheet[1, "Decision"] = "Done"
        row = [cell.value for cell in sheet.sheet[2]]
        sheet.sheet.append(row)

    said, _sheet = faults_of(scene, change)

    assert "proxy-01!2 and proxy-01!7 are the same item" in said
    assert "Nothing: the check sheet" in said


def test_rows_of_another_checklist_are_refused_in_words():
    scene = Scene()
    other = make_checklist(scene.rollout, scene.omar, name="other", host="proxy-02")
    with opened(exported(other)) as sheet:
        sheet[1, "Decision"] = "Done"

    said = text_of(upload(client_of(scene.omar), scene, sheet.data))

    assert "Rows of another checklist were left out, upload them there: proxy-02!2" in said
    assert "5 items of the checklist are not in the file" in said


def test_of_a_book_with_several_boxes_the_rows_of_this_one_are_taken():
    scene = Scene()
    other = make_checklist(scene.rollout, scene.omar, name="other", host="proxy-02")
    from tests.support.handover import handover_of, make_proof

    both = [
        handover_of(content_of(c, open_edition(c)), "en", make_proof("draft"))
        for c in (other, scene.checklist)
    ]

    shown = upload(client_of(scene.omar), scene, write_boxes(both))

    assert "5 rows change nothing" in text_of(shown)
    assert "proxy-02!2" in text_of(shown)


def test_rows_that_do_not_say_which_item_they_are_are_told():
    scene = Scene()

    def change(sheet):
        sheet.sheet.append([None, None, None, "my own row"])
        sheet[1, "item_version"] = "one"
        sheet[2, "item_id"] = "A-99"

    said, _sheet = faults_of(scene, change)

    assert "were left out: proxy-01!2, proxy-01!3, proxy-01!7" in said


def test_moved_and_added_columns_do_no_harm():
    scene = Scene()
    client = client_of(scene.omar)
    with opened(filled(scene, A_1="moved")) as sheet:
        sheet.sheet.insert_cols(1, 3)
        sheet.sheet.cell(1, 1).value = "My own column"

    record(client, scene, upload(client, scene, sheet.data))

    assert scene.item("A-1").note == "moved"


def test_a_removed_column_is_named():
    scene = Scene()

    def change(sheet):
        sheet.sheet.delete_cols(sheet.place(1, "Note").column)

    said, _sheet = faults_of(scene, change)

    assert "lacks these columns: Note." in said


# Files that are none


def test_no_file_and_too_large_a_file_are_told(monkeypatch):
    scene = Scene()
    client = client_of(scene.omar)
    monkeypatch.setattr("checklists.views.sheets.MOST_BYTES", 100)

    for response in (client.post(url("check_sheet", scene), {}), upload(client, scene, b"x" * 101)):
        assert response.status_code == 422
        assert "There is a problem" in text_of(response)


@pytest.fixture
def in_english():
    with override("en"):
        yield


def zip_of(**parts):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(
    "data",
    [b"", b"no workbook", b"PK\x03\x04", zip_of(), zip_of(a=b"b")],
    ids=["empty", "text", "cut", "no parts", "other parts"],
)
def test_what_is_no_workbook_is_told(in_english, data):
    with pytest.raises(SheetRefused, match="cannot be read as an XLSX workbook"):
        read_rows(data)


def test_a_workbook_of_somebody_else_is_told(in_english):
    import openpyxl

    data = io.BytesIO()
    openpyxl.Workbook().save(data)

    with pytest.raises(SheetRefused, match="No sheet in this file is a check sheet"):
        read_rows(data.getvalue())


def test_a_small_file_that_unpacks_to_a_large_one_is_refused_unread(in_english):
    bomb = zip_of(**{"xl/worksheets/sheet1.xml": b"\0" * (51 * 2**20)})
    assert len(bomb) < 2**20

    with pytest.raises(SheetRefused, match="holds more than a check sheet"):
        read_rows(bomb)


def test_too_many_entries_are_refused(in_english):
    with pytest.raises(SheetRefused, match="holds more than a check sheet"):
        read_rows(zip_of(**{f"{n}.xml": b"" for n in range(201)}))


def test_too_many_rows_are_refused(in_english, monkeypatch):
    scene = Scene()
    monkeypatch.setitem(xlsx_reading.LIMITS, "rows", 3)

    with pytest.raises(SheetRefused, match="holds more than a check sheet"):
        read_rows(exported(scene.checklist))


def test_a_file_that_takes_too_long_is_given_up(in_english, monkeypatch, tmp_path):
    worker = tmp_path / "stuck.py"
    worker.write_text("import time; time.sleep(600)")
    monkeypatch.setattr(xlsx_reading, "WORKER", worker)
    monkeypatch.setitem(xlsx_reading.LIMITS, "seconds", 1)

    with pytest.raises(SheetRefused, match="holds more than a check sheet"):
        read_rows(b"PK")


def test_entities_in_its_xml_are_not_resolved(in_english):
    scene = Scene()
    parts = {}
    with zipfile.ZipFile(io.BytesIO(exported(scene.checklist))) as archive:
        for name in archive.namelist():
            parts[name] = archive.read(name)
    sheet = parts["xl/worksheets/sheet2.xml"].decode()
    evil = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + sheet.replace(
        "Advisory 1", "&e;", 1
    )

    with pytest.raises(SheetRefused, match="cannot be read"):
        read_rows(zip_of(**parts | {"xl/worksheets/sheet2.xml": evil.encode()}))


def test_the_reading_process_loads_neither_django_nor_the_portal():
    import subprocess

    code = (
        "import runpy, sys; runpy.run_path(sys.argv[1]);"
        "print(sorted({m.split('.')[0] for m in sys.modules} & {'django', 'checklists'}))"
    )
    command = [sys.executable, "-I", "-c", code, str(xlsx_reading.WORKER)]

    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")

    assert done.stdout.strip() == "[]"
