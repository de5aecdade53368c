// Buttons that copy a text of the page: <button type="button" data-copy="id" data-copied="…" hidden>.
// Without this module they stay hidden, and the text can be selected and copied by hand.

async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.value);
  } catch {
    // No clipboard here (plain HTTP, or refused): what is selected can at least be copied by key.
    source.select();
    return document.execCommand("copy");
  }
  return true;
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  const said = document.createElement("span");
  said.className = "soft";
  said.setAttribute("role", "status");
  button.after(" ", said);
  button.hidden = false;
  button.addEventListener("click", async () => {
    said.textContent = (await copy(source)) ? button.dataset.copied : "";
  });
}
