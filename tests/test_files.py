"""Files to take away: drafts rendered now, and the stored bytes of issued editions."""

import csv
import io
import json

import pytest

from checklists import files
from checklists.actions import rendering
from checklists.handover import verify
from checklists.handover.pdf_file import PdfFailed
from checklists.models import Edition
from portal.roles import Role
from tests.support.moving import add, fix, sharpen, take, take_back
from tests.support.pages import client_of, text_of, url
from tests.support.rollouts import Scene, make_checklist, op, person
from tests.support.schema import faults
from tests.support.sheets import table_of
from tests.support.tampering import unguarded

pytestmark = pytest.mark.django_db


def rows_of(response):
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def file_of(edition, extension="pdf", language="ja"):
    return next(f for f in edition.files if (f["format"], f["language"]) == (extension, language))


def test_a_draft_is_rendered_now_and_marked_on_every_page(pdf_pages):
    scene = Scene()

    response = client_of(scene.omar).get(url("export", scene, "pdf"), {"language": "en"})

    assert response["Content-Type"] == "application/pdf"
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    pages = pdf_pages(response.content)
    assert pages
    assert all("DRAFT" in page for page in pages)


def test_a_draft_as_csv_has_a_row_per_advisory():
    scene = Scene()

    response = client_of(scene.omar).get(url("export", scene, "csv"))

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert [row[1] for row in rows_of(response)[1:]] == [f"A-{n}" for n in range(1, 6)]


def test_a_draft_as_xlsx_and_as_json():
    scene = Scene()
    client = client_of(scene.omar)

    sheet, data = (client.get(url("export", scene, kind)) for kind in ("xlsx", "json"))

    assert sheet["Content-Type"].endswith("spreadsheetml.sheet")
    assert len(table_of(sheet.content)) == 5
    assert data["Content-Type"] == "application/json"
    assert data["Content-Disposition"] == 'attachment; filename="P-1_proxy-01_1.0.json"'
    assert faults(data.content) == []


def test_an_issued_json_is_what_the_schema_says_and_its_digest_is_the_signed_one():
    scene = Scene(at="issued")

    data = client_of(scene.omar).get(url("export", scene, "json")).content

    assert faults(data) == []
    assert json.loads(data)["digest"] == scene.edition.digest
    assert verify.canonical(json.loads(data)["content"]) == scene.edition.content


def test_json_of_a_checklist_whose_catalogue_moved_is_what_the_schema_says():
    scene = Scene(at="worked")
    add()
    sharpen("A-1")
    fix("A-2")
    take_back("A-3")
    take(scene.checklist, "A-1", by=scene.omar)

    data = client_of(scene.omar).get(url("export", scene, "json")).content

    assert faults(data) == []
    steps = {offer["tracking_id"]: offer["step"] for offer in json.loads(data)["content"]["offers"]}
    assert steps == {"A-6": "added", "A-2": "major", "A-3": "withdrawn"}


def test_an_edition_from_before_a_format_stays_readable_and_has_no_such_file():
    scene = Scene(at="issued")
    old = [file for file in scene.edition.files if file["format"] in ("csv", "pdf")]
    with unguarded():
        Edition.objects.update(files=old)
    client = client_of(scene.omar)

    page = text_of(client.get(url("edition", scene, "1.0")))

    assert "XLSX" not in page
    assert client.get(url("export", scene, "csv")).status_code == 200
    assert client.get(url("export", scene, "xlsx")).status_code == 404
    assert client.get(url("export", scene, "json")).status_code == 404


def test_the_language_is_the_pages_or_the_one_asked_for():
    scene = Scene()
    english = client_of(scene.omar, language="en")

    assert "Verdict" in rows_of(english.get(url("export", scene, "csv")))[0]
    japanese = english.get(url("export", scene, "csv"), {"language": "ja"})
    assert "Advisory 1" not in japanese.content.decode()


def test_without_an_open_edition_the_stored_file_is_given():
    scene = Scene(at="issued")

    response = client_of(scene.omar).get(url("export", scene, "csv"), {"language": "en"})

    stored = file_of(scene.edition, "csv", "en")
    assert response.content == files.read(stored["sha256"])


def test_an_issued_file_is_its_stored_bytes():
    scene = Scene(at="issued")

    for stored in scene.edition.files:
        response = client_of(scene.ines).get(url("edition_file", scene, "1.0", stored["name"]))

        assert response.content == files.read(stored["sha256"])
        assert response["X-Content-Type-Options"] == "nosniff"


def test_a_japanese_file_name_arrives_whole():
    scene = Scene(at="worked")
    box = make_checklist(scene.rollout, scene.omar, name="ja", host="プロキシ 01")
    scene.checklist = box

    response = client_of(scene.omar).get(url("export", scene, "csv"))

    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert "%E3%83%97" in response["Content-Disposition"]


@pytest.mark.parametrize(
    ("extension", "language"), [("docx", "ja"), ("exe", "ja"), ("csv", "fr"), ("csv", "../ja")]
)
def test_another_format_or_language_is_404(extension, language):
    scene = Scene()

    response = client_of(scene.omar).get(url("export", scene, extension), {"language": language})

    assert response.status_code == 404


def test_another_name_or_edition_is_404():
    scene = Scene(at="issued")
    client, name = client_of(scene.omar), scene.edition.files[0]["name"]

    assert client.get(url("edition_file", scene, "1.0", "other.pdf")).status_code == 404
    assert client.get(url("edition_file", scene, "1.1", name)).status_code == 404
    assert client.get(url("edition_file", scene, "1.0", "..")).status_code in (301, 404)


def test_a_stored_file_that_was_changed_is_not_given_out():
    scene = Scene(at="issued")
    stored = file_of(scene.edition)
    data = files.path_of(stored["sha256"]).read_bytes()
    files.path_of(stored["sha256"]).write_bytes(data + b"x")

    response = client_of(scene.omar).get(url("edition_file", scene, "1.0", stored["name"]))

    files.path_of(stored["sha256"]).write_bytes(data)
    assert response.status_code == 409
    assert "no longer the one that was issued" in text_of(response)


def test_a_stored_file_that_is_gone_is_said_to_be():
    scene = Scene(at="issued")
    stored = file_of(scene.edition)
    files.path_of(stored["sha256"]).unlink()

    response = client_of(scene.omar).get(url("edition_file", scene, "1.0", stored["name"]))

    assert response.status_code == 410
    assert "no longer where it was put" in text_of(response)


def test_a_draft_pdf_that_fails_is_a_message(monkeypatch):
    scene = Scene()

    def fail(handover):
        raise PdfFailed("out of memory")

    monkeypatch.setitem(rendering.WRITERS, "pdf", fail)
    client = client_of(scene.omar)
    response = client.get(url("export", scene, "pdf"))

    assert response.status_code == 302
    assert response.url == scene.checklist.get_absolute_url()


def test_files_are_for_members(client):
    scene = Scene(at="issued")
    name = scene.edition.files[0]["name"]
    stranger = client_of(person("sam", Role.ENGINEER))

    for address in (url("export", scene, "csv"), url("edition_file", scene, "1.0", name)):
        assert client.get(address).status_code == 302
        assert stranger.get(address).status_code == 404
        assert client_of(scene.omar).post(address).status_code == 405
        assert client_of(scene.omar).get(address).status_code == 200
        gone = address.replace(str(scene.id), str(op("nothing")))
        assert client_of(scene.omar).get(gone).status_code == 404


def test_a_reader_among_the_members_may_take_files():
    scene = Scene(at="issued")
    vic = person("vic", Role.READER)
    scene.rollout.members.add(vic)

    assert client_of(vic).get(url("export", scene, "csv")).status_code == 200


def test_storing_the_same_bytes_twice_is_one_file():
    assert files.store(b"same") == files.store(b"same")
    assert files.read(files.store(b"same")) == b"same"


def test_a_file_that_cannot_be_written_leaves_nothing_behind(monkeypatch):
    def fail(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        files.store(b"never stored")

    monkeypatch.undo()
    path = files.path_of(files.store(b"never stored"))
    assert path.read_bytes() == b"never stored"
    assert not list(path.parent.glob("tmp*"))
    assert not Edition.objects.exists()
