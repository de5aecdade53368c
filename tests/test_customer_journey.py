"""In a browser on a phone: a customer reads, comments and accepts by a link; axe finds nothing."""

import pytest
from playwright.sync_api import expect

from checklists.models import Edition, Event, SignOff
from tests.support.accessibility import Reader
from tests.support.customers import accept, comment, decline, make_link, page_of, quick_sheet
from tests.support.pages import PASSWORD, url
from tests.support.rollouts import Scene, quick_pdf

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("committed_db")]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def scene(monkeypatch, settings, live_server, committed_db):
    quick_pdf(monkeypatch)
    quick_sheet(monkeypatch)
    settings.PUBLIC_URL = live_server.url
    return Scene(at="issued")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_customer_reads_comments_and_accepts_on_a_phone(open_page, scene, javascript):
    access, token = make_link(scene)
    page = open_page(**PHONE, javascript=javascript)

    page.goto(f"/a/{token}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("proxy-01")
    assert token not in page.url

    item = page.get_by_role("listitem").filter(has_text="注意 1").last
    item.get_by_text("コメント").first.click()
    item.get_by_role("textbox").first.fill("根拠を教えてください。")
    item.get_by_label("お名前").fill("鈴木 一郎")
    item.get_by_role("button", name="コメントを送信").click()
    expect(page.get_by_text("根拠を教えてください。")).to_be_visible()
    assert page.url.endswith("#item-1")

    with page.expect_download() as download:
        page.get_by_role("link", name="PDF 日本語").click()
    assert download.value.suggested_filename.endswith("_ja.pdf")

    answer = page.get_by_role("region", name="承認", exact=True)
    answer.get_by_label("お名前").first.fill("鈴木 一郎")
    answer.get_by_role("button", name="承認する").click()

    expect(page.get_by_role("heading", name="承認済")).to_be_visible()
    assert SignOff.objects.get(kind="accepted").name == "鈴木 一郎"
    assert Event.objects.get(kind="commented").actor_name == "鈴木 一郎"
    expect(page.get_by_role("button", name="承認する")).to_have_count(0)
    wide = page.evaluate("document.documentElement.scrollWidth") if javascript else 390
    assert wide <= 390
    assert page.url.endswith(page_of(access))


def test_a_customer_declines_in_english_after_a_form_that_was_not_complete(open_page, scene):
    _access, token = make_link(scene)
    page = open_page(**PHONE)
    page.goto(f"/a/{token}/")
    page.get_by_role("button", name="English").click()

    page.get_by_text("I do not accept it").click()
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_role("alert")).to_contain_text("Why you do not accept it")
    page.get_by_label("Why you do not accept it").fill("A-1 is wrong")
    page.locator("details").get_by_label("Your name").last.fill("Suzuki")
    page.get_by_role("button", name="Decline").click()

    expect(page.get_by_role("heading", name="Declined")).to_be_visible()
    assert Edition.objects.get().state == "declined"


def test_the_engineer_lends_the_device_and_is_given_it_back(
    open_page, scene, login_as, live_server
):
    page = open_page(language="en", **PHONE)
    login_as(page, scene.omar)
    page.context.add_cookies([{"name": "django_language", "value": "en", "url": live_server.url}])
    page.goto(f"/checklists/{scene.id}/editions/1.0/")

    page.get_by_role("link", name="On this device").click()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Open the customer's page").click()
    page.get_by_label("Your name").nth(-2).fill("Suzuki")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", name="Accepted")).to_be_visible()
    page.get_by_role("link", name="Give the device back").click()

    expect(page.get_by_text("On the integrator's device")).to_be_visible()
    assert SignOff.objects.get(kind="accepted").reply.recorded_by == scene.omar


@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_and_the_ruler_find_nothing_on_the_pages_of_customers_and_members(
    open_page, scene, login_as, faults, language, live_server
):
    access, token = make_link(scene)
    comment(access)
    page = open_page(language=language)
    page.context.add_cookies(
        [{"name": "django_language", "value": language, "url": live_server.url}]
    )
    reader = Reader(page, faults)
    reader.visit(f"/a/{token}/")
    page.locator("#accept_name").fill("")
    page.locator("form[action$='/accept/'] button").click()
    reader.look()
    decline(access)
    reader.visit(page_of(access))
    accept(access)
    reader.visit(page_of(access))
    reader.visit("/a/wrong/", status=404)
    login_as(page, scene.omar)
    for name in ("edition", "make_link", "device", "paper"):
        reader.visit(url(name, scene, "1.0"))
    reader.visit(url("revisions", scene))

    assert reader.problems == []
