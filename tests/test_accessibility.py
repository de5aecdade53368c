"""Every kind of page, looked at by axe at 1280 and 320 px, measured, and walked with the keyboard.

A `Reader` looks at each page that it visits: no violation of WCAG 2.2 AA or of a best practice, no
fault, no sideways scroll. One test is one scene, since each begins with a database of its own.
"""

from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import expect

from advisories.actions import publish
from advisories.models import Advisory, DocumentRevision
from checklists.actions import discard, prepare, reopen, return_items, revoke_edition
from portal.roles import Role
from tests import factory
from tests.support.accessibility import Reader
from tests.support.moving import add, fix, reword, sharpen, take_back
from tests.support.pages import client_of
from tests.support.rollouts import (
    Scene,
    decide,
    make_checklist,
    op,
    quick_pdf,
    seen,
    sign_prepared,
    sign_reviewed,
    work_off,
)
from tests.support.sheets import opened

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
BOX = {"release": "iwsva-6.5-sp3", "mode": "forward-proxy", "installed_with": "unknown"}


@pytest.fixture
def reader(open_page, login_as, faults):
    """reader(user=None, **what open_page takes): a Reader, signed in as `user`."""

    def reader(user=None, **options):
        page = open_page(**options)
        if user:
            login_as(page, user)
        return Reader(page, faults)

    return reader


def wizard(step, **answers):
    return f"{reverse(f'checklists:{step}')}?{urlencode(BOX | answers)}"


def of(checklist, name="checklist_detail", *args):
    return reverse(f"checklists:{name}", args=[checklist.pk, *args])


def a_box(scene, host):
    return make_checklist(scene.rollout, scene.omar, name=host, host=host)


def a_box_after(scene, before):
    host = f"{before.host} rebuilt"
    after = {"predecessor": before, "happened": "rebuilt"}
    return make_checklist(scene.rollout, scene.omar, name=host, host=host, **after)


def a_worked_box(scene, host):
    box = a_box(scene, host)
    work_off(box, scene.omar)
    return box


def a_prepared_box(scene, host):
    box = a_worked_box(scene, host)
    sign_prepared(box, scene.omar, f"{host} prepare")
    return box


def an_issued_box(scene, host):
    box = a_prepared_box(scene, host)
    sign_reviewed(box, scene.ines, f"{host} issue")
    return box


# Axe and the ruler


def test_the_catalogue(reader):
    factory.load_fixture_catalogue()
    visitor = reader()

    visitor.visit("/advisories/")
    visitor.visit("/advisories/?release=iwsva-6.5-sp2&mode=forward-proxy&severity=high&q=proxy")
    visitor.visit("/advisories/?q=nothing-has-this-word")
    visitor.visit("/advisories/?release=no-such-release")
    visitor.visit("/advisories/IWS-1120273/")
    visitor.visit("/no-such-page/", status=404)

    assert visitor.problems == []


def test_the_matrix_the_comparison_and_a_revision(reader):
    factory.load_fixture_catalogue()
    advisory = Advisory.objects.get(tracking_id="IWS-1120273")
    advisory.summary_ja += "構成図を確認する。"
    advisory.save()
    publish(advisory=advisory, by=None)
    visitor, boxes = reader(), {"a-release": "iwss-6.5-linux", "b-release": "iwsva-6.5-sp3"}

    visitor.visit("/advisories/matrix/")
    visitor.visit("/advisories/matrix/?release=iwsva-6.5-sp3&verdict=confirm&severity=high")
    visitor.visit("/advisories/matrix/?q=nothing-has-this-word")
    visitor.visit("/advisories/compare/")
    visitor.visit(f"/advisories/compare/?{urlencode(boxes | {'b-no': 'snmp'})}")
    visitor.visit(f"/advisories/compare/?{urlencode(boxes | {'a-mode': 'transparent-bridge'})}")
    visitor.visit("/advisories/IWS-1120273/revisions/1/")
    visitor.visit("/advisories/IWS-1120273/revisions/2/")

    assert visitor.problems == []


def test_the_wizard_until_the_answers_are_checked(reader):
    factory.load_fixture_catalogue()
    visitor = reader()

    visitor.visit("/checklists/new/")
    visitor.visit("/checklists/new/?continue=1", status=400)
    for step in ("new_mode", "new_installed_with", "new_conditions"):
        visitor.visit(wizard(step))
    visitor.visit(wizard("new_check", yes="snmp"))

    assert visitor.problems == []


def test_signing_in(reader):
    visitor = reader()

    visitor.visit("/login/")
    visitor.visit("/login/?next=/")
    visitor.page.get_by_label("ユーザー名").fill("omar")
    visitor.page.get_by_role("button", name="ログイン").click()
    expect(visitor.page.get_by_role("alert")).to_be_visible()
    visitor.look()

    assert visitor.problems == []


def test_a_checklist_of_the_whole_catalogue_from_its_last_form_on(reader):
    factory.load_fixture_catalogue()
    factory.make_user(Role.REVIEWER)
    engineer = reader(factory.make_user(Role.ENGINEER))

    engineer.visit("/")
    engineer.visit(wizard("new_save"))
    engineer.page.get_by_role("button", name="チェックリストを保存").click()
    expect(engineer.page.get_by_role("alert")).to_be_visible()
    engineer.look()
    engineer.page.get_by_label("ホスト名").fill("proxy-01")
    engineer.page.get_by_label("お客様名").fill("顧客株式会社")
    engineer.page.get_by_label("案件名").fill("更改")
    engineer.page.get_by_role("checkbox", name="Ines Reviewer").check()
    engineer.page.get_by_role("button", name="チェックリストを保存").click()
    expect(engineer.page.get_by_role("heading", level=1)).to_contain_text("proxy-01")
    engineer.look()

    assert engineer.problems == []


def test_a_checklist_in_draft(reader):
    scene = Scene()
    decide(scene.checklist, "A-1", "pending", by=scene.omar, waiting_for="顧客の担当者")
    decide(scene.checklist, "A-1", "done", by=scene.omar, version=0, name="too late")
    engineer = reader(scene.omar)

    engineer.visit("/")
    engineer.visit(of(scene.checklist))
    engineer.visit(f"{of(scene.checklist)}?severity=high")
    engineer.visit(f"{of(scene.checklist)}?severity=low&decision=pending")
    for name in ("history", "prepare", "host", "discard"):
        engineer.visit(of(scene.checklist, name))
    engineer.visit(of(scene.checklist, "review"), status=403)
    engineer.visit(scene.rollout.get_absolute_url())
    engineer.visit(reverse("checklists:rollout_header", args=[scene.rollout.pk]))

    assert engineer.problems == []


def test_deciding_several_items_and_what_the_keys_do(reader):
    scene = Scene()
    engineer = reader(scene.omar)
    page = engineer.page

    page.goto(of(scene.checklist))
    for number in (1, 2):
        page.get_by_role("checkbox", name=f"選択: 項目 {number}", exact=True).check()
    bar = page.get_by_role("form", name="選択した項目をまとめて判断")
    bar.get_by_role("radio", name="見送り").check()
    engineer.look()
    bar.get_by_label("判断の理由").fill("許容")
    bar.get_by_role("button", name="選択した項目に記録").click()
    expect(bar.get_by_role("button", name="元に戻す")).to_be_visible()
    engineer.look()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    engineer.look()

    assert engineer.problems == []


def test_what_became_of_several_items_without_scripts(reader):
    """With a word for each item, taken over or not."""
    scene = Scene()
    engineer = reader(scene.omar)
    page = engineer.page
    page.route("**/js/checklist/*", lambda route: route.abort())

    page.goto(of(scene.checklist))
    page.get_by_role("checkbox", name="表示中の未判断の 3 項目をすべて選択").check()
    page.locator(".several summary").click()
    bar = page.get_by_role("form", name="選択した項目をまとめて判断")
    bar.get_by_role("radio", name="見送り").check()
    bar.get_by_label("判断の理由").fill("許容")
    bar.get_by_role("button", name="選択した項目に記録").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("3 項目中 2 項目に記録しました")
    engineer.look()

    assert engineer.problems == []


def test_entries_that_were_refused_or_came_too_late(reader):
    """With its script the page says it in place, without one on a page of its own."""
    scene = Scene()
    for number, script in ((1, True), (2, False)):
        engineer = reader(scene.omar)
        if not script:  # axe itself needs one, so it is not switched off
            engineer.page.route("**/js/checklist/*", lambda route: route.abort())
        engineer.page.goto(of(scene.checklist))
        item = engineer.page.get_by_role("listitem").filter(has_text=f"注意 {number}")
        item.get_by_role("radio", name="見送り").check()
        item.get_by_role("button", name="保存").click()
        expect(engineer.page.get_by_role("alert").first).to_be_visible()
        engineer.look()

        engineer.page.goto(of(scene.checklist))
        decide(scene.checklist, f"A-{number}", by=scene.omar)
        item.get_by_role("radio", name="保留").check()
        item.get_by_role("button", name="保存").click()
        expect(engineer.page.get_by_role("button", name="この入力を採用")).to_be_visible()
        engineer.look()

        assert engineer.problems == []


def test_signatures_from_prepared_to_issued(reader, monkeypatch):
    quick_pdf(monkeypatch)
    scene = Scene(at="worked")
    engineer, reviewer = reader(scene.omar), reader(scene.ines)

    engineer.visit(of(scene.checklist, "prepare"))
    sign_prepared(scene.checklist, scene.omar)
    engineer.visit(of(scene.checklist))
    engineer.visit(of(scene.checklist, "withdraw"))
    engineer.visit(of(scene.checklist, "prepare"), status=409)
    reviewer.visit("/")
    reviewer.visit(of(scene.checklist))
    reviewer.visit(of(scene.checklist, "review"))
    reviewer.page.get_by_role("button", name="コメントを付けて差し戻す").click()
    expect(reviewer.page.get_by_role("alert")).to_be_visible()
    reviewer.look()
    sign_reviewed(scene.checklist, scene.ines)
    reviewer.visit(of(scene.checklist, "edition", "1.0"))
    reviewer.visit(of(scene.checklist, "revoke", "1.0"))
    engineer.visit(of(scene.checklist))
    engineer.visit(of(scene.checklist, "reopen"))
    engineer.visit("/")

    assert engineer.problems + reviewer.problems == []


def test_a_catalogue_that_moves_on_under_a_draft_a_signature_and_an_issued_edition(
    reader, monkeypatch
):
    quick_pdf(monkeypatch)
    scene = Scene(at="worked")
    issued = an_issued_box(scene, "issued")
    reword("A-1", note="表現を整理")
    sharpen("A-2")
    fix("A-3")
    take_back("A-5")
    add("A-6", conditions=["snmp"])
    engineer, reviewer = reader(scene.omar), reader(scene.ines)

    engineer.visit("/")
    engineer.visit(of(scene.checklist))
    engineer.visit(of(scene.checklist, "offers"))
    engineer.visit(of(scene.checklist, "prepare"))
    engineer.visit(of(issued))
    engineer.visit(of(issued, "edition", "1.0"))
    engineer.visit(reverse("checklists:document", args=[DocumentRevision.objects.get().pk]))
    prepare(
        checklist_id=scene.id,
        op_id=op("prepare"),
        seen=seen(scene.checklist),
        ticked=["A-3", "A-6"],
        by=scene.omar,
    )
    add("A-7")
    engineer.visit(of(scene.checklist, "offers"))
    reviewer.visit(of(scene.checklist, "review"))

    assert engineer.problems + reviewer.problems == []


def test_what_was_returned_reopened_revoked_or_discarded(reader, monkeypatch):
    quick_pdf(monkeypatch)
    scene = Scene(at="prepared")
    returned, ines = scene.checklist, scene.ines
    return_items(
        checklist_id=returned.pk,
        seen=seen(returned),
        op_id=op("return"),
        comments={"A-1": "接続先を確認してください"},
        comment="値が足りません",
        by=ines,
    )
    reopened, revoked, discarded = (
        an_issued_box(scene, "reopened"),
        an_issued_box(scene, "revoked"),
        a_box(scene, "discarded"),
    )
    reopen(checklist_id=reopened.pk, op_id=op("reopen"), reason="構成の変更", by=scene.omar)
    edition = revoked.editions.get()
    revoke_edition(edition_id=edition.pk, op_id=op("revoke"), reason="別の機器", by=ines)
    discard(checklist_id=discarded.pk, op_id=op("discard"), reason="重複", by=scene.omar)
    engineer = reader(scene.omar)

    engineer.visit("/")
    for each in (returned, reopened, revoked, discarded):
        engineer.visit(of(each))
    engineer.visit(of(reopened, "edition", "1.0"))
    engineer.visit(of(revoked, "edition", "1.0"))
    engineer.visit(scene.rollout.get_absolute_url())

    assert engineer.problems == []


def test_the_admins_lists(reader, monkeypatch):
    quick_pdf(monkeypatch)
    Scene(at="issued")
    root = reader(factory.make_superuser())

    root.visit(reverse("admin:index"))
    for model in admin.site._registry:
        root.visit(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))

    assert root.problems == []


def test_the_editors_forms(reader):
    factory.load_fixture_catalogue()
    editor = reader(factory.make_user(Role.EDITOR))
    advisory, edition = Advisory.objects.first(), DocumentRevision.objects.first()

    editor.visit(reverse("admin:advisories_advisory_add"))
    for page in ("change", "history", "withdraw"):
        editor.visit(reverse(f"admin:advisories_advisory_{page}", args=[advisory.pk]))
    for row in (edition, edition.document, advisory.affected.first().product):
        editor.visit(reverse(f"admin:advisories_{row._meta.model_name}_change", args=[row.pk]))
    revision = advisory.revisions.first()
    editor.visit(reverse("admin:advisories_advisoryrevision_change", args=[revision.pk]))

    assert editor.problems == []


def test_tables_out_and_in(reader, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    factory.load_fixture_catalogue()
    mara = factory.make_user(Role.EDITOR)
    editor, address = reader(mara), reverse("admin:advisories_advisory_import")
    export = reverse("admin:advisories_advisory_export")
    table = client_of(mara).post(export, {"format": "0", "resource": "0"}).content

    editor.visit(export)
    editor.visit(address)
    changed = table.replace("下位プロキシ".encode(), "下流プロキシ".encode())
    for content in (table, changed, b"tracking_id\nE-1\n"):
        editor.page.goto(address)
        file = {"name": "advisories.csv", "mimeType": "text/csv", "buffer": content}
        editor.page.get_by_label("インポートするファイル").set_input_files(file)
        editor.page.get_by_role("button", name="ファイルを確認").click()
        editor.look()

    assert editor.problems == []


def test_a_check_sheet_comes_back(reader):
    scene = Scene()
    engineer = reader(scene.omar)
    with opened(client_of(scene.omar).get(of(scene.checklist, "export", "xlsx")).content) as sheet:
        sheet[1, "Decision"] = "Done"
        sheet[2, "Decision"] = "finished"
    address, button = of(scene.checklist, "check_sheet"), "変更される内容を表示"

    engineer.visit(address)
    engineer.page.get_by_role("button", name=button).click()
    engineer.look()
    engineer.page.get_by_label("チェックシート (XLSX)").set_input_files(as_file(sheet.data))
    engineer.page.get_by_role("button", name=button).click()
    expect(engineer.page.get_by_role("checkbox")).to_be_checked()
    engineer.look()

    assert engineer.problems == []


def as_file(data, name="sheet.xlsx"):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def test_several_boxes_of_a_rollout(reader, monkeypatch):
    quick_pdf(monkeypatch)
    scene = Scene()
    second = a_box(scene, "proxy-02")
    a_box(scene, "proxy-03")
    decide(scene.checklist, "A-1", by=scene.omar, after="on")
    decide(second, "A-1", "not_needed", by=scene.omar, reason="not used")
    engineer = reader(scene.omar)
    rollout = [scene.rollout.pk]

    engineer.visit(scene.rollout.get_absolute_url())
    engineer.visit(reverse("checklists:rollout_matrix", args=rollout))
    engineer.visit(reverse("checklists:rollout_decide", args=[*rollout, "A-1"]))
    engineer.visit(reverse("checklists:rollout_answers", args=rollout))
    engineer.visit(of(scene.checklist, "another"))
    engineer.visit(of(scene.checklist, "successor"))
    engineer.visit(of(scene.checklist, "paper_sheet"))
    engineer.visit(of(scene.checklist, "assign"))
    engineer.visit(reverse("checklists:mine") + "?whose=nobody")
    issued = an_issued_box(scene, "proxy-04")
    engineer.visit(of(issued, "successor"))
    engineer.visit(of(a_box_after(scene, issued)))

    assert engineer.problems == []


def test_files_of_a_rollout_and_their_verification(reader, monkeypatch):
    quick_pdf(monkeypatch)
    scene = Scene(at="issued")
    revoked = an_issued_box(scene, "revoked")
    edition = revoked.editions.get()
    revoke_edition(edition_id=edition.pk, op_id=op("revoke"), reason="別の機器", by=scene.ines)
    engineer, visitor = reader(scene.omar), reader()

    engineer.visit(reverse("checklists:rollout_files", args=[scene.rollout.pk]))
    visitor.visit("/verify/")
    visitor.visit("/verify/?code=", status=422)
    for digest in (scene.edition.digest, edition.digest, "0" * 20):
        visitor.visit(reverse("checklists:verify_code", args=[digest[:20]]))
    visitor.page.get_by_label("ファイル").set_input_files(as_file(b"strange", "strange.pdf"))
    visitor.page.get_by_role("button", name="ファイルを確認").click()
    expect(visitor.page.get_by_role("status")).to_contain_text("確認できません")
    visitor.look()

    assert engineer.problems + visitor.problems == []


def test_some_pages_in_english_and_in_the_dark(reader):
    scene = Scene(at="worked")
    a_prepared_box(scene, "prepared")
    scene.omar.language = "en"
    scene.omar.save()
    engineer = reader(scene.omar, language="en", color_scheme="dark")

    engineer.visit("/")
    engineer.visit("/advisories/?release=appliance-2&mode=proxy")
    engineer.visit("/advisories/A-1/")
    engineer.visit(wizard("new_conditions", release="appliance-2", mode="proxy"))
    engineer.visit(of(scene.checklist))
    engineer.visit(of(scene.checklist, "prepare"))

    assert engineer.problems == []


# The ruler and the keyboard


@pytest.mark.parametrize("width", [1280, 320])
def test_a_decision_can_be_hit_with_a_thumb(open_page, login_as, width):
    scene = Scene()
    page = open_page(width=width)
    login_as(page, scene.omar)
    page.goto(of(scene.checklist))

    choices = page.get_by_role("group", name="判断 1").locator("label")
    sizes = [choice.bounding_box() for choice in choices.all()]

    assert len(sizes) == 5
    assert all(size["height"] >= 44 and size["width"] >= 44 for size in sizes), sizes


def test_text_is_large_and_airy_enough_to_read(open_page, login_as):
    scene = Scene()
    page = open_page(width=320)
    login_as(page, scene.omar)

    for path in ("/", "/advisories/A-1/", of(scene.checklist)):
        page.goto(path)
        size, height = page.locator("body").evaluate(
            "body => [getComputedStyle(body).fontSize, getComputedStyle(body).lineHeight]"
            ".map(parseFloat)"
        )

        assert size >= 16
        assert height / size >= 1.7


# What has the focus: its markup, whether a frame shows it, whether it lies open to the eye.
FOCUSED = """() => {
  const focused = document.activeElement;
  if (focused === document.body) return null;
  const places = [focused, focused.closest("label") ?? focused];
  const framed = places.some((each) => {
    const style = getComputedStyle(each);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  });
  const box = focused.getClientRects()[0];
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return [focused.outerHTML.slice(0, 80), framed, places.some((each) => each.contains(top))];
}"""


def test_the_keyboard_reaches_everything_and_shows_where_it_is(open_page, login_as):
    """Also the filters, which stand open beside the list although their fold is closed."""
    scene = Scene()
    page = open_page(height=500)
    login_as(page, scene.omar)

    for path, among in (
        (of(scene.checklist), 'name="severity"'),
        ("/advisories/", 'name="severity"'),
        ("/advisories/matrix/", "/advisories/A-5/"),
        ("/advisories/compare/?a-release=appliance-1&b-release=appliance-2", "b-installed_with"),
        (wizard("new_conditions", release="appliance-2", mode="proxy"), "condition-directory"),
    ):
        page.goto(path)
        page.keyboard.press("Tab")
        reached = []
        while focused := page.evaluate(FOCUSED):
            reached.append(focused)
            page.keyboard.press("Tab")

        assert len(reached) > 15
        assert any(among in markup for markup, _framed, _open in reached)
        assert [each for each in reached if each[1:] != [True, True]] == []
