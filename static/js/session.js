// On every page: nobody finds another person's checklists in this browser, and nobody logs out
// over entries that were not sent without being asked.
import * as outbox from "./checklist/outbox.js";

const user = document.body.dataset.user ?? "";
const PAGES = /^(kept|opened)-(\d+)-/;

if (window.isSecureContext && "caches" in window) forgetOthers().catch(() => {});

async function forgetOthers() {
  for (const name of await caches.keys()) {
    if (PAGES.test(name) && name.match(PAGES)[2] !== user) await caches.delete(name);
  }
}

const logOut = document.querySelector("form[data-unsent]");
logOut?.addEventListener("submit", async (event) => {
  if (!outbox.isAvailable()) return;
  event.preventDefault();
  let mine = [];
  try {
    mine = (await outbox.all()).filter((entry) => String(entry.user) === user);
  } catch {
    // It cannot be read, so nothing can be said of it.
  }
  const question = `${logOut.dataset.unsent} (${mine.length})`;
  if (!mine.length || window.confirm(question)) logOut.submit();
});
