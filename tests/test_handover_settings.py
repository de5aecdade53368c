"""How hand-overs look: set on one admin page, frozen with the engineer's signature."""

import io
import json

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation
from PIL import Image

from checklists import files
from checklists.actions import Stale, prepare, withdraw
from checklists.content import content_of
from checklists.models import Checklist, HandoverSettings
from checklists.numbering import EXAMPLE, LENGTH, document_number, validate_pattern
from checklists.pictures import (
    LOGO_BYTES,
    LOGO_SIZE,
    SCAN_BYTES,
    NotUsable,
    clean_logo,
    clean_scan,
)
from checklists.verification import findings
from portal.roles import Role
from tests.factory import make_superuser
from tests.support.customers import picture
from tests.support.pages import client_of, hidden, url
from tests.support.rollouts import (
    Scene,
    op,
    open_edition,
    person,
    quick_files,
    seen,
    sign_prepared,
    sign_reviewed,
)

KEYS = {"company", "logo_sha256", "document_number", "signature", "calendar", "classification"}
KEYS |= {"local_notes"}


def handover(scene):
    return content_of(scene.checklist, open_edition(scene.checklist))["handover"]


def save(**fields):
    settings = HandoverSettings.current()
    for name, value in fields.items():
        setattr(settings, name, value)
    settings.full_clean()
    settings.save()
    return settings


# The document number


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("{project_number}-{host}-{edition}", "P-2026-118-proxy01-1.0"),
        ("DOC/{year}{month}{day}/{checklist}/{edition}", "DOC/20261124/0d3f6e1c/1.0"),
        ("{{{edition}}}", "{1.0}"),
        ("  {host}\n{edition} ", "proxy01 1.0"),
    ],
)
def test_a_pattern_gives_a_number(pattern, number):
    validate_pattern(pattern)

    assert document_number(pattern, EXAMPLE) == number


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("{project_number}-{host}-{edition}", "proxy01-1.0"),
        ("{host}-{project_number}-{edition}", "proxy01-1.0"),
        ("{edition}_{project_number}", "1.0"),
    ],
)
def test_what_is_not_known_takes_its_separator_with_it(pattern, number):
    assert document_number(pattern, EXAMPLE | {"project_number": ""}) == number


def test_a_number_is_one_line_of_bounded_length():
    number = document_number("{host}-{edition}", EXAMPLE | {"host": "W" * 300})

    assert len(number) == LENGTH


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "fixed",
        "{host}",
        "{edition",
        "edition}",
        "{edition}{nothing}",
        "{edition}{}",
        "{edition}{0}",
        "{edition!r}",
        "{edition:>9999999}",
        "{edition}{host.__class__}",
        "{edition}{host[0]}",
    ],
)
def test_other_patterns_are_refused(pattern):
    with pytest.raises(ValidationError):
        validate_pattern(pattern)


# Pictures


def test_a_logo_becomes_a_small_png_without_metadata():
    exif = Image.Exif()
    exif[0x010F] = "SECRET CAMERA"

    cleaned = clean_logo(picture("JPEG", size=(3000, 1500), exif=exif))

    found = Image.open(io.BytesIO(cleaned))
    assert found.format == "PNG"
    assert found.width <= LOGO_SIZE[0]
    assert found.height <= LOGO_SIZE[1]
    assert b"SECRET CAMERA" not in cleaned


def test_a_scan_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side

    scan = clean_scan(picture("JPEG", size=(60, 40), exif=exif))

    assert Image.open(io.BytesIO(scan.data)).size == (40, 60)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_is_taken(mode):
    written = io.BytesIO()
    Image.new(mode, (30, 20)).save(written, "PNG")

    assert clean_logo(written.getvalue()).startswith(b"\x89PNG")
    assert clean_scan(written.getvalue()).extension == "png"


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_every_kind_of_jpeg_is_taken(mode):
    written = io.BytesIO()
    Image.new(mode, (30, 20)).save(written, "JPEG")

    assert clean_scan(written.getvalue()).extension == "jpg"


def test_a_pdf_stays_as_it_is():
    data = b"%PDF-1.7 anything"

    assert (clean_scan(data).data, clean_scan(data).extension) == (data, "pdf")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + b"\0" * 50,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        picture()[:60],
        picture("JPEG")[:200],
        b"\x89PNG\r\n\x1a\n",
        b"MZ" + b"\0" * 100,
    ],
)
def test_what_is_no_picture_is_refused_in_words(data):
    for clean in (clean_logo, clean_scan):
        with pytest.raises(NotUsable):
            clean(data)


def test_sizes_have_bounds():
    exactly = b"%PDF-" + b"x" * (SCAN_BYTES - 5)
    assert clean_scan(exactly)
    with pytest.raises(NotUsable):
        clean_scan(exactly + b"x")
    with pytest.raises(NotUsable):
        clean_logo(b"\x89PNG" + b"x" * LOGO_BYTES)


@pytest.mark.parametrize("side", [7200, 11000, 20000])
def test_a_picture_that_unpacks_to_very_much_is_refused_before_it_is_unpacked(side):
    written = io.BytesIO()
    Image.new("1", (side, side)).save(written, "PNG")

    with pytest.raises(NotUsable):
        clean_scan(written.getvalue())


# Frozen with the signature


@pytest.mark.django_db
def test_a_draft_follows_the_settings_and_has_exactly_these_keys():
    scene = Scene()
    assert handover(scene) == {
        "company": "",
        "logo_sha256": None,
        "document_number": "P-1-proxy-01-1.0",
        "signature": "seal",
        "calendar": "western",
        "classification": "",
        "local_notes": False,
    }

    save(company="Integrator KK", number_pattern="{year}-{edition}", calendar="japanese")

    assert handover(scene).keys() == KEYS
    assert handover(scene)["company"] == "Integrator KK"
    assert handover(scene)["document_number"].endswith("-1.0")


@pytest.mark.django_db
def test_what_was_signed_keeps_its_settings_whatever_is_set_later(monkeypatch):
    quick_files(monkeypatch)
    scene = Scene(at="worked")
    save(company="Then KK", classification="Confidential")
    sign_prepared(scene.checklist, scene.omar)
    save(company="Now KK", classification="")

    assert handover(scene)["company"] == "Then KK"
    edition = sign_reviewed(scene.checklist, scene.ines)

    assert json.loads(edition.content)["handover"]["company"] == "Then KK"
    assert json.loads(edition.content)["handover"]["classification"] == "Confidential"
    assert findings(Checklist.objects.get()) == []


@pytest.mark.django_db
def test_after_a_withdrawal_the_settings_of_now_count_again():
    scene = Scene(at="prepared")
    save(company="Now KK")

    withdraw(checklist_id=scene.id, op_id=op("w"), by=scene.omar)

    assert handover(scene)["company"] == "Now KK"


@pytest.mark.django_db
def test_settings_that_change_between_page_and_signature_are_a_409():
    scene = Scene(at="worked")
    shown = seen(scene.checklist)
    client = client_of(scene.omar)
    fields = hidden(client.get(url("prepare", scene)))
    save(classification="Confidential")

    with pytest.raises(Stale):
        prepare(checklist_id=scene.id, op_id=op("p"), seen=shown, by=scene.omar)
    assert client.post(url("prepare", scene), fields).status_code == 409


@pytest.mark.django_db
def test_a_lost_logo_of_an_issued_edition_is_found(monkeypatch):
    quick_files(monkeypatch)
    scene = Scene(at="worked")
    save(logo_sha256=files.store(clean_logo(picture(size=(31, 17)))))
    sign_prepared(scene.checklist, scene.omar)
    sign_reviewed(scene.checklist, scene.ines)
    assert findings(Checklist.objects.get()) == []

    files.path_of(HandoverSettings.current().logo_sha256).unlink()

    with translation.override("en"):
        assert "the stored file logo is not there" in " ".join(findings(Checklist.objects.get()))


@pytest.mark.django_db
def test_there_is_one_row_at_most():
    save(company="A")

    with pytest.raises(IntegrityError), transaction.atomic():
        HandoverSettings(id=2).save(force_insert=True)


# The admin's page

CHANGE = "admin:checklists_handoversettings_change"
FIELDS = {
    "company": "Integrator KK",
    "number_pattern": "{host}-{edition}",
    "signature": "sign",
    "calendar": "japanese",
    "classification": "Confidential",
}


@pytest.fixture
def admin(db, client):
    client.force_login(make_superuser(language="en"))
    return client


def upload(data, name="logo.png"):
    return SimpleUploadedFile(name, data)


def test_the_one_page_stands_for_the_list_and_nothing_is_added_or_deleted(admin):
    listed = reverse("admin:checklists_handoversettings_changelist")

    assert "number_pattern" in admin.get(listed).content.decode()
    assert admin.get(reverse(CHANGE, args=[1])).status_code == 200
    assert admin.get(reverse("admin:checklists_handoversettings_add")).status_code == 403
    delete = reverse("admin:checklists_handoversettings_delete", args=[1])
    assert admin.post(delete, {"post": "yes"}).status_code == 403
    assert not HandoverSettings.objects.exists()


def test_it_is_saved_from_either_address_and_comes_back_to_the_list(admin):
    listed = reverse("admin:checklists_handoversettings_changelist")

    assert admin.post(listed, FIELDS).url == listed
    assert admin.post(reverse(CHANGE, args=[1]), FIELDS | {"company": "KK"}).url == listed
    assert HandoverSettings.current().company == "KK"


def test_another_number_is_no_page(admin):
    assert admin.get(reverse(CHANGE, args=[2])).status_code == 302


def test_the_settings_are_saved_with_a_logo_that_the_page_shows(admin):
    answered = admin.post(
        reverse(CHANGE, args=[1]), FIELDS | {"logo": upload(picture("JPEG"), "logo.gif")}
    )

    settings = HandoverSettings.current()
    assert answered.status_code == 302
    assert (settings.company, settings.signature, settings.calendar) == (
        "Integrator KK",
        "sign",
        "japanese",
    )
    logo = reverse("admin:checklists_handover_logo")
    assert logo in admin.get(reverse(CHANGE, args=[1])).content.decode()
    given = admin.get(logo)
    assert given["Content-Type"] == "image/png"
    assert given.content == files.read(settings.logo_sha256)


def test_a_logo_stays_until_another_one_comes_or_it_is_ticked_away(admin):
    page = reverse(CHANGE, args=[1])
    admin.post(page, FIELDS | {"logo": upload(picture())})
    first = HandoverSettings.current().logo_sha256

    admin.post(page, FIELDS)
    assert HandoverSettings.current().logo_sha256 == first
    admin.post(page, FIELDS | {"logo": upload(picture(size=(5, 5)))})
    assert HandoverSettings.current().logo_sha256 not in ("", first)
    admin.post(page, FIELDS | {"without_logo": "on"})
    assert HandoverSettings.current().logo_sha256 == ""
    assert admin.get(reverse("admin:checklists_handover_logo")).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"number_pattern": "{nothing}-{edition}"},
        {"number_pattern": ""},
        {"signature": "thumb"},
        {"calendar": "lunar"},
        {"classification": "x" * 41},
        {"company": "x" * 201},
    ],
)
def test_faulty_settings_are_refused_and_nothing_is_saved(admin, changes):
    answered = admin.post(reverse(CHANGE, args=[1]), FIELDS | changes)

    assert answered.status_code == 200
    assert answered.context["errors"]
    assert not HandoverSettings.objects.exists()


@pytest.mark.parametrize("data", [b"GIF89a", b"<svg/>", b"x" * (LOGO_BYTES + 1)])
def test_a_faulty_logo_is_refused(admin, data):
    answered = admin.post(reverse(CHANGE, args=[1]), FIELDS | {"logo": upload(data)})

    assert answered.context["errors"]
    assert not HandoverSettings.objects.exists()


def test_the_page_shows_an_example_and_speaks_both_languages(admin):
    english = admin.get(reverse(CHANGE, args=[1])).content.decode()
    admin.cookies["django_language"] = "ja"
    japanese = admin.get(reverse(CHANGE, args=[1])).content.decode()

    assert "P-2026-118-proxy01-1.0" in english
    assert "{project_number}" in english
    with translation.override("ja"):
        assert str(HandoverSettings._meta.verbose_name) in japanese


@pytest.mark.parametrize("role", Role)
def test_only_who_was_given_it_changes_the_settings(db, client, role):
    client.force_login(person("mara", role))

    for address in (reverse(CHANGE, args=[1]), reverse("admin:checklists_handover_logo")):
        assert client.get(address).status_code in (302, 403, 404)
        assert client.post(address, FIELDS).status_code in (302, 403, 404, 405)
    assert not HandoverSettings.objects.exists()
