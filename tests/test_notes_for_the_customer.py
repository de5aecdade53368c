"""The company's own notes in what goes to the customer: all of it, or none of it."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest
from django.urls import reverse
from PIL import Image, ImageDraw

from advisories import pictures
from advisories.models import Advisory
from advisories.note_actions import add_picture, save_note
from checklists import files
from checklists.actions import rendering
from checklists.bundles import bundle_of_edition, missing_files
from checklists.chain import digest
from checklists.content import content_of
from checklists.handover import pdf_file, verify
from checklists.handover.paper_pictures import LONGEST_SIDE, MOST_BYTES, for_paper
from checklists.handover.pdf_file import PdfFailed, write_pdf
from checklists.handover.pdf_layout import PICTURE_HEIGHT, WIDTHS, template_data
from checklists.models import Edition, HandoverSettings
from checklists.offers import catalogue_of
from checklists.verification import findings
from tests.support.content import make_content
from tests.support.customers import PUBLIC_URL, make_link, page_of, visitor
from tests.support.handover import handover_of, make_proof
from tests.support.pages import client_of, text_of
from tests.support.pdf import alternatives_in, set_text
from tests.support.rollouts import (
    Scene,
    catalogue,
    ines,
    make_checklist,
    make_rollout,
    omar,
    open_edition,
    quick_pdf,
    sign_prepared,
    sign_reviewed,
    work_off,
)
from tests.support.schema import faults
from tests.support.tampering import unguarded

pytestmark = pytest.mark.django_db
STEPS = "控える:\n    cat /etc/hosts\n    ls"
CAPTION = "管理画面のプロキシ設定"


def drawn(size=(90, 60), kind="PNG", mode="RGBA"):
    data = io.BytesIO()
    picture = Image.new(mode, size, (200, 220, 240, 90)[: len(mode)])
    ImageDraw.Draw(picture).rectangle((5, 5, 40, 30), outline="red", width=3)
    picture.save(data, kind)
    return data.getvalue()


class Noted(Scene):
    """A checklist that was made while A-1 had a note with a picture."""

    def __init__(self, *, given, at="draft"):
        catalogue()
        self.omar, self.ines = omar(), ines()
        HandoverSettings(local_notes=given).save()
        self.picture = add_picture(data=drawn(), by=self.omar)
        save_note(
            advisory=Advisory.objects.get(tracking_id="A-1"),
            text=STEPS,
            pictures=[{"sha256": self.picture.sha256, "caption": CAPTION}],
            expected_version=0,
            by=self.omar,
        )
        self.rollout = make_rollout(self.omar, self.ines)
        self.checklist = make_checklist(self.rollout, self.omar)
        if at == "issued":
            work_off(self.checklist, self.omar)
            sign_prepared(self.checklist, self.omar)
            self.edition = sign_reviewed(self.checklist, self.ines)
        self.checklist.refresh_from_db()

    def content(self):
        return content_of(self.checklist, open_edition(self.checklist))

    def export(self, extension):
        address = reverse("checklists:export", args=[self.id, extension])
        return client_of(self.omar).get(address, {"language": "en"}).content


def texts_of_sheet(data):
    book = openpyxl.load_workbook(io.BytesIO(data))
    return [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]


# One choice


def test_notes_are_not_given_unless_the_company_chose_so():
    assert HandoverSettings.current().frozen("N-1")["local_notes"] is False


@pytest.mark.parametrize("given", [True, False])
def test_every_file_has_the_note_or_none_has(given):
    noted = Noted(given=given)

    found = {
        "csv": "cat /etc/hosts" in noted.export("csv").decode("utf-8-sig"),
        "xlsx": any("cat /etc/hosts" in text for text in texts_of_sheet(noted.export("xlsx"))),
        "json": "cat /etc/hosts" in noted.export("json").decode(),
        "pdf": "cat/etc/hosts" in "".join(set_text(noted.export("pdf")).split()),
    }

    assert found == dict.fromkeys(("csv", "xlsx", "json", "pdf"), given)


def test_the_column_stays_where_the_note_does_not_go_along():
    rows = list(csv.DictReader(io.StringIO(Noted(given=False).export("csv").decode("utf-8-sig"))))

    assert [row["Our own steps"] for row in rows] == [""] * len(rows)


def test_a_table_names_the_pictures_of_a_note_that_is_given():
    [row, *_others] = csv.DictReader(
        io.StringIO(Noted(given=True).export("csv").decode("utf-8-sig"))
    )

    assert row["Our own steps"].startswith("控える:")
    assert row["Our own steps"].endswith(f"[Picture 1: {CAPTION}]")


def test_of_a_withheld_note_the_signed_content_has_version_and_hash():
    noted = Noted(given=False)
    frozen = noted.item("A-1").content["local_note"]

    content = noted.content()

    held = {item["tracking_id"]: item["local_note"] for item in content["items"]}
    assert held["A-1"] == {"version": 1, "sha256": digest(frozen)}
    assert held["A-2"] is None
    assert catalogue_of(content)["notes"] == {"A-1": 1}


@pytest.mark.parametrize("given", [True, False])
def test_the_json_fits_the_published_schema(given):
    assert faults(Noted(given=given).export("json")) == []


@pytest.mark.parametrize("given", [True, False])
def test_who_signs_sees_that_the_notes_go_along(given):
    noted = Noted(given=given)
    work_off(noted.checklist, noted.omar)

    page = client_of(noted.omar).get(reverse("checklists:prepare", args=[noted.id]))

    assert ("Handed over with it, with their pictures" in text_of(page)) is given


def test_the_portals_own_pages_show_the_note_all_the_same():
    noted = Noted(given=False)

    page = client_of(noted.omar).get(noted.checklist.get_absolute_url()).content.decode()

    assert "cat /etc/hosts" in page
    assert reverse("advisories:note_picture", args=[noted.picture.sha256]) in page


def test_a_choice_that_changed_since_the_signature_changes_nothing_that_was_signed(monkeypatch):
    quick_pdf(monkeypatch)
    noted = Noted(given=False)
    work_off(noted.checklist, noted.omar)
    sign_prepared(noted.checklist, noted.omar)
    HandoverSettings.objects.update(local_notes=True)

    edition = sign_reviewed(noted.checklist, noted.ines)

    held = json.loads(edition.content)["items"][0]["local_note"]
    assert held.keys() == {"version", "sha256"}


# On paper


def content_with(*sizes, captions=None):
    """A content that gives a note with pictures of these sizes, and the pictures."""
    content, shown = make_content(), {}
    frozen = []
    for number, size in enumerate(sizes, start=1):
        kept = pictures.clean(drawn(size))
        shown[kept.sha256] = for_paper(kept.data)
        frozen.append(
            {
                "sha256": kept.sha256,
                "type": kept.type,
                "width": kept.width,
                "height": kept.height,
                "caption": (captions or {}).get(number, f"Screen {number}"),
            }
        )
    content["handover"] = {"local_notes": True}
    content["items"][8]["local_note"] = {
        "version": 1,
        "by": "Omar",
        "at": "2026-11-24T01:00:00Z",
        "blocks": [{"kind": "code", "lines": ["cat /etc/hosts"]}],
        "pictures": frozen,
    }
    return content, shown


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_pdf_with_pictures_conforms_to_pdf_ua_1_and_pdf_a_2a(pdf_validator, language):
    content, shown = content_with((400, 300), (60, 900), captions={2: ""})

    pdf = write_pdf(handover_of(content, language, make_proof(pictures=shown)))

    assert pdf_validator.validate(pdf) == []


def test_pictures_are_printed_with_their_captions_which_are_their_alternative_texts():
    content, shown = content_with((400, 300), (60, 90), captions={2: ""})

    pdf = write_pdf(handover_of(content, "en", make_proof(pictures=shown)))

    assert alternatives_in(pdf)[-2:] == ["Screen 1", "Picture 2"]
    text = "".join(set_text(pdf).split())
    assert "Ourownstepscat/etc/hosts" in text
    assert "Picture1:Screen1" in text


@pytest.mark.parametrize("size", [(1, 1), (2400, 40), (40, 2400), (2400, 2400)])
def test_a_picture_of_any_shape_stays_in_its_column_and_in_its_height(size):
    content, _shown = content_with(size)

    data = template_data(handover_of(content, "en"))

    [picture] = [p for s in data["sections"] for row in s["rows"] for p in row.get("pictures", [])]
    assert 0 < picture["width"] < WIDTHS["work"][3]
    assert 0 < picture["height"] <= PICTURE_HEIGHT


def test_a_note_with_many_pictures_goes_on_over_pages(pdf_pages):
    content, shown = content_with(*((900, 700 + n) for n in range(12)))

    pages = pdf_pages(write_pdf(handover_of(content, "en", make_proof(pictures=shown))))

    for number in range(1, 13):
        assert sum(f"Picture {number}: Screen {number}" in page for page in pages) == 1


@pytest.mark.parametrize(
    "caption", ['#read("/etc/passwd")', "= a *b* $x$", "\u202e\U0001f600" * 90]
)
def test_a_caption_is_a_text_and_nothing_else(caption):
    content, shown = content_with((40, 30), captions={1: caption})

    pdf = write_pdf(handover_of(content, "en", make_proof(pictures=shown)))

    assert "root:" not in set_text(pdf)


def test_the_same_pictures_give_the_same_bytes():
    content, shown = content_with((400, 300))
    proof = make_proof(pictures=shown)

    assert write_pdf(handover_of(content, "en", proof)) == write_pdf(
        handover_of(content, "en", proof)
    )


def test_typst_reads_a_folder_with_the_template_and_the_pictures_and_it_does_not_stay(monkeypatch):
    content, shown = content_with((40, 30))
    run, seen = pdf_file._run, {}

    def look(job, seconds):
        root = Path(json.loads(job)["root"])
        seen[root] = sorted(path.name for path in root.iterdir())
        return run(job, seconds)

    monkeypatch.setattr(pdf_file, "_run", look)

    write_pdf(handover_of(content, "en", make_proof(pictures=shown)))

    [(root, names)] = seen.items()
    assert names == sorted(["checklist.typ", *(f"{sha256}.picture" for sha256 in shown)])
    assert not root.exists()


def test_what_is_no_picture_fails_in_a_line():
    content, shown = content_with((40, 30))

    with pytest.raises(PdfFailed):
        write_pdf(
            handover_of(content, "en", make_proof(pictures=dict.fromkeys(shown, b"no picture")))
        )


def test_a_picture_that_is_gone_issues_nothing_and_says_so():
    noted = Noted(given=True)
    pictures.path_of(noted.picture.sha256).unlink()

    with pytest.raises(PdfFailed, match="picture of our own steps"):
        rendering.render_now(
            noted.checklist,
            open_edition(noted.checklist),
            noted.content(),
            "en",
            "pdf",
            make_proof().generated_at,
        )


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "L"), ("JPEG", "RGB")])
def test_paper_has_a_picture_small_and_without_transparency(kind, mode):
    with Image.open(io.BytesIO(for_paper(drawn((2400, 300), kind, mode)))) as made:
        assert made.size == (LONGEST_SIDE, LONGEST_SIDE * 300 // 2400)
        assert (made.format, made.mode) == (kind, "RGB")


def test_a_photograph_in_a_png_becomes_a_jpeg():
    noise = Image.effect_noise((900, 700), 120)
    data = io.BytesIO()
    noise.save(data, "PNG")
    assert len(data.getvalue()) > MOST_BYTES

    with Image.open(io.BytesIO(for_paper(data.getvalue()))) as made:
        assert made.format == "JPEG"


# In the bundle


def opened(edition):
    data = b"".join(bundle_of_edition(edition).chunks())
    parts = verify.zip_parts(io.BytesIO(data))
    return parts, verify.check_bundle(parts)


def test_a_bundle_has_the_pictures_of_notes_that_are_given_and_verifies_them(monkeypatch):
    quick_pdf(monkeypatch)
    noted = Noted(given=True, at="issued")

    parts, found = opened(noted.edition)

    [name] = [name for name in parts.names if "/notes/" in name]
    sha256 = noted.picture.sha256
    assert name == f"proxy-01_1.0/notes/{sha256[:8]}_A-1_{CAPTION}.png"
    assert parts.read(name) == pictures.read(sha256)
    assert all(finding.holds for finding in found)
    assert any(
        "pictures of our own steps that were signed (1): each of them is there" in finding.en
        for finding in found
    )


def test_a_bundle_whose_manifest_leaves_a_picture_out_is_found(monkeypatch):
    quick_pdf(monkeypatch)
    parts, _found = opened(Noted(given=True, at="issued").edition)
    left = [name for name in parts.names if "/notes/" not in name and name != verify.MANIFEST]
    editions = json.loads(parts.read(verify.MANIFEST))["editions"]
    listed = [(n, len(parts.read(n)), verify.sha256(parts.read(n))) for n in left]
    manifest = verify.manifest_of(listed, editions)

    found = verify.check_bundle(
        verify.Parts(
            [*left, verify.MANIFEST],
            lambda name: manifest if name == verify.MANIFEST else parts.read(name),
        )
    )

    [wrong] = [finding for finding in found if not finding.holds]
    assert "pictures of our own steps" in wrong.en


def test_nothing_in_a_bundle_tells_a_note_that_is_not_given(monkeypatch):
    quick_pdf(monkeypatch)
    noted = Noted(given=False, at="issued")

    parts, found = opened(noted.edition)

    assert all(finding.holds for finding in found)
    assert not any("/notes/" in name for name in parts.names)
    everything = b"".join(parts.read(name) for name in parts.names)
    assert b"cat /etc/hosts" not in everything
    assert CAPTION.encode() not in everything
    assert noted.picture.sha256.encode() not in everything


def test_an_edition_from_before_notes_were_withheld_hands_over_no_picture(monkeypatch):
    quick_pdf(monkeypatch)
    noted = Noted(given=True, at="issued")
    content = json.loads(noted.edition.content)
    content["handover"]["local_notes"] = False
    with unguarded():
        Edition.objects.update(content=verify.canonical(content))

    parts, _found = opened(Edition.objects.get())

    assert not any("/notes/" in name for name in parts.names)


def test_a_lost_or_changed_picture_is_said_before_the_bundle_and_by_the_verification(monkeypatch):
    quick_pdf(monkeypatch)
    noted = Noted(given=True, at="issued")
    sha256, path = noted.picture.sha256, pictures.path_of(noted.picture.sha256)
    bundle = bundle_of_edition(noted.edition)
    assert missing_files(noted.edition) == []
    assert findings(noted.checklist) == []

    path.write_bytes(b"another")
    changed = findings(noted.checklist)
    with pytest.raises(files.FileChanged):
        b"".join(bundle.chunks())
    path.unlink()

    assert changed == [f"Edition 1.0: the stored file {sha256[:12]} of a note was changed."]
    assert findings(noted.checklist) == [
        f"Edition 1.0: the stored file {sha256[:12]} of a note is not there."
    ]
    assert missing_files(noted.edition) == [sha256]


# On the customer's page


@pytest.fixture
def linked(monkeypatch, settings):
    settings.PUBLIC_URL = PUBLIC_URL
    quick_pdf(monkeypatch)

    def made(*, given):
        noted = Noted(given=given, at="issued")
        access, token = make_link(noted)
        address = reverse("checklists:customer_picture", args=[access.pk, noted.picture.sha256])
        return noted, access, visitor(token), address

    return made


def test_the_customers_page_shows_a_note_that_is_given_with_its_picture(linked):
    noted, access, client, address = linked(given=True)

    page = client.get(page_of(access))
    shown = client.get(address)

    assert "cat /etc/hosts" in text_of(page)
    assert f'src="{address}"' in page.content.decode()
    assert f'alt="{CAPTION}"' in page.content.decode()
    assert shown.content == pictures.read(noted.picture.sha256)
    assert shown["Content-Type"] == "image/png"
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert shown["Cache-Control"] == "no-store"


def test_the_customers_page_has_nothing_of_a_note_that_is_not_given(linked):
    _noted, access, client, address = linked(given=False)

    page = client.get(page_of(access))

    assert "Our own steps" not in text_of(page)
    assert client.get(address).status_code == 404


def test_the_customer_gets_no_other_picture_and_nobody_one_without_the_link(linked):
    noted, access, client, address = linked(given=True)
    other = add_picture(data=drawn((30, 30)), by=noted.omar)

    wanted = reverse("checklists:customer_picture", args=[access.pk, other.sha256])

    assert client.get(wanted).status_code == 404
    assert client.post(address).status_code == 405
    assert client_of(noted.omar).get(address).status_code == 404
