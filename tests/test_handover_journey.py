"""From an open checklist to two editions that a computer without the portal verifies: returned,
signed twice, accepted by the customer on a phone, re-opened, signed again."""

import re
import subprocess
import sys
import zipfile

import pytest
from playwright.sync_api import expect

from tests.support.rollouts import PASSWORD, Scene

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_two_editions_are_signed_accepted_and_verified_without_the_portal(
    open_page, login_as, settings, live_server, tmp_path
):
    settings.PUBLIC_URL = live_server.url
    scene = Scene(at="worked")
    engineer, reviewer, customer = open_page(), open_page(), open_page(width=390, height=844)
    login_as(engineer, scene.omar)
    login_as(reviewer, scene.ines)

    prepare(engineer)
    return_the_first_item(reviewer)
    decide_again(engineer, "差戻しに答えた")
    prepare(engineer, proved=True)
    review(reviewer, "1.0")
    accept(customer, link_of(engineer))
    re_open(engineer)
    decide_again(engineer, "再起動後の値")
    prepare(engineer, proved=True)
    review(reviewer, "1.1", proved=True)
    bundles = [bundle_of(engineer, scene, number) for number in ("1.0", "1.1")]

    first, second = (verified_alone(path, tmp_path / path.stem) for path in bundles)
    assert "差戻しに答えた" in first and "再起動後の値" not in first
    assert "再起動後の値" in second


def prepare(page, *, proved=False):
    page.goto("/")
    page.get_by_role("link", name="proxy-01").first.click()
    page.get_by_role("link", name="作成者として署名").click()
    if not proved:
        page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="作成者として署名").click()
    expect(page.get_by_role("status").filter(has_text="審査待ちです")).to_be_visible()


def return_the_first_item(page):
    page.goto("/")
    page.get_by_role("link", name="審査 proxy-01").click()
    row = page.get_by_role("listitem").filter(has_text="注意 1").last
    row.get_by_text("この項目を差し戻す").click()
    row.get_by_label("コメント: どうすればよいか").fill("値の根拠を書いてください")
    page.get_by_role("button", name="コメントを付けて差し戻す").click()
    expect(page.get_by_role("status").filter(has_text="差し戻しました")).to_be_visible()


def decide_again(page, note):
    page.goto("/")
    page.get_by_role("link", name="proxy-01").first.click()
    row = page.locator("#item-1")
    if row.get_by_text("内容と変更").count():
        row.get_by_text("内容と変更").click()
    row.get_by_label("備考").fill(note)
    row.get_by_role("button", name="保存 1").click()
    expect(page.get_by_role("status").filter(has_text="保存しました。")).to_be_visible()


def review(page, number, *, proved=False):
    page.goto("/")
    page.get_by_role("link", name="審査 proxy-01").click()
    if not proved:
        page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="審査者として署名し、発行する").click()
    issued = page.get_by_role("status").filter(has_text=f"版 {number} を発行しました")
    expect(issued).to_be_visible()


def link_of(page):
    page.goto("/")
    page.get_by_role("link", name="proxy-01 1.0").click()
    page.get_by_role("link", name="リンク").click()
    page.get_by_label("宛先").fill("鈴木様")
    page.get_by_role("button", name="リンクを作成").click()
    return page.locator("#address").input_value()


def accept(page, address):
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_contain_text("proxy-01")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    answer = page.get_by_role("region", name="承認", exact=True)
    answer.get_by_label("お名前").first.fill("鈴木 一郎")
    answer.get_by_role("button", name="承認する").click()
    expect(page.get_by_role("heading", name="承認済")).to_be_visible()


def re_open(page):
    page.goto("/")
    page.get_by_role("link", name="proxy-01 1.0").click()
    page.get_by_role("link", name="改訂を始める").click()
    page.get_by_label("理由").fill("再起動後に値が変わったため")
    page.locator("main form button").click()
    expect(page.get_by_text("版 1.1").first).to_be_visible()


def bundle_of(page, scene, number):
    page.goto(f"/checklists/{scene.id}/editions/{number}/")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("ZIP")).click()
    return download.value.path().rename(download.value.path().with_name(f"{number}.zip"))


def verified_alone(bundle, folder):
    """The words of the edition's CSV, after the bundle's own program found that all holds."""
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    done = subprocess.run(
        [sys.executable, "-I", "verify.py"], cwd=folder, capture_output=True, encoding="utf-8"
    )
    assert (done.returncode, "[NG]" in done.stdout) == (0, False), done.stdout
    return next(folder.rglob("*_ja.csv")).read_text(encoding="utf-8-sig")
