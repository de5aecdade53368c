// What others did, within seconds, without a reload. An item in which somebody types is left alone.
import { ask } from "./ask.js";
import { replaceItem } from "./forms.js";
import { fragment } from "./html.js";
import { showState, words } from "./state.js";

const EVERY = 4000, SLOWEST = 60_000;

// watch(here, page) -> {now(), saw(number)}; `page` has busy(item), progress(html),
// settled(), failed(reason), back().
export function watch(here, page) {
  let seq = Number(here.seq), pause = EVERY, failed = false, timer;
  const held = new Map(); // items that are shown when whoever is in them leaves

  async function look() {
    clearTimeout(timer);
    if (!document.hidden) {
      try {
        const { data } = await ask(address());
        if (data) show(data);
        if (failed) page.back();
        failed = false;
        pause = EVERY;
      } catch (error) {
        failed = true;
        pause = Math.min(pause * 2, SLOWEST);
        page.failed(error.reason ?? "broken");
      }
    }
    timer = setTimeout(look, pause * (0.75 + Math.random() / 2));
  }

  function address() {
    const query = new URLSearchParams(location.search);
    query.set("after", seq);
    return `${here.changes}?${query}`;
  }

  function show(data) {
    seq = data.seq;
    if (data.reload) return askToReload();
    for (const [number, html] of Object.entries(data.items)) held.set(number, [html, data.conflicts[number]]);
    if (data.questions) replace("questions", data.questions);
    if (data.head) document.querySelector(".head").replaceWith(fragment(data.head));
    page.progress(data.progress);
    page.settled();
    place();
  }

  function place() {
    for (const [number, [html, conflict]] of held) {
      const old = document.getElementById(`item-${number}`);
      if (old && (page.busy(old) || isTypingIn(old))) continue;
      held.delete(number);
      if (!old) continue;
      const focused = old.contains(document.activeElement);
      const item = fragment(html);
      replaceItem(old, item);
      if (conflict) addConflict(item, fragment(conflict));
      if (!focused) continue;
      item.tabIndex = -1;
      item.focus({ preventScroll: true });
    }
  }

  // Unless it stands above the list already.
  function addConflict(item, card) {
    const { value } = card.querySelector("[name=entry]") ?? {};
    const known = value && document.querySelector(`[name=entry][value="${value}"]`);
    if (!known) item.querySelector(".body").append(card);
  }

  function replace(id, html) {
    const old = document.getElementById(id);
    if (!old.contains(document.activeElement)) old.replaceWith(fragment(html));
  }

  function askToReload() {
    const link = document.createElement("a");
    link.href = location.href;
    link.textContent = words("reload");
    showState("failed", words("moved_on"));
    document.querySelector(".sync")?.append(" ", link);
  }

  const isTypingIn = (item) => item.contains(document.activeElement) && document.activeElement.matches("textarea, input");
  document.addEventListener("focusout", () => setTimeout(place));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  timer = setTimeout(look, EVERY);
  // One's own event, shown already; a gap before it is something of others, yet to be asked for.
  const saw = (number) => { if (number === seq + 1) seq = number; };
  return { now: look, saw };
}
