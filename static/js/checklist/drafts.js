// What was typed and not saved: kept in this tab, so that a reload or a log-in loses none of it.

const dirty = new Set(); // addresses of forms
const FIELDS = "textarea, input:not([type=hidden])";

export const unsaved = () => dirty.size;

export function changed(form) {
  return [...form.querySelectorAll(FIELDS)].some((control) =>
    control.type === "radio"
      ? control.checked !== control.defaultChecked
      : control.value !== control.defaultValue,
  );
}

export function keep(form) {
  dirty.add(address(form));
  const values = Object.fromEntries(new FormData(form));
  delete values.csrfmiddlewaretoken;
  delete values.op_id;
  try {
    sessionStorage.setItem(address(form), JSON.stringify(values));
  } catch {
    // Full or switched off: the page itself still holds the entry and warns before leaving.
  }
}

export function forget(form) {
  dirty.delete(address(form));
  try {
    sessionStorage.removeItem(address(form));
  } catch {
    // Switched off: nothing was kept.
  }
}

// How many forms got an entry back. A form that the server sent back with errors has its own.
export function restoreAll(forms) {
  let count = 0;
  for (const form of forms) {
    if (form.querySelector("[role=alert]")) keep(form);
    else if (restore(form)) count += 1;
  }
  return count;
}

// The addresses of all forms that left an entry in this tab.
export function kept() {
  try {
    return Object.keys(sessionStorage);
  } catch {
    return [];
  }
}

function restore(form) {
  let values;
  try {
    values = JSON.parse(sessionStorage.getItem(address(form)));
  } catch {
    return false;
  }
  if (!values) return false;
  for (const [name, value] of Object.entries(values)) {
    const control = form.elements[name];
    // base_version too: an entry typed on an older value must meet the newer one as a conflict.
    if (control) control.value = value;
  }
  if (!changed(form)) {
    forget(form);
    return false;
  }
  dirty.add(address(form));
  for (let fold = form.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  return true;
}

function address(form) {
  return new URL(form.action).pathname;
}
