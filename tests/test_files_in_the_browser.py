"""Check sheet and verification as people do them, with and without JavaScript, on a phone."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from checklists.actions.rendering import verification_code
from tests.support.rollouts import Scene, quick_pdf
from tests.support.sheets import opened

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def saved(download, tmp_path):
    path = tmp_path / download.suggested_filename
    download.save_as(path)
    return path


@pytest.mark.parametrize("javascript", [True, False])
def test_an_engineer_takes_the_check_sheet_along_and_brings_it_back(
    open_page, login_as, tmp_path, javascript
):
    scene = Scene()
    page = open_page(javascript=javascript)
    login_as(page, scene.omar)
    page.goto(scene.checklist.get_absolute_url())
    with page.expect_download() as download:
        page.get_by_role("link", name="XLSX 日本語").click()
    path = saved(download.value, tmp_path)
    with opened(path.read_bytes()) as sheet:
        sheet[1, "判断"] = "実施済"
        sheet[1, "備考"] = "=サーバー室で設定"
        sheet.place(1, "備考").data_type = "s"
        sheet[2, "判断"] = "設定済"
    path.write_bytes(sheet.data)

    page.get_by_role("link", name="チェックシートの読み込み").click()
    page.get_by_label("チェックシート (XLSX)").set_input_files(path)
    page.get_by_role("button", name="変更される内容を表示").click()
    page.get_by_role("checkbox", name="注意 2").uncheck()
    page.get_by_role("button", name="選択したものを記録").click()

    expect(page.get_by_text("チェックシートの 1 件を記録しました。")).to_be_visible()
    first, second = scene.item("A-1"), scene.item("A-2")
    assert (first.decision, first.note) == ("done", "=サーバー室で設定")
    assert second.decision == "open"


def test_the_language_can_be_changed_where_a_code_stands_in_the_address(page):
    page.goto("/verify/9F86D-08188-4C7D6-59A2F/")

    page.get_by_role("button", name="English").click()

    expect(page.get_by_role("heading", name="Verify a document")).to_be_visible()
    expect(page).to_have_url(re.compile("/verify/9F86D-08188-4C7D6-59A2F/$"))


def test_a_customer_verifies_on_a_phone_what_the_rollouts_bundle_has(
    open_page, login_as, tmp_path, monkeypatch
):
    quick_pdf(monkeypatch)
    scene = Scene(at="issued")
    page = open_page()
    login_as(page, scene.omar)
    page.goto(reverse("checklists:rollout_files", args=[scene.rollout.pk]))
    with page.expect_download() as download:
        page.get_by_role("link", name="一式をダウンロード").click()
    bundle = saved(download.value, tmp_path)

    phone = open_page(width=390, javascript=False)
    phone.goto("/verify/")
    phone.get_by_label("確認コード").fill(verification_code(scene.edition.digest).lower())
    phone.get_by_role("button", name="コードを確認").click()
    expect(phone.get_by_role("status")).to_contain_text("真正")
    phone.get_by_label("ファイル").set_input_files(bundle)
    phone.get_by_role("button", name="ファイルを確認").click()

    expect(phone.get_by_role("status")).to_contain_text("1 バイトも違いません")
