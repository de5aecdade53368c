"""The whole way, as people go it: from the first question to files that verify.

Once in Japanese on the catalogue that the portal brings, with every item of a box worked off; and
the main path once more in English without JavaScript.
"""

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.utils import timezone, translation
from playwright.sync_api import expect

from advisories.models import Advisory
from portal.identity import FRESH_FOR, KEY
from portal.roles import Role
from tests import factory
from tests.support import rollouts

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@dataclass
class Entry:
    """What is recorded for an item: the decision, and texts by the labels of their fields, which
    are also the heads of the CSV."""

    decision: str
    texts: dict[str, str] = field(default_factory=dict)


NOTE, BEFORE, AFTER, REASON = "備考", "変更前の値", "変更後の値", "判断の理由"
WAITING, DUE, AGREED = "回答者", "期限", "保留のまま引き渡すことに合意した人"
TEXTS = (NOTE, BEFORE, AFTER, REASON, "承認者", WAITING, DUE, AGREED)
PENDING = {WAITING: "佐藤 花子 様 (仮想基盤)", DUE: "2030-12-01"}
# By the number of the item.
ENTRIES = {
    2: Entry("設定済", {NOTE: "想定は 400 Mbps、上限の調整は不要"}),
    8: Entry("保留", PENDING | {AGREED: "鈴木 一郎 様", NOTE: "予約値は移行方針が決まってから"}),
    9: Entry("実施済", {NOTE: "GPO で全クライアントに配布"}),
    10: Entry("実施済", {BEFORE: "製品既定の CA", AFTER: "社内 CA が発行した中間 CA"}),
    13: Entry("見送り", {REASON: "検査を緩めないことを優先する"}),
    14: Entry("実施不要", {REASON: "EXE のブロックは使わない"}),
    15: Entry("実施済", {NOTE: "intscan.ini を採取済", BEFORE: "有効", AFTER: "無効"}),
    16: Entry("設定済"),
    17: Entry("実施不要", {REASON: "対象のサイトを検索から除いた"}),
    18: Entry("実施済", {NOTE: "利用者へ案内した\n問い合わせ先も書いた"}),
    19: Entry("見送り", {REASON: "接続先が古い版だけに対応", "承認者": "高橋 次郎 様"}),
    23: Entry("設定済", {NOTE: "ファイアウォールの許可一覧と照合"}),
    24: Entry("実施済", {AFTER: "SNMP トラップの宛先 192.0.2.10"}),
    30: Entry("保留", {WAITING: "顧客の運用担当", DUE: "2030-12-15"}),
    31: Entry("実施済", {NOTE: "通知先を確認"}),
}
FIXED = (4, 5, 6, 7, 11, 12, 27, 28, 29, 32)
AGAIN = {9: Entry("実施済", {NOTE: "GPO で配布し、20 台で抜き取り確認した"})}
CONDITIONS = {
    "下位プロキシ (本製品に接続してくる HTTP プロキシ) がある": "いいえ",
    "下位または上位に別のプロキシがある": "いいえ",
    "仮想マシンで動かす": "はい",
    "HTTPS サイトをホワイトリスト / ブラックリストに登録する": "はい",
    "SNMP で監視する": "はい",
    "本製品に使わせたくない送信元ポート (クライアントポート) がある": "いいえ",
    "ATSE または DDAN との連携を使う": "いいえ",
}
LEFT_OPEN = "「配信前に検索」(「配送前検索」ともいう) が有効"
HEADER = {
    "お客様名": "株式会社サンプル商事",
    "案件名": "インターネット接続基盤の更改",
    "案件番号": "PJ-2026-0412",
    "ホスト名": "proxy01.example.co.jp",
}


def test_from_the_first_question_to_files_that_verify(open_page, pdf_text, tmp_path):
    factory.load_fixture_catalogue()
    factory.make_user(Role.ENGINEER)
    factory.make_user(Role.REVIEWER)
    engineer, reviewer = open_page(), open_page()
    log_in(engineer, "omar")
    log_in(reviewer, "ines")

    answer_the_questions(engineer)
    check_and_correct_the_answers(engineer)
    save_with_host_and_members(engineer)
    answer_in_place(engineer)
    work_off(engineer)
    five_minutes_pass()
    sign_as_preparer(engineer)
    return_an_item(reviewer)
    decide_again(engineer)
    sign_as_preparer(engineer, proved=True)
    code = sign_as_reviewer(reviewer)
    engineers, reviewers = take_the_files(engineer), take_the_files(reviewer)

    assert engineers == reviewers
    assert_the_table_says_what_was_entered(engineers["CSV 日本語"], code)
    assert_the_document_says_what_was_entered(pdf_text(engineers["PDF 日本語"]), code)
    assert len(rows_of(engineers["CSV English"])) == 32
    assert code in pdf_text(engineers["PDF English"])
    assert_everything_verifies(engineer.url, engineers, tmp_path)


def test_the_main_path_in_english_without_javascript(open_page, monkeypatch):
    """Two engineers decide the same item: the second sees both values and says which counts."""
    rollouts.quick_pdf(monkeypatch)
    rollouts.catalogue()
    for username in ("omar", "olga"):
        factory.make_user(Role.ENGINEER, username, language="en")
    factory.make_user(Role.REVIEWER, language="en")
    omar, olga, ines = (open_page("en", javascript=False) for _ in range(3))
    for page, username in ((omar, "omar"), (olga, "olga"), (ines, "ines")):
        log_in_in_english(page, username)

    answer_plainly(omar)
    olga.goto(omar.url)
    record_plainly(omar, 1, "Done", "Set by Omar")
    expect(omar.get_by_role("listitem").filter(has_text="Set by Omar")).to_be_visible()
    record_plainly(olga, 1, "Verified", "Seen by Olga")
    choose_between_both(olga)
    omar.reload()
    expect(omar.get_by_role("listitem").filter(has_text="Seen by Olga")).to_be_visible()
    record_plainly(omar, 2, "Done", "")
    omar.get_by_role("heading", name="Fixed, verify only").click()
    omar.get_by_role("button", name="Verified 4").click()
    omar.get_by_role("link", name="Sign as prepared").click()
    omar.get_by_role("button", name="Sign as prepared").click()
    ines.reload()
    ines.get_by_role("link", name="Review proxy-01").click()
    ines.get_by_role("button", name="Sign as reviewed and issue").click()

    expect(ines.get_by_role("heading", level=1)).to_have_text("Edition 1.0 proxy-01")
    with ines.expect_download() as download:
        ines.get_by_role("link", name="CSV English").click()
    rows = rows_of(download.value.path().read_bytes())
    assert [(row["Decision"], row["Note"]) for row in rows] == [
        ("Verified", "Seen by Olga"),
        ("Done", ""),
        ("Open", ""),
        ("Verified", ""),
        ("Open", ""),
    ]


# Steps of the path without JavaScript


def log_in_in_english(page, username):
    page.goto("/login/")
    page.get_by_role("button", name="English").click()
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(factory.PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Checklists")


def answer_plainly(page):
    page.get_by_role("navigation").get_by_role("link", name="New checklist").click()
    for answer in ("APP 2.0", "Proxy", "APP 1.0"):
        page.get_by_role("radio", name=answer).check()
        page.get_by_role("button", name="Next").click()
    page.get_by_role("radio", name="No", exact=True).check()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    page.get_by_role("link", name="Enter the host and save").click()
    for label, text in (("Host", "proxy-01"), ("Customer", "Example"), ("Project", "Renewal")):
        page.get_by_role("textbox", name=re.compile(rf"^{label} ?(Required)?$")).fill(text)
    for person in ("Ines", "Olga"):
        page.get_by_role("checkbox", name=person).check()
    page.get_by_role("button", name="Save the checklist").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("proxy-01")


def record_plainly(page, number, decision, note):
    form = page.get_by_role("group", name=f"Decision {number}", exact=True)
    row = page.get_by_role("listitem").filter(has=form)
    row.get_by_role("radio", name=decision).check()
    row.get_by_label("Note").fill(note)
    row.get_by_role("button", name=f"Save {number}").click()


def choose_between_both(page):
    expect(page.get_by_role("heading", level=1)).to_have_text("Two different values")
    for value in ("Set by Omar", "Seen by Olga"):
        expect(page.get_by_role("definition").filter(has_text=value)).to_be_visible()
    page.get_by_role("button", name="Use this entry").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("proxy-01")


# Steps of the journey


def log_in(page, username):
    page.goto("/")
    page.get_by_label("ユーザー名").fill(username)
    page.get_by_label("パスワード").fill(factory.PASSWORD)
    page.get_by_role("button", name="ログイン").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("チェックリスト")


def answer_the_questions(page):
    """Release, mode, first release, conditions: with a preview at once, and nothing is lost by
    going back or loading again."""
    page.get_by_role("navigation").get_by_role("link", name="チェックリスト作成").click()
    page.evaluate("window.stillTheSamePage = true")
    page.get_by_role("radio", name="IWSVA 6.5 Service Pack 2").check()
    preview(page, 10, 22, 0, 0)
    assert page.evaluate("window.stillTheSamePage")
    following(page, "配置モードはどれですか")

    page.get_by_role("radio", name="プロキシ転送").check()
    preview(page, 16, 13, 0, 3)
    page.reload()
    expect(page.get_by_role("radio", name="プロキシ転送")).to_be_checked()
    following(page, "最初にインストールした版はどれですか")
    page.go_back()
    expect(page.get_by_role("radio", name="プロキシ転送")).to_be_checked()
    page.go_forward()

    page.get_by_role("radio", name="IWSVA 6.5 Service Pack 2").check()
    following(page, "この機器に当てはまるものはどれですか")
    for condition, value in CONDITIONS.items():
        group = page.get_by_role("group", name=condition, exact=True)
        group.get_by_role("radio", name=value).check()
    preview(page, 19, 6, 0, 7)
    following(page, "回答の確認")


def following(page, heading):
    page.get_by_role("button", name="次へ").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)


def preview(page, required, confirm, fixed, not_applicable):
    expect(page.get_by_role("status")).to_have_text(
        f"要対応: {required}, 要判断: {confirm}, 修正済 (確認のみ): {fixed},"
        f" 対象外: {not_applicable}"
    )


def check_and_correct_the_answers(page):
    """The release was the wrong one."""
    page.get_by_role("link", name="変更 リリース").click()
    page.get_by_role("radio", name="IWSVA 6.5 Service Pack 3", exact=True).check()
    following(page, "回答の確認")
    expect(page.get_by_role("definition").filter(has_text="Service Pack 3")).to_be_visible()
    preview(page, 13, 2, 10, 7)


def save_with_host_and_members(page):
    page.get_by_role("link", name="ホスト名を入力して保存").click()
    for label, text in HEADER.items():
        page.get_by_label(label).fill(text)
    page.get_by_role("checkbox", name="Ines Reviewer").check()
    page.get_by_role("button", name="チェックリストを保存").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(HEADER["ホスト名"])


def answer_in_place(page):
    """What the wizard left open decides items 17 and 18 anew, visibly."""
    question = page.get_by_role("listitem").filter(has_text=LEFT_OPEN).first
    expect(question).to_contain_text("17 18")
    expect(item(page, 17)).to_contain_text("要判断")

    question.get_by_role("radio", name="はい").check()
    question.get_by_role("button", name="回答").click()

    expect(page.get_by_role("status").filter(has_text="回答を記録しました。")).to_contain_text(
        "2 件を判定し直しました: 項目 17、18。"
    )
    expect(item(page, 17)).to_contain_text("要対応")


def item(page, number):
    """The item with this number whose form stands open."""
    form = page.get_by_role("group", name=f"判断 {number}", exact=True)
    return page.get_by_role("listitem").filter(has=form)


def work_off(page):
    """Everything, but the last one only after it was seen to hinder the signature."""
    *most, last = ENTRIES
    for number in most:
        record(page, number, ENTRIES[number])
    page.get_by_role("heading", name="修正済 (確認のみ)").click()
    for number in FIXED:
        page.get_by_role("button", name=f"設定済 {number}", exact=True).click()
        saved(page)

    page.get_by_role("link", name="作成者として署名").click()
    expect(page.get_by_role("heading", name="まだ署名できません")).to_be_visible()
    page.get_by_role("link", name=f"#{last}").click()
    record(page, last, ENTRIES[last])


def record(page, number, entry):
    row = item(page, number)
    row.get_by_role("radio", name=entry.decision).check()
    if entry.texts.keys() & {BEFORE, AFTER}:
        row.get_by_text("変更前と変更後の値").click()
    for label, text in entry.texts.items():
        row.get_by_label(label).fill(text)
    row.get_by_role("button", name=f"保存 {number}").click()
    saved(page)


def saved(page):
    """The line of words says "being saved" from the click on until the portal has answered."""
    expect(page.get_by_role("status").filter(has_text="保存しました。")).to_be_visible()


def five_minutes_pass():
    """Nobody has shown lately who they are."""
    long_ago = timezone.now() - 2 * FRESH_FOR - timedelta(seconds=1)
    for key in Session.objects.values_list("session_key", flat=True):
        session = SessionStore(key)
        session[KEY] = long_ago.isoformat()
        session.save()


def sign_as_preparer(page, *, proved=False):
    page.get_by_role("link", name="作成者として署名").click()
    expect(page.get_by_text("見送りは 2 件、実施不要は 2 件、保留は 2 件")).to_be_visible()
    if not proved:
        page.get_by_label("パスワード").fill(factory.PASSWORD)
    page.get_by_role("button", name="作成者として署名").click()
    expect(page.get_by_role("status").filter(has_text="審査待ちです")).to_be_visible()


def return_an_item(page):
    page.goto("/")
    page.get_by_role("link", name=f"審査 {HEADER['ホスト名']}").click()
    row = page.get_by_role("listitem").filter(has_text=ENTRIES[9].texts[NOTE]).last
    row.get_by_text("この項目を差し戻す").click()
    row.get_by_label("コメント: どうすればよいか").fill("何台で確認したかを書いてください")
    page.get_by_role("button", name="コメントを付けて差し戻す").click()
    expect(page.get_by_role("status").filter(has_text="差し戻しました")).to_be_visible()


def decide_again(page):
    page.goto("/")
    returned = page.get_by_role("region", name="あなたへの差戻し")
    returned.get_by_role("link", name=HEADER["ホスト名"]).click()
    expect(item(page, 9)).to_contain_text("何台で確認したかを書いてください")
    record(page, 9, AGAIN[9])
    expect(item(page, 9)).to_have_count(0)  # it needs nobody any more, so its form is folded


def sign_as_reviewer(page):
    page.goto("/")
    page.get_by_role("link", name=f"審査 {HEADER['ホスト名']}").click()
    expect(page.get_by_text(AGAIN[9].texts[NOTE])).to_be_visible()
    page.get_by_label("パスワード").fill(factory.PASSWORD)
    page.get_by_role("button", name="審査者として署名し、発行する").click()
    expect(page.get_by_role("status").filter(has_text="版 1.0 を発行しました")).to_be_visible()
    code = re.compile(r"^\w{5}(-\w{5}){3}$")
    return page.get_by_role("definition").filter(has_text=code).inner_text()


def take_the_files(page):
    """Name of the link -> what it gave."""
    page.goto("/")
    page.get_by_role("link", name=f"{HEADER['ホスト名']} 1.0").click()
    files = {}
    for name in ("CSV 日本語", "CSV English", "PDF 日本語", "PDF English"):
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        files[name] = download.value.path().read_bytes()
    return files


# What is read back


def rows_of(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def in_files(label, text):
    return text.replace("-", "/") if label == DUE else text


def assert_the_table_says_what_was_entered(content, code):
    rows = {int(row["No."]): row for row in rows_of(content)}
    entered = ENTRIES | {number: Entry("設定済") for number in FIXED} | AGAIN

    assert len(rows) == 32
    assert {row["管理番号"] for row in rows.values()} == set(
        Advisory.objects.values_list("tracking_id", flat=True)
    )
    for number, row in rows.items():
        entry = entered.get(number, Entry("未着手"))
        assert row["判断"] == entry.decision, number
        assert {label: row[label] for label in TEXTS} == {
            label: in_files(label, entry.texts.get(label, "")) for label in TEXTS
        }, number
        assert row["記録者"] == ("Omar Engineer" if number in entered else ""), number
        assert row["判定"] == ("要対応" if number in ENTRIES else verdict_of(number)), number
        assert {label: row[label] for label in HEADER} == HEADER
        assert (row["版"], row["状態"], row["確認コード"]) == ("1.0", "発行済", code)


def verdict_of(number):
    return "修正済 (確認のみ)" if number in FIXED else "対象外"


def assert_the_document_says_what_was_entered(text, code):
    """Lines of a PDF break anywhere, so the words are compared without the gaps."""
    without_gaps = re.sub(r"\s", "", text)
    texts = [code, *HEADER.values(), "発行済", "Omar Engineer", "Ines Reviewer", "保留あり 2 件"]
    texts += Advisory.objects.values_list("title_ja", flat=True)
    for entry in (ENTRIES | AGAIN).values():
        texts += [in_files(label, each) for label, each in entry.texts.items()]

    missing = [each for each in texts if re.sub(r"\s", "", each) not in without_gaps]

    assert missing == []
    assert re.sub(r"\s", "", ENTRIES[9].texts[NOTE]) not in without_gaps


def assert_everything_verifies(address, files, folder):
    uuid = next(part for part in address.split("/") if is_uuid(part))
    assert "everything holds" in said_of(uuid)
    for name, content in files.items():
        file = folder / name
        file.write_bytes(content)
        assert f"edition 1.0 of {HEADER['ホスト名']}" in said_of(str(file))


def said_of(what):
    out = io.StringIO()
    with translation.override("en"):
        call_command("verify_checklist", what, stdout=out)
    return out.getvalue()


def is_uuid(text):
    try:
        return bool(UUID(text))
    except ValueError:
        return False
