// The checklist page without reloads, with or without a network. Every form also works as a plain
// one. Nothing is called saved before the device has it on its disk, or the portal has answered.
import { start as startSeveral } from "./bulk.js";
import { changed, forget, keep, kept, restoreAll, unsaved } from "./drafts.js";
import { start as startDevice, takenAlong } from "./device.js";
import { entryOf, fill, itemAt, itemOf, recordedIn, settle as settleForm, showIn } from "./entries.js";
import { start as startEvidence, unsentFiles } from "./evidence.js";
import { flushNow, start } from "./flusher.js";
import { formIn, itemNamed, replaceItem, touchedIn, watch as watchForms } from "./forms.js";
import { fragment } from "./html.js";
import { start as startKeys } from "./keyboard.js";
import { watch } from "./live.js";
import * as outbox from "./outbox.js";
import { say, showState, showUnsaved, words } from "./state.js";
import { send } from "./transport.js";

const FORMS = "form.work, form.quick";
const here = document.getElementById("device").dataset;
const user = Number(here.user);
const sending = new WeakSet();
let mine = []; // entries of this checklist and this person that the portal has not taken
let keeping = outbox.isAvailable();
let live = null;
let several = null;
let leaving = false;
let reason = ""; // why nothing can be sent just now
let restored = false; // what was typed before is there again, and nobody has gone on yet

document.addEventListener("submit", (event) => {
  const form = event.target.closest(FORMS);
  if (event.defaultPrevented) return; // somebody else sends it
  if (!form) {
    leaving = true; // a plain form of this page: drafts come back when it is shown again
    return;
  }
  event.preventDefault();
  if (!sending.has(form)) submit(form);
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("form.work");
  if (!form) return;
  restored = false;
  if (changed(form)) keep(form);
  else forget(form);
  showCounts();
});

window.addEventListener("beforeunload", (event) => {
  if ((unsaved() || unsentFiles()) && !leaving) event.preventDefault();
});
window.addEventListener("pageshow", () => { leaving = false; });

async function submit(form) {
  restored = false;
  sending.add(form);
  form.setAttribute("aria-busy", "true");
  const kept = keeping && (await keepOnDevice(form));
  if (!kept) await sendAtOnce(form);
  sending.delete(form);
  form.removeAttribute("aria-busy");
}

async function keepOnDevice(form) {
  showState("sending", words("keeping"));
  const item = itemOf(form);
  const before = mine.filter((entry) => !entry.refused && entry.item === item).at(-1);
  let entry;
  try {
    entry = await outbox.add(entryOf(form, { user, here, follows: before?.op_id }));
  } catch {
    keep(form);
    showRefused(form, [words("device_failed")]);
    return false;
  }
  const corrected = mine.filter((each) => each.refused && each.item === item);
  mine = [...mine.filter((each) => !corrected.includes(each)), entry];
  if (corrected.length) await outbox.remove(corrected).catch(() => {});
  forget(form);
  settleForm(form);
  form.querySelector("[role=alert]")?.remove();
  say(form, "kept");
  showCounts();
  flushNow();
  return true;
}

// Many at once: all of them are on the disk, or none is. `wanted` are pairs of item and decision.
async function keepAll(wanted) {
  const made = wanted.map(([item, decision]) => {
    const before = mine.filter((entry) => !entry.refused && entry.item === item).at(-1);
    return entryOf(formOf(item), { user, here, follows: before?.op_id, decision });
  });
  showState("sending", words("keeping"));
  let entries;
  try {
    entries = await outbox.addAll(made);
  } catch {
    showState("failed", words("device_failed"));
    return null;
  }
  mine.push(...entries);
  for (const entry of entries) {
    const form = formOf(entry.item);
    if (!changed(form)) fill(form, entry.payload.decision);
    say(form, "kept");
  }
  showCounts();
  flushNow();
  return entries;
}

// What the portal has refused is let go, and the form is as it was.
async function letGo(entry, former) {
  await outbox.remove([entry]);
  mine = mine.filter((each) => each.op_id !== entry.op_id);
  const form = formOf(entry.item);
  form.querySelector("[role=alert]")?.remove();
  fill(form, former);
  say(form, "");
  showState("saved");
  showCounts();
}

// The device does not keep entries: straight to the portal, and nothing counts before its answer.
async function sendAtOnce(form) {
  const failed = form.querySelector("[role=alert]");
  if (!failed) showState("sending");
  const answer = await send(form);
  if (answer.kind === "recorded") {
    for (const each of form.closest(".item").querySelectorAll("form.work")) forget(each);
    showProgress(answer.data.progress);
    showRecorded(form.closest(".item"), answer.data);
    return;
  }
  if (form.matches(".work")) keep(form);
  const why = answer.messages ?? [words(answer.kind)];
  showRefused(form, failed ? [words("device_failed"), ...why] : why);
}

function showRecorded(old, answer) {
  const focused = old.contains(document.activeElement) || document.activeElement === document.body;
  const item = fragment(answer.item);
  replaceItem(old, item);
  if (answer.conflict) item.querySelector(".body").append(fragment(answer.conflict));
  if (answer.outcome === "late") item.querySelector(".body").append(notice(answer.words));
  const failed = answer.outcome === "conflict" || answer.outcome === "late";
  showState(failed ? "failed" : "saved", answer.words);
  showCounts();
  if (!focused) return;
  item.tabIndex = -1;
  item.focus({ preventScroll: true });
}

// The figures anew, also those of the filters and of the groups; the line of words stays as it is.
function showProgress(html) {
  const line = document.querySelector(".sync");
  const progress = fragment(html);
  const filtered = document.querySelector(".filters input:checked");
  for (const [key, text] of Object.entries(JSON.parse(progress.dataset.counts ?? "{}"))) {
    const [facet, value] = key.split(":");
    const place = key.startsWith("#")
      ? !filtered && document.getElementById(key.slice(1))?.querySelector(".soft")
      : document.querySelector(`.filters [name="${facet}"][value="${value}"] ~ .count`);
    if (place) place.textContent = text;
  }
  if (line) progress.querySelector(".sync")?.replaceWith(line);
  document.getElementById("progress").replaceChildren(progress);
}

function showRefused(form, messages) {
  form.querySelector("[role=alert]")?.remove();
  const alert = document.createElement("div");
  alert.className = "error";
  alert.setAttribute("role", "alert");
  const list = document.createElement("ul");
  alert.append(list);
  for (const message of messages) {
    const row = document.createElement("li");
    row.textContent = message;
    list.append(row);
  }
  form.prepend(alert);
  showState("failed", messages[0]);
}

function notice(text) {
  const paragraph = document.createElement("p");
  paragraph.className = "notice warning";
  paragraph.textContent = text;
  return paragraph;
}

// What the flusher tells

function showSending(entries) {
  for (const item of new Set(entries.map((entry) => entry.item))) say(formOf(item), "sending");
}

function answered(pairs, data) {
  const ours = pairs.filter(([entry]) => entry.checklist === here.checklist && entry.user === user);
  if (!ours.length) return;
  reason = ""; // the portal has just answered
  const done = new Set(ours.map(([entry]) => entry.op_id));
  mine = mine.filter((entry) => !done.has(entry.op_id));
  if (data.progress) showProgress(data.progress);
  for (const [entry, answer] of ours) {
    live.saw(answer.seq);
    if (answer.outcome === "refused") mine.push(entry);
    showAnswer(itemNamed(entry.item), entry, answer);
  }
  showCounts();
  several?.answered(ours);
}

function showAnswer(item, entry, answer) {
  const form = formIn(item);
  if (!form) return;
  if (answer.outcome === "refused") {
    showRefused(form, answer.messages);
    say(form, "refused");
    return;
  }
  const more = mine.some((each) => each.item === entry.item && !each.refused);
  if (answer.item && !more && !changed(form)) {
    showRecorded(item, answer);
    return;
  }
  // Somebody goes on typing here: their words stay, and now stand on what was just recorded.
  if (answer.outcome === "applied" || answer.outcome === "same") {
    for (const each of [form, ...item.querySelectorAll("form")]) each.elements.base_version.value = answer.version;
  }
  say(form, more ? "kept" : answer.outcome);
  showState("saved", answer.words);
}

async function told(why) {
  reason = why === "idle" ? "" : why;
  const entries = keeping ? await outbox.all().catch(() => []) : [];
  document.getElementById("other-user").hidden = entries.every((entry) => entry.user === user);
  document.getElementById("signed-out").hidden = why !== "signed_out";
  showCounts();
}

// What is not saved, what is kept here and not sent, and why; else that everything is saved.
function showCounts() {
  const waiting = mine.filter((entry) => !entry.refused);
  for (const item of new Set(waiting.map((entry) => entry.item))) say(formOf(item), "kept");
  const parts = [
    unsaved() && words("unsaved").replace("%n", unsaved()),
    waiting.length && words("waiting").replace("%n", waiting.length),
    reason && words(`reason_${reason}`),
  ].filter(Boolean);
  if (waiting.length || reason) showState("waiting", parts.join(" "));
  else if (restored && unsaved()) showState("waiting", null, "restored");
  else showUnsaved(unsaved());
}

async function readOutbox() {
  const entries = await outbox.all();
  mine = entries.filter((entry) => entry.user === user && entry.checklist === here.checklist);
}

const isChanged = (form) => Boolean(form && changed(form));
const formOf = (item) => formIn(itemNamed(item));

// The beginning

if (keeping) {
  try {
    await readOutbox();
  } catch {
    keeping = false;
  }
}
for (const entry of mine) {
  const form = formOf(entry.item);
  if (!form) continue;
  showIn(form, entry);
  if (entry.refused) showRefused(form, entry.refused);
  say(form, entry.refused ? "refused" : "kept");
}
// With an entry in this tab, or sent back by the portal with its errors.
const began = new Set([...kept().map(itemAt).map(formOf), ...document.querySelectorAll("form.work")]);
began.delete(null);
restored = restoreAll(began);
showCounts();
watchForms(document);

document.getElementById("online-only").hidden = keeping;
live = watch(here, {
  busy: (item) => mine.some((entry) => entry.item === item.dataset.item) || isChanged(touchedIn(item)),
  progress: showProgress,
  settled: showCounts,
  failed: told,
  back: () => (keeping ? flushNow() : told("idle")),
});
if (keeping) {
  start({
    session: here.session,
    sync: here.sync,
    user,
    offline: takenAlong,
    sending: showSending,
    answered,
    told,
    elsewhere: async () => {
      await readOutbox();
      live.now();
    },
  });
}
several = startSeveral({
  keeping: () => keeping,
  keepAll,
  letGo,
  recorded: (item) => recordedIn(formOf(item)),
});
startKeys();
startDevice(here, keeping, flushNow);
startEvidence((seq) => live.saw(seq));
