"""One rollout whose every text is hostile, from the catalogue to the issued files.

What people typed is theirs: the page shows it and runs none of it, the CSV gives it back, and
the PDF prints what its typeface has.
"""

import csv
import io
import re
from html import escape, unescape

import pytest

from advisories.cells import restore
from advisories.models import (
    Advisory,
    AffectedProduct,
    Category,
    Condition,
    Mode,
    Product,
    Reference,
    Release,
    SourceDocument,
    Topic,
)
from checklists import files
from checklists.actions import create_rollout
from checklists.handover.fonts import clean
from checklists.models import Checklist
from checklists.verification import findings
from portal.models import User
from tests.support.content import HOSTILE, LONG_URL
from tests.support.pages import client_of, url
from tests.support.pdf import links_in, set_text
from tests.support.rollouts import (
    Scene,
    decide,
    make_checklist,
    op,
    quick_pdf,
    sign_prepared,
    sign_reviewed,
)

pytestmark = pytest.mark.django_db

TYPST = HOSTILE["markup"]
NAMES = HOSTILE["names"]
SCRIPT = HOSTILE["html"]
FORMULA = "=cmd|' /C calc'!A0"
EMOJI = HOSTILE["emoji"]
CONTROL = "a\x07b\x1b[31mc\x7fd"
RIGHT_TO_LEFT = HOSTILE["right_to_left"]
COMBINING = HOSTILE["combining"]
LINES = "1行目\n\n3行目 \t 終わり"
SENTENCES = 555
# 5,000 characters without a space
UNBROKEN = "".join(f"{number:04d}番目の文。" for number in range(SENTENCES)) + "𠮷髙﨑ｶﾞ"
LONG_LATIN = HOSTILE["long_latin"]

# Where it stands -> what stands there. No two are alike, so that each can be looked for.
TEXTS = {
    "title": f"件名 {TYPST} {SCRIPT}",
    "summary": f"概要 {RIGHT_TO_LEFT} {COMBINING}",
    "action": f"対応 {TYPST}",
    "check": f"確認 {LONG_LATIN}",
    "impact": f"影響 {EMOJI}",
    "category": f"分類 {SCRIPT}",
    "topic": f"主題 {FORMULA}",
    "condition": f"条件 {NAMES}",
    "mode": f"形態 {TYPST}",
    "mode_note": f"形態の注記 {CONTROL}",
    "release": f"版 {SCRIPT}",
    "product": "=P1",
    "product_name": f"製品 {COMBINING}",
    "document": f"資料 {TYPST[:60]}",
    "number": f"No.{FORMULA}",
    "successor": "+KA<b>1</b>",
    "omar": f"山田 {NAMES}",
    "company": f"@会社 {SCRIPT}",
    "customer": f"=株式会社{TYPST}",
    "project": f"案件{SCRIPT} {RIGHT_TO_LEFT}",
    "project_number": "-1+1",
    "host": "W" * 60 + "<i>" + "ｱ" * 60 + "𠮷髙﨑",
    "mode_detail": f"+詳細 {EMOJI}",
    "note": UNBROKEN,
    "before": f"@{CONTROL}",
    "after": LINES,
    "reason": f"理由 {TYPST} {EMOJI}",
    "approver": f"＝承認 {NAMES}",
    "waiting_for": f"回答 {SCRIPT}",
    "agreed_by": f"-合意 {COMBINING}",
}


def both(field, text):
    return {f"{field}_ja": TEXTS[text], f"{field}_en": TEXTS[text]}


@pytest.fixture
def scene():
    """A rollout and a checklist with all of TEXTS; A-1 is pending, A-2 an accepted risk."""
    scene = Scene()
    for field in ("title", "summary", "action", "check", "impact"):
        Advisory.objects.update(**both(field, field))
    Category.objects.update(**both("name", "category"))
    Condition.objects.update(**both("name", "condition"))
    Mode.objects.filter(slug="proxy").update(**both("name", "mode"), **both("note", "mode_note"))
    Release.objects.filter(slug="appliance-2").update(**both("label", "release"))
    Product.objects.update(short_name=TEXTS["product"], name=TEXTS["product_name"])
    SourceDocument.objects.update(**both("title", "document"))
    AffectedProduct.objects.update(**both("fix_note", "summary"))
    topic = Topic.objects.create(slug="hostile", **both("name", "topic"))
    first = Advisory.objects.get(tracking_id="A-1")
    first.topics.add(topic)
    links = ("javascript:alert(1)", LONG_URL, 'https://example.com/日本 \u202e<>"')
    for position, address in enumerate(links):
        Reference.objects.create(
            advisory=first, number=f"{TEXTS['number']}{position}", url=address, position=position
        )
    Reference.objects.create(
        advisory=first, number="0", successor=TEXTS["successor"], url=LONG_URL, position=9
    )
    User.objects.filter(pk=scene.omar.pk).update(
        display_name=TEXTS["omar"], company=TEXTS["company"]
    )
    scene.omar.refresh_from_db()
    scene.rollout = create_rollout(
        id=op("hostile"),
        customer=TEXTS["customer"],
        project=TEXTS["project"],
        number=TEXTS["project_number"],
        members=[scene.ines],
        by=scene.omar,
    )
    scene.checklist = make_checklist(
        scene.rollout,
        scene.omar,
        name="hostile box",
        host=TEXTS["host"],
        mode_detail=TEXTS["mode_detail"],
    )
    said = {name: TEXTS[name] for name in ("note", "before", "after")}
    pending = {name: TEXTS[name] for name in ("waiting_for", "agreed_by")}
    accepted = {name: TEXTS[name] for name in ("reason", "approver")}
    decide(scene.checklist, "A-1", "pending", by=scene.omar, due="2026-12-01", **said, **pending)
    decide(scene.checklist, "A-2", "risk_accepted", by=scene.omar, **accepted)
    decide(scene.checklist, "A-3", "not_needed", by=scene.omar, reason=SCRIPT)
    decide(scene.checklist, "A-4", "verified", by=scene.omar, note=FORMULA)
    return scene


def rows_of(data):
    text = data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def packed(text):
    """Without white space: cells are wrapped."""
    return "".join(text.split())


def raw(page):
    """The names of texts that stand in the page as markup."""
    return [name for name, text in TEXTS.items() if "<" in text and text in page]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_shows_every_text_and_runs_none(scene, language):
    page = client_of(scene.omar, language=language).get(url("checklist_detail", scene))

    text = page.content.decode()
    shown = {name: words for name, words in TEXTS.items() if name != "company"}
    assert [name for name, words in shown.items() if words not in unescape(text)] == []
    assert raw(text) == []
    assert "<script>alert" not in text
    assert not re.search(r'href="(?!https?://|/|#|\?)', text)


@pytest.mark.parametrize("name", ["home", "rollout", "history", "prepare", "host", "discard"])
def test_the_pages_around_it_run_none_either(scene, name):
    others = {"home": "/", "rollout": scene.rollout.get_absolute_url()}

    page = client_of(scene.omar).get(others.get(name) or url(name, scene))

    assert page.status_code == 200
    assert escape(TEXTS["host"]) in page.content.decode()
    assert raw(page.content.decode()) == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_csv_gives_every_text_back_and_no_cell_is_a_formula(scene, language):
    response = client_of(scene.omar).get(url("export", scene, "csv"), {"language": language})

    rows = rows_of(response.content)
    cells = {restore(cell) for row in rows for cell in row.values()}
    whole = {
        *("title", "summary", "action", "check", "impact", "category", "topic", "omar"),
        *("customer", "project", "project_number", "host", "note", "before", "after", "reason"),
        *("approver", "waiting_for", "agreed_by"),
    }
    assert [name for name in whole if TEXTS[name] not in cells] == []
    parts = set(TEXTS) - whole - {"company", "product_name", "mode_note"}
    everything = "\n".join(cells)
    assert [name for name in parts if TEXTS[name] not in everything] == []
    assert not any(cell[:1] in set("=+-@\t\r\n＝＋－＠") for row in rows for cell in row.values())
    assert "javascript:" not in everything


def test_it_is_issued_and_every_csv_gives_the_texts_back(scene, monkeypatch):
    quick_pdf(monkeypatch)
    sign_prepared(scene.checklist, scene.omar)

    edition = sign_reviewed(scene.checklist, scene.ines)

    sheets = [file for file in edition.files if file["format"] == "csv"]
    for file, note in zip(sheets, ("備考", "Note"), strict=True):
        data = files.read(file["sha256"])
        download = client_of(scene.omar).get(url("edition_file", scene, "1.0", file["name"]))
        assert restore(rows_of(data)[0][note]) == UNBROKEN
        assert download.content == data
        assert re.fullmatch(r"[\w.\-]+", file["name"])
    assert findings(Checklist.objects.get(pk=scene.id)) == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pdf_is_made_holds_every_text_and_conforms(scene, language, pdf_text, pdf_validator):
    response = client_of(scene.omar).get(url("export", scene, "pdf"), {"language": language})

    pdf = response.content
    printed = packed(set_text(pdf))
    # The company stands beside a signature, topics in the CSV, and the note is longer than a page.
    shown = {name: text for name, text in TEXTS.items() if name not in ("company", "topic", "note")}
    assert [name for name, text in shown.items() if packed(clean(text)) not in printed] == []
    numbers = set(re.findall(r"(?<!\d)\d{4}(?!\d)", pdf_text(pdf)))
    assert {f"{number:04d}" for number in range(SENTENCES)} <= numbers
    assert "𠮷髙﨑ｶﾞ" in printed
    assert LONG_URL in links_in(pdf)
    assert all(link.startswith("https://") for link in links_in(pdf))
    assert "root:" not in printed
    assert pdf_validator.validate(pdf) == []


def test_the_name_and_company_of_who_signed_are_printed(scene):
    sign_prepared(scene.checklist, scene.omar)

    pdf = client_of(scene.ines).get(url("export", scene, "pdf"), {"language": "en"}).content

    printed = packed(set_text(pdf))
    assert packed(clean(TEXTS["company"])) in printed
    assert packed(clean(TEXTS["omar"])) in printed


@pytest.mark.e2e
@pytest.mark.parametrize("width", [1280, 320])
def test_no_text_is_wider_than_the_screen(open_page, login_as, scene, width):
    page = open_page(width=width)
    login_as(page, scene.omar)

    for address in (url("checklist_detail", scene), url("history", scene), "/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
