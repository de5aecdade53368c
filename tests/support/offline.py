"""What tests of a checklist's page share: entering, what the page says, what the browser keeps."""

from contextlib import contextmanager

from playwright.sync_api import expect

READY = "このページは、ネットワークがなくてもこの端末で開けます。"
SCRIPTED = "この端末"  # the heading that the scripts show when they have taken over
# A browser that keeps nothing for a page: forbidden by its settings.
NO_STORAGE = "Object.defineProperty(window, 'indexedDB', {value: undefined})"
WAITING = "この端末に保存済み、未送信: 1"
UNREACHABLE = "ポータルに接続できません。"
# Requests, for the proxy
SYNC = "POST .*/sync/"
SESSION = "GET /session/"


@contextmanager
def no_network(page):
    page.context.set_offline(True)
    yield
    page.context.set_offline(False)


def decisions(scene):
    return scene.events("decision")


def send_now(page):
    page.get_by_role("button", name="今すぐ送信").click()


def item(page, number):
    """The item with this number whose form stands open."""
    form = page.get_by_role("group", name=f"判断 {number}", exact=True)
    return page.get_by_role("listitem").filter(has=form)


def settled(page, text):
    """The item that was decided with this text; in one that was not it may stand in a field."""
    rows = page.get_by_role("listitem").filter(has_text=text)
    return rows.filter(has=page.get_by_text("内容と変更"))


def enter(page, number, decision, note):
    row = item(page, number)
    row.get_by_role("radio", name=decision).check()
    row.get_by_label("備考").fill(note)


def save(page, number):
    item(page, number).get_by_role("button", name=f"保存 {number}").click()


def says(page, words):
    """What the line beside the progress says."""
    expect(page.get_by_role("status").filter(has_text=words).first).to_be_visible()


def stored(scene, tracking_id="A-1"):
    found = scene.item(tracking_id)
    return found.decision, found.note


KEPT = """() => new Promise((resolve, reject) => {
  const opened = indexedDB.open("portal");
  opened.onerror = () => reject(opened.error);
  opened.onsuccess = () => {
    const names = [...opened.result.objectStoreNames];
    if (!names.includes("outbox")) { opened.result.close(); return resolve([]); }
    const request = opened.result.transaction("outbox").objectStore("outbox").getAll();
    request.onsuccess = () => { opened.result.close(); resolve(request.result); };
  };
})"""


def kept(page):
    """The entries in this browser's outbox."""
    return page.evaluate(KEPT)


UNTIL = """async (holds, seconds) => {
  for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
    if (await holds()) return true;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return false;
}"""
HELD = """(() => new Promise((resolve, reject) => {
  const opened = indexedDB.open("portal");
  opened.onerror = () => reject(opened.error);
  opened.onsuccess = () => {
    const request = opened.result.transaction("outbox").objectStore("outbox").count();
    request.onsuccess = () => { opened.result.close(); resolve(request.result); };
  };
}))()"""


def until(page, condition, seconds=20):
    """Wait in the page for a promise of something true; `condition` is a function as text."""
    assert page.evaluate(f"() => ({UNTIL})({condition}, {seconds})"), condition


def holds_at_most(page, count, seconds=20):
    until(page, f"() => {HELD}.then((held) => held <= {count})", seconds)


def outbox_is_empty(page, seconds=20):
    holds_at_most(page, 0, seconds)


SEED = """([entries]) => new Promise((resolve, reject) => {
  const opened = indexedDB.open("portal");
  opened.onsuccess = () => {
    const transaction = opened.result.transaction("outbox", "readwrite");
    for (const entry of entries) {
      transaction.objectStore("outbox").add({ ...entry, op_id: crypto.randomUUID() });
    }
    transaction.oncomplete = () => { opened.result.close(); resolve(); };
    transaction.onerror = () => reject(transaction.error);
  };
})"""


def seed(page, scene, count, **parts):
    """Put entries for the first item into the browser's outbox, each on the version before."""
    address = scene.checklist.get_absolute_url()
    fields = ("before", "after", "reason", "approver", "waiting_for", "due", "agreed_by")
    entries = [
        {
            "schema": 1,
            "kind": "decision",
            "payload": {
                "item": "A-1",
                "decision": {"decision": "done", "note": f"{n}"} | dict.fromkeys(fields, ""),
            },
            "base_version": n,
            "follows": None,
            "client_at": "2026-11-24T00:00:00Z",
            "item": "A-1",
            "checklist": str(scene.id),
            "sync": f"{address}sync/",
            "host": "proxy-01",
            "user": scene.omar.pk,
            "name": scene.omar.name,
        }
        | parts
        for n in range(count)
    ]
    page.evaluate(SEED, [entries])
