"""The company's own notes: what is markup, pictures, two engineers at once, who may."""

import hashlib
import io
import threading
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image, PngImagePlugin

from advisories import pictures
from advisories.actions import publish
from advisories.models import Advisory, LocalNote, LocalNoteVersion, NotePicture
from advisories.note_actions import MOST_PICTURES, NoteConflict, add_picture, save_note
from advisories.notes import blocks, frozen_note, plain
from advisories.pictures import PictureRefused, clean
from portal.roles import Role
from tests.factory import load_fixture_catalogue, make_advisory, make_user
from tests.support.editing import sign_in


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def advisory():
    return make_advisory("ADV-1")


@pytest.fixture
def omar():
    return make_user(Role.ENGINEER)


def png(size=(40, 30), mode="RGB", colour=None, **options):
    return file_of(Image.new(mode, size, colour), "PNG", **options)


def file_of(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(data):
    return Image.open(io.BytesIO(data))


def save(advisory, text, by, *, seen=None, pictures=()):
    note = LocalNote.objects.filter(advisory=advisory).first()
    seen = (note.version if note else 0) if seen is None else seen
    return save_note(
        advisory=advisory, text=text, pictures=list(pictures), expected_version=seen, by=by
    )


# What is markup


def code(*lines):
    return {"kind": "code", "lines": list(lines)}


def text(*lines):
    return {"kind": "text", "lines": list(lines)}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", []),
        ("  \n\n", []),
        ("ssh で入る", [text("ssh で入る")]),
        ("一行\n二行", [text("一行", "二行")]),
        ("一段\n\n二段", [text("一段", "", "二段")]),
        ("    ls -l", [code("ls -l")]),
        ("    a\n      b", [code("a", "  b")]),
        ("    a\n\n    b", [code("a", "", "b")]),
        ("見る:\n    ls\n次:", [text("見る:"), code("ls"), text("次:")]),
        ("見る:\n\n    ls\n\n次", [text("見る:"), code("ls"), text("次")]),
        ("   three", [text("   three")]),
        ("\ttab", [text("\ttab")]),
        ("```\nls\n```", [code("ls")]),
        ("```sh\nls\n\npwd\n```", [code("ls", "", "pwd")]),
        ("```\n    indented\n```", [code("    indented")]),
        ("```\na\n```\n```\nb\n```", [code("a"), code("b")]),
        ("前\n```\nls\n```\n後", [text("前"), code("ls"), text("後")]),
        ("```\nnever closed", [code("never closed")]),
        ("```", []),
        ("``not a fence``", [text("``not a fence``")]),
        ("# not a heading\n* nor a list <b>", [text("# not a heading", "* nor a list <b>")]),
    ],
)
def test_nothing_but_code_is_markup(typed, expected):
    assert blocks(typed) == expected


def test_no_line_with_something_on_it_is_ever_lost():
    typed = "a\n    b\n\n```\nc\n```\n\n\n    d\n\n e\n```\n\nf"

    shown = [line.strip() for block in blocks(typed) for line in block["lines"] if line.strip()]

    assert shown == list("abcdef")


# Saving


@pytest.mark.django_db
def test_a_note_is_saved_with_who_and_when_and_each_version_is_kept(advisory, omar):
    save(advisory, "一", omar)
    note = save(advisory, "二", omar)

    assert (note.version, note.text, note.saved_by) == (2, "二", omar)
    kept = LocalNoteVersion.objects.order_by("number").values_list("number", "text")
    assert list(kept) == [(1, "一"), (2, "二")]


@pytest.mark.django_db
def test_saving_what_is_there_already_makes_no_version(advisory, omar):
    save(advisory, "一", omar)

    assert save(advisory, "一", omar).version == 1
    assert LocalNoteVersion.objects.count() == 1


@pytest.mark.django_db
def test_an_empty_note_is_none_until_there_was_one(advisory, omar):
    assert save(advisory, " ", omar) is None

    save(advisory, "一", omar)
    assert save(advisory, "", omar).version == 2
    assert frozen_note([advisory.pk]) == {}


@pytest.mark.django_db
def test_a_note_written_from_an_older_version_is_a_conflict(advisory, omar):
    save(advisory, "一", omar)
    save(advisory, "二", omar)

    with pytest.raises(NoteConflict) as conflict:
        save(advisory, "三", omar, seen=1)

    assert conflict.value.current.text == "二"
    assert LocalNote.objects.get().version == 2


@pytest.mark.django_db
def test_the_first_note_can_be_a_conflict_too(advisory, omar):
    save(advisory, "一", omar)

    with pytest.raises(NoteConflict):
        save(advisory, "別", omar, seen=0)


def test_of_two_first_notes_at_the_same_moment_one_is_a_conflict(committed_db):
    advisory, omar = make_advisory("ADV-1"), make_user(Role.ENGINEER)
    start = threading.Barrier(2)
    outcomes = []

    def write(words):
        try:
            start.wait(timeout=20)
            save(advisory, words, omar, seen=0)
            outcomes.append("saved")
        except NoteConflict:
            outcomes.append("conflict")
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(words,)) for words in ("一", "二")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=30)

    assert sorted(outcomes) == ["conflict", "saved"]
    assert LocalNoteVersion.objects.count() == 1


@pytest.mark.django_db
def test_two_people_who_write_the_same_are_no_conflict(advisory, omar):
    save(advisory, "一", omar)

    assert save(advisory, "一", omar, seen=0).version == 1


@pytest.mark.django_db
def test_what_a_note_cannot_be_is_refused(advisory, omar):
    with pytest.raises(ValidationError):
        save(advisory, "x" * 20_001, omar)
    with pytest.raises(ValidationError):
        save(advisory, "x", omar, pictures=[{"sha256": "0" * 64, "caption": ""}])
    picture = {"sha256": add_picture(data=png(), by=omar).sha256, "caption": ""}
    with pytest.raises(ValidationError):
        save(advisory, "x", omar, pictures=[picture] * (MOST_PICTURES + 1))
    assert not LocalNote.objects.exists()


@pytest.mark.django_db
def test_publishing_and_loading_never_touch_a_note(omar):
    load_fixture_catalogue()
    advisory = Advisory.objects.first()
    save(advisory, "社内手順", omar)

    Advisory.objects.filter(pk=advisory.pk).update(title_ja="別")
    publish(advisory=advisory, by=None)
    load_fixture_catalogue()

    assert LocalNote.objects.get().text == "社内手順"
    assert "社内手順" not in str(advisory.revisions.first().content)


# Frozen


@pytest.mark.django_db
def test_a_frozen_note_is_plain_json_with_all_that_is_shown(advisory, omar):
    sha256 = add_picture(data=png(), by=omar).sha256
    note = save(advisory, "見る:\n    ls", omar, pictures=[{"sha256": sha256, "caption": "画面"}])

    assert frozen_note([advisory.pk]) == {
        advisory.pk: {
            "version": 1,
            "by": "Omar Engineer",
            "at": note.saved_at.isoformat(timespec="seconds"),
            "blocks": [text("見る:"), code("ls")],
            "pictures": [
                {
                    "sha256": sha256,
                    "type": "image/png",
                    "width": 40,
                    "height": 30,
                    "caption": "画面",
                }
            ],
        }
    }


@pytest.mark.django_db
def test_freezing_takes_one_query_however_many_notes_there_are(omar, django_assert_num_queries):
    advisories = [make_advisory() for _ in range(5)]
    sha256 = add_picture(data=png(), by=omar).sha256
    for advisory in advisories:
        save(advisory, "x", omar, pictures=[{"sha256": sha256, "caption": ""}])

    with django_assert_num_queries(1):
        assert len(frozen_note([a.pk for a in advisories])) == 5


@pytest.mark.django_db
def test_a_frozen_note_does_not_follow_the_note(advisory, omar):
    frozen = plain(save(advisory, "一", omar))

    save(advisory, "二", omar)

    assert frozen["blocks"] == [text("一")]


# Pictures


def test_a_picture_is_stored_once_under_its_hash(media):
    picture = clean(png())

    pictures.store(picture)
    pictures.store(clean(png()))

    files = [path for path in (media / "notes").rglob("*") if path.is_file()]
    assert [path.name for path in files] == [hashlib.sha256(picture.data).hexdigest()]
    assert pictures.read(picture.sha256) == picture.data


def test_a_stored_picture_that_was_changed_is_noticed():
    picture = clean(png())
    pictures.store(picture)
    pictures.path_of(picture.sha256).write_bytes(b"other")

    with pytest.raises(pictures.FileChanged):
        pictures.read(picture.sha256)


def test_place_camera_and_comments_are_removed():
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker"
    exif.get_ifd(0x8825)[1] = "N"
    photo = file_of(Image.new("RGB", (40, 30)), "JPEG", exif=exif, comment=b"secret place")
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "secret name")

    cleaned = [clean(photo).data, clean(png(pnginfo=info)).data]

    assert b"CameraMaker" in photo and b"secret place" in photo
    for data in cleaned:
        assert b"CameraMaker" not in data and b"secret" not in data
        assert not opened(data).getexif()


def test_a_photo_that_was_taken_sideways_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = file_of(Image.new("RGB", (40, 30)), "JPEG", exif=exif)

    assert (clean(photo).width, clean(photo).height) == (30, 40)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (png(), "PNG"),
        (png(mode="RGBA"), "PNG"),
        (png(mode="P"), "PNG"),
        (png(mode="L"), "PNG"),
        (png(mode="1"), "PNG"),
        (png(mode="I;16"), "PNG"),
        (file_of(Image.new("CMYK", (40, 30)), "JPEG"), "JPEG"),
        (file_of(Image.new("RGBA", (40, 30)), "WEBP"), "PNG"),
        (file_of(Image.new("P", (40, 30)), "GIF"), "PNG"),
    ],
)
def test_a_picture_of_any_common_kind_becomes_png_or_jpeg(data, kind):
    picture = clean(data)

    assert opened(picture.data).format == kind
    assert picture.type == f"image/{kind.lower()}"
    assert (picture.width, picture.height) == (40, 30)


def test_what_is_transparent_stays_so():
    data = png(mode="RGBA", colour=(255, 0, 0, 0))

    assert opened(clean(data).data).getpixel((0, 0)) == (255, 0, 0, 0)


def test_a_large_picture_is_made_smaller():
    picture = clean(png(size=(4800, 1000)))

    assert (picture.width, picture.height) == (2400, 500)


def huge_png():
    """A PNG of a few hundred bytes that says it is 50,000 pixels wide and high."""
    data = bytearray(png())
    data[16:24] = (50_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"GIF89a<script>",
        png()[:40],
        file_of(Image.new("RGB", (4, 4)), "BMP"),
        file_of(Image.new("RGB", (4, 4)), "TIFF"),
        huge_png(),
        png(size=(8000, 5001), mode="1"),
        b"x" * (5 * 1024 * 1024 + 1),
    ],
)
def test_what_is_no_picture_that_can_be_kept_is_refused(data):
    with pytest.raises(PictureRefused):
        clean(data)


def test_what_is_hidden_behind_a_picture_is_not_kept():
    data = png() + b"<script>alert(1)</script>"

    assert b"script" not in clean(data).data


# The page


@pytest.fixture
def engineer(client):
    sign_in(client, Role.ENGINEER, "kei")
    client.cookies["django_language"] = "en"
    return client


NOTE = reverse("advisories:note_edit", args=["ADV-1"])
PAGE = reverse("advisories:advisory_detail", args=["ADV-1"])


def sent(answer, **fields):
    """The form as a browser sends it back."""
    form = answer.context["form"]
    data = {"version": form["version"].value(), "text": form["text"].value() or ""}
    data["picture"] = [picture["sha256"] for picture in form.pictures]
    data |= {f"caption-{picture['sha256']}": picture["caption"] for picture in form.pictures}
    return data | fields


def picture_file(data=None, name="screen.png"):
    return SimpleUploadedFile(name, png() if data is None else data)


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.ENGINEER, Role.EDITOR])
def test_engineers_and_editors_write_notes(client, advisory, role):
    sign_in(client, role)

    answer = client.post(NOTE, sent(client.get(NOTE), text="一"), follow=True)

    assert LocalNote.objects.get().text == "一"
    assert answer.redirect_chain[-1][0] == f"{PAGE}#local-note"


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.READER])
def test_others_read_them(client, advisory, omar, role):
    save(advisory, "社内手順", omar)
    sign_in(client, role)

    assert "社内手順" in client.get(PAGE).content.decode()
    assert NOTE not in client.get(PAGE).content.decode()
    assert client.get(NOTE).status_code == 403
    assert client.post(NOTE, {"version": 1, "text": "x"}).status_code == 403


@pytest.mark.django_db
def test_strangers_never_see_a_note_of_a_public_catalogue(client, advisory, omar):
    save(advisory, "社内手順", omar)

    assert client.get(PAGE).status_code == 200
    assert "社内手順" not in client.get(PAGE).content.decode()
    assert client.get(NOTE).status_code == 302


@pytest.mark.django_db
def test_a_note_on_a_draft_or_on_nothing_is_not_found(engineer):
    make_advisory("ADV-2", published=False)

    for name in ("ADV-2", "ADV-9"):
        assert engineer.get(reverse("advisories:note_edit", args=[name])).status_code == 404


@pytest.mark.django_db
def test_commands_and_texts_are_shown_and_nothing_runs(engineer, advisory, omar):
    save(advisory, "<b>見る</b>:\n    rm -rf <dir>\n    ls", omar)

    page = engineer.get(PAGE).content.decode()

    assert '<p class="user-text">&lt;b&gt;見る&lt;/b&gt;:</p>' in page
    assert '<pre class="code"><code>rm -rf &lt;dir&gt;&#10;ls</code></pre>' in page


@pytest.mark.django_db
def test_line_breaks_of_the_browser_are_no_change(engineer, advisory):
    engineer.post(NOTE, {"version": 0, "text": "    a\r\nb\r\n"})
    engineer.post(NOTE, {"version": 1, "text": "    a\nb"})

    assert LocalNote.objects.get().version == 1
    assert LocalNote.objects.get().text == "    a\nb"


@pytest.mark.django_db
def test_pictures_are_added_captioned_and_removed(engineer, advisory):
    new = {"file_1": picture_file(), "caption_1": "画面 1"}
    engineer.post(NOTE, sent(engineer.get(NOTE)) | new)
    engineer.post(NOTE, sent(engineer.get(NOTE)) | {"file_2": picture_file(png(size=(8, 8)))})
    first, second = LocalNote.objects.get().pictures

    assert (first["caption"], first["width"]) == ("画面 1", 40)
    assert (second["caption"], second["width"]) == ("", 8)
    names = {f"caption-{second['sha256']}": "画面 2", f"remove-{first['sha256']}": "on"}
    engineer.post(NOTE, sent(engineer.get(NOTE)) | names)

    note = LocalNote.objects.get()
    assert [picture["caption"] for picture in note.pictures] == ["画面 2"]
    assert NotePicture.objects.count() == 2
    assert len(LocalNoteVersion.objects.get(number=2).pictures) == 2


@pytest.mark.django_db
def test_the_second_of_two_engineers_gets_both_texts_and_loses_nothing(engineer, advisory, omar):
    form = engineer.get(NOTE)
    theirs = add_picture(data=png(size=(8, 8)), by=omar)
    save(advisory, "先の手順", omar, pictures=[{"sha256": theirs.sha256, "caption": "先"}])

    mine = {"text": "私の手順", "file_1": picture_file(), "caption_1": "私"}
    answer = engineer.post(NOTE, sent(form) | mine)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "先の手順" in page and "私の手順" in page
    assert LocalNote.objects.get().text == "先の手順"
    engineer.post(NOTE, sent(answer))
    note = LocalNote.objects.get()
    assert (note.version, note.text) == (2, "私の手順")
    assert [picture["caption"] for picture in note.pictures] == ["私", "先"]
    assert LocalNoteVersion.objects.get(number=1).text == "先の手順"


@pytest.mark.django_db
def test_a_refused_form_keeps_the_picture_that_came_with_it(engineer, advisory):
    new = {"text": "bell \x07", "file_1": picture_file(), "caption_1": "画面"}

    answer = engineer.post(NOTE, sent(engineer.get(NOTE)) | new)

    assert "control character" in answer.content.decode()
    assert [picture["caption"] for picture in answer.context["form"].pictures] == ["画面"]
    assert answer.context["form"]["caption_1"].value() == ""
    engineer.post(NOTE, sent(answer, text="良い"))
    assert len(LocalNote.objects.get().pictures) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"text": "x" * 20_001}, "at most 20000 characters"),
        ({"text": "a\0"}, "Null characters"),
        ({"version": "x"}, "whole number"),
        ({"file_1": b"no picture"}, "The file is no picture that can be read."),
        ({"file_2": b"x" * (5 * 1024 * 1024 + 1)}, "larger than 5 MB"),
        ({"caption_1": "x" * 201}, "at most 200 characters"),
    ],
)
def test_what_cannot_be_saved_is_said_in_words(engineer, advisory, fields, message):
    fields = {
        name: picture_file(value) if isinstance(value, bytes) else value
        for name, value in fields.items()
    }

    answer = engineer.post(NOTE, sent(engineer.get(NOTE)) | {"text": "x"} | fields)

    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert not LocalNote.objects.exists()


@pytest.mark.django_db
def test_a_forged_picture_is_left_out(engineer, advisory):
    engineer.post(NOTE, {"version": 0, "text": "x", "picture": ["0" * 64, "../../etc", "a\0"]})

    assert LocalNote.objects.get().pictures == []


@pytest.mark.django_db
def test_the_history_shows_what_earlier_versions_said(engineer, advisory, omar):
    save(advisory, "最初の手順", omar)
    save(advisory, "今の手順", omar)

    assert "最初の手順" in engineer.get(NOTE).content.decode()


@pytest.mark.django_db
def test_the_pages_take_the_same_queries_however_long_the_history_is(
    engineer, advisory, omar, django_assert_num_queries
):
    sha256 = add_picture(data=png(), by=omar).sha256
    save(advisory, "0", omar)
    with django_assert_num_queries(6):
        engineer.get(NOTE)
    with CaptureQueriesContext(connection) as short:
        engineer.get(PAGE)
    for number in range(1, 5):
        pictures_now = [{"sha256": sha256, "caption": str(number)}]
        save(advisory, str(number), omar, pictures=pictures_now)

    with django_assert_num_queries(6):
        engineer.get(NOTE)
    with django_assert_num_queries(len(short)):
        engineer.get(PAGE)


# Pictures as they are served


def address(sha256):
    return reverse("advisories:note_picture", args=[sha256])


@pytest.mark.django_db
def test_a_picture_is_served_as_nothing_but_a_picture(engineer, omar):
    picture = add_picture(data=png(), by=omar)

    answer = engineer.get(address(picture.sha256))

    assert answer.content == pictures.read(picture.sha256)
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Content-Disposition"].startswith('inline; filename="')
    assert "private" in answer["Cache-Control"]


@pytest.mark.django_db
def test_a_picture_is_for_people_with_an_account(client, omar):
    picture = add_picture(data=png(), by=omar)

    assert client.get(address(picture.sha256)).status_code == 302


@pytest.mark.django_db
def test_a_picture_that_is_gone_or_was_changed_is_not_found(engineer, omar):
    picture = add_picture(data=png(), by=omar)
    path = pictures.path_of(picture.sha256)

    path.write_bytes(b"other")
    assert engineer.get(address(picture.sha256)).status_code == 404
    path.unlink()
    assert engineer.get(address(picture.sha256)).status_code == 404
    assert engineer.get(address("0" * 64)).status_code == 404
    assert engineer.post(address(picture.sha256)).status_code == 405
