"""`verify_checklist FILE`: what a file proves by itself, and what the database says of it."""

import re
import zipfile
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from checklists import files
from checklists.actions import purge, reopen, revoke_edition
from checklists.bundles import bundle_of_edition, bundle_of_rollout
from checklists.handover import pades, verify
from tests.support.keys import write_pkcs12
from tests.support.rollouts import Scene, op, quick_pdf, sign_prepared, sign_reviewed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_real_pdf(request, monkeypatch):
    if "real_pdf" not in request.keywords:
        quick_pdf(monkeypatch)


def check(path, language="en"):
    """(whether everything holds, what was said)"""
    out = StringIO()
    with translation.override(language):
        try:
            call_command("verify_checklist", str(path), stdout=out)
        except CommandError as error:
            assert error.returncode == 1
            return False, out.getvalue() + str(error)
    return True, out.getvalue()


def stored(scene, tmp_path, extension):
    """A file of the scene's edition as it was handed out."""
    file = next(f for f in scene.edition.files if f["format"] == extension)
    path = tmp_path / f"copy.{extension}"
    path.write_bytes(files.read(file["sha256"]))
    return path


def bundle_in(tmp_path, bundle):
    path = tmp_path / "bundle.zip"
    path.write_bytes(b"".join(bundle.chunks()))
    return path


def forget(scene):
    """The computer that has never seen the portal: nothing of it is in the database."""
    purge(rollout_id=scene.rollout.pk, reason="retention has ended", by="test")


def test_it_speaks_the_language_of_the_portal(tmp_path):
    scene = Scene(at="issued")
    path = bundle_in(tmp_path, bundle_of_edition(scene.edition))

    holds, said = check(path, "ja")

    assert holds
    assert "[OK] proxy-01_1.0: ここで proxy-01 の版 1.0 として" in said
    assert "すべて正しい内容です。" in said
    assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", said)


@pytest.mark.parametrize("extension", ["pdf", "csv", "xlsx", "json"])
def test_a_file_as_it_was_issued_is_recognised(tmp_path, extension):
    scene = Scene(at="issued")

    holds, said = check(stored(scene, tmp_path, extension))

    assert holds
    assert "[OK] Issued here as" in said
    assert "edition 1.0 of proxy-01" in said


@pytest.mark.parametrize("extension", ["csv", "xlsx", "json"])
def test_a_changed_file_says_of_which_edition_it_claims_to_be(tmp_path, extension):
    scene = Scene(at="issued")
    path = stored(scene, tmp_path, extension)
    with path.open("ab") as file:
        file.write(b"\n")

    holds, said = check(path)

    assert not holds
    assert "It says that it is of edition 1.0 of proxy-01" in said
    assert "this one was changed" in said


@pytest.mark.parametrize("data", [b"", b"nonsense", b"%PDF-1.7 cut", b"PK", b"\xff\xfe"])
def test_a_strange_file_is_not_one_of_ours(tmp_path, data):
    path = tmp_path / "strange"
    path.write_bytes(data)

    holds, said = check(path)

    assert not holds
    assert "[NG] It is not one of the files issued here" in said


def test_json_proves_itself_where_the_portal_is_gone(tmp_path):
    scene = Scene(at="issued")
    path = stored(scene, tmp_path, "json")
    forget(scene)

    holds, said = check(path)

    assert holds
    assert "[Note] This portal knows no edition with this digest." in said
    assert verify.code_of(scene.edition.digest) in said


@pytest.mark.parametrize("unpacked", [False, True])
def test_a_bundle_proves_itself_where_the_portal_is_gone(tmp_path, unpacked):
    scene = Scene(at="issued")
    path = bundle_in(tmp_path, bundle_of_edition(scene.edition))
    forget(scene)
    if unpacked:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(tmp_path / "folder")
        path = tmp_path / "folder"

    holds, said = check(path)

    assert holds
    assert "events in one chain, none of them changed" in said
    assert "This portal knows no edition with this digest." in said


def test_a_bundle_of_ours_is_compared_with_what_was_issued(tmp_path):
    scene = Scene(at="issued")

    holds, said = check(bundle_in(tmp_path, bundle_of_rollout(scene.rollout)))

    assert holds
    assert "issued here as edition 1.0 of proxy-01, with this digest and this chain head" in said


def test_a_changed_bundle_is_told_file_by_file(tmp_path):
    scene = Scene(at="issued")
    path = bundle_in(tmp_path, bundle_of_edition(scene.edition))
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "folder")
    (tmp_path / "folder" / "proxy-01_1.0" / "content.json").write_text("{}")

    holds, said = check(tmp_path / "folder")

    assert not holds
    assert "[NG] proxy-01_1.0/content.json was changed." in said


def test_a_file_of_a_revoked_and_replaced_edition_is_said_to_be_one(tmp_path):
    scene = Scene(at="issued")
    csv, bundle = stored(scene, tmp_path, "csv"), bundle_of_edition(scene.edition)
    path = bundle_in(tmp_path, bundle)
    revoke_edition(edition_id=scene.edition.pk, op_id=op("revoke"), reason="wrong", by=scene.ines)
    reopen(checklist_id=scene.id, op_id=op("open"), reason="again", by=scene.omar)
    sign_prepared(scene.checklist, scene.omar, name="second")
    sign_reviewed(scene.checklist, scene.ines, name="second issue")

    for file in (csv, path):
        holds, said = check(file)
        assert holds
        assert "[Note] It was revoked: wrong" in said
        assert "[Note] A later edition is issued: 1.1." in said


@pytest.mark.real_pdf
def test_a_pdf_proves_itself_by_its_signature(tmp_path, settings, monkeypatch):
    settings.SIGNING_KEY_FILE = write_pkcs12(tmp_path / "key.p12")
    settings.SIGNING_KEY_PASSWORD = ""
    scene = Scene(at="issued")
    path = stored(scene, tmp_path, "pdf")
    holds, said = check(path)
    assert holds
    assert "[OK] Its digital signature (PAdES) is intact and covers the whole file." in said
    assert f"digest {scene.edition.digest}" in said

    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)
    holds, said = check(path)
    assert not holds
    assert "[NG] Its digital signature (PAdES) does not fit the file" in said
    assert "It says that it is of edition 1.0 of proxy-01" in said

    monkeypatch.setattr(pades, "signature_holds", lambda pdf: None)
    assert "only the packages of requirements-pades.txt can check" in check(path)[1]


@pytest.mark.real_pdf
def test_what_the_files_print_and_say_of_themselves_is_the_digest(tmp_path, pdf_text):
    scene = Scene(at="issued")

    for extension in ("pdf", "csv", "xlsx", "json"):
        data = stored(scene, tmp_path, extension).read_bytes()
        assert verify.claimed(data) == scene.edition.digest, extension


# make_bundle


def make(uuid, path):
    out = StringIO()
    call_command("make_bundle", str(uuid), output=path, stdout=out)
    return out.getvalue()


def test_a_bundle_is_made_on_the_command_line(tmp_path):
    scene = Scene(at="issued")

    made = make(scene.id, tmp_path / "one.zip")
    make(scene.rollout.pk, tmp_path / "all.zip")

    assert "13 files" in made
    assert check(tmp_path / "one.zip")[0]
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "all.zip").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.zip", "one.zip"]


def test_boxes_that_are_left_out_are_named(tmp_path):
    scene = Scene()

    assert "Left out: proxy-01, " in make(scene.rollout.pk, tmp_path / "all.zip")


def test_what_cannot_be_bundled_is_said_in_words_and_leaves_no_whole_file(tmp_path):
    scene = Scene(at="issued")
    path = files.path_of(scene.edition.files[0]["sha256"])
    data = path.read_bytes()
    path.write_bytes(data + b"x")

    for uuid, told in (
        ("x", "no identifier"),
        (op("nothing"), "no rollout"),
        (scene.id, "is not the one that was issued"),
    ):
        with pytest.raises(CommandError, match=told):
            make(uuid, tmp_path / "one.zip")

    path.write_bytes(data)
    assert not (tmp_path / "one.zip").exists()
    with pytest.raises(CommandError, match="cannot be written"):
        make(scene.id, tmp_path / "no" / "one.zip")
