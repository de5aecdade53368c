"""Work without a network, in a real browser: what the page keeps, says and sends."""

import pytest
from playwright.sync_api import expect

from tests.support.offline import (
    enter,
    item,
    kept,
    save,
    says,
    settled,
    stored,
)
from tests.support.rollouts import Scene

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def open_checklist(open_page, login_as, scene):
    def open_checklist(by=None, **options):
        page = open_page(**options)
        login_as(page, by or scene.omar)
        page.goto(scene.checklist.get_absolute_url())
        return page

    return open_checklist


def test_an_entry_without_a_network_is_kept_said_and_sent_later(open_checklist, scene):
    page = open_checklist()
    says(page, "すべて保存済み")
    expect(
        page.get_by_text("このページは、ネットワークがなくてもこの端末で開けます。")
    ).to_be_visible()
    page.context.set_offline(True)

    enter(page, 1, "実施済", "設定した")
    save(page, 1)

    says(page, "この端末に保存済み、未送信: 1 ポータルに接続できません。")
    expect(item(page, 1).locator(".saved")).to_have_text("この端末に保存済み (未送信)")
    assert stored(scene) == ("open", "")
    assert len(kept(page)) == 1
    page.context.set_offline(False)
    expect(settled(page, "設定した")).to_contain_text("実施済")
    says(page, "保存しました。")
    assert stored(scene) == ("done", "設定した")
    assert kept(page) == []
