"""The checklist's page without a mouse: single keys, and when they are none."""

from functools import partial

import pytest
from playwright.sync_api import expect

from tests.support.offline import item, stored
from tests.support.rollouts import Scene, decide
from tests.test_long_checklist import COUNT, LAST, LongScene

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def open_checklist(open_offline, scene):
    return partial(open_offline, scene, ready=False)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def focused(page, number):
    expect(page.locator(f"#item-{number}")).to_be_focused()


def dialog(page):
    return page.get_by_role("dialog", name="キー操作")


# What they do


def test_j_and_k_go_to_the_next_and_the_previous_item(open_checklist):
    page = open_checklist()

    press(page, "j")
    focused(page, 1)
    press(page, "j", "j")
    focused(page, 3)
    expect(page.locator("#item-3")).to_be_in_viewport()
    press(page, "j")  # what follows is folded away
    focused(page, 3)
    press(page, "k", "k", "k")
    focused(page, 1)


def test_a_digit_chooses_the_decision_and_enter_saves_it(open_checklist, scene):
    page = open_checklist()

    press(page, "j", "j", "2")
    expect(item(page, 2).get_by_role("radio", name="設定済")).to_be_focused()
    press(page, "Enter")

    expect(page.locator("#item-2")).to_contain_text("Omar 大森")
    focused(page, 2)
    assert stored(scene, "A-2") == ("verified", "")


def test_n_leads_to_the_note_where_keys_are_letters(open_checklist):
    page = open_checklist()

    press(page, "j", "n", "j", "1", "?", "x")

    expect(item(page, 1).get_by_label("備考")).to_have_value("j1?x")
    expect(item(page, 1).get_by_label("備考")).to_be_focused()
    expect(dialog(page)).to_be_hidden()
    assert page.locator(".item input:checked").count() == 0


def test_a_digit_opens_an_item_that_is_settled(open_checklist, scene):
    decide(scene.checklist, "A-1", by=scene.omar, note="設定した")
    page = open_checklist()

    press(page, "j", "2", "Enter")

    expect(page.locator("#item-1 .stamp")).to_contain_text("設定済")
    assert stored(scene) == ("verified", "設定した")


def test_x_ticks_and_d_leads_to_the_decision_on_what_is_ticked(open_checklist, scene):
    page = open_checklist()

    press(page, "j", "x", "j", "x", "d", "Tab", "Space", "Enter")

    expect(page.get_by_role("status").filter(has_text="記録しました: 2")).to_be_visible()
    assert [stored(scene, name)[0] for name in ("A-1", "A-2")] == ["done", "done"]


def test_f_leads_to_the_filters_also_where_they_are_folded(open_checklist):
    page = open_checklist(width=390)

    press(page, "f")

    expect(page.get_by_role("checkbox", name="高")).to_be_focused()


def test_the_help_lists_the_keys_and_gives_the_focus_back(open_checklist):
    page = open_checklist()
    press(page, "j", "?")
    expect(dialog(page)).to_contain_text("次の項目、前の項目")

    press(page, "j", "1")  # nothing happens behind it
    press(page, "Escape")

    expect(dialog(page)).to_be_hidden()
    focused(page, 1)
    assert page.locator(".work input:checked").count() == 0


def test_keys_reach_a_form_that_is_not_in_the_page_yet(open_offline):
    scene = LongScene()
    page = open_offline(scene, ready=False)

    press(page, *["j"] * (COUNT - 2), "1", "Enter")

    expect(page.locator(f"#item-{COUNT}")).to_contain_text("実施済")
    expect(page.locator(f"#item-{COUNT}")).to_be_focused()
    assert stored(scene, LAST)[0] == "done"


# When they are none


@pytest.mark.parametrize("modifier", ["Control", "Alt", "Meta"])
def test_with_a_modifier_they_are_the_browsers(open_checklist, modifier):
    page = open_checklist()
    press(page, "j")

    press(page, f"{modifier}+2", f"{modifier}+k", f"{modifier}+x")

    focused(page, 1)
    assert page.locator(".item input:checked").count() == 0


COMPOSING = """(options) => document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", { key: "1", bubbles: true, cancelable: true, ...options })
)"""


@pytest.mark.parametrize("options", [{"isComposing": True}, {"keyCode": 229}])
def test_while_text_is_composed_they_belong_to_it(open_checklist, options):
    page = open_checklist()
    press(page, "j")

    assert page.evaluate(COMPOSING, options)  # nobody has taken it
    assert page.locator(".item input:checked").count() == 0
    assert not page.evaluate(COMPOSING, {})
    assert page.locator(".item input:checked").count() == 1


def test_switched_off_they_stay_off(open_checklist):
    page = open_checklist()
    page.get_by_role("button", name="キー操作").click()
    dialog(page).get_by_role("checkbox", name="このブラウザーで 1 文字のキー操作を使う").uncheck()
    dialog(page).get_by_role("button", name="閉じる").click()

    page.reload()
    page.get_by_role("button", name="キー操作").wait_for()
    press(page, "j", "?", "x")

    expect(dialog(page)).to_be_hidden()
    expect(page.locator(".item:focus")).to_have_count(0)
    page.get_by_role("button", name="キー操作").click()
    dialog(page).get_by_role("checkbox").check()
    press(page, "Escape", "j")
    focused(page, 1)
