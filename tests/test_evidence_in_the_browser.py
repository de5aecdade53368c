"""Evidence on the checklist's page: a screenshot pasted, files dropped, and what was not sent."""

import re

import pytest
from playwright.sync_api import expect

from checklists.models import Evidence
from tests.support.offline import enter, item, no_network, save, says
from tests.support.proofs import give, picture
from tests.support.rollouts import Scene

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SHOT = ("image.png", "image/png", picture())


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def page(open_page, login_as, scene):
    page = open_page()
    login_as(page, scene.omar)
    page.goto(scene.checklist.get_absolute_url())
    says(page, "すべて保存済み")
    return page


def proofs(page, number):
    return item(page, number).locator(".proofs")


def test_a_pasted_screenshot_proves_the_item_and_what_is_typed_stays(page, scene):
    enter(page, 1, "実施済", "まだ保存していない")

    give(item(page, 1).get_by_label("備考"), "paste", SHOT)

    expect(proofs(page, 1).get_by_role("img", name="image.png")).to_be_visible()
    expect(proofs(page, 1).get_by_role("status")).to_have_text("保存しました。")
    expect(item(page, 1).get_by_label("備考")).to_have_value("まだ保存していない")
    assert Evidence.objects.get().item.tracking_id == "A-1"


def test_a_pasted_text_stays_a_text(page):
    note = item(page, 1).get_by_label("備考")
    note.evaluate(
        """(target) => {
          const data = new DataTransfer();
          data.setData("text/plain", "値");
          data.items.add(new File(["x"], "image.png", { type: "image/png" }));
          target.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, clipboardData: data }));
        }"""
    )

    expect(proofs(page, 1).get_by_role("status")).to_have_count(0)
    assert not Evidence.objects.exists()


def test_dropped_files_are_added_and_the_one_that_cannot_be_is_named(page):
    files = [("log.txt", "text/plain", b"log"), ("setup.exe", "", b"MZ\x00"), SHOT]

    give(item(page, 2), "drop", *files)

    expect(proofs(page, 2).get_by_role("alert")).to_contain_text("setup.exe: この種類のファイル")
    expect(proofs(page, 2).get_by_role("listitem")).to_have_count(2)
    assert {file.name for file in Evidence.objects.all()} == {"log.txt", "image.png"}


def test_a_file_dropped_beside_the_items_does_not_leave_the_page(page):
    address = page.url

    give(page.locator("h1").first, "drop", SHOT)

    expect(page).to_have_url(address)
    assert not Evidence.objects.exists()


def test_without_a_network_the_file_waits_in_the_page_and_is_sent_once(page, scene):
    with no_network(page):
        give(item(page, 1), "drop", SHOT)
        alert = proofs(page, 1).get_by_role("alert")
        expect(alert).to_contain_text("ファイルは未送信です。")

    alert.get_by_role("button", name="もう一度送信").click()

    expect(proofs(page, 1).get_by_role("img", name="image.png")).to_be_visible()
    assert scene.checklist.events.filter(kind="evidence_added").count() == 1


def test_what_waits_to_be_sent_is_said_also_after_the_item_was_sent_anew(page, scene):
    with no_network(page):
        give(item(page, 1), "drop", SHOT)
        expect(proofs(page, 1).get_by_role("alert")).to_be_visible()

    give(item(page, 1), "drop", ("log.txt", "text/plain", b"log"))
    expect(proofs(page, 1).get_by_role("listitem")).to_have_count(1)
    enter(page, 1, "実施済", "済み")
    save(page, 1)
    says(page, "保存しました。")
    page.locator("#item-1 summary").last.click()
    page.locator("#item-1").get_by_role("button", name="もう一度送信").click()

    expect(page.locator("#item-1").get_by_role("img", name="image.png")).to_be_visible()
    assert Evidence.objects.count() == 2


def test_after_logging_in_anew_a_file_is_sent_again(page, scene):
    with no_network(page):
        give(item(page, 1), "drop", SHOT)
        expect(proofs(page, 1).get_by_role("alert")).to_be_visible()
    page.context.add_cookies([{"name": "csrftoken", "value": "x" * 32, "url": page.url}])

    proofs(page, 1).get_by_role("button", name="もう一度送信").click()

    expect(proofs(page, 1).get_by_role("img", name="image.png")).to_be_visible()


def test_a_file_on_a_decided_item_opens_its_fold(page):
    enter(page, 1, "実施済", "済み")
    save(page, 1)
    says(page, "保存しました。")
    decided = page.locator("#item-1")

    give(decided, "drop", SHOT)

    expect(decided.get_by_role("img", name="image.png")).to_be_visible()


def test_the_page_of_an_item_adds_and_removes(page, scene):
    item(page, 1).get_by_role("link", name=re.compile("証跡を追加")).click()
    page.get_by_label("ファイル", exact=True).set_input_files(
        [{"name": "画面.png", "mimeType": "image/png", "buffer": picture()}]
    )
    page.get_by_label("説明").fill("設定後")
    page.get_by_role("button", name="追加", exact=True).click()
    expect(page.get_by_text("1 個のファイルを追加しました。")).to_be_visible()

    page.locator("summary", has_text="外す").click()
    page.get_by_role("button", name="このファイルを外す").click()

    expect(page.get_by_text("証跡はまだありません。")).to_be_visible()
    assert Evidence.objects.get().removed_by == scene.omar.name
