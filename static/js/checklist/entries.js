// From a form to an entry of the outbox and back.
import { SCHEMA } from "./outbox.js";

const FIELDS = ["decision", "note", "before", "after", "reason", "approver", "waiting_for", "due", "agreed_by"];

export const itemOf = (form) => itemAt(new URL(form.action).pathname);
export const itemAt = (address) => address.match(/\/items\/([^/]+)\/decision\/$/)?.[1];

// What the form was sent with, whatever was typed since.
export function recordedIn(form) {
  const decision = Object.fromEntries(FIELDS.map((name) => [name, ""]));
  for (const control of form.elements) {
    if (!(control.name in decision)) continue;
    if (control.type !== "radio") decision[control.name] = control.defaultValue;
    else if (control.defaultChecked) decision.decision = control.value;
  }
  decision.decision ||= "open";
  return decision;
}

function typedIn(form) {
  const data = new FormData(form);
  const decision = Object.fromEntries(FIELDS.map((name) => [name, data.get(name) ?? ""]));
  decision.decision ||= "open"; // a note may be saved before anything is decided
  return decision;
}

// `decision` is another one than what is typed in the form.
export function entryOf(form, { user, here, follows, decision = typedIn(form) }) {
  return {
    schema: SCHEMA,
    op_id: crypto.randomUUID(),
    kind: "decision",
    payload: { item: itemOf(form), decision },
    base_version: Number(form.elements.base_version.value),
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

export function fill(form, decision) {
  for (const [name, value] of Object.entries(decision)) {
    const control = form.elements[name];
    if (control instanceof RadioNodeList) for (const each of control) each.checked = each.value === value;
    else if (control) control.value = value;
  }
  settle(form);
}

export function showIn(form, entry) {
  fill(form, entry.payload.decision);
  for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}
