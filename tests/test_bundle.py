"""Bundles: complete, the same bytes again, streamed, and verified by what lies in them."""

import ast
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from checklists import bundles, files
from checklists.actions import reopen, revoke_edition, revoke_reply
from checklists.bundles import bundle_of_edition, bundle_of_rollout, last_event
from checklists.handover import verify
from checklists.models import Edition
from tests.support.customers import PUBLIC_URL, quick_sheet, record_paper
from tests.support.rollouts import (
    Scene,
    another_box,
    decide,
    op,
    quick_pdf,
    sign_prepared,
    sign_reviewed,
    work_off,
)
from tests.support.tampering import unguarded

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_real_pdf(monkeypatch):
    quick_pdf(monkeypatch)


def whole(bundle):
    return b"".join(bundle.chunks())


def opened(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def findings_of(data):
    parts = verify.zip_parts(io.BytesIO(data))
    return verify.check_bundle(parts)


def wrong_in(data):
    return " / ".join(f.en for f in findings_of(data) if not f.holds)


def issue_next(scene, name="next"):
    """Edition 1.1 of the scene's checklist."""
    reopen(checklist_id=scene.id, op_id=op(f"open {name}"), reason="again", by=scene.omar)
    sign_prepared(scene.checklist, scene.omar, name=f"prepare {name}")
    return sign_reviewed(scene.checklist, scene.ines, name=f"issue {name}")


# What is in it


def test_a_bundle_has_every_file_the_content_the_events_and_what_verifies_them():
    scene = Scene(at="issued")

    found = opened(whole(bundle_of_edition(scene.edition)))

    folder = "proxy-01_1.0"
    names = {f"{folder}/{file['name']}" for file in scene.edition.files}
    assert len(names) == 7
    assert found.keys() == names | {
        f"{folder}/content.json",
        f"{folder}/events.jsonl",
        "MANIFEST.json",
        "README.txt",
        "checklist-1.schema.json",
        "verify.py",
    }
    assert hashlib.sha256(found[f"{folder}/content.json"]).hexdigest() == scene.edition.digest
    for file in scene.edition.files:
        assert found[f"{folder}/{file['name']}"] == files.read(file["sha256"])


def test_the_manifest_names_every_file_with_size_and_hash_and_itself_not():
    found = opened(whole(bundle_of_edition(Scene(at="issued").edition)))

    manifest = json.loads(found["MANIFEST.json"])

    assert {f["path"]: (f["size"], f["sha256"]) for f in manifest["files"]} == {
        name: (len(data), hashlib.sha256(data).hexdigest())
        for name, data in found.items()
        if name != "MANIFEST.json"
    }


def test_the_events_end_with_the_last_one_that_concerns_the_edition():
    scene = Scene(at="issued")
    issued_at = last_event(scene.edition)
    issue_next(scene)
    assert last_event(scene.edition) == issued_at

    revoke_edition(edition_id=scene.edition.pk, op_id=op("revoke"), reason="wrong", by=scene.ines)

    scene.checklist.refresh_from_db()
    assert last_event(scene.edition) == scene.checklist.last_seq


def test_evidence_lies_in_a_folder_of_its_own():
    scene = Scene(at="issued")
    proof = b"a picture"
    evidence = {"name": "画面 1.png", "size": len(proof), "sha256": files.store(proof)}
    content = json.loads(scene.edition.content) | {"evidence": [evidence]}
    with unguarded():
        Edition.objects.update(content=verify.canonical(content))

    found = opened(whole(bundle_of_edition(Edition.objects.get())))

    assert found[f"proxy-01_1.0/evidence/{evidence['sha256'][:8]}_画面-1.png"] == proof


@pytest.fixture
def accepted(monkeypatch, settings):
    """An edition that the customer accepted on paper."""
    settings.PUBLIC_URL = PUBLIC_URL
    quick_sheet(monkeypatch)
    scene = Scene(at="issued")
    scene.signature = record_paper(scene)
    return scene


def test_the_sheets_of_an_acceptance_and_the_scanned_paper_are_in_it(accepted):
    data = whole(bundle_of_edition(accepted.edition))

    names = {name.rpartition("/acceptance/")[2] for name in opened(data) if "/acceptance/" in name}
    assert names == {*(sheet["name"] for sheet in accepted.signature.reply.sheets), "scan.pdf"}
    assert wrong_in(data) == ""
    assert any("accepted by the customer" in finding.en for finding in findings_of(data))


def test_a_sheet_that_is_not_the_one_of_the_acceptance_is_found(accepted):
    data = whole(bundle_of_edition(accepted.edition))
    sheet = next(name for name in opened(data) if "/acceptance/acceptance_" in name)

    assert "its sheet is NOT there" in wrong_in(forged(data, sheet, lambda d: d + b"\n"))


def test_an_acceptance_that_was_revoked_is_no_longer_in_it(accepted):
    revoke_reply(
        sign_off_id=accepted.signature.pk, op_id=op("rr"), reason="wrong", by=accepted.ines
    )

    data = whole(bundle_of_edition(accepted.edition))

    assert not [name for name in opened(data) if "/acceptance/" in name]
    assert not any("by the customer" in finding.en for finding in findings_of(data))


def test_the_readme_speaks_both_languages_and_names_the_verification_page(settings):
    scene = Scene(at="issued")
    without = opened(whole(bundle_of_edition(scene.edition)))["README.txt"].decode()
    settings.PUBLIC_URL = "https://portal.example.jp"

    text = opened(whole(bundle_of_edition(scene.edition)))["README.txt"].decode()

    assert text.count("https://portal.example.jp/verify/") == 2
    assert "検証のしかた" in text
    assert "How to verify it" in text
    assert "{page}" not in without


def test_an_edition_from_before_xlsx_and_json_is_bundled_with_what_it_has():
    scene = Scene(at="issued")
    old = [file for file in scene.edition.files if file["format"] in ("csv", "pdf")]
    with unguarded():
        Edition.objects.update(files=old)

    found = opened(whole(bundle_of_edition(Edition.objects.get())))

    assert len([name for name in found if name.startswith("proxy-01_1.0/")]) == 4 + 2
    assert "MANIFEST.json" in found


def test_long_names_stay_different():
    scene = Scene()
    scene.checklist = another_box(scene, "x" * 200)

    names = [file["name"] for file in scene.checklist.editions.get().files]

    assert len(set(names)) == 7
    assert all(len(name) < 160 for name in names)


# A rollout


def test_a_rollouts_bundle_has_the_newest_edition_of_every_box():
    scene = Scene(at="issued")
    issue_next(scene)
    another_box(scene, "proxy-02")

    found = opened(whole(bundle_of_rollout(scene.rollout)))

    assert {name.split("/")[0] for name in found if "/" in name} == {"proxy-01_1.1", "proxy-02_1.0"}
    assert wrong_in(whole(bundle_of_rollout(scene.rollout))) == ""


def test_two_boxes_with_one_name_have_folders_of_their_own():
    scene = Scene(at="issued")
    another_box(scene, "Proxy-01")
    another_box(scene, "proxy/01")

    found = opened(whole(bundle_of_rollout(scene.rollout)))

    folders = {name.split("/")[0] for name in found if "/" in name}
    assert folders == {"Proxy-01_1.0", "proxy-01_1.0-2", "proxy-01_1.0-3"}


def test_boxes_that_are_not_in_it_are_named_with_the_reason():
    scene = Scene(at="issued")
    another_box(scene, "proxy-02", issued=False)
    box = another_box(scene, "proxy-03")
    revoke_edition(
        edition_id=box.editions.get().pk, op_id=op("revoke"), reason="wrong", by=scene.ines
    )

    found = opened(whole(bundle_of_rollout(scene.rollout)))

    text = found["LEFT-OUT.txt"].decode()
    assert "proxy-02: not issued yet" in text
    assert "proxy-03: edition 1.0 was revoked" in text
    assert "proxy-01" not in text


# Its bytes


def test_the_same_state_gives_the_same_bytes_and_another_state_another_tag():
    scene = Scene(at="issued")
    first = bundle_of_edition(scene.edition)
    again = bundle_of_edition(Edition.objects.get())
    assert whole(first) == whole(again)
    assert first.tag == again.tag

    revoke_edition(edition_id=scene.edition.pk, op_id=op("revoke"), reason="wrong", by=scene.ines)

    assert bundle_of_edition(scene.edition).tag != first.tag


def test_the_size_is_known_before_anything_is_read():
    bundle = bundle_of_edition(Scene(at="issued").edition)

    assert bundle.size == len(whole(bundle))


@pytest.mark.parametrize("start", [0, 1, 29, 30, 31, 5000, -1, -22, -23])
def test_it_can_be_continued_from_any_byte(start):
    bundle = bundle_of_edition(Scene(at="issued").edition)
    data = whole(bundle)

    assert b"".join(bundle.chunks(start % len(data))) == data[start % len(data) :]


def test_one_file_is_in_memory_at_a_time(monkeypatch):
    scene = Scene(at="issued")
    for number in range(2, 6):
        another_box(scene, f"proxy-0{number}")
    bundle = bundle_of_rollout(scene.rollout)
    largest = max(entry.size for entry in bundle.entries)

    assert max(len(chunk) for chunk in bundle.chunks()) <= largest
    assert bundle.size > 5 * largest


def test_a_stored_file_that_was_changed_ends_the_stream():
    scene = Scene(at="issued")
    bundle = bundle_of_edition(scene.edition)
    path = files.path_of(scene.edition.files[0]["sha256"])
    data = path.read_bytes()
    path.write_bytes(data + b"x")

    with pytest.raises(files.FileChanged):
        whole(bundle)

    path.write_bytes(data)
    path.unlink()
    assert bundles.missing_files(scene.edition) == [scene.edition.files[0]["name"]]


def test_more_than_4_gib_is_refused_in_words():
    with pytest.raises(ValueError, match="4 GiB"):
        verify.zip_size([("a", 1 << 31), ("b", 1 << 31)])


# It verifies itself


def test_everything_holds_in_a_bundle_as_it_was_made():
    findings = findings_of(whole(bundle_of_edition(Scene(at="issued").edition)))

    assert all(finding.holds for finding in findings)
    assert len(findings) > 7
    assert all(finding.ja and finding.en for finding in findings)


def changed(data, name, change):
    """The bundle again, one of its files changed and nothing else."""
    parts = opened(data)
    parts[name] = change(parts[name])
    return b"".join(verify.zip_chunks(parts.items()))


def forged(data, name, change):
    """The same by somebody careful: the manifest fits again."""
    parts = opened(changed(data, name, change))
    manifest = json.loads(parts.pop("MANIFEST.json"))
    listed = [(n, len(d), hashlib.sha256(d).hexdigest()) for n, d in parts.items()]
    parts["MANIFEST.json"] = verify.manifest_of(listed, manifest["editions"])
    return b"".join(verify.zip_chunks(parts.items()))


FOLDER = "proxy-01_1.0"


@pytest.fixture
def bundle():
    scene = Scene(at="draft")
    decide(scene.checklist, "A-1", "verified", by=scene.omar)
    work_off(scene.checklist, scene.omar)
    sign_prepared(scene.checklist, scene.omar)
    return whole(bundle_of_edition(sign_reviewed(scene.checklist, scene.ines)))


def test_a_changed_file_is_named(bundle):
    for name in opened(bundle):
        assert f"{name} was changed" in wrong_in(changed(bundle, name, lambda d: d + b"\n")) or (
            name == "MANIFEST.json"
        )


def test_a_file_that_is_gone_or_was_added_is_named(bundle):
    parts = opened(bundle)
    del parts["README.txt"]
    parts["more.txt"] = b""

    said = wrong_in(b"".join(verify.zip_chunks(parts.items())))

    assert "README.txt is missing" in said
    assert "more.txt is not in MANIFEST.json" in said


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("content.json", lambda d: d.replace(b"proxy-01", b"proxy-99"), "does NOT fit its digest"),
        ("events.jsonl", lambda d: d.replace(b"Omar", b"Olga"), "event 1 was changed"),
        ("events.jsonl", lambda d: b"".join(d.splitlines(True)[:2]), "chain head is NOT there"),
        ("events.jsonl", lambda d: b"".join(d.splitlines(True)[:-1]), "issued this edition is NOT"),
        ("events.jsonl", lambda d: b"".join(d.splitlines(True)[1:]), "event 1 is missing"),
        ("events.jsonl", lambda d: d + b"{}\n", "is no event"),
        ("events.jsonl", lambda d: d[:-1], "is no event"),
        ("events.jsonl", lambda d: b"\xff" + d, "line 1 is no event"),
    ],
)
def test_a_careful_forgery_of_one_part_is_found_by_the_others(bundle, name, change, told):
    assert told in wrong_in(forged(bundle, f"{FOLDER}/{name}", change))


@pytest.mark.parametrize("extension", ["pdf", "csv", "xlsx", "json"])
def test_a_file_that_is_not_the_one_that_was_issued_is_found(bundle, extension):
    name = next(n for n in opened(bundle) if n.endswith(f".{extension}") and "_1.0" in n)

    assert "no file here is the one that was issued" in wrong_in(
        forged(bundle, name, lambda d: d + b"\n")
    )


@pytest.mark.parametrize("key", ["checklist", "number", "digest", "chain_head", "code", "folder"])
def test_a_manifest_that_speaks_of_another_edition_is_found(bundle, key):
    def change(data):
        manifest = json.loads(data)
        manifest["editions"][0][key] = "another"
        return verify.printed(manifest)

    assert wrong_in(changed(bundle, "MANIFEST.json", change))


@pytest.mark.parametrize(
    "manifest", [b"", b"{}", b"[]", b'{"files": 1}', b'{\n "editions": [],\n "files": [1]\n}\n']
)
def test_a_manifest_that_is_none_is_said_to_be_so(bundle, manifest):
    assert "MANIFEST.json" in wrong_in(changed(bundle, "MANIFEST.json", lambda d: manifest))


@pytest.mark.parametrize("value", [1, None, [], {}])
def test_an_edition_that_is_not_named_in_texts_is_none(bundle, tmp_path, value):
    def change(data):
        manifest = json.loads(data)
        manifest["editions"][0]["code"] = value
        return verify.printed(manifest)

    file = tmp_path / "bundle.zip"
    file.write_bytes(changed(bundle, "MANIFEST.json", change))
    alone = tmp_path / "checklist.json"
    alone.write_bytes(verify.printed({"digest": "", "chain_head": "", "code": value or 1}))

    for path in (file, alone):
        assert verify.main([str(path), "--code", "9F86D-08188-4C7D6-59A2F"]) == 1


def test_a_revoked_edition_is_said_to_be_one():
    scene = Scene(at="issued")
    revoke_edition(edition_id=scene.edition.pk, op_id=op("revoke"), reason="wrong", by=scene.ines)

    assert wrong_in(whole(bundle_of_edition(scene.edition))) == (
        "proxy-01_1.0: this edition was revoked."
    )


def test_every_byte_of_the_zip_counts(bundle):
    """The headers, one by one; the rest in `make tamper`."""
    for place in [*range(60), *range(len(bundle) - 300, len(bundle))]:
        data = bytearray(bundle)
        data[place] ^= 0x20
        try:
            wrong = wrong_in(bytes(data))
        except verify.Broken as error:
            wrong = error.en
        assert wrong, place


def test_a_changed_file_is_not_counted_among_those_that_were_issued(unpacked):
    table = next((unpacked / FOLDER).glob("*_ja.csv"))
    table.write_bytes(table.read_bytes().replace(b"A-1", b"A-9"))

    status, said = run(["verify.py"], unpacked)

    assert status == 1
    assert f"{FOLDER}: no file here is the one that was issued: {table.name}" in said
    assert "files are those that were issued" not in said


def test_json_nested_beyond_reading_is_said_to_be_none(unpacked):
    (unpacked / "deep.json").write_bytes(b"[" * 100_000)
    (unpacked / "MANIFEST.json").write_bytes(b"[" * 100_000)

    for arguments in (["verify.py", "deep.json"], ["verify.py"]):
        status, said = run(arguments, unpacked)
        assert (status, "Traceback" in said) == (1, False)


def test_an_issued_json_without_a_digest_fits_nothing_that_was_signed(unpacked):
    path = next(p for p in (unpacked / FOLDER).glob("*.json") if p.name != "content.json")
    said = json.loads(path.read_bytes()) | {"digest": None, "code": None}
    said["checksum"] = verify.digest({k: v for k, v in said.items() if k != "checksum"})
    path.write_bytes(verify.printed(said))

    findings = verify.check_json(path.read_bytes(), path.name)

    assert not all(finding.holds for finding in findings)


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\3\4" + b"\0" * 100, b"no zip"])
def test_what_is_no_bundle_is_said_to_be_none(data, tmp_path):
    file = tmp_path / "x.zip"
    file.write_bytes(data)

    findings, editions = verify.check(file)

    assert [finding.holds for finding in findings] == [False]
    assert editions == []


def test_an_ordinary_zip_of_the_same_files_is_not_the_bundle(bundle, tmp_path):
    file = tmp_path / "repacked.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in opened(bundle).items():
            archive.writestr(name, data)

    findings, _editions = verify.check(file)

    assert "Check the unpacked folder" in findings[0].en


# On a computer that has never seen the portal


def run(arguments, cwd, python=sys.executable):
    done = subprocess.run(
        [python, "-I", *map(str, arguments)], cwd=cwd, capture_output=True, encoding="utf-8"
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def unpacked(bundle, tmp_path):
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        archive.extractall(tmp_path)
    return tmp_path


def test_the_unpacked_folder_is_verified_by_the_program_in_it(unpacked):
    status, said = run(["verify.py"], unpacked)

    digest = json.loads((unpacked / "MANIFEST.json").read_text())["editions"][0]["digest"]
    assert status == 0
    assert "[NG]" not in said
    assert digest in said
    assert verify.code_of(digest) in said
    assert "Everything holds" in said
    assert "すべて正しく" in said


def test_the_zip_and_the_json_are_verified_too(bundle, unpacked):
    (unpacked / "bundle.zip").write_bytes(bundle)
    json_file = next(p for p in (unpacked / FOLDER).glob("*.json") if p.name != "content.json")

    assert run(["verify.py", "bundle.zip"], unpacked)[0] == 0
    assert run(["verify.py", json_file], unpacked)[0] == 0


def test_the_code_on_the_paper_is_compared(unpacked):
    code = json.loads((unpacked / "MANIFEST.json").read_text())["editions"][0]["code"]

    full_width = code.translate({n: n + 0xFEE0 for n in range(0x21, 0x7F)})
    for written in (code.lower().replace("-", " "), full_width):
        assert run(["verify.py", "--code", written], unpacked)[0] == 0
    status, said = run(["verify.py", "--code", "AAAAA-AAAAA-AAAAA-AAAAA"], unpacked)
    assert status == 1
    assert "The edition with the code on the paper is NOT there." in said


def test_what_does_not_hold_is_marked_and_the_exit_status_says_so(unpacked):
    (unpacked / FOLDER / "content.json").write_text("{}")

    status, said = run(["verify.py"], unpacked)

    assert status == 1
    assert f"[NG] {FOLDER}/content.json は変更されています。" in said
    assert "Something does not hold" in said


def test_the_program_needs_an_old_python_and_its_standard_library_alone():
    source = Path(verify.__file__).read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    names = {
        alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert names <= sys.stdlib_module_names
