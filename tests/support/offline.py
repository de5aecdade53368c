"""What tests of a checklist's page share: entering, what the page says, what the browser keeps."""

from playwright.sync_api import expect

# A browser that keeps nothing for a page: forbidden by its settings.
NO_STORAGE = "Object.defineProperty(window, 'indexedDB', {value: undefined})"


def item(page, number):
    """The item with this number whose form stands open."""
    form = page.get_by_role("group", name=f"判断 {number}", exact=True)
    return page.get_by_role("listitem").filter(has=form)


def settled(page, text):
    return page.get_by_role("listitem").filter(has_text=text)


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
