"""One decision on several items in a browser: choosing, deciding without a network, undoing."""

from functools import partial

import pytest
from playwright.sync_api import expect

from tests.support.offline import (
    NO_STORAGE,
    enter,
    kept,
    no_network,
    outbox_is_empty,
    save,
    says,
    settled,
)
from tests.support.rollouts import Scene, decide
from tests.test_long_checklist import COUNT, LAST, LongScene

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
ALL = ("A-1", "A-2", "A-3")


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def open_checklist(open_offline, scene):
    return partial(open_offline, scene)


def tick(page, number, **options):
    page.get_by_role("checkbox", name=f"選択: 項目 {number}", exact=True).click(**options)


def bar(page):
    return page.get_by_role("form", name="選択した項目をまとめて判断")


def decide_ticked(page, decision="実施済", note="まとめて設定"):
    bar(page).get_by_role("radio", name=decision).check()
    bar(page).get_by_label("備考").fill(note)
    bar(page).get_by_role("button", name="選択した項目に記録").click()


def said(page, words):
    expect(bar(page).get_by_role("status").filter(has_text=words)).to_be_visible()


def states(scene):
    return [scene.item(name).decision for name in ALL]


def ticked(page):
    return page.locator(".pick input:checked").count()


# Choosing


def test_the_bar_appears_with_the_first_tick_and_counts(open_checklist):
    page = open_checklist()
    expect(bar(page)).to_be_hidden()

    tick(page, 1)
    tick(page, 3)

    expect(bar(page)).to_contain_text("選択中: 2")
    bar(page).get_by_role("button", name="選択を解除").click()
    expect(bar(page)).to_be_hidden()
    assert ticked(page) == 0


def test_shift_ticks_all_in_between(open_checklist):
    page = open_checklist()

    tick(page, 1)
    tick(page, 3, modifiers=["Shift"])

    expect(bar(page)).to_contain_text("選択中: 3")


def test_all_shown_are_those_that_stand_open(open_checklist):
    page = open_checklist()

    page.get_by_role("checkbox", name="表示中の未判断の 3 項目をすべて選択").check()

    expect(bar(page)).to_contain_text("選択中: 3")
    assert not page.locator("#item-5 .pick input").is_checked()


def test_all_shown_leave_out_what_is_decided(open_checklist, scene):
    decide(scene.checklist, "A-2", "verified", by=scene.omar, note="先に")
    page = open_checklist()
    page.get_by_role("checkbox", name="表示中の未判断の 2 項目をすべて選択").check()

    decide_ticked(page)

    said(page, "記録しました: 2")
    assert states(scene) == ["done", "verified", "done"]


# Deciding


def test_what_is_ticked_is_decided_and_sent_one_entry_each(open_checklist, scene):
    page = open_checklist()
    tick(page, 1)
    tick(page, 3)

    decide_ticked(page)

    said(page, "記録しました: 2")
    expect(settled(page, "まとめて設定")).to_have_count(2)
    assert states(scene) == ["done", "open", "done"]
    assert ticked(page) == 0
    outbox_is_empty(page)


def test_without_a_network_all_are_kept_and_sent_later(open_checklist, scene):
    page = open_checklist()
    page.get_by_role("checkbox", name="表示中の未判断の 3 項目をすべて選択").check()
    with no_network(page):
        decide_ticked(page)

        said(page, "この端末に保存済み、未送信: 3")
        says(page, "この端末に保存済み、未送信: 3")
        assert len(kept(page)) == 3
        assert states(scene) == ["open"] * 3

    said(page, "記録しました: 3")
    assert states(scene) == ["done"] * 3


def test_a_long_list_is_decided_at_once_though_most_forms_are_not_in_the_page(open_offline):
    scene = LongScene()
    page = open_offline(scene, ready=False)
    page.get_by_role("checkbox", name="表示中の未判断の 58 項目をすべて選択").check()

    decide_ticked(page)

    said(page, "記録しました: 58")
    outbox_is_empty(page)
    assert scene.item(LAST).note == "まとめて設定"
    assert page.locator("form.work").count() < COUNT / 2


def test_what_was_not_taken_over_is_said_with_a_link_to_each(open_checklist, scene):
    page = open_checklist()
    with no_network(page):
        page.get_by_role("checkbox", name="表示中の未判断の 3 項目をすべて選択").check()
        bar(page).get_by_role("radio", name="見送り").check()
        bar(page).get_by_label("判断の理由").fill("許容")
        bar(page).get_by_role("button", name="選択した項目に記録").click()
        said(page, "未送信: 3")
        decide(scene.checklist, "A-2", "verified", by=scene.omar, note="先に")

    said(page, "記録しました: 1")
    said(page, "反映していません: 2")
    expect(bar(page).get_by_role("link", name="1", exact=True)).to_be_visible()
    expect(bar(page).get_by_role("link", name="2", exact=True)).to_be_visible()
    expect(page.locator("#item-1").get_by_role("alert")).to_contain_text("承認者の名前")
    expect(page.get_by_role("region", name="項目 2: 注意 2")).to_be_visible()
    assert states(scene) == ["open", "verified", "risk_accepted"]


def test_values_and_notes_of_their_own_stay(open_checklist, scene):
    decide(scene.checklist, "A-1", by=scene.omar, note="自分の備考", before="off", after="on")
    page = open_checklist()
    tick(page, 1)
    tick(page, 2)

    decide_ticked(page, "設定済", "")

    said(page, "記録しました: 2")
    first = scene.item("A-1")
    assert (first.decision, first.note) == ("verified", "自分の備考")
    assert (first.value_before, first.value_after) == ("off", "on")


def test_without_a_decision_it_says_so_and_keeps_what_is_ticked(open_checklist, scene):
    page = open_checklist()
    tick(page, 1)

    bar(page).get_by_role("button", name="選択した項目に記録").click()

    said(page, "判断を選択してください")
    assert ticked(page) == 1
    assert kept(page) == []


@pytest.mark.parametrize("options", [{"javascript": False}, {"script": NO_STORAGE}])
def test_a_plain_form_does_the_same_where_nothing_is_kept(open_page, login_as, scene, options):
    script = options.pop("script", "")
    page = open_page(**options)
    if script:
        page.add_init_script(script)
    login_as(page, scene.omar)
    page.goto(scene.checklist.get_absolute_url())
    tick(page, 1)
    tick(page, 2)
    if not script:
        page.locator(".several summary").click()

    decide_ticked(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("2 項目中 2 項目に記録しました")
    page.get_by_role("button", name="元に戻す").click()
    expect(
        page.get_by_role("status").filter(has_text="2 項目中 2 項目を元に戻しました")
    ).to_be_visible()
    assert states(scene) == ["open"] * 3


def test_the_page_stays_where_it_is_while_it_says_so(open_checklist):
    page = open_checklist()
    tick(page, 1)
    before = page.evaluate("scrollY")

    decide_ticked(page, "実施不要")
    said(page, "反映していません: 1")

    assert page.evaluate("scrollY") == before


# Undoing


def undo(page):
    bar(page).get_by_role("button", name="元に戻す").click()


def test_it_can_be_undone_until_the_page_is_loaded_again(open_checklist, scene):
    decide(scene.checklist, "A-1", "pending", by=scene.omar, waiting_for="客")
    page = open_checklist()
    tick(page, 1)
    tick(page, 2)
    decide_ticked(page)
    said(page, "記録しました: 2")

    undo(page)

    said(page, "元に戻しました: 2")
    assert states(scene) == ["pending", "open", "open"]
    assert scene.item("A-1").waiting_for == "客"
    assert len(scene.events("decision")) == 5
    expect(bar(page).get_by_role("button", name="元に戻す")).to_have_count(0)


def test_it_can_be_undone_without_a_network(open_checklist, scene):
    page = open_checklist()
    with no_network(page):
        tick(page, 1)
        tick(page, 2)
        decide_ticked(page)
        said(page, "未送信: 2")

        undo(page)
        says(page, "この端末に保存済み、未送信: 4")

    said(page, "元に戻しました: 2")
    assert states(scene) == ["open"] * 3
    assert [event.outcome for event in scene.events("decision")] == ["applied"] * 4


def test_what_somebody_has_decided_since_is_left_and_said(open_checklist, scene):
    page = open_checklist()
    tick(page, 1)
    tick(page, 2)
    decide_ticked(page)
    said(page, "記録しました: 2")
    decide(scene.checklist, "A-2", "verified", by=scene.omar, note="その後")
    expect(settled(page, "その後")).to_be_visible()

    undo(page)

    said(page, "元に戻しました: 1")
    said(page, "そのままにしました")
    assert states(scene) == ["open", "verified", "open"]


def test_undoing_lets_go_of_what_the_portal_has_refused(open_checklist, scene):
    page = open_checklist()
    tick(page, 1)
    tick(page, 2)
    decide_ticked(page, "実施不要")  # its reason is missing
    said(page, "反映していません: 2")

    undo(page)

    said(page, "元に戻しました: 2")
    says(page, "すべて保存済み")
    expect(page.locator("#item-1").get_by_role("alert")).to_have_count(0)
    outbox_is_empty(page)
    enter(page, 1, "実施済", "設定した")
    save(page, 1)
    expect(settled(page, "設定した")).to_be_visible()
