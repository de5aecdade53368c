// Single keys for the list. None is taken while somebody types, chooses from a list, composes
// (Japanese input), holds a modifier or has switched them off, which this browser remembers.
import { bring, openItems } from "./forms.js";
import * as several from "./bulk.js";

const SETTING = "single-keys";
const TYPING = "textarea, select, input:not([type=radio], [type=checkbox], [type=button], [type=submit]), [contenteditable]";
const KEYS = {
  j: () => go(1),
  k: () => go(-1),
  n: () => intoForm((form) => form.elements.note.focus()),
  x: () => current()?.querySelector(".pick input")?.click(),
  d: () => several.enter(),
  f: filter,
  "?": () => dialog.showModal(),
};
for (const digit of [1, 2, 3, 4, 5]) KEYS[digit] = () => intoForm((form) => choose(form, digit));
let dialog;
let on = true;

export function start() {
  dialog = document.getElementById("keys");
  const button = document.querySelector(".choose [name=keys]");
  if (!dialog || !button) return;
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
  const box = dialog.querySelector("[name=on]");
  box.checked = on = wasOn();
  box.addEventListener("change", () => remember(box.checked));
  document.addEventListener("keydown", (event) => {
    if (!isMeant(event)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
}

function isMeant(event) {
  const { key, target, defaultPrevented, isComposing, keyCode, ctrlKey, metaKey, altKey } = event;
  if (defaultPrevented || isComposing || keyCode === 229 || ctrlKey || metaKey || altKey) return false;
  return Object.hasOwn(KEYS, key) && !target.closest?.(TYPING) && !document.querySelector("dialog[open]") && on;
}

// The item that somebody is in, else the first one in the window.
function current() {
  const top = document.querySelector(".progress").getBoundingClientRect().bottom;
  return document.activeElement.closest(".item") ?? openItems().find((item) => item.getBoundingClientRect().bottom > top);
}

function go(step) {
  const items = openItems();
  const inside = document.activeElement.closest(".item");
  const item = inside ? items[items.indexOf(inside) + step] : current();
  if (!item) return;
  item.tabIndex = -1;
  item.focus({ preventScroll: true });
  item.scrollIntoView({ block: "start" });
}

function intoForm(work) {
  const item = current();
  const form = item && bring(item);
  if (!form) return;
  for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  work(form);
}

// Enter, on the choice, saves.
function choose(form, digit) {
  const radio = form.querySelectorAll("[name=decision]")[digit - 1];
  radio.click();
  radio.focus();
}

function filter() {
  const form = document.querySelector(".filters");
  form.querySelector("details").open = true;
  form.querySelector("input").focus();
}

function wasOn() {
  try {
    return localStorage.getItem(SETTING) !== "off";
  } catch {
    return true;
  }
}

function remember(given) {
  on = given;
  try {
    localStorage.setItem(SETTING, on ? "on" : "off");
  } catch {
    // Nothing is kept in this browser: it holds until the page is loaded again.
  }
}
