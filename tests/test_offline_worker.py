"""Work without a network, in a real browser: a newer portal, and what the service worker keeps."""

from functools import partial

import pytest
from playwright.sync_api import expect

from portal.roles import Role
from tests.support.fault_proxy import page as other_page
from tests.support.offline import (
    READY,
    decisions,
    enter,
    item,
    kept,
    no_network,
    save,
    says,
    seed,
    settled,
    until,
)
from tests.support.rollouts import Scene, person

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
case = pytest.mark.case


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture
def open_checklist(open_offline, scene):
    return partial(open_offline, scene)


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


ASKED = "() => caches.has('take over')"


def newer_worker(proxy):
    """One that notes what it is told. When the browser then lets it in is the browser's affair: it
    waits until the older one is idle."""
    script = b"self.PORTAL = {build: 'newer', files: [], static: '/static/'};\n"
    script += b"self.addEventListener('message', (event) => {\n"
    script += b"  event.waitUntil(caches.open(event.data.kind).then(() => self.skipWaiting()));\n"
    script += b"});"
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

    if waits:
        expect(page.get_by_text(READY)).to_be_visible()  # which comes after the newer one was met
        assert not page.evaluate(ASKED)
    else:
        until(page, ASKED)


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


OLD_COPY = """async ([path, days]) => {
  const name = (await caches.keys()).find((each) => each.startsWith("opened-"));
  const headers = { "Kept-At": Date.now() - days * 24 * 60 * 60 * 1000 };
  await (await caches.open(name)).put(path, new Response("", { headers }));
}"""


def test_a_checklist_that_nobody_opened_for_two_weeks_is_forgotten(open_checklist):
    page = open_checklist()
    for path, days in (("/old/", 15), ("/recent/", 13)):
        page.evaluate(OLD_COPY, [path, days])

    page.reload()

    until(page, "() => caches.match('/old/').then((copy) => !copy)")
    assert page.evaluate("caches.match('/recent/').then(Boolean)")


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
