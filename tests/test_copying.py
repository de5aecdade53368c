"""The address of a customer's link is shown once: a button copies it, else one does by hand."""

import pytest

from tests.support.customers import PUBLIC_URL
from tests.support.rollouts import Scene, quick_pdf

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("committed_db")]


@pytest.fixture
def scene(monkeypatch, settings, live_server, committed_db):
    settings.PUBLIC_URL = PUBLIC_URL
    quick_pdf(monkeypatch)
    return Scene(at="issued")


def make_link(page, scene):
    page.goto(f"/checklists/{scene.id}/editions/1.0/link/")
    page.get_by_label("宛先").fill("鈴木様")
    page.get_by_role("button", name="リンクを作成").click()


def test_a_button_copies_the_address_and_says_so(open_page, login_as, scene):
    page = open_page()
    login_as(page, scene.omar)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    make_link(page, scene)

    page.get_by_role("button", name="リンクをコピー").click()

    page.get_by_role("status").get_by_text("コピーしました").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.get_by_label("リンク", exact=True).input_value()
    assert copied.startswith(f"{PUBLIC_URL}/a/")


def test_without_a_script_there_is_no_button_and_the_text_stands_there(open_page, login_as, scene):
    page = open_page(javascript=False)
    login_as(page, scene.omar)

    make_link(page, scene)

    assert page.get_by_role("button", name="リンクをコピー").count() == 0
    assert page.get_by_label("リンク", exact=True).input_value().startswith(f"{PUBLIC_URL}/a/")
