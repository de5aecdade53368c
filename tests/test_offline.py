"""Work without a network, in a real browser: what the page keeps, says and sends.

The marks name the cases F01 to F30 of `make offline-cases`. More of them: test_offline_faults.py,
test_offline_worker.py, and without a browser test_offline_protocol.py.
"""

import json
import re
import threading
from functools import partial
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from checklists.models import Checklist, Device
from checklists.verification import findings
from portal.roles import Role
from tests.support.fault_proxy import page as other_page
from tests.support.offline import (
    SCRIPTED,
    SESSION,
    SYNC,
    UNREACHABLE,
    WAITING,
    decisions,
    enter,
    item,
    kept,
    no_network,
    outbox_is_empty,
    save,
    says,
    send_now,
    settled,
    stored,
    until,
)
from tests.support.rollouts import Scene, decide, person, sign_prepared, work_off

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
case = pytest.mark.case


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def olga(scene):
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)
    return olga


@pytest.fixture
def open_checklist(open_offline, scene):
    return partial(open_offline, scene)


# Kept, said, sent


def test_an_entry_without_a_network_is_kept_said_and_sent_later(open_checklist, scene):
    page = open_checklist()
    with no_network(page):
        enter(page, 1, "実施済", "設定した")
        save(page, 1)

        says(page, f"{WAITING} {UNREACHABLE}")
        expect(item(page, 1).locator(".saved")).to_have_text("この端末に保存済み (未送信)")
        assert stored(scene) == ("open", "")
        assert len(kept(page)) == 1

    expect(settled(page, "設定した")).to_contain_text("実施済")
    says(page, "保存しました。")
    assert stored(scene) == ("done", "設定した")
    outbox_is_empty(page)


def test_a_page_opened_without_a_network_shows_what_is_waiting_and_sends_it_later(
    open_checklist, scene
):
    page = open_checklist()
    with no_network(page):
        enter(page, 1, "実施済", "設定した")
        save(page, 1)
        says(page, WAITING)

        page.reload()

        expect(item(page, 1).get_by_label("備考")).to_have_value("設定した")
        expect(item(page, 1).get_by_role("radio", name="実施済")).to_be_checked()
        says(page, WAITING)

    send_now(page)
    expect(settled(page, "設定した")).to_contain_text("実施済")
    assert len(decisions(scene)) == 1


def test_two_entries_on_one_item_before_the_first_was_sent_are_no_conflict(open_checklist, scene):
    page = open_checklist()
    with no_network(page):
        enter(page, 1, "実施済", "一回目")
        save(page, 1)
        says(page, WAITING)
        item(page, 1).get_by_label("備考").fill("二回目")
        save(page, 1)
        says(page, "この端末に保存済み、未送信: 2")

    expect(settled(page, "二回目")).to_contain_text("実施済")
    assert [event.outcome for event in decisions(scene)] == ["applied", "applied"]
    assert stored(scene) == ("done", "二回目")


def test_what_is_typed_while_an_entry_is_on_its_way_stays(open_checklist, scene, proxy):
    page = open_checklist()
    held = proxy.fault(SYNC, hold=threading.Event(), times=1)
    enter(page, 1, "実施済", "一回目")
    save(page, 1)
    expect(item(page, 1).locator(".saved")).to_have_text("保存中")

    item(page, 1).get_by_label("備考").fill("一回目、続き")
    held.hold.set()

    expect(item(page, 1).locator(".saved")).to_have_text("送信済み")
    expect(item(page, 1).get_by_label("備考")).to_have_value("一回目、続き")
    save(page, 1)
    expect(settled(page, "一回目、続き")).to_contain_text("実施済")
    assert [event.outcome for event in decisions(scene)] == ["applied", "applied"]


def test_what_the_portal_refuses_stays_with_its_reason_until_it_is_corrected(open_checklist, scene):
    page = open_checklist()
    item(page, 1).get_by_role("radio", name="見送り").check()
    save(page, 1)
    expect(item(page, 1).get_by_role("alert")).to_contain_text("理由を入力してください")
    page.reload()
    expect(item(page, 1).get_by_role("alert")).to_contain_text("理由を入力してください")
    assert [entry["refused"] for entry in kept(page)]

    item(page, 1).get_by_label("判断の理由").fill("許容")
    item(page, 1).get_by_label("承認者").fill("部長")
    save(page, 1)

    expect(settled(page, "許容")).to_contain_text("見送り")
    outbox_is_empty(page)


def test_what_a_colleague_does_appears_without_a_reload(open_checklist, scene, olga):
    page = open_checklist()
    item(page, 1).get_by_label("備考").fill("書きかけ")

    decide(scene.checklist, "A-2", by=olga, note="オルガより")
    decide(scene.checklist, "A-1", by=olga, note="ここにも")

    expect(settled(page, "オルガより")).to_contain_text("実施済")
    expect(page.get_by_role("figure").filter(has_text="全体")).to_contain_text("2 / 3")
    expect(item(page, 1).get_by_label("備考")).to_have_value("書きかけ")


def test_a_signature_of_a_colleague_is_said_without_a_reload(open_checklist, scene):
    page = open_checklist()

    work_off(scene.checklist, scene.omar)
    sign_prepared(scene.checklist, scene.omar)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # looked at again

    says(page, "チェックリストの状態が変わりました")
    page.get_by_role("link", name="再読み込み").click()
    expect(page.get_by_text("Omar 大森 が作成者として署名しました")).to_be_visible()


def test_logging_out_over_entries_that_were_not_sent_asks_first(
    open_checklist, scene, proxy, faults
):
    page, asked = open_checklist(), []
    proxy.fault(SYNC, answer=other_page(502))
    enter(page, 1, "実施済", "設定した")
    save(page, 1)
    says(page, WAITING)

    def answer(dialog):
        asked.append(dialog.message)
        dialog.dismiss() if len(asked) == 1 else dialog.accept()

    page.on("dialog", answer)
    with page.expect_event("dialog"):
        page.get_by_role("button", name="ログアウト").click()
    expect(item(page, 1).get_by_label("備考")).to_have_value("設定した")
    with page.expect_event("dialog"):
        page.get_by_role("button", name="ログアウト").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("ログイン")
    assert "(1)" in asked[0]
    assert len(kept(page)) == 1
    faults.clear()  # the 502 was made here


def test_the_portal_is_told_what_a_device_still_holds(open_checklist, scene):
    page = open_checklist()

    page.get_by_role("checkbox", name="オフラインでも使う").check()
    send_now(page)
    until(page, "() => caches.keys().then((names) => names.some((n) => n.startsWith('kept-')))")
    enter(page, 1, "実施済", "設定した")
    save(page, 1)
    expect(settled(page, "設定した")).to_contain_text("実施済")

    device = Device.objects.get()
    assert (device.user, device.unsent, device.offline) == (scene.omar, 0, True)
    assert device.label == "Linux, Chrome"


def test_home_lists_what_is_kept_while_the_portal_is_away(open_checklist, scene, faults):
    page = open_checklist()
    with no_network(page):
        page.goto("/")
        page.get_by_role("link", name="proxy-01").click()

        expect(item(page, 1)).to_be_visible()
    faults.clear()  # what the worker answers for home is a 503


# Answers that are lost or come twice


@case("F01 browser: the answer is lost on its way")
def test_an_answer_that_was_lost_makes_no_second_event(open_checklist, scene, proxy):
    page = open_checklist()
    proxy.fault(SYNC, let_through=0, times=1)

    enter(page, 1, "実施済", "設定した")
    save(page, 1)

    expect(settled(page, "設定した")).to_contain_text("実施済")
    outbox_is_empty(page)
    assert len(decisions(scene)) == 1
    assert proxy.count(SYNC) >= 2


@case("F05 browser: two engineers, one item, two values")
def test_two_values_on_one_item_become_a_card_with_both_and_who(open_checklist, scene, olga):
    page = open_checklist(by=olga)
    with no_network(page):
        enter(page, 1, "設定済", "オルガの値")
        save(page, 1)
        says(page, WAITING)
        decide(scene.checklist, "A-1", by=scene.omar, note="大森の値")

    conflict = page.get_by_role("region", name="項目 1: 注意 1")
    expect(conflict).to_contain_text("オルガの値")
    expect(conflict).to_contain_text("大森の値")
    expect(conflict).to_contain_text("Olga")
    expect(conflict).to_contain_text("Omar 大森")
    outbox_is_empty(page)
    assert stored(scene) == ("done", "大森の値")
    assert [event.outcome for event in decisions(scene)] == ["applied", "conflict"]
    conflict.get_by_role("button", name="この入力を採用").click()
    expect(settled(page, "オルガの値")).to_contain_text("設定済")
    assert stored(scene) == ("verified", "オルガの値")


def test_the_card_stays_while_others_go_on(open_checklist, scene, olga):
    page = open_checklist(by=olga)
    with no_network(page):
        enter(page, 1, "設定済", "オルガの値")
        save(page, 1)
        says(page, WAITING)
        decide(scene.checklist, "A-1", by=scene.omar, note="大森の値")
    conflict = page.get_by_role("region", name="項目 1: 注意 1")
    expect(conflict).to_be_visible()

    decide(scene.checklist, "A-1", by=scene.omar, note="大森の次の値")

    expect(conflict).to_contain_text("大森の次の値")
    expect(conflict).to_contain_text("オルガの値")
    expect(conflict).to_have_count(1)


@case("F06 browser: two engineers, one item, the same value")
def test_the_same_value_twice_is_no_conflict(open_checklist, scene, olga):
    page = open_checklist(by=olga)
    with no_network(page):
        enter(page, 1, "実施済", "同じ")
        save(page, 1)
        says(page, WAITING)
        decide(scene.checklist, "A-1", by=scene.omar, note="同じ")

    expect(settled(page, "同じ")).to_contain_text("Omar 大森")
    expect(page.get_by_role("region", name="項目 1: 注意 1")).to_have_count(0)
    assert [event.outcome for event in decisions(scene)] == ["applied", "same"]


@case("F07 browser: two tabs of one engineer")
def test_two_tabs_send_one_after_the_other_under_different_identifiers(
    open_checklist, scene, proxy
):
    first = open_checklist()
    second = first.context.new_page()
    second.goto(f"{proxy.url}{scene.checklist.get_absolute_url()}")
    held = proxy.fault(SYNC, hold=threading.Event())

    for page, number, note in ((first, 1, "一枚目"), (second, 2, "二枚目")):
        enter(page, number, "実施済", note)
        save(page, number)
    expect(item(second, 2).locator(".saved")).to_have_text("この端末に保存済み (未送信)")
    identifiers = {entry["op_id"] for entry in kept(first)}
    held.hold.set()

    expect(settled(first, "一枚目")).to_contain_text("実施済")
    expect(settled(second, "二枚目")).to_contain_text("実施済")
    expect(settled(first, "二枚目")).to_contain_text("実施済")
    assert len(identifiers) == 2
    assert proxy.seen.most_at_once == 1
    assert len(decisions(scene)) == 2


@case("F08 browser: signed while a device is away")
def test_what_arrives_after_the_signature_is_late_and_changes_nothing(open_checklist, scene):
    page = open_checklist()
    with no_network(page):
        enter(page, 1, "設定済", "サーバー室から")
        save(page, 1)
        says(page, WAITING)
        work_off(scene.checklist, scene.omar)
        signature = sign_prepared(scene.checklist, scene.omar)

    expect(page.get_by_text("その間にチェックリストが署名されたため").first).to_be_visible()
    outbox_is_empty(page)
    assert decisions(scene)[-1].outcome == "late"
    assert stored(scene) == ("done", "設定した")
    signature.refresh_from_db()
    assert signature.revoked_at is None
    assert findings(Checklist.objects.get()) == []


@case("F10 browser: the device's clock is years off")
@pytest.mark.parametrize("clock", ["2020-02-28T23:59:59Z", "2031-03-30T01:30:00Z"])
def test_the_devices_clock_decides_nothing(open_checklist, scene, olga, clock):
    decide(scene.checklist, "A-2", by=olga, note="一番目")
    page = open_checklist(ready=False)
    page.clock.install(time=clock)
    page.reload()
    expect(page.get_by_role("heading", name=SCRIPTED)).to_be_visible()

    item_two = settled(page, "一番目")
    item_two.get_by_text("内容と変更").click()
    item_two.get_by_label("備考").fill("二番目")
    item_two.get_by_role("button", name="保存 2").click()
    expect(settled(page, "二番目")).to_contain_text("Omar 大森")

    event = decisions(scene)[-1]
    assert event.client_at.isoformat()[:4] == clock[:4]
    assert event.recorded_at.year not in (2020, 2031)
    assert stored(scene, "A-2") == ("done", "二番目")
    offset = Device.objects.get().clock_offset
    assert (offset > 0) == (clock < "2026")
    assert abs(offset) > 100_000_000


# Who is signed in


@case("F11 browser: the session has ended, the same person returns")
def test_entries_wait_for_the_same_person_to_log_in_again(open_checklist, scene, login_as):
    page = open_checklist()
    Session.objects.all().delete()
    enter(page, 1, "実施済", "設定した")
    save(page, 1)
    expect(page.get_by_role("alert").filter(has_text="ログアウトされています")).to_be_visible()
    expect(page.get_by_role("link", name="ログイン (新しいタブで開きます)")).to_be_visible()
    assert stored(scene) == ("open", "")

    login_as(page, scene.omar)
    send_now(page)

    expect(settled(page, "設定した")).to_contain_text("実施済")
    assert decisions(scene)[0].actor == scene.omar


@case("F11 browser: the session has ended, another person logs in")
def test_entries_are_never_sent_in_another_persons_name(open_checklist, scene, olga, login_as):
    page = open_checklist()
    Session.objects.all().delete()
    enter(page, 1, "実施済", "大森の入力")
    save(page, 1)
    says(page, WAITING)

    login_as(page, olga)
    page.reload()

    expect(page.get_by_text("ほかの人の未送信の入力があります")).to_be_visible()
    send_now(page)
    expect(page.get_by_text("ほかの人の未送信の入力があります")).to_be_visible()
    expect(item(page, 1).get_by_label("備考")).to_have_value("")
    assert decisions(scene) == []
    with page.expect_download() as download:
        page.get_by_role("button", name="ほかの人の入力を書き出す").click()
    content = json.loads(json.loads(Path(download.value.path()).read_text())["content"])
    assert (content["user"], content["name"]) == (scene.omar.pk, "Omar 大森")
    assert [entry["payload"]["decision"]["note"] for entry in content["entries"]] == ["大森の入力"]


@case("F12 browser: a log-in elsewhere has changed the form's token")
def test_a_token_that_was_changed_meanwhile_is_asked_for_once_more(open_checklist, scene, proxy):
    def another_token(request):
        return re.sub(rb"csrftoken=\w+", b"csrftoken=" + b"x" * 32, request)

    page = open_checklist()
    proxy.fault(SYNC, change=another_token, times=1)

    enter(page, 1, "実施済", "設定した")
    save(page, 1)

    expect(settled(page, "設定した")).to_contain_text("実施済")
    assert len(decisions(scene)) == 1
    assert proxy.count(SESSION) >= 2


# What cannot be sent


@case("F25 browser: no longer a member")
def test_entries_for_a_checklist_that_is_no_longer_ones_own_are_kept_to_be_exported(
    open_checklist, scene
):
    page = open_checklist()
    with no_network(page):
        enter(page, 1, "実施済", "設定した")
        save(page, 1)
        says(page, WAITING)
        scene.rollout.members.remove(scene.omar)

    expect(item(page, 1).get_by_role("alert")).to_contain_text("担当ではなくなりました")
    assert len(kept(page)) == 1
    with page.expect_download() as download:
        page.get_by_role("button", name="未送信の入力を書き出す").click()
    assert "設定した" in Path(download.value.path()).read_text()


@case("F30 browser: an exported file is taken in")
def test_an_exported_file_is_taken_in_once_however_often_it_is_sent(
    open_checklist, scene, tmp_path
):
    page = open_checklist()
    page.context.set_offline(True)
    enter(page, 1, "実施済", "設定した")
    save(page, 1)
    says(page, WAITING)
    with page.expect_download() as download:
        page.get_by_role("button", name="未送信の入力を書き出す").click()
    file = tmp_path / "unsent.json"
    download.value.save_as(file)

    other = open_checklist(ready=False)
    for _ in range(2):
        other.goto("/checklists/unsent/")
        other.get_by_label("書き出したファイル").set_input_files(file)
        other.get_by_role("button", name="取り込む").click()
        expect(other.get_by_role("status")).to_contain_text("保存しました。")
    assert len(decisions(scene)) == 1

    page.context.set_offline(False)
    outbox_is_empty(page)  # the device itself sends it as well
    assert len(decisions(scene)) == 1
