// Files that prove an item, dropped on it or pasted while the focus is in it. They go to the portal
// at once: what could not be sent stays in this page, is said to, and can be sent again.
import { ask, NoAnswer } from "./ask.js";
import { fragment } from "./html.js";
import { words } from "./state.js";
import { newId } from "./transport.js";

const PATIENCE = 300_000; // ten megabytes through a slow line
const waiting = new Set(); // what was not sent
let token;

const carriesFiles = (data) => [...(data?.types ?? [])].includes("Files");
const placeOf = (target) => target.closest?.(".item")?.querySelector(".proofs") ?? null;

export const unsentFiles = () => waiting.size;

// `saw(seq)`: an event of our own, which need not be asked for.
export function start(saw) {
  let over = null;
  const mark = (item) => {
    over?.classList.remove("drop");
    over = item;
    over?.classList.add("drop");
  };
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event.dataTransfer)) return;
    event.preventDefault(); // else the browser leaves the page for the file
    const place = placeOf(event.target);
    event.dataTransfer.dropEffect = place ? "copy" : "none";
    mark(place?.closest(".item") ?? null);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) mark(null);
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event.dataTransfer)) return;
    event.preventDefault();
    mark(null);
    take(placeOf(event.target), event.dataTransfer.files, saw);
  });
  document.addEventListener("paste", (event) => {
    const { files, types } = event.clipboardData;
    // A cell copied from a table is a text and a picture of it: in a field the text is meant.
    if (event.target.matches("textarea, input") && types.includes("text/plain")) return;
    if (take(placeOf(event.target), files, saw)) event.preventDefault();
  });
}

function take(place, files, saw) {
  if (!place || !files.length) return false;
  const fold = place.closest("details");
  if (fold) fold.open = true;
  const body = new FormData();
  body.set("op_id", newId());
  for (const file of files) body.append("file", file);
  send({ item: place.closest(".item").id, page: place.dataset.page, body }, saw);
  return true;
}

async function send(upload, saw) {
  waiting.add(upload);
  say(upload, words("file_sending"));
  try {
    const data = await post(upload);
    if (!data.evidence && !data.messages) throw new NoAnswer("odd");
    waiting.delete(upload);
    const item = document.getElementById(upload.item);
    if (data.evidence && item) {
      item.querySelector(".proofs").replaceWith(fragment(data.evidence));
      restore(item);
    }
    if (data.seq) saw(data.seq);
    if (data.messages.length) refuse(upload, data.messages);
    else say(upload, data.words);
  } catch (error) {
    const why = words(`reason_${error instanceof NoAnswer ? error.reason : "odd"}`);
    refuse(upload, [why, words("file_kept")], () => send(upload, saw));
  }
}

// Whoever logs in anew gets another token; it may also be somebody else.
async function post(upload, retried = false) {
  token ??= document.querySelector("[name=csrfmiddlewaretoken]").value;
  upload.body.set("csrfmiddlewaretoken", token);
  const { status, data } = await ask(upload.page, { method: "POST", body: upload.body, signal: AbortSignal.timeout(PATIENCE) });
  if (status !== 403 || !data.csrf) return data;
  if (retried) throw new NoAnswer("odd");
  const here = document.getElementById("device").dataset;
  const { data: session } = await ask(here.session);
  if (session.user !== Number(here.user)) throw new NoAnswer("other_user");
  token = session.csrf;
  return post(upload, true);
}

// What waits to be sent is said in an item also after the portal has sent it anew.
export function restore(item) {
  for (const upload of waiting) {
    if (upload.item === item.id && upload.line) item.querySelector(".proofs")?.append(upload.line);
  }
}

function say(upload, text) {
  line(upload, "status").textContent = text;
}

function refuse(upload, messages, again) {
  const alert = line(upload, "alert");
  alert.classList.add("error");
  alert.textContent = messages.join(" ");
  if (!again) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button quiet small";
  button.textContent = words("file_again");
  button.addEventListener("click", again, { once: true });
  alert.append(" ", button);
}

// The place of this upload's words at its item; a new one each time, so that it is read out.
function line(upload, role) {
  upload.line?.remove();
  upload.line = document.createElement("p");
  upload.line.setAttribute("role", role);
  document.getElementById(upload.item)?.querySelector(".proofs")?.append(upload.line);
  return upload.line;
}
