// A question to the portal, and whether it was the portal that answered. `navigator.onLine` is
// never asked: it stays true when the server is gone, or when a log-in page answers for it.
const PATIENCE = 30_000;

// Why there is no answer: "unreachable", "odd" (a page, a redirect, a fault), "signed_out",
// "too_much" (413) or "busy" (429); `wait` is in milliseconds.
export class NoAnswer extends Error {
  constructor(reason, wait = 0) {
    super(reason);
    this.reason = reason;
    this.wait = wait;
  }
}

// ask(address, options) -> {status, data} of an answer in JSON (data null for 204).
export async function ask(address, options = {}) {
  let response, text;
  try {
    response = await fetch(address, {
      cache: "no-store",
      credentials: "same-origin",
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
      ...options,
      headers: { Accept: "application/json", ...options.headers },
    });
    text = await response.text(); // it may be cut off half-way
  } catch {
    throw new NoAnswer("unreachable");
  }
  if (response.status === 204) return { status: 204, data: null };
  if (response.status === 413) throw new NoAnswer("too_much");
  if (response.status === 429) throw new NoAnswer("busy", retryAfter(response));
  const json = response.headers.get("Content-Type")?.startsWith("application/json");
  if (!json || response.status >= 500) throw new NoAnswer("odd", retryAfter(response));
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    throw new NoAnswer("odd");
  }
  if (response.status === 401) throw new NoAnswer("signed_out");
  return { status: response.status, data };
}

function retryAfter(response) {
  const text = response.headers.get("Retry-After");
  const seconds = /^\d+$/.test(text ?? "") ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return seconds > 0 ? Math.min(seconds, 3600) * 1000 : 0;
}
