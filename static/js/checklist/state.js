// The line of words beside the progress. Its texts come with the page, in the reader's language.

// showState("sending" | "saved" | "failed" | "waiting", words, key): `words`, else the page's
// own text for `key` (or for the state); answers what it shows.
export function showState(state, words, key = state) {
  const line = document.querySelector(".sync");
  const text = words || line?.dataset[key] || "";
  if (!line) return text;
  line.hidden = false;
  line.textContent = text;
  line.classList.toggle("waiting", state === "sending" || state === "waiting");
  line.classList.toggle("failed", state === "failed");
  return text;
}

export function showUnsaved(count) {
  const line = document.querySelector(".sync");
  if (!line || line.classList.contains("failed")) return;
  if (count) showState("waiting", line.dataset.unsaved.replace("%n", count));
  else if (line.hidden || line.classList.contains("waiting")) showState("saved");
}
