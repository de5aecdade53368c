// The forms of the items. On a long page only those near the window are in it: Chromium's autofill
// reads all forms before a script runs, and again when one comes, in a time that grows with their
// square. A form that leaves the page stays as it is, with what was typed; without scripts all of
// them are there (noscript, checklists/page/items.py).
import { restore } from "./evidence.js";
import { fragment } from "./html.js";

const NEAR = { rootMargin: "100% 0px" };
const made = new WeakMap(); // place -> its form, in the page or not
const near = new WeakSet(); // places near the window
const observer = new IntersectionObserver((entries) => entries.forEach(moved), NEAR);

export const itemNamed = (name) => document.querySelector(`.item[data-item="${CSS.escape(name)}"]`);

// The form of an item; null where it has none.
export function formIn(item) {
  const place = item?.querySelector(".place");
  return place ? formAt(place) : item?.querySelector("form.work") ?? null;
}

// Those that stand open: what is in a closed fold of the list is not looked at.
export const openItems = () =>
  [...document.querySelectorAll(".item")].filter((item) => !item.closest(".group > details:not([open])"));

// The form of an item, in the page at once.
export function bring(item) {
  const place = item.querySelector(".place");
  if (place) enter(place);
  return formIn(item);
}

// The same, while it is still as the portal sent it: null.
export function touchedIn(item) {
  const place = item.querySelector(".place");
  return place ? made.get(place) ?? null : item.querySelector("form.work");
}

// Another state of an item, as the portal sent it, in the place of the old one.
export function replaceItem(old, item) {
  const [was, is] = [old, item].map((each) => each.querySelector(".pick input"));
  if (was && is) is.checked = was.checked;
  old.replaceWith(item);
  watch(item);
  restore(item);
}

export function watch(root) {
  for (const place of root.querySelectorAll(".place")) observer.observe(place);
}

// A form that somebody is in stays until they leave it.
document.addEventListener("focusout", ({ target }) => setTimeout(() => {
  const place = target.closest(".place");
  if (place && !near.has(place)) leave(place);
}));

// Paper has all of them.
window.addEventListener("beforeprint", () => document.querySelectorAll(".place").forEach(enter));
window.addEventListener("afterprint", () => {
  for (const place of document.querySelectorAll(".place")) if (!near.has(place)) leave(place);
});

function formAt(place) {
  if (!made.has(place)) made.set(place, place.querySelector("form") ?? fragment(place.firstElementChild.textContent));
  return made.get(place);
}

function moved({ target, isIntersecting, boundingClientRect }) {
  if (isIntersecting) {
    near.add(target);
    return enter(target);
  }
  near.delete(target);
  leave(target, boundingClientRect.height);
}

function enter(place) {
  const form = formAt(place);
  if (form.parentNode === place) return;
  place.replaceChildren(form);
  place.classList.remove("later");
  place.style.minHeight = "";
}

function leave(place, height = 0) {
  const form = place.querySelector("form");
  if (!form || form.contains(document.activeElement)) return;
  made.set(place, form);
  if (height) place.style.minHeight = `${height}px`;
  form.remove();
}
