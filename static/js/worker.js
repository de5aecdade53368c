// The portal's service worker. It keeps its own static files, and the checklists that were opened
// in the last 14 days or chosen by "use offline", each under the name of the person who opened it.
// It answers for nothing else: no POST, no log-in, no session, no file.
const { build, files, static: folder } = self.PORTAL;
const PATIENCE = 3000;
const KEPT_FOR = 14 * 24 * 60 * 60 * 1000;
const CHECKLIST = /^\/checklists\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/$/;
const PAGES = /^(kept|opened)-(\d+)-/;
const NOT_BY_VARY = { ignoreVary: true, ignoreSearch: true };

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(`static-${build}`).then((cache) => cache.addAll(files)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(tidy().then(() => self.clients.claim()));
});

self.addEventListener("message", (event) => {
  const { kind, address } = event.data;
  if (kind === "take over") self.skipWaiting();
  else if (kind === "keep" || kind === "opened") {
    // The page says that it can be opened without a network only after this answer.
    const tell = (done) => event.ports[0]?.postMessage(done);
    event.waitUntil(move(address, kind === "keep" ? "kept" : "opened").then(() => tell(true), () => tell(false)));
  }
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith(folder)) event.respondWith(fromFiles(request));
  else if (request.mode !== "navigate") return;
  else if (CHECKLIST.test(pathname)) event.respondWith(checklist(event));
  else if (pathname === "/") event.respondWith(fetch(request).catch(listOfKept));
});

// Static files never change under their hashed names.
async function fromFiles(request) {
  const found = await caches.match(request);
  if (found) return found;
  const response = await fetch(request);
  if (response.ok && files.includes(new URL(request.url).pathname)) {
    await (await caches.open(`static-${build}`)).put(request, response.clone());
  }
  return response;
}

// The network first; after three seconds, or when the portal is down, the copy.
async function checklist(event) {
  const { pathname, search } = new URL(event.request.url);
  const network = fetch(event.request);
  const keeping = network.then((response) => store(pathname, search, response.clone())).catch(() => {});
  event.waitUntil(keeping);
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE, null));
  const answer = await Promise.race([network.catch(() => null), patience]);
  if (answer && answer.status < 500) return answer;
  return (await caches.match(pathname, NOT_BY_VARY)) ?? answer ?? network;
}

async function store(address, search, response, kind) {
  const user = response.headers.get("Portal-User"); // nobody else's page has it
  if (!response.ok || response.redirected || !user) return;
  await forgetOthers(user);
  await forgetOld();
  if (search) return;
  const cache = await caches.open(`${kind ?? (await kindOf(address))}-${user}-${build}`);
  const headers = new Headers(response.headers);
  headers.set("Kept-At", Date.now());
  await cache.put(address, new Response(await response.blob(), { headers }));
}

async function kindOf(address) {
  for (const name of await caches.keys()) {
    if (name.startsWith("kept-") && (await (await caches.open(name)).match(address, NOT_BY_VARY))) return "kept";
  }
  return "opened";
}

async function move(address, kind) {
  if (!CHECKLIST.test(address)) return;
  const copy = (await caches.match(address, NOT_BY_VARY)) ?? (await fetch(address));
  for (const name of await pageCaches()) {
    if (!name.startsWith(kind)) await (await caches.open(name)).delete(address, NOT_BY_VARY);
  }
  await store(address, "", copy, kind);
}

const pageCaches = async () => (await caches.keys()).filter((name) => PAGES.test(name));

async function forgetOthers(user) {
  for (const name of await pageCaches()) if (name.match(PAGES)[2] !== user) await caches.delete(name);
}

async function forgetOld() {
  for (const name of (await pageCaches()).filter((each) => each.startsWith("opened-"))) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const copy = await cache.match(request, NOT_BY_VARY);
      const age = Date.now() - Number(copy.headers.get("Kept-At"));
      if (age > KEPT_FOR) await cache.delete(request, NOT_BY_VARY);
    }
  }
}

// Copies of an earlier build go on under the name of this one, with the files that they name.
async function tidy() {
  const statics = (await caches.keys()).filter((name) => name.startsWith("static-") && name !== `static-${build}`);
  for (const name of statics.slice(0, -1)) await caches.delete(name);
  await forgetOld();
  for (const name of (await pageCaches()).filter((each) => !each.endsWith(`-${build}`))) {
    const [, kind, user] = name.match(PAGES);
    const cache = await caches.open(name);
    const mine = await caches.open(`${kind}-${user}-${build}`);
    for (const request of await cache.keys()) await mine.put(request, await cache.match(request, NOT_BY_VARY));
    await caches.delete(name);
  }
}

async function listOfKept() {
  const rows = [];
  for (const name of await pageCaches()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      const html = await (await cache.match(request, NOT_BY_VARY)).text();
      const title = html.match(/<title>([^<]*)<\/title>/)?.[1] ?? ""; // escaped as it stands there
      rows.push(`<li><a href="${new URL(request.url).pathname}">${title}</a></li>`);
    }
  }
  const words = "ポータルに接続できません。この端末に保存されているチェックリスト: / The portal cannot be reached. Checklists on this device:";
  return new Response(`<!doctype html><html lang="ja"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>オフライン / Offline</title><h1>オフライン / Offline</h1><p>${words}</p><ul>${rows.join("")}</ul></html>`, {
    status: 503,
    headers: { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'" },
  });
}
