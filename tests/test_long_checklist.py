"""A list longer than most: the page opens fast because forms far from the window are not in it,
and nobody notices but for the speed."""

import pytest
from playwright.sync_api import expect

from advisories.models import Advisory, AffectedProduct
from checklists.page.items import FORMS_AT_ONCE, LONG
from tests.support.offline import enter, item, no_network, save, says, settled, stored, until
from tests.support.pages import client_of
from tests.support.rollouts import Scene, decide, make_checklist

COUNT = 60
LAST = f"A-{COUNT}"
FORMS = "form.work"


class LongScene(Scene):
    """The scene with a checklist of 60 items: all but three have to be decided."""

    def __init__(self, count=COUNT):
        super().__init__()
        pattern = Advisory.objects.get(tracking_id="A-1")
        product = AffectedProduct.objects.get(advisory=pattern).product
        for position in range(6, count + 1):
            pattern.pk, pattern.tracking_id = None, f"A-{position}"
            pattern.position = pattern.source_row = position
            pattern.save(force_insert=True)
            AffectedProduct.objects.create(advisory=pattern, product=product)
        self.checklist = make_checklist(self.rollout, self.omar, name="long", host="proxy-09")


@pytest.fixture
def page_of(open_offline):
    return lambda scene, **options: open_offline(scene, ready=False, **options)


def forms_in(page):
    return page.locator(FORMS).count()


def scroll_to(page, number):
    page.locator(f"#item-{number}").scroll_into_view_if_needed()
    expect(page.locator(f"#item-{number} {FORMS}")).to_have_count(1)


# What the portal sends


@pytest.mark.django_db
@pytest.mark.parametrize("count", [LONG, LONG + 1])
def test_every_item_has_one_form_and_on_a_long_page_most_wait_for_whoever_comes_near(count):
    scene = LongScene(count)

    page = client_of(scene.omar).get(scene.checklist.get_absolute_url()).content.decode()

    assert page.count('<form class="work"') == count
    waiting = page.count('<noscript><form class="work"')
    assert waiting == (count - FORMS_AT_ONCE if count > LONG else 0)


@pytest.mark.django_db
def test_a_filter_that_leaves_few_items_leaves_all_their_forms():
    scene = LongScene()

    page = client_of(scene.omar).get(scene.checklist.get_absolute_url(), {"severity": "low"})

    assert page.content.decode().count('<form class="work"') == 2
    assert b"<noscript>" not in page.content


@pytest.mark.django_db
def test_an_entry_that_was_refused_stands_in_a_form_of_its_own_however_far_down():
    scene = LongScene()
    url = f"{scene.checklist.get_absolute_url()}items/{LAST}/decision/"

    page = client_of(scene.omar).post(url, {"decision": "done", "note": "設定した"})

    last = page.content.decode().split(f'id="item-{COUNT}"')[1].split("</form>")[0]
    assert page.status_code == 428
    assert "設定した" in last
    assert "<noscript>" not in last


# In a browser


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
class TestInABrowser:
    def test_only_the_forms_near_the_window_are_in_the_page(self, page_of):
        page = page_of(LongScene())

        assert forms_in(page) < COUNT / 2
        scroll_to(page, COUNT)
        assert forms_in(page) < COUNT / 2

    def test_an_item_far_down_is_decided_as_any_other(self, page_of):
        scene = LongScene()
        page = page_of(scene)
        scroll_to(page, COUNT)

        enter(page, COUNT, "実施済", "設定した")
        save(page, COUNT)

        expect(settled(page, "設定した")).to_be_visible()
        assert stored(scene, LAST) == ("done", "設定した")

    def test_what_is_typed_stays_while_its_form_leaves_the_page(self, page_of):
        scene = LongScene()
        page = page_of(scene)
        enter(page, 1, "実施済", "書きかけ")
        page.locator("body").click(position={"x": 1, "y": 1})  # somebody in it holds it there

        page.locator(f"#item-{COUNT}").scroll_into_view_if_needed()
        expect(page.locator(f"#item-1 {FORMS}")).to_have_count(0)
        scroll_to(page, 1)

        expect(item(page, 1).get_by_label("備考")).to_have_value("書きかけ")
        expect(item(page, 1).get_by_role("radio", name="実施済")).to_be_checked()
        says(page, "未保存: 1")

    def test_what_was_typed_far_down_comes_back_after_a_reload(self, page_of):
        page = page_of(LongScene())
        page.on("dialog", lambda dialog: dialog.accept())
        scroll_to(page, COUNT)
        enter(page, COUNT, "実施済", "書きかけ")

        page.reload()

        says(page, "このタブに残っていた入力を復元しました。")
        scroll_to(page, COUNT)
        expect(item(page, COUNT).get_by_label("備考")).to_have_value("書きかけ")

    def test_an_entry_kept_on_the_device_is_sent_and_shown_though_its_form_is_away(self, page_of):
        scene = LongScene()
        page = page_of(scene)
        scroll_to(page, COUNT)
        with no_network(page):
            enter(page, COUNT, "実施済", "設定した")
            save(page, COUNT)
            says(page, "この端末に保存済み、未送信: 1")
            page.locator("h1").click()
            expect(page.locator(f"#item-{COUNT} {FORMS}")).to_have_count(0)

        expect(settled(page, "設定した")).to_be_attached()
        assert stored(scene, LAST) == ("done", "設定した")

    def test_what_is_refused_says_so_in_a_form_that_is_away(self, page_of):
        scene = LongScene()
        page = page_of(scene)
        scroll_to(page, COUNT)
        with no_network(page):
            item(page, COUNT).get_by_role("radio", name="見送り").check()
            save(page, COUNT)
            says(page, "この端末に保存済み、未送信: 1")
            page.locator("h1").click()
            expect(page.locator(f"#item-{COUNT} {FORMS}")).to_have_count(0)

        says(page, "理由を入力してください")
        scroll_to(page, COUNT)
        expect(item(page, COUNT).get_by_role("alert")).to_contain_text("理由を入力してください")

    def test_what_others_did_far_down_appears(self, page_of):
        scene = LongScene()
        page = page_of(scene)

        decide(scene.checklist, LAST, by=scene.omar, note="ほかの端末から")

        expect(settled(page, "ほかの端末から")).to_be_attached()

    def test_an_address_with_an_item_leads_to_it(self, page_of):
        scene = LongScene()
        page = page_of(scene)

        page.goto(f"{scene.checklist.get_absolute_url()}#item-{COUNT - 1}")

        expect(page.locator(f"#item-{COUNT - 1}")).to_be_in_viewport()
        expect(page.locator(f"#item-{COUNT - 1} {FORMS}")).to_have_count(1)

    def test_paper_has_every_form(self, page_of):
        page = page_of(LongScene())

        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        printed = forms_in(page)
        page.evaluate("dispatchEvent(new Event('afterprint'))")

        assert printed == COUNT
        until(page, f"() => document.querySelectorAll('{FORMS}').length < {COUNT // 2}")

    def test_without_scripts_the_last_item_is_decided_by_a_plain_form(self, open_page, login_as):
        scene = LongScene()
        page = open_page(javascript=False)
        login_as(page, scene.omar)
        page.goto(scene.checklist.get_absolute_url())

        enter(page, COUNT, "実施済", "設定した")
        save(page, COUNT)

        expect(settled(page, "設定した")).to_be_visible()
        assert stored(scene, LAST) == ("done", "設定した")
