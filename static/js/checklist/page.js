// The checklist page without reloads. Every form also works as a plain one; this module only sends
// the same fields and shows the server's answer. Nothing is called saved before that answer.
import { changed, forget, keep, restoreAll, unsaved } from "./drafts.js";
import { send } from "./transport.js";
import { showState, showUnsaved } from "./state.js";

const FORMS = "form.work, form.quick";
const sending = new WeakSet();
let leaving = false;

document.addEventListener("submit", (event) => {
  const form = event.target.closest(FORMS);
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
  if (changed(form)) keep(form);
  else forget(form);
  showUnsaved(unsaved());
});

window.addEventListener("beforeunload", (event) => {
  if (unsaved() && !leaving) event.preventDefault();
});
window.addEventListener("pageshow", () => { leaving = false; });

async function submit(form) {
  sending.add(form);
  form.setAttribute("aria-busy", "true");
  showState("sending");
  const answer = await send(form);
  sending.delete(form);
  form.removeAttribute("aria-busy");
  if (answer.kind === "recorded") showRecorded(form, answer.data);
  else showRefused(form, answer);
}

function showRecorded(form, data) {
  const old = form.closest(".item");
  for (const each of old.querySelectorAll("form.work")) forget(each);
  const item = fragment(data.item);
  old.replaceWith(item);
  if (data.conflict) item.querySelector(".body").append(fragment(data.conflict));
  if (data.outcome === "late") item.querySelector(".body").append(notice(data.words));
  document.getElementById("progress").innerHTML = data.progress;
  if (data.outcome === "conflict" || data.outcome === "late") showState("failed", data.words);
  else showState("saved", data.words);
  showUnsaved(unsaved());
  item.tabIndex = -1;
  item.focus({ preventScroll: true });
}

function showRefused(form, answer) {
  if (form.matches(".work")) keep(form);
  form.querySelector("[role=alert]")?.remove();
  const alert = document.createElement("div");
  alert.className = "error";
  alert.setAttribute("role", "alert");
  const list = document.createElement("ul");
  alert.append(list);
  for (const message of answer.messages ?? [showState("failed", null, answer.kind)]) {
    const row = document.createElement("li");
    row.textContent = message;
    list.append(row);
  }
  form.prepend(alert);
  if (answer.messages) showState("failed", answer.messages[0]);
}

function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.firstElementChild;
}

function notice(words) {
  const paragraph = document.createElement("p");
  paragraph.className = "notice warning";
  paragraph.textContent = words;
  return paragraph;
}

const restored = restoreAll(document.querySelectorAll("form.work"));
if (restored) showState("waiting", null, "restored");
else showUnsaved(unsaved());
