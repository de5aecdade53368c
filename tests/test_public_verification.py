"""The verification page: genuine, superseded, revoked or not confirmed, and nothing else."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from checklists import bundles, files
from checklists.actions import hand_out, reopen, revoke_edition, revoke_reply
from checklists.actions.rendering import render_now, verification_code
from checklists.bundles import bundle_of_edition, bundle_of_rollout
from checklists.content import content_of
from checklists.models import HandedOut
from checklists.public_verification import answer_to_code, answers_to_file
from checklists.views import verification
from tests.support.customers import PUBLIC_URL, accept, make_link, quick_sheet
from tests.support.pages import client_of, text_of, url
from tests.support.rollouts import (
    Scene,
    another_box,
    op,
    open_edition,
    quick_files,
    sign_prepared,
    sign_reviewed,
)

pytestmark = pytest.mark.django_db
NEVER_TOLD = ("proxy-01", "顧客", "更改", "Omar", "Ines", "Integrator", "P-1")


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_files(monkeypatch)


def client():
    found = Client()
    found.cookies["django_language"] = "en"
    return found


def ask(code):
    return client().get(reverse("checklists:verify_code", args=[code]))


def drop(data, code="", name="some.pdf"):
    address = reverse("checklists:verify_code", args=[code]) if code else "/verify/"
    return client().post(address, {"file": SimpleUploadedFile(name, data)})


def bytes_of(edition, extension="pdf"):
    return files.read(next(f for f in edition.files if f["format"] == extension)["sha256"])


def issue_next(scene):
    reopen(checklist_id=scene.id, op_id=op("open"), reason="again", by=scene.omar)
    sign_prepared(scene.checklist, scene.omar, name="second")
    return sign_reviewed(scene.checklist, scene.ines, name="second issue")


def revoke(scene):
    revoke_edition(edition_id=scene.edition.pk, op_id=op("revoke"), reason="wrong", by=scene.ines)


def result_of(response):
    """The words of the result alone."""
    assert response.status_code == 200
    page = response.content.decode()
    section = re.search(r'<section class="stack" role="status">.*?</section>', page, re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section[0])) if section else ""


def test_the_page_is_for_everybody_and_asks_for_a_code_or_a_file(settings):
    settings.CATALOGUE_LOGIN_REQUIRED = True

    response = client().get("/verify/")

    assert response.status_code == 200
    assert result_of(response) == ""
    assert "You need no account" in text_of(response)


def full_width(code):
    return code.translate({n: n + 0xFEE0 for n in range(0x21, 0x7F)})


WAYS = [
    str,
    str.lower,
    lambda code: code.replace("-", ""),
    "{} ".format,
    full_width,
    lambda code: full_width(code.replace("-", "ー")),
    lambda code: code.replace("-", "\u2013"),
]


@pytest.mark.parametrize("write", WAYS)
def test_the_code_of_the_newest_edition_is_genuine_however_it_is_written(write):
    scene = Scene(at="issued")

    said = result_of(ask(write(verification_code(scene.edition.digest))))

    assert "Genuine: An edition with this code was issued here, and it is the newest." in said


@pytest.mark.parametrize("write", WAYS)
def test_a_typed_code_leads_to_the_address_of_the_qr_code(write):
    scene = Scene(at="issued")
    code = verification_code(scene.edition.digest)

    response = client().get("/verify/", {"code": write(code)})

    assert response.status_code == 302
    assert response.url == f"/verify/{code}/"


@pytest.mark.parametrize("code", ["", " ", "x" * 41])
def test_no_code_and_a_far_too_long_one_are_told(code):
    response = client().get("/verify/", {"code": code})

    assert response.status_code == 422
    assert "There is a problem" in text_of(response)


@pytest.mark.parametrize("extension", ["pdf", "csv", "xlsx", "json"])
def test_a_file_as_it_was_issued_is_genuine_and_its_code_is_told(extension):
    scene = Scene(at="issued")

    said = result_of(drop(bytes_of(scene.edition, extension)))

    assert "Genuine: This file is, byte for byte, the one that was issued here" in said
    assert verification_code(scene.edition.digest) in said


def test_an_edition_that_was_replaced_says_by_which():
    scene = Scene(at="issued")
    old = bytes_of(scene.edition)
    issue_next(scene)

    for response in (ask(verification_code(scene.edition.digest)), drop(old)):
        assert "Superseded:" in result_of(response)
        assert "edition 1.1 has replaced it since" in result_of(response)


def test_a_draft_of_the_next_edition_replaces_nothing():
    scene = Scene(at="issued")
    reopen(checklist_id=scene.id, op_id=op("open"), reason="again", by=scene.omar)

    assert "Genuine:" in result_of(ask(verification_code(scene.edition.digest)))


def test_a_revoked_edition_says_so_even_when_it_was_replaced():
    scene = Scene(at="issued")
    old = bytes_of(scene.edition)
    issue_next(scene)
    revoke(scene)

    for response in (ask(verification_code(scene.edition.digest)), drop(old)):
        assert "Revoked:" in result_of(response)
        assert "Superseded" not in result_of(response)


def test_a_changed_file_a_draft_and_a_strange_file_are_not_confirmed():
    scene = Scene(at="issued")
    data = bytes_of(scene.edition)
    reopen(checklist_id=scene.id, op_id=op("open"), reason="again", by=scene.omar)
    edition = open_edition(scene.checklist)
    content = content_of(scene.checklist, edition)
    draft = render_now(scene.checklist, edition, content, "en", "csv", scene.checklist.created_at)

    for strange in (data + b"\n", data[:-1], draft, b"", b"PK\x03\x04", b"%PDF-1.7"):
        assert "Not confirmed: No file was issued here" in result_of(drop(strange))


@pytest.mark.parametrize(
    "code",
    ["00000-00000-00000-00000", "ZZZZZ", "x", "9F86D", "'; DROP TABLE", "%", "…", "0" * 300],
)
def test_an_unknown_code_and_a_wrong_one_look_the_same(code, django_assert_num_queries):
    Scene(at="issued")
    unknown = ask("12345-12345-12345-12345")

    with django_assert_num_queries(4):  # three to count the try
        response = ask(code)

    assert result_of(response) == result_of(unknown)
    assert "Not confirmed:" in result_of(response)


def test_part_of_a_code_is_not_enough():
    scene = Scene(at="issued")

    for length in range(20):
        assert answer_to_code(scene.edition.digest[:length]) is None
    assert answer_to_code(scene.edition.digest[:20])
    assert answer_to_code(scene.edition.digest[:21]) is None


def test_nothing_of_the_customer_or_the_box_is_told():
    scene = Scene(at="issued")
    code = verification_code(scene.edition.digest)
    old = bytes_of(scene.edition, "json")
    pages = [ask(code), drop(old), drop(old, code)]
    issue_next(scene)
    pages += [ask(code), drop(old)]
    revoke(scene)
    pages += [ask(code), drop(old), ask("0" * 20)]

    for response in pages:
        assert not [word for word in NEVER_TOLD if word in text_of(response)]


def test_a_file_of_another_edition_than_the_code_in_the_address_is_told():
    scene = Scene(at="issued")
    first, code = bytes_of(scene.edition), verification_code(scene.edition.digest)
    second = issue_next(scene)

    assert "belongs to another edition than the code" in result_of(
        drop(first, verification_code(second.digest))
    )
    assert "belongs to another edition" not in result_of(drop(first, code))


def handed_out(bundle):
    hand_out(editions=bundle.editions, tag=bundle.tag)
    return b"".join(bundle.chunks())


def states_of(data):
    return [answer.state for answer in answers_to_file(io.BytesIO(data))]


def test_the_bundle_of_an_edition_is_genuine_also_after_its_log_went_on():
    scene = Scene(at="issued")
    data = handed_out(bundle_of_edition(scene.edition))
    assert states_of(data) == ["genuine"]

    issue_next(scene)
    assert states_of(data) == ["superseded"]
    revoke(scene)

    assert states_of(data) == ["revoked"]
    assert "Revoked:" in result_of(drop(data, name="bundle.zip"))


def test_a_bundle_stays_genuine_when_the_customer_accepts_and_when_that_is_revoked(
    settings, monkeypatch
):
    settings.PUBLIC_URL = PUBLIC_URL
    quick_sheet(monkeypatch)
    scene = Scene(at="issued")
    bundles = [handed_out(bundle_of_edition(scene.edition))]
    access, _token = make_link(scene)
    signature = accept(access)
    bundles.append(handed_out(bundle_of_edition(scene.edition)))
    revoke_reply(sign_off_id=signature.pk, op_id=op("r"), reason="wrong person", by=scene.ines)
    bundles.append(handed_out(bundle_of_edition(scene.edition)))

    assert len(set(bundles)) == 3
    assert [states_of(data) for data in bundles] == [["genuine"]] * 3


def test_a_bundle_stays_genuine_after_an_update_and_under_another_address(settings, monkeypatch):
    settings.PUBLIC_URL = PUBLIC_URL
    scene = Scene(at="issued")
    response = client_of(scene.omar).get(url("edition_bundle", scene, "1.0"))
    data = b"".join(response.streaming_content)

    settings.PUBLIC_URL = "https://moved.example.jp"
    monkeypatch.setattr(bundles, "program", lambda: b"# the program of the next version\n")

    assert states_of(data) == ["genuine"]
    assert data != b"".join(bundle_of_edition(scene.edition).chunks())


def test_a_bundle_written_by_the_command_is_genuine(tmp_path):
    scene = Scene(at="issued")
    call_command("make_bundle", str(scene.id), "--output", str(tmp_path / "a.zip"))

    assert states_of((tmp_path / "a.zip").read_bytes()) == ["genuine"]


def test_a_bundle_with_a_program_that_was_never_handed_out_is_not_confirmed(monkeypatch):
    scene = Scene(at="issued")
    handed_out(bundle_of_edition(scene.edition))
    monkeypatch.setattr(bundles, "program", lambda: b"print('Everything holds')\n")

    assert states_of(b"".join(bundle_of_edition(scene.edition).chunks())) == []


def test_a_bundle_with_one_other_byte_is_not_confirmed():
    scene = Scene(at="issued")
    data = handed_out(bundle_of_edition(scene.edition))

    for place in range(0, len(data), len(data) // 40):
        changed = bytearray(data)
        changed[place] ^= 1
        assert states_of(bytes(changed)) == [], place
    assert states_of(data + b"x") == states_of(data[:-1]) == []


def test_the_bundle_of_a_rollout_tells_of_every_edition_in_it():
    scene = Scene(at="issued")
    second = another_box(scene, "proxy-02").editions.get()
    data = handed_out(bundle_of_rollout(scene.rollout))

    revoke_edition(edition_id=second.pk, op_id=op("rev2"), reason="wrong", by=scene.ines)

    assert states_of(data) == ["genuine", "revoked"]
    said = result_of(drop(data, name="bundle.zip"))
    assert verification_code(scene.edition.digest) in said
    assert verification_code(second.digest) in said


def test_handing_out_the_same_bundle_again_is_one_query(django_assert_num_queries):
    bundle = bundle_of_edition(Scene(at="issued").edition)
    hand_out(editions=bundle.editions, tag=bundle.tag)

    with django_assert_num_queries(1):
        hand_out(editions=bundle.editions, tag=bundle.tag)

    assert HandedOut.objects.count() == 1


def test_more_than_20_mb_are_refused_unread(monkeypatch):
    monkeypatch.setattr(verification, "MOST_BYTES", 1000)
    monkeypatch.setattr(verification, "ENVELOPE", 300)

    response = drop(b"x" * 1400)

    assert response.status_code == 413
    assert "The file is larger than" in text_of(response)


@pytest.mark.parametrize("length", ["many", "99999999999999"])
def test_a_request_that_lies_about_its_length_is_refused(length):
    response = client().post("/verify/", CONTENT_LENGTH=length)

    assert response.status_code == 413


def test_no_file_is_told():
    response = client().post("/verify/", {})

    assert response.status_code == 422
    assert "There is a problem" in text_of(response)


def test_an_acceptance_sheet_is_genuine_until_the_answer_is_revoked(monkeypatch, settings):
    settings.PUBLIC_URL = PUBLIC_URL
    quick_sheet(monkeypatch)
    scene = Scene(at="issued")
    access, _token = make_link(scene)
    signature = accept(access)
    sheet = files.read(signature.reply.sheets[0]["sha256"])
    assert "Genuine:" in result_of(drop(sheet))

    revoke_reply(sign_off_id=signature.pk, op_id=op("rr"), reason="wrong", by=scene.ines)

    assert "Revoked:" in result_of(drop(sheet))
    assert "Genuine:" in result_of(ask(verification_code(scene.edition.digest)))


def test_who_tries_too_often_has_to_wait_and_others_not(monkeypatch):
    monkeypatch.setattr(verification, "MOST_TRIES", 3)
    first, other = client(), client()

    statuses = [first.get("/verify/0/").status_code for _try in range(4)]

    assert statuses == [200, 200, 200, 429]
    assert other.get("/verify/0/", REMOTE_ADDR="192.0.2.7").status_code == 200
    assert first.get("/verify/").status_code == 200


def test_behind_a_proxy_the_address_that_it_saw_counts(monkeypatch, settings):
    settings.BEHIND_PROXY = True
    monkeypatch.setattr(verification, "MOST_TRIES", 1)
    one, two = client(), client()

    def seen(address):
        return {"X-Forwarded-For": f"192.0.2.1, {address}"}

    assert one.get("/verify/0/", headers=seen("192.0.2.8")).status_code == 200
    assert one.get("/verify/0/", headers=seen("192.0.2.8")).status_code == 429
    assert two.get("/verify/0/", headers=seen("192.0.2.9")).status_code == 200


def test_the_page_is_not_kept_and_its_address_not_passed_on():
    response = ask("0" * 20)

    # Other sites do not learn the code. "no-referrer" would make the browser send "Origin: null",
    # and changing the language or logging out would be refused.
    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]


def test_the_qr_code_leads_to_this_page(settings):
    settings.PUBLIC_URL = "https://portal.example.jp"
    scene = Scene(at="issued")

    [said] = [file for file in scene.edition.files if file["format"] == "json"]

    code = verification_code(scene.edition.digest)
    assert f"https://portal.example.jp/verify/{code}/" in files.read(said["sha256"]).decode()
    assert reverse("checklists:verify_code", args=[code]) == f"/verify/{code}/"


def test_the_schema_is_served_to_everybody():
    response = client().get("/schema/checklist-1.json")

    assert response.status_code == 200
    assert response["Content-Type"] == "application/schema+json"
    assert b"2020-12" in response.content
