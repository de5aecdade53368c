"""Editing in a browser: publishing with a look before, an edition taken over, a note written by two
people. Every new page is looked at by axe, wide and narrow."""

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import expect

from advisories import import_actions
from advisories.actions import publish
from advisories.models import Advisory, LocalNote
from advisories.note_actions import save_note
from portal.roles import Role
from tests.factory import load_fixture_catalogue, make_user
from tests.support import editions
from tests.support.accessibility import Reader

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
NAME = editions.FIXED


@pytest.fixture
def reader(open_page, login_as, faults):
    def reader(user=None, **options):
        page = open_page(**options)
        if user:
            login_as(page, user)
        return Reader(page, faults)

    return reader


def row(name=NAME):
    return Advisory.objects.get(tracking_id=name)


def admin_page(name, *arguments):
    return reverse(f"admin:advisories_{name}", args=arguments)


def picture(path):
    Image.new("RGB", (60, 40), "#14418b").save(path, "PNG")
    return path


def test_an_editor_previews_looks_raises_and_publishes(reader):
    load_fixture_catalogue()
    mara = reader(make_user(Role.EDITOR))
    page = mara.page
    page.goto(admin_page("advisory_change", row().pk))
    page.get_by_label("件名 (日本語)").fill("メモリ使用量の増加")
    page.get_by_label("変更内容").fill("件名を変更")

    with page.context.expect_page() as opened:
        page.get_by_role("button", name="プレビュー: 日本語").click()
    preview = Reader(opened.value, mara.faults)
    expect(preview.page.get_by_role("heading", level=1)).to_have_text("メモリ使用量の増加")
    preview.look()
    page.get_by_role("button", name="確認して公開する").click()
    review = page.get_by_role("status", name="公開前の確認")
    expect(review).to_contain_text("使用量の")
    mara.look()
    review.get_by_role("radio", name="MAJOR").check()
    review.get_by_role("button", name="変更を公開する").click()

    expect(page.get_by_text("リビジョン 2 として公開しました。")).to_be_visible()
    assert row().revisions.get(number=2).step == "major"
    assert mara.problems == preview.problems == []


def test_texts_in_two_languages_stand_beside_each_other_without_overlap(reader):
    load_fixture_catalogue()
    mara = reader(make_user(Role.EDITOR))

    mara.page.goto(admin_page("advisory_change", row().pk))

    japanese = mara.page.get_by_label("概要 (日本語)").bounding_box()
    english = mara.page.get_by_label("概要 (英語)").bounding_box()
    assert japanese["x"] + japanese["width"] <= english["x"]
    assert english["x"] + english["width"] <= 1280


def test_an_editor_takes_an_edition_over(reader, tmp_path):
    load_fixture_catalogue()
    file = tmp_path / "iws-1.4.json"
    file.write_bytes(editions.as_bytes(editions.edition_1_4()))
    mara = reader(make_user(Role.EDITOR))
    page = mara.page

    mara.visit(admin_page("documentimport_add"))
    page.get_by_label("資料の版のファイル").set_input_files(file)
    page.get_by_role("button", name="ポータルと比較").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("この資料の版による変更")
    mara.look()
    page.get_by_role("checkbox", name=editions.RERATED).uncheck()
    page.get_by_role("checkbox", name=editions.DROPPED).check()
    page.get_by_role("button", name="チェックしたものを取り込む").click()
    expect(page.get_by_text("資料の版を取り込みました。")).to_be_visible()
    mara.look()

    assert row(editions.ADDED).state == "published"
    assert row(editions.DROPPED).state == "withdrawn"
    assert row(editions.RERATED).revision == 1
    assert mara.problems == []


def test_a_faulty_edition_and_one_that_meets_a_change(reader, tmp_path):
    load_fixture_catalogue()
    file = tmp_path / "faulty.json"
    file.write_bytes(b'{"source": 1}')
    editor = make_user(Role.EDITOR)
    mara = reader(editor)
    page = mara.page

    page.goto(admin_page("documentimport_add"))
    page.get_by_label("資料の版のファイル").set_input_files(file)
    page.get_by_role("button", name="ポータルと比較").click()
    expect(page.get_by_text("このファイルはインポートできません。")).to_be_visible()
    mara.look()
    staged = import_actions.stage(
        file_name="a.json", data=editions.as_bytes(editions.edition_1_4()), by=editor
    )
    page.goto(admin_page("documentimport_change", staged.pk))
    Advisory.objects.filter(tracking_id=NAME).update(title_ja="別")
    publish(advisory=row(), by=editor)
    page.get_by_role("button", name="チェックしたものを取り込む").click()
    expect(page.get_by_text("何も取り込んでいません。")).to_be_visible()
    mara.look()

    assert row().revision == 2
    assert mara.problems == []


def test_an_editor_looks_at_the_health_and_restores(reader):
    load_fixture_catalogue()
    Advisory.objects.filter(tracking_id=NAME).update(title_ja="別", severity=None)
    publish(advisory=row(), by=None)
    mara = reader(make_user(Role.EDITOR))
    page = mara.page

    mara.visit(admin_page("advisory_health"))
    page.get_by_role("link", name="調査中のまま").click()
    expect(page.get_by_role("row")).to_have_count(6)
    mara.visit(admin_page("advisory_restore", row().pk, 1))
    page.get_by_role("button", name="新しいリビジョンとして復元").click()
    expect(page.get_by_text("リビジョンを復元しませんでした。")).to_be_visible()
    mara.look()
    page.get_by_label("変更内容").fill("元のほうが正しい")
    page.get_by_role("button", name="新しいリビジョンとして復元").click()
    expect(page.get_by_text("リビジョン 1 を、リビジョン 3 として復元しました。")).to_be_visible()

    assert row().title_ja != "別"
    assert mara.problems == []


@pytest.mark.parametrize("javascript", [True, False])
def test_an_engineer_writes_a_note_with_commands_and_a_picture(
    open_page, login_as, tmp_path, settings, javascript
):
    settings.MEDIA_ROOT = tmp_path / "media"
    load_fixture_catalogue()
    page = open_page(javascript=javascript)
    login_as(page, make_user(Role.ENGINEER))

    page.goto(row().get_absolute_url())
    page.get_by_role("link", name="社内手順を書く").click()
    page.get_by_label("手順").fill("止める:\n    systemctl stop iwssd")
    group = page.get_by_role("group", name="新しい画像 1")
    group.get_by_label("画像").set_input_files(picture(tmp_path / "a.png"))
    group.get_by_label("説明").fill("設定画面")
    page.get_by_role("button", name="社内手順を保存").click()

    note = page.locator("#local-note")
    expect(note.get_by_text("systemctl stop iwssd", exact=True)).to_be_visible()
    shown = note.get_by_role("img", name="設定画面")
    shown.scroll_into_view_if_needed()
    expect(shown).to_have_js_property("naturalWidth", 60)


def test_two_engineers_on_one_note_and_axe_on_all_its_pages(reader, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    load_fixture_catalogue()
    omar = make_user(Role.ENGINEER)
    kei = reader(make_user(Role.ENGINEER, username="kei"))
    page = kei.page
    address = reverse("advisories:note_edit", args=[NAME])

    kei.visit(address)
    page.get_by_label("手順").fill("私の手順\n    ls -l /etc/iscan")
    group = page.get_by_role("group", name="新しい画像 1")
    group.get_by_label("画像").set_input_files(picture(tmp_path / "a.png"))
    save_note(advisory=row(), text="先の手順", pictures=[], expected_version=0, by=omar)
    page.get_by_role("button", name="社内手順を保存").click()
    expect(page.get_by_role("alert")).to_contain_text("ほかの人が社内手順を保存しました")
    expect(page.get_by_label("相手の文")).to_have_value("先の手順")
    kei.look()
    page.get_by_role("button", name="社内手順を保存").click()
    expect(page.locator("#local-note")).to_contain_text("私の手順")
    kei.look()
    kei.visit(address)
    (tmp_path / "a.txt").write_text("no picture")
    group.get_by_label("画像").set_input_files(tmp_path / "a.txt")
    page.get_by_role("button", name="社内手順を保存").click()
    expect(page.get_by_role("alert")).to_be_visible()
    kei.look()

    assert LocalNote.objects.get().version == 2
    assert len(LocalNote.objects.get().pictures) == 1
    assert kei.problems == []


def test_the_new_pages_in_english(reader):
    load_fixture_catalogue()
    mara = reader(make_user(Role.EDITOR, language="en"), language="en")

    mara.visit(admin_page("advisory_health"))
    mara.visit(admin_page("documentimport_add"))
    mara.visit(reverse("advisories:note_edit", args=[NAME]))

    assert mara.problems == []


def test_an_edition_can_be_uploaded_and_applied_without_a_script(open_page, login_as, tmp_path):
    load_fixture_catalogue()
    file = tmp_path / "iws-1.4.json"
    file.write_bytes(editions.as_bytes(editions.edition_1_4()))
    page = open_page(javascript=False)
    login_as(page, make_user(Role.EDITOR))

    page.goto(admin_page("documentimport_add"))
    page.get_by_label("資料の版のファイル").set_input_files(file)
    page.get_by_role("button", name="ポータルと比較").click()
    page.get_by_role("button", name="チェックしたものを取り込む").click()

    expect(page.get_by_text("資料の版を取り込みました。")).to_be_visible()
