// What was entered and the portal has not taken yet, in IndexedDB: it outlives the page, the
// browser and a power cut. An entry is made once, never changed, and removed only when the portal
// has answered for it; one that was refused stays, with the reasons, for the person to see.
export const SCHEMA = 1; // form of an entry; checklists/sync.py lists those that it understands

const PATIENCE = 3000; // a full disk does not fail a write in every browser: it never ends
const STEPS = 30;
let opened;

// Without one of these the page works online only, and says so.
export function isAvailable() {
  try {
    return Boolean(window.isSecureContext && window.indexedDB && navigator.locks);
  } catch {
    return false; // forbidden by the browser's settings
  }
}

// add(entry) -> the entry with its `client_seq`, once it is on the disk; else an error.
export async function add(entry) {
  const client_seq = await run("readwrite", ({ outbox }) => outbox.add(entry));
  return { ...entry, client_seq };
}

// addAll(entries) -> the same for several: all of them are on the disk, or none.
export async function addAll(entries) {
  const made = await run("readwrite", ({ outbox }) => entries.map((entry) => outbox.add(entry)));
  return entries.map((entry, at) => ({ ...entry, client_seq: made[at].result }));
}

export const all = () => run("readonly", ({ outbox }) => outbox.getAll());

export const remove = (entries) =>
  run("readwrite", ({ outbox }) => entries.forEach((each) => outbox.delete(each.client_seq)));

export const refuse = (entries) =>
  run("readwrite", ({ outbox }) => entries.forEach((each) => outbox.put(each)));

// What the device knows of itself: its UUID, which checklists it took along, its clock.
export const recall = (name) => run("readonly", ({ meta }) => meta.get(name));
export const note = (name, value) => run("readwrite", ({ meta }) => meta.put(value, name));

export async function device() {
  return (await recall("device")) ?? (await note("device", crypto.randomUUID()), recall("device"));
}

async function run(mode, work) {
  const database = await within(open());
  let transaction;
  const done = new Promise((resolve, reject) => {
    transaction = database.transaction(["outbox", "meta"], mode, { durability: "strict" });
    const stores = { outbox: transaction.objectStore("outbox"), meta: transaction.objectStore("meta") };
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error("aborted"));
    const request = work(stores);
    transaction.oncomplete = () => resolve(Array.isArray(request) ? request : request?.result);
  });
  return within(done, () => transaction.abort());
}

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("portal", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("outbox", { keyPath: "client_seq", autoIncrement: true });
      request.result.createObjectStore("meta");
    };
    request.onsuccess = () => {
      const forget = () => { opened = undefined; };
      request.result.onversionchange = () => { request.result.close(); forget(); };
      request.result.onclose = forget;
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
  opened.catch(() => { opened = undefined; });
  return opened;
}

// Patience is counted in steps: a page that was busy itself for seconds has waited one step only.
function within(promise, giveUp = () => {}) {
  let timer, steps = 0;
  const late = new Promise((_resolve, reject) => {
    timer = setInterval(() => {
      if ((steps += 1) < STEPS) return;
      reject(new Error("late"));
      try { giveUp(); } catch { /* it has ended after all */ }
    }, PATIENCE / STEPS);
  });
  return Promise.race([promise, late]).finally(() => clearInterval(timer));
}
