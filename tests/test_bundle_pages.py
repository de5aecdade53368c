"""Bundles to download: what the page says of them, and that a broken download goes on."""

import io
import zipfile

import pytest
from django.urls import reverse

from checklists import files
from checklists.actions import revoke_edition
from checklists.bundles import bundle_of_edition, bundle_of_rollout
from checklists.views import bundles
from tests.support.pages import client_of, text_of, url
from tests.support.rollouts import Scene, make_checklist, op, quick_pdf
from tests.support.sheets import book_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_pdf(monkeypatch)


def rollout_url(name, scene):
    return reverse(f"checklists:{name}", args=[scene.rollout.pk])


def body_of(response):
    return b"".join(response)


def test_the_bundle_of_an_edition_is_streamed_with_its_size():
    scene = Scene(at="issued")

    response = client_of(scene.omar).get(url("edition_bundle", scene, "1.0"))

    data = body_of(response)
    assert response.streaming
    assert response["Content-Type"] == "application/zip"
    assert response["Content-Disposition"] == 'attachment; filename="proxy-01_1.0.zip"'
    assert int(response["Content-Length"]) == len(data)
    assert data == b"".join(bundle_of_edition(scene.edition).chunks())


def test_a_download_that_broke_off_goes_on_where_it_stopped():
    scene = Scene(at="issued")
    client = client_of(scene.omar)
    first = client.get(url("edition_bundle", scene, "1.0"))
    data = body_of(first)

    rest = client.get(
        url("edition_bundle", scene, "1.0"),
        headers={"Range": "bytes=1000-", "If-Range": first["ETag"]},
    )

    assert rest.status_code == 206
    assert rest["Content-Range"] == f"bytes 1000-{len(data) - 1}/{len(data)}"
    assert int(rest["Content-Length"]) == len(data) - 1000
    assert data[:1000] + body_of(rest) == data


def test_when_it_is_another_zip_by_now_it_starts_anew():
    scene = Scene(at="issued")
    client = client_of(scene.omar)
    tag = client.get(url("edition_bundle", scene, "1.0"))["ETag"]
    revoke_edition(edition_id=scene.edition.pk, op_id=op("revoke"), reason="wrong", by=scene.ines)

    response = client.get(
        url("edition_bundle", scene, "1.0"), headers={"Range": "bytes=1000-", "If-Range": tag}
    )

    assert response.status_code == 200
    assert body_of(response).startswith(b"PK\x03\x04")


@pytest.mark.parametrize("asked", ["bytes=0-", "bytes=99999999-", "bytes=5-9", "lines=1-", "x"])
def test_any_other_range_is_answered_with_the_whole(asked):
    scene = Scene(at="issued")

    response = client_of(scene.omar).get(
        url("edition_bundle", scene, "1.0"), headers={"Range": asked}
    )

    assert response.status_code == 200
    assert len(body_of(response)) == int(response["Content-Length"])


def test_the_page_of_a_rollout_says_what_the_bundle_has_and_what_not():
    scene = Scene(at="issued")
    make_checklist(scene.rollout, scene.omar, name="open", host="proxy-02")

    said = text_of(client_of(scene.omar).get(rollout_url("rollout_files", scene)))

    assert "1 of 2 boxes have an issued edition" in said
    assert "Download the bundle" in said
    assert "Left out: not issued yet" in said


def test_a_rollout_without_an_issued_edition_offers_no_bundle():
    scene = Scene()

    said = text_of(client_of(scene.omar).get(rollout_url("rollout_files", scene)))

    assert "No box of this rollout has an issued edition yet." in said
    assert "Download the bundle" not in said


def test_all_boxes_of_a_rollout_come_in_one_go():
    scene = Scene(at="issued")

    response = client_of(scene.ines).get(rollout_url("rollout_bundle", scene))

    assert response["Content-Disposition"] == 'attachment; filename="P-1.zip"'
    assert body_of(response) == b"".join(bundle_of_rollout(scene.rollout).chunks())


def test_a_missing_file_is_said_before_anything_is_sent():
    scene = Scene(at="issued")
    file = scene.edition.files[0]
    files.path_of(file["sha256"]).unlink()
    client = client_of(scene.omar)

    for address in (url("edition_bundle", scene, "1.0"), rollout_url("rollout_bundle", scene)):
        response = client.get(address)
        assert response.status_code == 410
        assert file["name"] in text_of(response)
    page = text_of(client.get(rollout_url("rollout_files", scene)))
    assert "Stored files are missing" in page
    assert file["name"] in page
    assert "Download the bundle" not in page


def test_more_than_a_zip_can_hold_is_said_in_words(monkeypatch):
    scene = Scene(at="issued")
    monkeypatch.setattr("checklists.handover.verify.LARGEST", 1000)

    said = text_of(client_of(scene.omar).get(rollout_url("rollout_files", scene)))

    assert "larger than a ZIP file can be" in said


def test_the_pages_of_edition_and_rollout_lead_to_the_bundles():
    scene = Scene(at="issued")
    client = client_of(scene.omar)

    edition = client.get(url("edition", scene, "1.0")).content.decode()
    rollout = client.get(scene.rollout.get_absolute_url()).content.decode()

    assert url("edition_bundle", scene, "1.0") in edition
    assert rollout_url("rollout_files", scene) in rollout


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_open_boxes_come_as_one_workbook(language):
    scene = Scene()
    make_checklist(scene.rollout, scene.omar, name="two", host="proxy-02")

    response = client_of(scene.omar).get(
        rollout_url("rollout_sheets", scene), {"language": language}
    )

    assert book_of(response.content).sheetnames[1:] == ["proxy-01", "proxy-02"]
    assert response["Content-Disposition"] == f'attachment; filename="P-1_{language}.xlsx"'


def test_too_many_items_or_no_open_box_make_no_workbook(monkeypatch):
    scene = Scene(at="issued")
    client = client_of(scene.omar)
    closed = client.get(rollout_url("rollout_sheets", scene), follow=True)
    make_checklist(scene.rollout, scene.omar, name="two", host="proxy-02")
    monkeypatch.setattr(bundles, "MOST_ITEMS", 4)

    many = client.get(rollout_url("rollout_sheets", scene), follow=True)

    assert "No box of this rollout is open." in text_of(closed)
    assert "more than 4 items together" in text_of(many)
    assert client.get(rollout_url("rollout_sheets", scene), {"language": "fr"}).status_code == 404


def test_fifty_boxes_cost_a_fixed_number_of_queries_each(django_assert_max_num_queries):
    scene = Scene(at="issued")
    client = client_of(scene.omar)

    with django_assert_max_num_queries(16):
        response = client.get(rollout_url("rollout_bundle", scene))
        names = zipfile.ZipFile(io.BytesIO(body_of(response))).namelist()

    assert len(names) == 13
