"""What the pages' scripts promise: nothing is called saved before the portal has answered, nothing
typed is lost, and addresses keep what was chosen. What a device keeps: test_offline.py."""

import re

import pytest
from playwright.sync_api import expect

from tests import factory
from tests.support.offline import NO_STORAGE, enter, item, save, says, settled, stored
from tests.support.rollouts import Scene, decide

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
DECISIONS = "**/decision/*"
UNREACHABLE = "保存していません: ポータルに接続できません。"
NO_ANSWER = "保存していません: ポータルから正しい応答がありません。"


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def open_checklist(open_page, login_as, scene):
    """open_checklist() -> the checklist's page in a new browser, with Omar signed in."""

    def open_checklist():
        page = open_page()
        login_as(page, scene.omar)
        page.goto(scene.checklist.get_absolute_url())
        return page

    return open_checklist


@pytest.fixture
def open_online_only(open_page, login_as, scene):
    """The same in a browser that keeps nothing: the portal's answer alone counts."""

    def open_checklist():
        page = open_page()
        page.add_init_script(NO_STORAGE)
        login_as(page, scene.omar)
        page.goto(scene.checklist.get_absolute_url())
        return page

    return open_checklist


# Deciding an item


def test_a_decision_is_recorded_without_loading_the_page_again(open_checklist, scene):
    page = open_checklist()
    page.evaluate("window.stillTheSamePage = true")
    expect(page.get_by_role("figure").filter(has_text="全体")).to_contain_text("0 / 3")

    enter(page, 1, "実施済", "設定した")
    save(page, 1)

    says(page, "保存しました。")
    expect(page.get_by_role("figure").filter(has_text="全体")).to_contain_text("1 / 3")
    expect(page.get_by_role("heading", name="調整 3 件中 1 件判断済み")).to_be_visible()
    expect(page.locator(".filters label").filter(has_text="実施済")).to_have_text("実施済1")
    expect(settled(page, "設定した")).to_be_focused()
    expect(settled(page, "設定した")).to_contain_text("実施済")
    assert page.evaluate("window.stillTheSamePage")
    assert stored(scene) == ("done", "設定した")


def test_saved_is_said_only_after_the_portals_answer(open_online_only, scene):
    page, held = open_online_only(), []
    page.route(DECISIONS, lambda route: held.append(route))

    enter(page, 1, "実施済", "設定した")
    save(page, 1)
    says(page, "保存中")
    says_saved = page.get_by_role("status").filter(has_text="保存しました。")
    expect(says_saved).to_have_count(0)
    save(page, 1)  # a second click while the first is on its way sends nothing
    held[0].continue_()

    expect(says_saved).to_be_visible()
    assert len(held) == 1
    assert stored(scene) == ("done", "設定した")


def abort(route):
    route.abort()


def break_down(route):
    route.fulfill(status=500, content_type="text/html", body="<h1>Server Error (500)</h1>")


def ask_to_log_in(route):
    route.fulfill(status=200, content_type="text/html", body="<form><input name=password></form>")


@pytest.mark.parametrize(
    ("fate", "words"),
    [(abort, UNREACHABLE), (break_down, NO_ANSWER), (ask_to_log_in, NO_ANSWER)],
)
def test_what_could_not_be_saved_is_said_kept_and_saved_later(
    open_online_only, scene, faults, fate, words
):
    page = open_online_only()
    page.route(DECISIONS, fate)

    enter(page, 1, "実施済", "設定した")
    save(page, 1)

    says(page, words)
    expect(item(page, 1).get_by_role("alert")).to_contain_text(words)
    assert stored(scene) == ("open", "")
    page.unroute(DECISIONS)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    says(page, "このタブに残っていた入力を復元しました。まだ保存されていません。")
    expect(item(page, 1).get_by_role("radio", name="実施済")).to_be_checked()
    expect(item(page, 1).get_by_label("備考")).to_have_value("設定した")
    save(page, 1)
    says(page, "保存しました。")
    assert stored(scene) == ("done", "設定した")
    faults.clear()  # the 500 was made here


def test_an_entry_whose_answer_was_lost_counts_once_when_it_is_saved_again(open_online_only, scene):
    page = open_online_only()

    def lose_the_answer(route):
        route.fetch()
        route.abort()

    page.route(DECISIONS, lose_the_answer, times=1)
    enter(page, 1, "実施済", "設定した")
    save(page, 1)
    says(page, UNREACHABLE)
    save(page, 1)

    says(page, "保存しました。")
    assert len(scene.events("decision")) == 1


def test_somebody_who_was_logged_out_finds_the_entry_after_logging_in(
    open_online_only, scene, login_as
):
    page = open_online_only()
    enter(page, 1, "実施済", "設定した")
    page.context.clear_cookies(name="sessionid")

    save(page, 1)
    says(page, "ログアウトされています。もう一度ログインしてください。")
    login_as(page, scene.omar)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    save(page, 1)

    says(page, "保存しました。")
    assert stored(scene) == ("done", "設定した")


def test_what_is_refused_says_why_beside_the_entry(open_checklist, scene):
    page = open_checklist()

    item(page, 1).get_by_role("radio", name="見送り").check()
    save(page, 1)

    expect(item(page, 1).get_by_role("alert")).to_contain_text("理由を入力してください")
    assert stored(scene) == ("open", "")


# Two people on one item


@pytest.mark.parametrize(
    ("button", "note"), [("この入力を採用", "二人目"), ("この値を維持", "一人目")]
)
def test_a_stale_entry_is_shown_beside_the_saved_value_until_one_is_chosen(
    open_checklist, scene, button, note
):
    first, second = open_checklist(), open_checklist()
    enter(first, 1, "実施済", "一人目")
    save(first, 1)
    says(first, "保存しました。")

    enter(second, 1, "設定済", "二人目")
    save(second, 1)

    says(second, "反映していません: その間に、ほかの人が変更していました。")
    conflict = second.get_by_role("region", name="項目 1: 注意 1")
    expect(conflict).to_contain_text("一人目")
    expect(conflict).to_contain_text("二人目")
    assert stored(scene) == ("done", "一人目")
    conflict.get_by_role("button", name=button).click()
    expect(conflict).to_have_count(0)
    expect(settled(second, note)).to_be_visible()
    assert stored(scene)[1] == note


def test_an_entry_brought_back_after_somebody_else_decided_is_a_conflict(open_checklist, scene):
    """It was typed on an older value, so it must not overwrite the newer one by itself."""
    page = open_checklist()
    page.on("dialog", lambda dialog: dialog.accept())
    enter(page, 1, "設定済", "まだ保存していない")
    decide(scene.checklist, "A-1", by=scene.omar, note="先に保存した")

    page.reload()
    save(page, 1)

    says(page, "反映していません")
    assert stored(scene) == ("done", "先に保存した")


# Leaving


def test_leaving_with_text_that_is_not_saved_asks_first(open_checklist):
    page, asked = open_checklist(), []
    enter(page, 2, "実施済", "書きかけ")
    says(page, "未保存: 1")

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.get_by_role("link", name="履歴", exact=True).click()

    expect(item(page, 2).get_by_label("備考")).to_have_value("書きかけ")
    assert asked == ["beforeunload"]


def test_leaving_asks_nothing_once_all_is_saved_or_taken_back(open_checklist):
    page, asked = open_checklist(), []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))

    enter(page, 1, "実施済", "設定した")
    save(page, 1)
    says(page, "保存しました。")
    item(page, 2).get_by_label("備考").fill("書きかけ")
    says(page, "未保存: 1")
    item(page, 2).get_by_label("備考").fill("")
    says(page, "すべて保存済み")
    page.get_by_role("link", name="履歴", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("履歴")
    assert asked == []


def test_a_plain_form_of_the_page_loses_no_text_typed_elsewhere(open_checklist):
    page = open_checklist()
    enter(page, 2, "実施済", "書きかけ")
    question = page.get_by_role("region", name="先に答える質問")

    question.get_by_role("radio", name="はい").check()
    question.get_by_role("button", name="回答").click()

    expect(page.get_by_role("status").filter(has_text="回答を記録しました。")).to_be_visible()
    expect(item(page, 2).get_by_label("備考")).to_have_value("書きかけ")
    says(page, "このタブに残っていた入力を復元しました。")


# Filters, Back and the language


def expect_list(page, count, rows, *chosen):
    """The count's words, the rows listed, and exactly these boxes ticked."""
    expect(page.get_by_role("status")).to_have_text(count)
    expect(page.get_by_role("main").get_by_role("heading", level=2)).to_have_count(rows)
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(len(chosen))
    for name in chosen:
        expect(page.get_by_role("checkbox", name=name)).to_be_checked()


def test_each_filter_changes_list_count_and_address_at_once_and_back_undoes_it(page, committed_db):
    factory.load_fixture_catalogue()
    page.goto("/advisories/")
    page.evaluate("window.stillTheSamePage = true")
    expect_list(page, "32 件", 32)

    page.get_by_role("checkbox", name="低").check()
    expect_list(page, "32 件中 7 件", 7, "低")
    expect(page).to_have_url(re.compile(r"\?.*severity=low"))
    page.get_by_role("checkbox", name="機能・仕様").check()
    expect_list(page, "32 件中 5 件", 5, "低", "機能・仕様")
    expect(page).to_have_url(re.compile(r"severity=low.*category=behaviour"))
    assert page.evaluate("window.stillTheSamePage")

    page.go_back()
    expect_list(page, "32 件中 7 件", 7, "低")
    page.go_back()
    expect_list(page, "32 件", 32)
    page.go_forward()
    expect_list(page, "32 件中 7 件", 7, "低")
    page.reload()
    expect_list(page, "32 件中 7 件", 7, "低")


def test_words_and_a_release_narrow_the_list_as_well(page, committed_db):
    factory.load_fixture_catalogue()
    page.goto("/advisories/")

    page.get_by_role("combobox", name="リリース").select_option("IWSVA 6.5 Service Pack 2")
    expect(page.get_by_role("main")).to_contain_text("要対応 10")
    page.get_by_role("textbox", name="検索する語句").fill("WMIDaemon")
    page.get_by_role("textbox", name="検索する語句").press("Enter")

    expect_list(page, "32 件中 1 件", 1)
    expect(page).to_have_url(re.compile(r"q=WMIDaemon"))
    page.get_by_role("link", name="検索する語句: WMIDaemon").click()
    expect_list(page, "32 件", 32)


def test_another_language_keeps_what_was_chosen_in_the_catalogue(page, committed_db):
    factory.load_fixture_catalogue()
    page.goto("/advisories/")
    page.get_by_role("checkbox", name="低").check()
    expect_list(page, "32 件中 7 件", 7, "低")

    page.get_by_role("button", name="English").click()

    expect_list(page, "7 of 32 advisories", 7, "Low")


def test_another_language_keeps_what_was_answered_in_the_wizard(page, committed_db):
    factory.load_fixture_catalogue()
    page.goto("/checklists/new/")
    page.get_by_role("radio", name="IWSVA 6.5 Service Pack 2").check()
    expect(page.get_by_role("status")).to_contain_text("要対応: 10")

    page.get_by_role("button", name="English").click()

    expect(page.get_by_role("radio", name="IWSVA 6.5 Service Pack 2")).to_be_checked()
    expect(page.get_by_role("status")).to_contain_text("Action required: 10")


def test_another_language_keeps_filters_and_text_of_a_checklist(open_checklist):
    page = open_checklist()
    page.get_by_role("checkbox", name="高").check()
    page.get_by_role("button", name="表示").click()
    expect(page.get_by_role("status").filter(has_text="5 件中 1 件")).to_be_visible()
    enter(page, 1, "実施済", "書きかけ")

    page.get_by_role("button", name="English").click()

    expect(page.get_by_role("checkbox", name="High")).to_be_checked()
    expect(page.locator("#item-1").get_by_label("Note")).to_have_value("書きかけ")
