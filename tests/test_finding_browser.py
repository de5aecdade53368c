"""Finding in a browser: what htmx takes from the pages, Back, and all of it without a script."""

import csv
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.factory import load_fixture_catalogue

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def catalogue(transactional_db):
    load_fixture_catalogue()


def query(page):
    return parse_qs(urlsplit(page.url).query, keep_blank_values=False)


def count(page):
    return page.get_by_role("status").filter(has_text="件")


def box(page, group, name):
    return page.get_by_role("group", name=group).get_by_role("checkbox", name=name)


def test_a_ticked_box_narrows_the_list_in_place_and_keeps_the_focus(page):
    page.goto("/advisories/")
    page.evaluate("window.stayed = true")

    box(page, "重要度", "高").check()

    expect(count(page)).to_have_text("32 件中 17 件")
    expect(page.locator(".advisories > li")).to_have_count(17)
    assert query(page) == {"severity": ["high"]}
    expect(box(page, "カテゴリ", "チューニング 4 件")).to_be_visible()
    expect(box(page, "重要度", "中 8 件")).to_be_visible()
    expect(box(page, "重要度", "高")).to_be_focused()
    assert page.evaluate("window.stayed")


@pytest.mark.parametrize(
    ("address", "label", "choice"),
    [
        ("/advisories/", "配置モード", "icap"),
        ("/advisories/compare/?a-release=iwsva-6.5-sp2", "リリース", "iwsva-6.5-sp3"),
    ],
)
def test_the_count_changes_within_its_line_so_that_it_is_read_out(page, address, label, choice):
    page.goto(address)
    line = page.locator("#result-count")
    before = line.inner_text()
    line.evaluate("line => { line.stayed = true }")

    page.get_by_label(label).last.select_option(choice)

    expect(line).not_to_have_text(before)
    assert line.evaluate("line => line.stayed")


def test_release_and_mode_bring_the_verdicts_as_one_more_choice(page):
    page.goto("/advisories/")

    page.get_by_label("リリース").select_option("iwsva-6.5-sp3")
    expect(page.get_by_role("group", name="判定")).to_be_visible()
    page.get_by_label("配置モード").select_option("forward-proxy")
    expect(page.locator("#results .sum")).to_contain_text("修正済 (確認のみ) 10")
    box(page, "判定", "修正済").check()

    expect(count(page)).to_have_text("32 件中 10 件")
    assert query(page) == {
        "release": ["iwsva-6.5-sp3"],
        "mode": ["forward-proxy"],
        "verdict": ["fixed"],
    }


def test_back_shows_the_list_and_its_filters_as_they_were(page):
    page.goto("/advisories/")
    box(page, "重要度", "高").check()
    expect(count(page)).to_have_text("32 件中 17 件")
    box(page, "カテゴリ", "チューニング").check()
    expect(count(page)).to_have_text("32 件中 4 件")

    page.go_back()

    expect(count(page)).to_have_text("32 件中 17 件")
    expect(box(page, "重要度", "高")).to_be_checked()
    expect(box(page, "カテゴリ", "チューニング")).not_to_be_checked()
    page.go_back()
    expect(count(page)).to_have_text("32 件")
    expect(box(page, "重要度", "高")).not_to_be_checked()


def test_back_from_an_advisory_returns_to_the_narrowed_list(page):
    page.goto("/advisories/")
    page.get_by_label("検索する語句").fill("遅い")
    page.keyboard.press("Enter")
    expect(page.locator("mark").first).to_have_text("遅延")
    page.get_by_role("link", name="処理遅延").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("アプリケーション制御による処理遅延")

    page.go_back()

    expect(count(page)).to_have_text("32 件中 3 件")
    expect(page.get_by_label("検索する語句")).to_have_value("遅い")


def test_what_is_being_typed_is_not_taken_away_by_an_answer(page):
    page.goto("/advisories/")
    with page.expect_request("**severity=high**"):
        box(page, "重要度", "高").check()
    page.get_by_label("検索する語句").fill("まだ途中")

    expect(count(page)).to_have_text("32 件中 17 件")
    expect(page.get_by_label("検索する語句")).to_have_value("まだ途中")


def test_the_order_is_chosen_beside_the_list(page):
    page.goto("/advisories/")

    page.get_by_label("並び順").select_option("title")

    page.wait_for_url("**sort=title**")
    expect(page.locator(".advisories h2 a").first).to_have_text("ATSE は DDAN との連携で使用")


@pytest.mark.parametrize(
    "number", ["1120273", "https://success.trendmicro.com/ja-JP/solution/ka-0008812"]
)
def test_a_pasted_number_or_link_opens_its_advisory(page, number):
    page.goto("/advisories/")

    page.get_by_label("検索する語句").fill(number)
    page.keyboard.press("Enter")

    page.wait_for_url("**/advisories/IWS-1120273/")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "下位プロキシがある構成での接続トラブル回避"
    )
    page.go_back()
    expect(count(page)).to_have_text("32 件")


def test_an_empty_list_offers_the_way_out(page):
    page.goto("/advisories/?severity=low&q=遅い&category=troubleshooting")
    expect(count(page)).to_have_text("32 件中 0 件")

    page.get_by_role("link", name="「重要度: 低」を外す").click()

    expect(page.locator(".advisories > li")).to_have_count(3)
    assert query(page) == {"q": ["遅い"], "category": ["troubleshooting"]}


def test_the_list_works_without_a_script(page_without_js):
    page = page_without_js
    page.goto("/advisories/")
    page.get_by_label("検索する語句").fill("通知")
    box(page, "重要度", "低").check()
    page.get_by_role("button", name="適用").click()

    expect(count(page)).to_contain_text("32 件中")
    assert query(page) == {"q": ["通知"], "severity": ["low"]}
    page.get_by_label("並び順").select_option("changed")
    page.get_by_role("button", name="並べ替え").click()
    assert query(page) == {"q": ["通知"], "severity": ["low"], "sort": ["changed"]}
    page.get_by_role("link", name="検索する語句: 通知").click()
    expect(count(page)).to_have_text("32 件中 7 件")


def test_the_matrix_is_narrowed_in_place_and_by_back(page):
    page.goto("/advisories/matrix/")
    expect(page.get_by_role("rowheader")).to_have_count(32)
    page.get_by_text("早見表の絞り込み").click()

    page.get_by_label("リリース").select_option("iwsva-6.5-sp3")

    expect(page.locator(".matrix thead .mode")).to_have_count(4)
    box(page, "判定", "要判断").check()
    expect(page.get_by_role("status").filter(has_text="件")).to_contain_text("32 件中")
    page.go_back()
    expect(page.get_by_role("rowheader")).to_have_count(32)
    expect(page.locator(".matrix thead .mode")).to_have_count(4)


def test_the_matrix_works_without_a_script_and_its_heads_stay_in_sight(page_without_js):
    page = page_without_js
    page.goto("/advisories/matrix/")
    page.get_by_text("早見表の絞り込み").click()
    box(page, "製品", "IWSS").check()
    page.get_by_role("button", name="適用").click()

    expect(page.locator(".matrix thead .mode")).to_have_count(9)
    page.get_by_role("rowheader").last.scroll_into_view_if_needed()
    assert page.locator(".matrix thead").bounding_box()["y"] == 0


def test_the_matrix_scrolls_in_its_own_box_on_a_phone(open_page):
    page = open_page(width=390)
    page.goto("/advisories/matrix/")

    width, inside = page.evaluate(
        "[document.documentElement.scrollWidth, document.querySelector('.matrix').offsetWidth]"
    )

    assert width == 390 < inside
    page.locator(".matrix-box").evaluate("each => { each.scrollLeft = 400 }")
    assert page.get_by_role("rowheader").first.bounding_box()["x"] == 16


def test_the_matrix_is_printed_across_with_its_heads_on_every_sheet(page, pdf_pages):
    page.goto("/advisories/matrix/")

    sheets = pdf_pages(page.pdf(prefer_css_page_size=True))

    assert len(sheets) >= 2
    assert all("IWSVA" in sheet and "Service Pack 2" in sheet for sheet in sheets)
    assert not any("適用" in sheet for sheet in sheets)


def test_two_boxes_are_compared_as_they_are_chosen(page):
    page.goto("/advisories/compare/")
    one, other = (page.get_by_role("group", name=f"機器 {letter}") for letter in "AB")

    one.get_by_label("リリース").select_option("iwsva-6.5-sp2")
    one.get_by_label("配置モード").select_option("forward-proxy")
    other.get_by_label("リリース").select_option("iwsva-6.5-sp3")
    other.get_by_label("配置モード").select_option("forward-proxy")

    expect(page.locator("#results .sum")).to_contain_text("確認のみ 10")
    assert query(page) == {
        "a-release": ["iwsva-6.5-sp2"],
        "a-mode": ["forward-proxy"],
        "b-release": ["iwsva-6.5-sp3"],
        "b-mode": ["forward-proxy"],
    }
    page.go_back()
    expect(other.get_by_label("配置モード")).to_have_value("")


def test_a_comparison_works_without_a_script_and_can_be_taken_along(page_without_js):
    page = page_without_js
    page.goto("/advisories/compare/")
    for letter, release in (("A", "iwss-6.5-linux"), ("B", "iwss-6.5-linux-patch-3")):
        side = page.get_by_role("group", name=f"機器 {letter}")
        side.get_by_label("リリース").select_option(release)
    page.get_by_role("button", name="比較").click()
    side = page.get_by_role("group", name="機器 B")
    side.get_by_label("最初にインストールした版").select_option("iwss-6.5-linux-patch-3")
    side.get_by_text("機器の条件").click()
    side.get_by_label("SNMP で監視する").select_option("no")
    page.get_by_role("button", name="比較").click()

    assert query(page)["b-no"] == ["snmp"]
    expect(page.locator("#falls_away")).to_contain_text("SNMP トラップの OID と MIB")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 32
    assert {row["違い"] for row in rows} >= {"不要になる", "確認のみ"}


def test_a_comparison_leads_to_a_checklist_for_one_of_the_boxes(page):
    page.goto(
        "/advisories/compare/?a-release=iwsva-6.5-sp2&b-release=iwsva-6.5-sp3&b-mode=icap&b-no=snmp"
    )

    page.get_by_role("link", name="機器 B のチェックリストを作成").click()

    assert query(page) == {"release": ["iwsva-6.5-sp3"], "mode": ["icap"], "no": ["snmp"]}
    expect(page.get_by_role("heading", level=1)).to_contain_text("最初にインストール")
