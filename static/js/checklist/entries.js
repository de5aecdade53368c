// From a form to an entry of the outbox and back.
import { SCHEMA } from "./outbox.js";

const FIELDS = ["decision", "note", "before", "after", "reason", "approver", "waiting_for", "due", "agreed_by"];

export const itemOf = (form) => itemAt(new URL(form.action).pathname);
export const itemAt = (address) => address.match(/\/items\/([^/]+)\/decision\/$/)?.[1];

export function entryOf(form, { user, here, follows }) {
  const data = new FormData(form);
  const decision = Object.fromEntries(FIELDS.map((name) => [name, data.get(name) ?? ""]));
  decision.decision ||= "open"; // a note may be saved before anything is decided
  return {
    schema: SCHEMA,
    op_id: crypto.randomUUID(),
    kind: "decision",
    payload: { item: itemOf(form), decision },
    base_version: Number(data.get("base_version")),
    follows: follows ?? null,
    client_at: new Date().toISOString(), // a claim; the portal's order is that of arrival
    item: itemOf(form),
    checklist: here.checklist,
    sync: here.sync,
    host: here.host,
    user,
    name: here.name,
  };
}

// What the form holds now counts as unchanged.
export function settle(form) {
  for (const control of form.querySelectorAll("textarea, input:not([type=hidden])")) {
    if (control.type === "radio") control.defaultChecked = control.checked;
    else control.defaultValue = control.value;
  }
}

export function showIn(form, entry) {
  for (const [name, value] of Object.entries(entry.payload.decision)) {
    const control = form.elements[name];
    if (control) control.value = value;
  }
  settle(form);
  for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}
