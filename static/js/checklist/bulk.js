// One decision on the items that are ticked, and undoing it. Each item gets an entry of its own in
// the outbox; where the device keeps nothing, the form is sent as the plain one that it is.
import { itemNamed, openItems } from "./forms.js";

const TAKEN = ["applied", "same"];
let page; // {keeping(), keepAll([[item, decision]]), letGo(entry, former), recorded(item)}
let form, last;
let done = []; // [{item, entry, former, marked, answer}] of the last decision on several
let undone = null; // {done: the same of its undoing, left, free: items left as they are, or let go}

export function start(given) {
  page = given;
  form = document.getElementById("several");
  if (!form) return { answered() {} };
  form.classList.add("follows");
  form.elements.clear.hidden = false;
  document.querySelector(".choose a").addEventListener("click", (event) => {
    event.preventDefault();
    enter();
  });
  document.addEventListener("change", ({ target }) => {
    if (target.form !== form) return;
    if (target.name === "all") for (const box of undecided()) box.checked = target.checked;
    show();
  });
  document.addEventListener("click", range);
  form.elements.clear.addEventListener("click", () => choose([]));
  form.addEventListener("submit", submit);
  show();
  return { answered };
}

const boxes = () => [...document.querySelectorAll(".pick input")];
const chosen = () => boxes().filter((box) => box.checked);
const named = (box) => box.closest(".item").dataset.item;
const shown = () => openItems().map((item) => item.querySelector(".pick input"));
// What is decided is overwritten only where somebody ticks it.
const undecided = () => shown().filter((box) => {
  const item = box.closest(".item");
  return item.matches(".returned, .flagged") || !item.querySelector(".stamp .decision:not(.open)");
});
const say = (key, count) => form.dataset[`say_${key}`].replace("%n", count);

// To the form, if something is ticked.
export function enter() {
  if (!form || !chosen().length) return;
  form.querySelector("details").open = true;
  form.querySelector("summary").focus();
}

function choose(items) {
  for (const box of boxes()) box.checked = items.includes(named(box));
  show();
}

// With the shift key all between this tick and the one before get the same.
function range(event) {
  const box = event.target.closest?.(".pick input");
  if (!box) return;
  const all = shown();
  const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
  if (event.shiftKey && from >= 0) for (const each of all.slice(from, to + 1)) each.checked = box.checked;
  last = box;
  show();
}

function show() {
  const count = chosen().length;
  const fold = form.querySelector("details");
  document.querySelector(".choose a").hidden = !count;
  form.querySelector(".count").textContent = count ? say("chosen", count) : "";
  if (count && !form.classList.contains("chosen") && innerWidth > 800) fold.open = true;
  form.classList.toggle("chosen", count > 0);
  const all = document.querySelector(".choose [name=all]");
  const open = undecided();
  if (all) all.checked = open.length > 0 && open.every((box) => box.checked);
  if (all) all.indeterminate = count > 0 && !all.checked;
}

async function submit(event) {
  if (!page.keeping()) return; // the portal's own page says what became of each
  event.preventDefault();
  const items = chosen().map(named);
  const decision = Object.fromEntries(new FormData(form));
  if (!items.length || !decision.decision) return tell([say(items.length ? "decision" : "none")], true);
  const former = new Map(items.map((item) => [item, page.recorded(item)]));
  const entries = await page.keepAll(items.map((item) => [item, withOwn(decision, former.get(item))]));
  if (!entries) return tell([say("failed")], true);
  undone = null;
  done = entries.map((entry) => ({
    item: entry.item,
    entry,
    former: former.get(entry.item),
    marked: itemNamed(entry.item).matches(".returned, .flagged"),
  }));
  form.reset();
  choose([]);
  form.querySelector("details").open = false;
  report();
  form.querySelector(".said").focus({ preventScroll: true });
}

// What is an item's own stays: its values, and its note where none is given.
function withOwn({ decision, note, reason, approver, waiting_for, due, agreed_by }, own) {
  return { ...own, decision, note: note.trim() ? note : own.note, reason, approver, waiting_for, due, agreed_by };
}

function answered(pairs) {
  const answers = new Map(pairs.map(([entry, answer]) => [entry.op_id, answer]));
  for (const each of [...done, ...(undone?.done ?? [])]) each.answer = answers.get(each.entry.op_id) ?? each.answer;
  if (pairs.length && done.length) report();
}

async function undo() {
  const left = [], again = [], free = [];
  for (const each of done) {
    const outcome = each.answer?.outcome;
    if (outcome === "refused") {
      await page.letGo(each.entry, each.former);
      free.push(each.item);
    } else if (outcome === "conflict" || outcome === "late" || outcome === "same") continue;
    else if (each.marked || decidedSince(each)) left.push(each.item);
    else again.push(each);
  }
  const entries = again.length ? await page.keepAll(again.map(({ item, former }) => [item, former])) : [];
  if (!entries) return tell([say("failed")], true);
  undone = { left, free, done: entries.map((entry) => ({ item: entry.item, entry })) };
  report();
  form.querySelector(".said").focus({ preventScroll: true });
}

// The page shows another version than the one that this decision made.
function decidedSince({ item, answer }) {
  return answer && itemNamed(item)?.querySelector(".pick input").value !== `${item} ${answer.version}`;
}

function report() {
  const of = (list, fits) => list.filter(({ answer }) => fits(answer?.outcome)).map(({ item }) => item);
  const list = undone ? undone.done : done;
  const rows = [
    [undone ? "undone" : "recorded", [...of(list, (outcome) => TAKEN.includes(outcome)), ...(undone?.free ?? [])], false],
    ["waiting", of(list, (outcome) => !outcome), false],
    ["missed", of(list, (outcome) => outcome && !TAKEN.includes(outcome)), true],
    ["left", undone ? undone.left : [], true],
  ].filter(([, items]) => items.length);
  const offer = !undone && done.some(({ answer }) => [undefined, "applied", "refused"].includes(answer?.outcome));
  tell(rows.map(([key, items, places]) => [say(key, items.length), ...(places ? items.map(place) : [])]), false, offer);
}

function place(item) {
  const link = document.createElement("a");
  const row = itemNamed(item);
  link.href = `#${row.id}`;
  link.className = "num";
  link.textContent = row.id.slice("item-".length);
  return link;
}

// Lines of text and links; `offer`: with the way back.
function tell(lines, wrong = false, offer = false) {
  const said = form.querySelector(".said");
  said.tabIndex = -1;
  said.classList.toggle("wrong", wrong);
  said.replaceChildren(...lines.map((line) => {
    const paragraph = document.createElement("p");
    paragraph.append(...[line].flat().flatMap((part) => [part, " "]));
    return paragraph;
  }));
  form.classList.toggle("told", lines.length > 0);
  if (!offer) return;
  const button = form.querySelector("template").content.firstElementChild.cloneNode(true);
  button.addEventListener("click", undo);
  said.append(button);
}
