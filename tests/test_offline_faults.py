"""Work without a network, in a real browser: full disks, killed processes, and whatever answers in
the portal's place. Faults are real where the machine lets them be.
"""

import os
import signal
import subprocess
import threading
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import expect

from checklists.models import Checklist, Event
from checklists.verification import findings
from tests.support.fault_proxy import page as other_page
from tests.support.offline import (
    NO_STORAGE,
    SYNC,
    UNREACHABLE,
    WAITING,
    decisions,
    enter,
    holds_at_most,
    item,
    kept,
    no_network,
    outbox_is_empty,
    save,
    says,
    seed,
    send_now,
    settled,
    stored,
)
from tests.support.portal_process import PortalProcess, database_url
from tests.support.rollouts import Scene

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
case = pytest.mark.case
PATIENCE = 300  # seconds for what a busy machine may take; nobody waits for it otherwise
ODD = "ポータル以外 (ネットワークのログイン画面など) が応答しています。"


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def open_checklist(open_offline, scene):
    return partial(open_offline, scene)


# The device cannot keep it

QUOTA = """for (const name of ["add", "put"]) {
  IDBObjectStore.prototype[name] = () => { throw new DOMException("full", "QuotaExceededError"); };
}"""
NEVER = """IDBObjectStore.prototype.add = function () {
  return this.get("nothing");
};
IDBTransaction.prototype.__defineSetter__("oncomplete", () => {});"""
CANNOT_KEEP = "この端末に保存できませんでした"
LONG_NOTE = "長い備考" * 500_000  # 4 MB where it is written
TYPE = """(field, text) => {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}"""


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
def small_disk(tmp_path):
    """A profile's folder on a small disk of its own; None: this machine lets nobody mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode:
        yield None
        return
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def kept_full(folder):
    """Whatever space comes free on the disk is taken at once: a browser clears up after itself."""
    full, end = threading.Event(), threading.Event()

    def fill():
        with (folder / "filler").open("wb", buffering=0) as file:
            while not end.wait(0.001 if full.is_set() else 0):
                try:
                    file.write(b"x" * 65536)
                except OSError:
                    full.set()

    filling = threading.Thread(target=fill)
    filling.start()
    full.wait()
    try:
        yield
    finally:
        end.set()
        filling.join()


@case("F14 browser: the disk is full")
def test_a_write_that_never_ends_is_said_and_the_text_stays(
    open_checklist, scene, small_disk, record_property
):
    record_property("how", "tmpfs that is full" if small_disk else "init script: cannot mount here")
    options = {"profile": str(small_disk)} if small_disk else {"script": NEVER}
    page = open_checklist(ready=False, **options)
    says(page, "すべて保存済み")
    page.context.set_offline(True)

    with kept_full(small_disk) if small_disk else nullcontext():
        enter(page, 1, "実施済", "")
        # More than the browser's files have room for in themselves; a form would not take it.
        item(page, 1).get_by_label("備考").evaluate(TYPE, LONG_NOTE)
        save(page, 1)

        expect(item(page, 1).get_by_role("alert")).to_contain_text(CANNOT_KEEP)
    assert item(page, 1).get_by_label("備考").input_value() == LONG_NOTE
    assert stored(scene) == ("open", "")
    page.context.close()


# The page itself is busy for longer than a write may take, just after asking for the storage.
BUSY = """const open = IDBFactory.prototype.open;
IDBFactory.prototype.open = function (...given) {
  IDBFactory.prototype.open = open;
  const request = this.open(...given);
  for (const end = performance.now() + 3200; performance.now() < end;);
  return request;
};"""


def test_a_page_that_is_busy_itself_does_not_blame_the_storage(open_checklist, scene):
    page = open_checklist(script=BUSY)

    expect(page.get_by_text("このブラウザーはこの端末に入力を保存できません")).to_be_hidden()


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
    "500": {"answer": other_page(500), "times": 1},
    "502 twice": {"answer": other_page(502), "times": 2},
    "429": {"answer": other_page(429, Retry_After="1"), "times": 1},
    "half an answer": {"let_through": 0.5, "times": 1},
}


@case("F20 browser: 500, 502, 429 or half an answer")
@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_the_portal_take_nothing_and_are_tried_again(
    open_checklist, scene, proxy, faults, fault
):
    page = open_checklist()
    met = proxy.fault(SYNC, **FAULTS[fault])

    enter(page, 1, "実施済", "設定した")
    save(page, 1)
    says(page, WAITING)

    expect(settled(page, "設定した")).to_contain_text("実施済")
    assert met.met == met.times
    assert len(decisions(scene)) == 1
    faults.clear()  # the answers 5xx were made here


@case("F20 browser: 413")
def test_a_batch_that_is_too_large_is_halved(open_checklist, scene, proxy):
    page = open_checklist()
    with no_network(page):
        seed(page, scene, 60)
        proxy.fault(SYNC, answer=other_page(413), times=2)
        before = proxy.count(SYNC)

    outbox_is_empty(page)
    assert len(decisions(scene)) == 60
    # 50 and 25 were too many; then it takes five times twelve.
    assert proxy.count(SYNC) - before >= 2 + 5


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


# A long time, and a bad one


@case("F26 browser: 5,000 entries, two weeks old")
def test_five_thousand_old_entries_are_all_sent_while_the_page_goes_on_answering(
    open_checklist, scene
):
    page = open_checklist()
    with no_network(page):
        seed(page, scene, 5000, client_at="2026-11-01T00:00:00Z")
    page.reload()

    holds_at_most(page, 4900, PATIENCE)
    enter(page, 2, "実施済", "その間に")  # the page answers meanwhile
    outbox_is_empty(page, PATIENCE)

    assert Event.objects.filter(kind="decision").count() >= 5000
    assert findings(Checklist.objects.get()) == []


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
