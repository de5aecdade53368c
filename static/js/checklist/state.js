// The line of words beside the progress, and the words at each item. All texts come with the page,
// in the reader's language.

export const words = (key) => document.getElementById("device")?.dataset[`say_${key}`] ?? "";

// showState("sending" | "saved" | "failed" | "waiting", words, key): `words`, else the page's
// own text for `key` (or for the state); answers what it shows.
export function showState(state, text, key = state) {
  const line = document.querySelector(".sync");
  const shown = text || words(key);
  if (!line) return shown;
  line.hidden = false;
  line.textContent = shown;
  line.classList.toggle("waiting", state === "sending" || state === "waiting");
  line.classList.toggle("failed", state === "failed");
  return shown;
}

export function showUnsaved(count) {
  const line = document.querySelector(".sync");
  if (!line || line.classList.contains("failed")) return;
  if (count) showState("waiting", words("unsaved").replace("%n", count));
  else if (line.hidden || line.classList.contains("waiting")) showState("saved");
}

// What became of the entry in this form: kept, sending, applied, conflict, refused ...
export function say(form, key) {
  const line = form?.querySelector(".saved");
  if (line) line.textContent = words(key);
}
