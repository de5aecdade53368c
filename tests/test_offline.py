"""Work without a network, in a real browser: what the page keeps, says and sends.

The marks name the cases F01 to F30 of `make offline-cases`. Faults are real where the machine lets
them be: a proxy that loses answers, killed processes, a disk that is full.
"""

import json
import os
import re
import signal
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from playwright.sync_api import expect

from checklists.models import Checklist, Device, Event
from checklists.verification import findings
from portal.roles import Role
from tests.support.fault_proxy import page as other_page
from tests.support.offline import (
    HELD,
    NO_STORAGE,
    READY,
    enter,
    item,
    kept,
    outbox_is_empty,
    save,
    says,
    seed,
    settled,
    stored,
    until,
)
from tests.support.portal_process import PortalProcess, database_url
from tests.support.rollouts import Scene, decide, person, sign_prepared, work_off

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
case = pytest.mark.case
SYNC = "POST .*/sync/"
SESSION = "GET /session/"
WAITING = "この端末に保存済み、未送信: 1"
UNREACHABLE = "ポータルに接続できません。"
ODD = "ポータル以外 (ネットワークのログイン画面など) が応答しています。"


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def olga(scene):
    olga = person("olga", Role.ENGINEER)
    scene.rollout.members.add(olga)
    return olga


@pytest.fixture
def open_checklist(open_page, login_as, scene, proxy):
    """open_checklist(by=Omar, script="", **context) -> the checklist's page, through the proxy and
    ready for work without a network."""

    def open_checklist(by=None, script="", ready=True, **options):
        page = open_page(**{"base_url": proxy.url} | options)
        if script:
            page.add_init_script(script)
        login_as(page, by or scene.omar)
        page.goto(scene.checklist.get_absolute_url())
        if ready:
            expect(page.get_by_text(READY)).to_be_visible()
        return page

    return open_checklist


@contextmanager
def no_network(page):
    page.context.set_offline(True)
    yield
    page.context.set_offline(False)


def decisions(scene):
    return scene.events("decision")


def send_now(page):
    page.get_by_role("button", name="今すぐ送信").click()


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
    says(second, WAITING) if second.get_by_text(WAITING).count() else None
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

    item_two = settled(page, "一番目")
    item_two.get_by_text("内容と変更").click()
    item_two.get_by_label("備考").fill("二番目")
    item_two.get_by_role("button", name="保存 2").click()
    page.clock.run_for(5000)
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


# The device cannot keep it

QUOTA = """for (const name of ["add", "put"]) {
  IDBObjectStore.prototype[name] = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""
NEVER = """IDBObjectStore.prototype.add = function () {
  return this.get("nothing");
};
IDBTransaction.prototype.__defineSetter__("oncomplete", () => {});"""
CANNOT_KEEP = "この端末に保存できませんでした"


@case("F13 browser: the browser's quota is used up (init script)")
def test_a_quota_that_is_used_up_is_said_and_the_text_stays(open_checklist, scene):
    page = open_checklist(script=QUOTA, ready=False)
    with no_network(page):
        enter(page, 1, "実施済", "設定した")
        save(page, 1)

        expect(item(page, 1).get_by_role("alert")).to_contain_text(CANNOT_KEEP)
        expect(item(page, 1).get_by_label("備考")).to_have_value("設定した")
        expect(page.get_by_text("この端末に保存済み")).to_have_count(0)
        assert kept(page) == []

    save(page, 1)
    expect(settled(page, "設定した")).to_contain_text("実施済")
    assert len(decisions(scene)) == 1


@pytest.fixture
def full_disk(tmp_path):
    """A profile's folder on a small disk of its own, and how to fill it; None: this machine lets
    nobody mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        yield None
        return

    def fill():
        with (folder / "filler").open("wb") as file:
            try:
                while True:
                    file.write(b"x" * 65536)
                    file.flush()
            except OSError:
                pass

    yield folder, fill
    subprocess.run(["umount", "-l", str(folder)], check=True)


@case("F14 browser: the disk is full")
def test_a_write_that_never_ends_is_said_and_the_text_stays(
    open_checklist, scene, full_disk, record_property
):
    record_property("how", "tmpfs that is full" if full_disk else "init script: cannot mount here")
    options = {"profile": str(full_disk[0])} if full_disk else {"script": NEVER}
    page = open_checklist(ready=False, **options)
    says(page, "すべて保存済み")
    page.context.set_offline(True)
    if full_disk:
        full_disk[1]()

    enter(page, 1, "実施済", "長い備考" * 1000)
    save(page, 1)

    expect(item(page, 1).get_by_role("alert")).to_contain_text(CANNOT_KEEP)
    expect(item(page, 1).get_by_label("備考")).to_have_value("長い備考" * 1000)
    assert stored(scene) == ("open", "")
    page.context.close()


@case("F15 browser: no storage for the page")
def test_a_browser_that_keeps_nothing_is_told_to_work_online_only(open_checklist, scene, proxy):
    page = open_checklist(script=NO_STORAGE, ready=False)
    expect(page.get_by_text("このブラウザーはこの端末に入力を保存できません")).to_be_visible()

    enter(page, 1, "実施済", "設定した")
    save(page, 1)

    expect(settled(page, "設定した")).to_contain_text("実施済")
    assert proxy.count(SYNC) == 0


@case("F16 browser: a private window")
def test_before_a_window_is_closed_the_page_says_that_what_it_keeps_may_go(open_checklist):
    page = open_checklist()

    expect(
        page.get_by_text("プライベートウィンドウでは、ウィンドウを閉じると消えます")
    ).to_be_visible()


@case("F17 browser: the browser is killed after it said that it keeps the entry")
def test_a_killed_browser_still_holds_what_it_said_it_keeps(open_checklist, scene, tmp_path):
    profile = tmp_path / "profile"
    page = open_checklist(profile=str(profile))
    page.context.set_offline(True)
    enter(page, 1, "実施済", "設定した")
    save(page, 1)
    expect(item(page, 1).locator(".saved")).to_have_text("この端末に保存済み (未送信)")
    kill_browser(profile)

    (profile / "SingletonLock").unlink(missing_ok=True)
    page = open_checklist(profile=str(profile), ready=False)

    expect(settled(page, "設定した")).to_contain_text("実施済")
    assert len(decisions(scene)) == 1


def kill_browser(profile):
    """SIGKILL to every process of the browser with this profile."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if f"--user-data-dir={profile}".encode() in line:
            os.kill(int(folder.name), signal.SIGKILL)


# The portal is gone, or something else answers for it


@pytest.fixture
def portal(live_server, committed_db, settings, faults):
    portal = PortalProcess(database_url(connection), settings.STATIC_ROOT).start()
    yield portal
    if portal.process.poll() is None:
        portal.kill()


@case("F18 browser: the portal is killed, the network is there")
def test_a_killed_portal_is_noticed_by_its_silence(open_checklist, scene, portal):
    page = open_checklist(base_url=portal.url)
    portal.kill()

    enter(page, 1, "実施済", "設定した")
    save(page, 1)

    says(page, f"{WAITING} {UNREACHABLE}")
    assert page.evaluate("navigator.onLine")
    portal.start()
    send_now(page)
    expect(settled(page, "設定した")).to_contain_text("実施済")
    assert len(decisions(scene)) == 1


OTHERS = {
    "log-in page": (other_page(200), ODD),
    "redirect": (other_page(302, b"", Location="http://127.0.0.1:9/login"), ODD),
    "511": (other_page(511), ODD),
    "JSON": (other_page(200, b'{"status": "ok"}', "application/json"), ODD),
    "no HTTP": (b"\x15\x03\x01\x00\x02\x02\x28", UNREACHABLE),
}


@case("F19 browser: a log-in page, a redirect, 511 or no HTTP in the portal's place")
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("line", [".*", SYNC])
def test_whatever_answers_in_the_portals_place_takes_nothing(
    open_checklist, scene, proxy, faults, other, line
):
    page = open_checklist()
    answer, words = OTHERS[other]
    proxy.fault(line, answer=answer)

    enter(page, 1, "実施済", "設定した")
    save(page, 1)

    says(page, f"{WAITING} {words}")
    assert len(kept(page)) == 1
    assert decisions(scene) == []
    proxy.clear()
    send_now(page)
    expect(settled(page, "設定した")).to_contain_text("実施済")
    faults.clear()  # answers 5xx were made here


FAULTS = {
    "500": {"answer": other_page(500)},
    "502": {"answer": other_page(502)},
    "429": {"answer": other_page(429, Retry_After="1")},
    "half an answer": {"let_through": 0.5},
}


@case("F20 browser: 500, 502, 429 or half an answer")
@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_the_portal_take_nothing_and_are_tried_again(
    open_checklist, scene, proxy, faults, fault
):
    page = open_checklist()
    proxy.fault(SYNC, times=2, **FAULTS[fault])

    enter(page, 1, "実施済", "設定した")
    save(page, 1)
    says(page, WAITING)

    expect(settled(page, "設定した")).to_contain_text("実施済")
    assert proxy.count(SYNC) >= 3
    assert len(decisions(scene)) == 1
    faults.clear()


@case("F20 browser: 413")
def test_a_batch_that_is_too_large_is_halved(open_checklist, scene, proxy):
    page = open_checklist()
    with no_network(page):
        seed(page, scene, 8)
        proxy.fault(SYNC, answer=other_page(413), times=2)
    page.reload()

    outbox_is_empty(page)
    # 8 were too many and so were 25 at most; the answers say how many came in each.
    assert len(decisions(scene)) == 8
    assert proxy.count(SYNC) >= 3


@case("F21 browser: the portal is killed between commit and answer")
def test_a_portal_that_dies_before_it_answers_has_lost_nothing(
    open_checklist, scene, portal, proxy
):
    proxy.port = portal.port
    page = open_checklist()
    proxy.fault(SYNC, then=portal.kill, let_through=0, times=1)

    enter(page, 1, "実施済", "設定した")
    save(page, 1)
    says(page, f"{WAITING} {UNREACHABLE}")
    assert len(decisions(scene)) == 1  # recorded, and nobody was told
    portal.start()
    send_now(page)

    expect(settled(page, "設定した")).to_contain_text("実施済")
    outbox_is_empty(page)
    assert len(decisions(scene)) == 1


# A newer portal


@case("F23 browser: entries of another form of operation are kept")
def test_entries_of_another_form_are_refused_in_words_and_kept(open_checklist, scene):
    page = open_checklist()
    with no_network(page):
        seed(page, scene, 1, schema=0)
    page.reload()

    expect(item(page, 1).get_by_role("alert")).to_contain_text("このポータルでは扱えません")
    assert [entry["schema"] for entry in kept(page)] == [0]
    assert decisions(scene) == []


def newer_worker(proxy):
    script = b"self.PORTAL = {build: 'newer', files: [], static: '/static/'};\n"
    script += b"self.addEventListener('message', () => self.skipWaiting());"
    proxy.fault("GET /sw.js", answer=other_page(200, script, "text/javascript"))


@case("F23 browser: a newer worker waits while older entries do")
@pytest.mark.parametrize(("entries", "waits"), [(0, False), (1, True)])
def test_a_newer_worker_waits_for_entries_of_an_older_page(
    open_checklist, scene, proxy, entries, waits
):
    page = open_checklist()
    if entries:
        seed(page, scene, 1, schema=0, refused=["old"])
    newer_worker(proxy)
    page.evaluate("navigator.serviceWorker.getRegistration().then((r) => r.update())")
    until(page, "() => navigator.serviceWorker.getRegistration().then((r) => r.waiting)")

    page.reload()

    waiting = "() => navigator.serviceWorker.getRegistration().then((r) => Boolean(r.waiting))"
    if waits:
        expect(page.get_by_text(READY)).to_be_visible()
        assert page.evaluate(waiting)
    else:
        until(page, f"async () => !(await ({waiting})())")


@case("F23 browser: another tab holds the database open")
def test_a_database_that_another_tab_does_not_let_go_is_said(open_checklist, scene):
    blocked = """indexedDB.open = () => {
      const request = {};
      setTimeout(() => request.onblocked?.());
      return request;
    };"""
    page = open_checklist(script=blocked, ready=False)

    expect(page.get_by_text("このブラウザーはこの端末に入力を保存できません")).to_be_visible()
    enter(page, 1, "実施済", "設定した")
    save(page, 1)
    expect(settled(page, "設定した")).to_contain_text("実施済")


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


@case("F26 browser: 5,000 entries, two weeks old")
def test_five_thousand_old_entries_are_all_sent_within_a_minute(open_checklist, scene):
    page = open_checklist()
    with no_network(page):
        seed(page, scene, 5000, client_at="2026-11-01T00:00:00Z")
    page.reload()

    until(page, f"{HELD} < 4900)", 60)
    enter(page, 2, "実施済", "その間に")  # the page answers meanwhile
    outbox_is_empty(page, 60)

    assert Event.objects.filter(kind="decision").count() >= 5000
    assert findings(Checklist.objects.get()) == []


# The worker


@case("F27 browser: another person on the same device")
def test_nobody_is_shown_the_pages_of_another_person(open_checklist, scene, login_as):
    page = open_checklist()
    stranger = person("sam", Role.ENGINEER)
    page.get_by_role("button", name="ログアウト").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ログイン")
    login_as(page, stranger)
    page.goto("/")
    until(page, "() => caches.keys().then((all) => !all.some((n) => /^(kept|opened)-/.test(n)))")

    page.context.set_offline(True)
    with pytest.raises(Exception, match=r"ERR_INTERNET_DISCONNECTED|ERR_FAILED"):
        page.goto(scene.checklist.get_absolute_url())


def test_the_worker_keeps_checklists_and_static_files_and_nothing_else(open_checklist, scene):
    page = open_checklist()
    for address in ("/", "/advisories/", "/login/", "/session/", "history/", "prepare/"):
        path = address if address[0] == "/" else scene.checklist.get_absolute_url() + address
        page.goto(path)

    page.goto(f"{scene.checklist.get_absolute_url()}?severity=high")
    found = page.evaluate(
        """async () => {
          const paths = [];
          for (const name of await caches.keys()) {
            for (const request of await (await caches.open(name)).keys()) {
              paths.push(new URL(request.url).pathname);
            }
          }
          return paths;
        }"""
    )
    pages = [path for path in found if not path.startswith("/static/")]
    assert pages == [scene.checklist.get_absolute_url()]


@case("F28 browser: the worker is switched off, or broken")
@pytest.mark.parametrize(
    "answer",
    [
        other_page(404),
        other_page(200, b"throw new Error('broken')", "text/javascript"),
        other_page(200, b"{{{", "text/javascript"),
        other_page(200),
    ],
    ids=["404", "broken", "no script", "page"],
)
def test_without_a_worker_the_page_works(open_checklist, scene, proxy, answer):
    page = open_checklist()
    proxy.fault("GET /sw.js", answer=answer)
    page.reload()
    says(page, "すべて保存済み")

    enter(page, 1, "実施済", "設定した")
    save(page, 1)

    expect(settled(page, "設定した")).to_contain_text("実施済")
    if b" 404 " in answer[:20]:
        until(
            page, "() => navigator.serviceWorker.getRegistrations().then((all) => all.length === 0)"
        )
        assert page.evaluate("caches.keys()") == []


@case("F29 browser: the network comes and goes")
def test_while_the_network_comes_and_goes_everything_arrives_once(open_checklist, scene):
    page = open_checklist()
    for attempt in range(2):
        page.context.set_offline(True)
        for number in (1, 2, 3):
            if attempt:
                page.get_by_text(f"内容と変更 {number}", exact=True).click()
            enter(page, number, "実施済", f"{attempt} 回目の備考")
            save(page, number)
            for _ in range(4):
                page.context.set_offline(False)
                send_now(page)
                page.context.set_offline(True)
        page.context.set_offline(False)
        send_now(page)
        expect(settled(page, f"{attempt} 回目の備考")).to_have_count(3)

    outbox_is_empty(page)
    assert [event.outcome for event in decisions(scene)] == ["applied"] * 6
    assert findings(Checklist.objects.get()) == []


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
