// Sends the outbox, one tab at a time. Nothing leaves it but on the portal's own answer, in JSON,
// for that very entry: a page, a redirect or a fault in the portal's place never counts.
import { NoAnswer, ask } from "./ask.js";
import * as outbox from "./outbox.js";

const SHORTEST = 1000, LONGEST = 5 * 60_000, HEARTBEAT = 60_000;
const TERMINAL = ["applied", "same", "conflict", "late"];
const channel = "BroadcastChannel" in window ? new BroadcastChannel("outbox") : null;
let delay = SHORTEST, timer, batch = 50, heard = 0, running = false, again = false;
let page; // {session, sync, user, offline(), sending(entries), answered([[entry, answer]], data), told(reason), elsewhere()}

export function start(given) {
  page = given;
  window.addEventListener("online", flushNow);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) flushNow(); });
  if (channel) channel.onmessage = () => page.elsewhere();
  flushNow();
}

export function flushNow() {
  delay = SHORTEST;
  return flush();
}

async function flush() {
  if (running) {
    again = true;
    return;
  }
  running = true;
  clearTimeout(timer);
  let wait = HEARTBEAT;
  try {
    do {
      again = false;
      await navigator.locks.request("outbox", send);
    } while (again);
    delay = SHORTEST;
  } catch (error) {
    wait = Math.max(error.wait ?? 0, delay * (0.75 + Math.random() / 2));
    delay = Math.min(delay * 2, LONGEST);
    await page.told(error instanceof NoAnswer ? error.reason : "broken");
  }
  running = false;
  timer = setTimeout(flush, wait);
}

async function send() {
  const waiting = (await outbox.all()).filter((entry) => !entry.refused);
  if (!waiting.length && Date.now() - heard < HEARTBEAT) return page.told("idle");
  const session = await openSession();
  const mine = waiting.filter((entry) => entry.user === session.user);
  for (const [address, entries] of Object.entries(Object.groupBy(mine, (entry) => entry.sync))) {
    await sendTo(address, entries, session);
  }
  if (session.user === page.user && Date.now() - heard >= HEARTBEAT) {
    await post(page.sync, [], session);
    heard = Date.now();
  }
  await page.told(mine.length < waiting.length ? "other_user" : "idle");
}

async function openSession() {
  const { data } = await ask(page.session);
  if (!data.user || !data.csrf) throw new NoAnswer("odd");
  data.offset = Math.round((Date.parse(data.now) - Date.now()) / 1000);
  await outbox.note("clock_offset", data.offset);
  return data;
}

async function sendTo(address, entries, session) {
  let rest = entries;
  while (rest.length) {
    const some = rest.slice(0, batch);
    page.sending(some);
    let answer;
    try {
      answer = await post(address, some, session, rest.length);
    } catch (error) {
      if (error.reason !== "too_much" || batch === 1) throw error;
      batch = Math.max(1, Math.floor(batch / 2));
      continue;
    }
    heard = address === page.sync ? Date.now() : heard;
    await settle(some, answer);
    rest = rest.slice(some.length);
  }
}

async function post(address, entries, session, unsent = 0, retried = false) {
  const { status, data } = await ask(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": session.csrf },
    body: JSON.stringify({
      device: await outbox.device(),
      unsent,
      offline: await page.offline(),
      clock_offset: session.offset,
      html: address === page.sync && session.user === page.user,
      operations: entries.map(asSent),
    }),
  });
  if (status === 403 && data.csrf && !retried) {
    Object.assign(session, await openSession());
    return post(address, entries, session, unsent, true);
  }
  if (status === 404 && data.messages) {
    // The checklist is gone, or no longer this person's: what was entered is kept and said.
    return { answers: entries.map(({ op_id }) => ({ op_id, outcome: "refused", messages: data.messages })) };
  }
  if (status !== 200 || !Array.isArray(data.answers)) throw new NoAnswer("odd");
  return data;
}

export function asSent({ schema, op_id, kind, payload, base_version, follows, client_at, client_seq }) {
  return { schema, op_id, kind, payload, base_version, follows, client_at, client_seq };
}

async function settle(entries, data) {
  const answers = new Map(data.answers.map((answer) => [answer.op_id, answer]));
  const answered = entries.filter((entry) => answers.has(entry.op_id));
  const taken = answered.filter(({ op_id }) => TERMINAL.includes(answers.get(op_id).outcome));
  const refused = answered
    .filter(({ op_id }) => answers.get(op_id).outcome === "refused")
    .map((entry) => ({ ...entry, refused: answers.get(entry.op_id).messages }));
  if (taken.length) await outbox.remove(taken);
  if (refused.length) await outbox.refuse(refused);
  page.answered([...taken, ...refused].map((entry) => [entry, answers.get(entry.op_id)]), data);
  channel?.postMessage("sent");
  if (taken.length + refused.length < entries.length) throw new NoAnswer("odd");
}
