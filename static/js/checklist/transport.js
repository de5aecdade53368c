// One operation to the server and its answer. An outbox for work without a network would take
// this module's place: same argument, same answers, plus one kind for "kept on this device".

const sent = new WeakMap(); // form -> body of the last attempt, whose fate may be unknown

// send(form) -> {kind: "recorded", data} | {kind: "refused", messages}
//            | {kind: "failed"} (no answer) | {kind: "odd"} (an answer that is none: logged out ...)
export async function send(form) {
  freshId(form);
  const body = new URLSearchParams(new FormData(form));
  sent.set(form, contents(form));
  let response;
  try {
    response = await fetch(form.action, {
      method: "POST",
      body,
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      redirect: "manual",
    });
  } catch {
    return { kind: "failed" };
  }
  let data;
  try {
    data = await response.json();
  } catch {
    return { kind: "odd" };
  }
  if (data.outcome && data.item) return { kind: "recorded", data };
  if (data.messages) return { kind: "refused", messages: data.messages };
  return { kind: "odd" };
}

// The same entry sent again keeps its id, so that it counts once; another entry gets its own.
function freshId(form) {
  const before = sent.get(form);
  if (before !== undefined && before !== contents(form)) form.elements.op_id.value = newId();
}

function contents(form) {
  const data = new FormData(form);
  data.delete("op_id");
  return new URLSearchParams(data).toString();
}

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // plain HTTP has no randomUUID
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
