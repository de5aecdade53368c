"""Evidence: what is taken, what becomes of it in the chain, in what is signed and handed over."""

import io
import json
import struct
import zipfile

import pytest
from django.urls import reverse
from django.utils import translation
from PIL import Image

from checklists import files
from checklists.actions import (
    NotAllowed,
    Refused,
    Stale,
    purge,
    remove_evidence,
    reopen,
    return_items,
    take_late_evidence,
)
from checklists.actions.evidence import MOST_OF_AN_ITEM
from checklists.bundles import bundle_of_edition, missing_files
from checklists.conflicts import to_resolve
from checklists.evidence_files import MOST_BYTES, clean_evidence
from checklists.handover import verify
from checklists.models import Checklist, Edition, Event, Evidence
from checklists.pictures import NotUsable
from checklists.verification import findings
from portal.roles import Role
from tests.support.pages import client_of, text_of, url
from tests.support.proofs import photo, picture, prove
from tests.support.rollouts import (
    Scene,
    make_checklist,
    make_rollout,
    op,
    open_edition,
    person,
    quick_files,
    seen,
    sign_prepared,
    sign_reviewed,
    work_off,
)
from tests.support.tampering import unguarded

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"


@pytest.fixture(autouse=True)
def short_files(request, monkeypatch):
    if "real_files" not in request.fixturenames:
        quick_files(monkeypatch)


@pytest.fixture
def real_files():
    return None


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def scene():
    return Scene()


def added(scene, **given):
    return prove(scene.checklist, by=scene.omar, **given)


def remove(scene, event, by=None, name="remove"):
    return remove_evidence(
        checklist_id=scene.id, op_id=op(name), evidence_id=event.op_id, by=by or scene.omar
    )


def wrong_in(scene):
    return findings(Checklist.objects.get(pk=scene.id))


# What is taken


@pytest.mark.parametrize(
    ("name", "data", "stored_as"),
    [
        ("画面 1.png", picture(), "画面 1.png"),
        ("photo.JPEG", picture("JPEG"), "photo.jpg"),
        ("shot.webp", picture("WEBP"), "shot.webp"),
        ("report.pdf", PDF, "report.pdf"),
        ("設定.txt", "設定した".encode(), "設定.txt"),
        ("old.csv", "項目,値".encode("cp932"), "old.csv"),
        ("wide.log", "ログ".encode("utf-16"), "wide.log"),
        ("really a picture.pdf", picture(), "really a picture.png"),
        ("C:\\screens\\shot.png", picture(), "shot.png"),
        ("../../etc/passwd.png", picture(), "passwd.png"),
        ("\u202egnp.exe.png", picture(), "gnp.exe.png"),
        (".png", picture(), "evidence.png"),
        ("x" * 300 + ".png", picture(), "x" * 100 + ".png"),
    ],
)
def test_the_kind_is_told_by_the_content_and_the_name_ends_as_it_is(name, data, stored_as):
    assert clean_evidence(name, data).name == stored_as


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("empty.png", b"", "empty"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "not taken"),
        ("page.html", b"<script>x()</script>", "not taken"),
        ("program.exe", b"MZ\x90\x00", "not taken"),
        ("moving.gif", picture("GIF"), "not taken"),
        ("binary.txt", b"a\x00b", "not taken"),
        ("no.log", b"\xff\xfe\xfd\xd8\x00", "not taken"),
        ("half.pdf", b"%PDF-1.7 and no end", "not taken"),
        ("broken.png", picture()[:60], "damaged"),
        ("large.txt", b"x" * (MOST_BYTES + 1), "too large"),
        ("bomb.png", picture(size=(9000, 9000), mode="1"), "too many points"),
        (
            "moving.webp",
            picture("WEBP", save_all=True, append_images=[Image.new("RGB", (40, 30), "red")]),
            "moves",
        ),
    ],
)
def test_what_is_not_taken_is_said_with_the_reason(name, data, why):
    with pytest.raises(NotUsable, match=why):
        clean_evidence(name, data)


def test_place_camera_and_comment_of_a_photo_stay_behind_and_it_stands_upright():
    data = photo()

    cleaned = clean_evidence("photo.jpg", data)

    assert b"CameraMaker" in data and b"secret place" in data
    for kept in (cleaned.data, cleaned.thumbnail):
        opened = Image.open(io.BytesIO(kept))
        assert not opened.getexif() and "comment" not in opened.info
        assert b"CameraMaker" not in kept and b"secret" not in kept
        assert opened.height > opened.width


@pytest.mark.parametrize("failure", [TypeError, struct.error, KeyError, ZeroDivisionError])
def test_whatever_a_broken_picture_leads_its_reader_to_is_said_as_damage(monkeypatch, failure):
    def fail(_picture):
        raise failure("as Pillow does")

    monkeypatch.setattr("checklists.pictures.ImageOps.exif_transpose", fail)

    with pytest.raises(NotUsable, match="damaged"):
        clean_evidence("photo.jpg", photo())


def test_what_hides_behind_a_picture_is_gone():
    polyglot = picture() + b"<script>alert(1)</script>"

    assert b"script" not in clean_evidence("x.png", polyglot).data


# What the events say


def content(scene):
    return json.loads(Edition.objects.get(checklist=scene.id, minor=0).content)


def test_a_file_is_an_event_a_row_and_stored_bytes(scene):
    event = added(scene, caption="  設定  画面 ")

    file = Evidence.objects.get()
    assert (event.outcome, event.item.tracking_id) == (Event.Outcome.APPLIED, "A-1")
    assert (file.pk, file.name, file.type, file.caption) == (
        event.op_id,
        "screen.png",
        "png",
        "設定 画面",
    )
    assert file.added_by == scene.omar.name
    assert len(files.read(file.sha256)) == file.size
    assert Image.open(io.BytesIO(files.read(file.thumbnail))).format == "WEBP"
    assert wrong_in(scene) == []


def test_the_same_operation_twice_is_once_and_another_file_under_it_is_refused(scene):
    first = added(scene)

    assert added(scene) == first
    with pytest.raises(Refused, match="other contents"):
        added(scene, data=picture(colour=(255, 0, 0)))
    assert Evidence.objects.count() == 1


def test_a_file_that_the_item_has_already_changes_nothing(scene):
    added(scene)

    again = added(scene, op_id=op("again"))

    assert again.outcome == Event.Outcome.SAME
    assert Evidence.objects.count() == 1
    assert wrong_in(scene) == []


def test_one_file_may_prove_two_items(scene):
    added(scene)
    prove(scene.checklist, "A-2", by=scene.omar, op_id=op("second item"))

    assert Evidence.objects.count() == 2


def test_an_item_has_at_most_so_many_files(scene, monkeypatch):
    monkeypatch.setattr("checklists.actions.evidence.MOST_OF_AN_ITEM", 2)
    for number in range(2):
        added(scene, name=f"{number}.txt", data=b"%d" % number)

    with pytest.raises(Refused, match="at most 2 files"):
        added(scene, name="3.txt", data=b"3")

    assert MOST_OF_AN_ITEM == 50
    assert Evidence.objects.count() == 2


def test_only_engineers_of_the_rollout_add_and_remove(scene):
    event = added(scene)
    stranger = person("sam", Role.ENGINEER)

    for who in (stranger, scene.ines):
        with pytest.raises(NotAllowed):
            prove(scene.checklist, by=who, name="theirs.png")
        with pytest.raises(NotAllowed):
            remove(scene, event, by=who)


@pytest.mark.parametrize("caption", ["x" * 201, "\ud800", "a\x00b"])
def test_a_caption_that_cannot_be_kept_is_refused(scene, caption):
    with pytest.raises(Refused):
        added(scene, caption=caption)

    assert not Evidence.objects.exists()


def test_a_removed_file_proves_nothing_and_is_kept(scene):
    event = added(scene)

    removal = remove(scene, event)

    file = Evidence.objects.get()
    assert (file.removed_by, file.removed_at) == (scene.omar.name, removal.recorded_at)
    assert files.path_of(file.sha256).is_file()
    assert remove(scene, event) == removal
    with pytest.raises(Refused, match="in the meantime"):
        remove(scene, event, name="once more")
    assert wrong_in(scene) == []


def test_a_removed_file_can_be_added_again(scene):
    remove(scene, added(scene))

    assert added(scene, op_id=op("again")).outcome == Event.Outcome.APPLIED
    assert Evidence.objects.filter(removed_at=None).count() == 1
    assert wrong_in(scene) == []


# Signatures


def test_evidence_is_part_of_what_is_signed_and_no_row_of_it_changes_after():
    scene = Scene(at="worked")
    event = added(scene, caption="after")
    sign_prepared(scene.checklist, scene.omar)

    with pytest.raises(Stale):
        remove(scene, event)
    late = added(scene, name="late.txt", data=b"late")
    edition = sign_reviewed(scene.checklist, scene.ines)

    [listed] = json.loads(edition.content)["evidence"]
    assert late.outcome == Event.Outcome.LATE
    assert (listed["name"], listed["caption"], listed["by"]) == ("screen.png", "after", "Omar 大森")
    assert wrong_in(scene) == []


def test_whoever_signs_has_to_have_seen_the_evidence():
    scene = Scene(at="worked")
    saw = seen(scene.checklist)
    added(scene)

    assert seen(scene.checklist) != saw


def test_what_came_late_is_offered_in_the_next_draft_and_taken_once():
    scene = Scene(at="issued")
    late = added(scene)
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="again", by=scene.omar)
    page = text_of(client_of(scene.omar).get(scene.checklist.get_absolute_url()))
    assert "File screen.png" in page

    given = {"checklist_id": scene.id, "op_id": op("take"), "entry": late, "by": scene.omar}
    taken = take_late_evidence(**given)

    assert taken.payload["resolves"] == [str(late.op_id)]
    assert take_late_evidence(**given) == taken
    assert to_resolve(scene.checklist) == []
    assert Evidence.objects.get().sha256 == late.payload["sha256"]
    assert wrong_in(scene) == []


@pytest.mark.parametrize(("take", "kept"), [("mine", 1), ("theirs", 0)])
def test_what_came_late_is_taken_or_left_on_the_page(take, kept):
    scene = Scene(at="issued")
    late = added(scene)
    reopen(checklist_id=scene.id, op_id=op("reopen"), reason="again", by=scene.omar)

    response = client_of(scene.omar).post(
        url("resolve", scene),
        {"op_id": op("r"), "base_version": 0, "take": take, "entry": late.op_id},
    )

    assert response.status_code == 302
    assert Evidence.objects.count() == kept
    assert to_resolve(scene.checklist) == []


def test_who_signs_sees_the_evidence_with_the_way_to_it():
    scene = Scene(at="worked")
    added(scene, caption="after the change")
    pages = [client_of(scene.omar).get(url("prepare", scene))]
    sign_prepared(scene.checklist, scene.omar)
    pages.append(client_of(scene.ines).get(url("review", scene)))

    for page in pages:
        assert "Evidence 1 No. 1: screen.png after the change Omar 大森" in text_of(page)
        assert page_of(scene) in page.content.decode()


def test_the_reviewer_sees_what_came_late():
    scene = Scene(at="prepared")
    added(scene)

    assert "Evidence: screen.png" in text_of(client_of(scene.ines).get(url("review", scene)))


def test_a_return_and_the_next_edition_keep_the_evidence():
    scene = Scene(at="worked")
    added(scene)
    sign_prepared(scene.checklist, scene.omar)
    return_items(
        checklist_id=scene.id,
        op_id=op("return"),
        seen=open_edition(scene.checklist).signature("prepared").digest,
        comments={},
        comment="again",
        by=scene.ines,
    )
    sign_prepared(scene.checklist, scene.omar, name="again")
    sign_reviewed(scene.checklist, scene.ines)

    assert [file["name"] for file in content(scene)["evidence"]] == ["screen.png"]


# What the verification finds


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other.png"},
        {"sha256": "f" * 64},
        {"caption": "other"},
        {"added_by": "Somebody"},
        {"removed_by": "Somebody", "removed_at": "2026-11-24T00:00:00Z"},
    ],
)
def test_an_edited_row_is_found(scene, change):
    added(scene)

    Evidence.objects.update(**change)

    assert any("evidence" in sentence for sentence in wrong_in(scene))


def test_a_deleted_row_and_a_changed_or_missing_file_are_found(scene):
    event = added(scene)
    path = files.path_of(event.payload["sha256"])
    data = path.read_bytes()

    path.write_bytes(data + b"x")
    assert wrong_in(scene) == ["Evidence: the stored file screen.png was changed."]
    path.unlink()
    assert wrong_in(scene) == ["Evidence: the stored file screen.png is not there."]
    path.write_bytes(data)
    with unguarded():
        Evidence.objects.all().delete()
    assert wrong_in(scene) == ["The evidence screen.png is not what the events say."]


def test_an_issued_edition_whose_evidence_is_gone_is_found():
    scene = Scene(at="worked")
    event = added(scene)
    sign_prepared(scene.checklist, scene.omar)
    edition = sign_reviewed(scene.checklist, scene.ines)
    assert missing_files(edition) == []

    files.path_of(event.payload["sha256"]).unlink()

    assert "Edition 1.0: the stored file screen.png is not there." in wrong_in(scene)
    assert missing_files(edition) == ["screen.png"]


# What is handed over


def test_the_bundle_carries_the_evidence_and_its_program_checks_it():
    scene = Scene(at="worked")
    event = added(scene)
    prove(scene.checklist, "A-2", by=scene.omar, op_id=op("the same for another item"))
    sign_prepared(scene.checklist, scene.omar)
    edition = sign_reviewed(scene.checklist, scene.ines)

    data = b"".join(bundle_of_edition(edition).chunks())

    archive = zipfile.ZipFile(io.BytesIO(data))
    name = f"proxy-01_1.0/evidence/{event.payload['sha256'][:8]}_screen.png"
    assert archive.read(name) == files.read(event.payload["sha256"])
    found = verify.check_bundle(verify.zip_parts(io.BytesIO(data)))
    assert "2 files of evidence are those that were signed." in " ".join(f.en for f in found)

    unpacked = {entry: archive.read(entry) for entry in archive.namelist() if entry != name}
    entries = [(p, len(d), verify.sha256(d)) for p, d in unpacked.items() if p != verify.MANIFEST]
    editions = json.loads(unpacked[verify.MANIFEST])["editions"]
    unpacked[verify.MANIFEST] = verify.manifest_of(sorted(entries), editions)
    found = verify.check_bundle(verify.Parts(sorted(unpacked), unpacked.__getitem__))
    assert [f.en.partition(": ")[2] for f in found if not f.holds] == [
        "evidence that was signed is not here: screen.png, screen.png"
    ]


def test_the_pdf_lists_it_with_item_caption_and_hash(real_files, pdf_text):
    scene = Scene(at="worked")
    event = added(scene, caption="設定後の画面")
    sign_prepared(scene.checklist, scene.omar)
    edition = sign_reviewed(scene.checklist, scene.ines)

    pdf = files.read(next(f for f in edition.files if f["name"].endswith("_ja.pdf"))["sha256"])

    text = "".join(pdf_text(pdf).split())
    assert "screen.png–設定後の画面" in text
    assert event.payload["sha256"] in text


def test_a_purge_leaves_what_proves_another_rollout_too(scene, django_capture_on_commit_callbacks):
    event = added(scene)
    other = make_checklist(make_rollout(scene.omar, name="other"), scene.omar, name="other")
    prove(other, by=scene.omar, op_id=op("other"))

    with django_capture_on_commit_callbacks(execute=True):
        purge(rollout_id=scene.rollout.pk, reason="retention", by="test")

    assert files.path_of(event.payload["sha256"]).exists()


def test_a_file_that_is_added_again_while_a_purge_commits_stays(
    scene, django_capture_on_commit_callbacks
):
    event = added(scene)
    other = make_checklist(make_rollout(scene.omar, name="other"), scene.omar, name="other")

    with django_capture_on_commit_callbacks() as after_commit:
        purge(rollout_id=scene.rollout.pk, reason="retention", by="test")
    prove(other, by=scene.omar, op_id=op("other"))
    for callback in after_commit:
        callback()

    assert files.path_of(event.payload["sha256"]).exists()


def test_a_purge_takes_the_files_along_also_what_came_late(
    django_capture_on_commit_callbacks,
):
    scene = Scene(at="worked")
    event = added(scene)
    shared = files.path_of(event.payload["sha256"])
    own = files.path_of(added(scene, name="a.txt", data=b"own").payload["sha256"])
    sign_prepared(scene.checklist, scene.omar)
    late = added(scene, name="b.txt", data=b"late")

    with django_capture_on_commit_callbacks(execute=True):
        purge(rollout_id=scene.rollout.pk, reason="retention", by="test")

    assert not own.exists() and not shared.exists()
    assert not files.path_of(late.payload["sha256"]).exists()
    assert not files.path_of(event.effect["thumbnail"]).exists()


# Pages


def page_of(scene, tracking_id="A-1"):
    return reverse("checklists:evidence", args=[scene.id, tracking_id])


def upload(name="screen.png", data=None):
    file = io.BytesIO(picture() if data is None else data)
    file.name = name
    return file


def test_the_page_of_an_item_lists_its_files_and_takes_new_ones(scene):
    client = client_of(scene.omar)

    response = client.post(
        page_of(scene),
        {"op_id": op("u"), "caption": "画面", "file": [upload(), upload("b.txt", b"b")]},
        follow=True,
    )

    said = text_of(response)
    assert "Added 2 files." in said
    assert "画面" in said and "b.txt" in said
    assert Evidence.objects.first().sha256 in said
    shown = client.get(scene.checklist.get_absolute_url()).content.decode()
    assert shown.count("/thumbnail/") == 1


def test_a_form_that_is_sent_twice_adds_once(scene):
    client = client_of(scene.omar)

    for _time in range(2):
        client.post(page_of(scene), {"op_id": op("u"), "file": [upload(), upload("b.txt", b"b")]})

    assert Evidence.objects.count() == 2
    assert scene.checklist.events.filter(kind="evidence_added").count() == 2


def test_what_can_be_taken_is_and_the_rest_is_named(scene):
    response = client_of(scene.omar).post(
        page_of(scene),
        {"op_id": op("u"), "file": [upload(), upload("x.exe", b"MZ\x00"), upload("e.png", b"")]},
    )

    said = text_of(response)
    assert response.status_code == 422
    assert "x.exe: This kind of file is not taken." in said
    assert "e.png: The file is empty." in said
    assert Evidence.objects.count() == 1


@pytest.mark.parametrize("fields", [{}, {"op_id": "no"}, {"op_id": op("x")}])
def test_a_form_that_is_not_whole_is_said_and_adds_nothing(scene, fields):
    response = client_of(scene.omar).post(page_of(scene), fields, follow=True)

    said = text_of(response)
    assert "Choose a file." in said or "not complete" in said
    assert not Evidence.objects.exists()


def test_files_that_are_too_much_together_are_refused_unread(scene, monkeypatch):
    monkeypatch.setattr("checklists.views.evidence.MOST_AT_ONCE", 100)

    response = client_of(scene.omar).post(
        page_of(scene), {"op_id": op("u"), "file": upload()}, follow=True
    )

    assert "too large together" in text_of(response)
    assert not Evidence.objects.exists()


def test_a_script_gets_the_files_of_the_item_as_they_are_now(scene):
    response = client_of(scene.omar).post(
        page_of(scene), {"op_id": op("u"), "file": upload()}, headers={"Accept": "application/json"}
    )

    answer = response.json()
    assert (answer["outcome"], answer["messages"]) == ("applied", [])
    assert 'class="proofs"' in answer["evidence"] and "/thumbnail/" in answer["evidence"]
    assert answer["seq"] == scene.checklist.events.last().seq


def test_a_script_of_somebody_who_may_not_is_told_so(scene):
    response = client_of(scene.ines).post(
        page_of(scene), {"op_id": op("u"), "file": upload()}, headers={"Accept": "application/json"}
    )

    assert response.status_code == 403
    assert response.json()["messages"]


def test_others_see_a_new_file_without_loading_the_page_again(scene):
    seq = scene.checklist.events.last().seq
    added(scene)

    answer = client_of(scene.ines).get(url("changes", scene), {"after": seq}).json()

    assert "/thumbnail/" in answer["items"]["1"]


def test_a_file_is_served_as_what_it_is_and_can_do_nothing(scene):
    client = client_of(scene.ines)
    shown = added(scene)
    saved = added(scene, name="表.csv", data=b"<script>x()</script>,1")

    picture_, text, small = (
        client.get(reverse(f"checklists:{name}", args=[scene.id, event.op_id]))
        for name, event in (
            ("evidence_file", shown),
            ("evidence_file", saved),
            ("evidence_thumbnail", shown),
        )
    )

    assert picture_["Content-Disposition"] == 'inline; filename="screen.png"'
    assert text["Content-Disposition"].startswith("attachment; filename*=utf-8''%E8%A1%A8.csv")
    assert (picture_["Content-Type"], small["Content-Type"]) == ("image/png", "image/webp")
    for answer in (picture_, text, small):
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "private" in answer["Cache-Control"]


def test_a_text_has_no_small_picture_and_a_lost_file_is_404(scene):
    event = added(scene, name="a.txt", data=b"a")
    client = client_of(scene.omar)
    file, small = (
        reverse(f"checklists:{name}", args=[scene.id, event.op_id])
        for name in ("evidence_file", "evidence_thumbnail")
    )
    assert client.get(small).status_code == 404

    files.path_of(event.payload["sha256"]).unlink()

    assert client.get(file).status_code == 404


def test_the_file_of_another_checklist_is_404(scene):
    other = make_checklist(scene.rollout, scene.omar, name="other", host="proxy-02")
    event = prove(other, by=scene.omar)

    for name in ("evidence_file", "evidence_thumbnail"):
        address = reverse(f"checklists:{name}", args=[scene.id, event.op_id])
        assert client_of(scene.omar).get(address).status_code == 404


def test_a_file_is_removed_on_its_page_and_named_in_the_history(scene):
    event = added(scene)
    client = client_of(scene.omar)

    response = client.post(
        reverse("checklists:remove_evidence", args=[scene.id, event.op_id]),
        {"op_id": op("rm")},
        follow=True,
    )

    assert "Removed screen.png. It is kept in the history." in text_of(response)
    history = text_of(client.get(url("history", scene)))
    assert "No. 1: added evidence." in history and "No. 1: removed evidence." in history


def test_readers_see_the_page_without_a_form(scene):
    added(scene)

    page = client_of(scene.ines).get(page_of(scene)).content.decode()

    assert "screen.png" in page
    assert 'type="file"' not in page


@pytest.mark.parametrize("number", [1, 30])
def test_the_pages_take_as_many_queries_however_many_files_there_are(
    scene, number, django_assert_num_queries
):
    for each in range(number):
        added(scene, name=f"{each}.txt", data=b"%d" % each)
    client = client_of(scene.omar)
    client.get(page_of(scene))

    with django_assert_num_queries(10):
        client.get(page_of(scene))
    with django_assert_num_queries(11):
        client.get(scene.checklist.get_absolute_url())


def test_work_off_and_evidence_go_together(scene):
    added(scene)

    work_off(scene.checklist, scene.omar)

    assert wrong_in(scene) == []
