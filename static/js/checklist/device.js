// What this device does for work without a network: the worker, what it keeps, the last resort.
import { scriptAddress } from "./html.js";
import * as outbox from "./outbox.js";
import { exportFile } from "./export.js";
import { words } from "./state.js";

const TAKE_OVER = 3000;
let checklist;

export const takenAlong = async () => ((await outbox.recall("along")) ?? []).includes(checklist);

export async function start(here, keeping, flushNow) {
  checklist = here.checklist;
  const box = document.getElementById("device");
  box.hidden = false;
  if (!keeping) return;
  box.querySelector("[name=send]").addEventListener("click", flushNow);
  box.querySelector("[name=export]").addEventListener("click", () => exportFile(Number(here.user)));
  for (const each of document.querySelectorAll("#other-user [name=export]")) {
    each.addEventListener("click", () => exportFile(null));
  }
  const along = box.querySelector("[name=along]");
  along.checked = await takenAlong();
  along.addEventListener("change", async () => {
    const others = ((await outbox.recall("along")) ?? []).filter((id) => id !== checklist);
    await outbox.note("along", along.checked ? [...others, checklist] : others);
    flushNow();
    if (along.checked) await askToPersist();
    if (navigator.serviceWorker?.controller) await tellWorker(along.checked);
  });
  await register(here);
  say("persist", await navigator.storage?.persisted?.() ? "persisted" : "not_persisted");
}

async function askToPersist() {
  const given = await navigator.storage?.persist?.();
  say("persist", given ? "persisted" : "not_persisted");
}

async function register(here) {
  if (!navigator.serviceWorker) return say("worker", "no_worker");
  try {
    const found = await fetch(here.worker, { cache: "no-store" });
    if (found.status === 404 || found.status === 410) return unregister();
  } catch {
    // No network: the worker that is there goes on.
  }
  try {
    const registration = await navigator.serviceWorker.register(scriptAddress(here.worker), { scope: "/" });
    await navigator.serviceWorker.ready;
    await renew(registration);
    await tellWorker(await takenAlong());
  } catch {
    say("worker", "no_worker");
  }
}

async function unregister() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  await registration?.unregister();
  for (const name of await caches.keys()) await caches.delete(name);
  say("worker", "no_worker");
}

// A newer worker takes over at once, unless entries wait that an older page has made. The browser
// lets it in when the older one has nothing to do, so that is given nothing meanwhile.
async function renew({ waiting }) {
  const old = (await outbox.all()).some((entry) => entry.schema !== outbox.SCHEMA);
  if (old || !waiting) return;
  const over = new Promise((resolve) => {
    waiting.addEventListener("statechange", resolve, { once: true });
    setTimeout(resolve, TAKE_OVER);
  });
  waiting.postMessage({ kind: "take over" });
  await over;
}

// What the worker does for this page counts when it says that it has done it.
async function tellWorker(along) {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const kept = new Promise((resolve) => { port1.onmessage = (event) => resolve(event.data); });
  active.postMessage({ kind: along ? "keep" : "opened", address: location.pathname }, [port2]);
  say("worker", (await kept) ? "worker" : "no_worker");
}

function say(name, key) {
  const line = document.querySelector(`#device [data-line=${name}]`);
  line.textContent = words(key);
}
