// The last resort: what was not sent, as a file that the portal's page takes from any device.
import { asSent } from "./flusher.js";
import * as outbox from "./outbox.js";

// Entries of `user`, or of everybody else who left some here (null): one file for each person.
export async function exportFile(user) {
  const me = Number(document.getElementById("device").dataset.user);
  const entries = (await outbox.all()).filter((each) => (user === null ? each.user !== me : each.user === user));
  for (const [owner, own] of Object.entries(Object.groupBy(entries, (each) => each.user))) {
    await download(Number(owner), own);
  }
}

async function download(user, entries) {
  const content = JSON.stringify({
    format: 1,
    user,
    name: entries[0].name,
    made_at: new Date().toISOString(),
    entries: entries.map((each) => ({ checklist: each.checklist, host: each.host, ...asSent(each) })),
  });
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content)));
  const sha256 = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const file = new Blob([JSON.stringify({ sha256, content })], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `unsent-${user}-${new Date().toISOString().slice(0, 10)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
