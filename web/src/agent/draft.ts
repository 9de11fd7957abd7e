/** Notes that are not saved yet, by customer; they outlive the page. */

export interface Draft {
  /** Makes a note that is sent twice one note. */
  key: string;
  text: string;
  kind: "note" | "handover";
  isPinned: boolean;
}

const PREFIX = "cti-bridge.draft.";

export function newDraft(): Draft {
  // Without TLS there is no randomUUID; a second and a chance are enough of a difference.
  const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  return { key, text: "", kind: "note", isPinned: false };
}

export function readDraft(customerId: number): Draft {
  const draft = newDraft();
  try {
    const found: unknown = JSON.parse(localStorage.getItem(PREFIX + customerId) ?? "null");
    if (typeof found !== "object" || found === null) return draft;
    if ("key" in found && typeof found.key === "string") draft.key = found.key;
    if ("text" in found && typeof found.text === "string") draft.text = found.text;
    if ("kind" in found && found.kind === "handover") draft.kind = "handover";
    if ("isPinned" in found) draft.isPinned = found.isPinned === true;
  } catch {
    // Storage may be forbidden or hold somebody else's text: the draft begins anew.
  }
  return draft;
}

export function writeDraft(customerId: number, draft: Draft): void {
  try {
    if (draft.text === "") localStorage.removeItem(PREFIX + customerId);
    else localStorage.setItem(PREFIX + customerId, JSON.stringify(draft));
  } catch {
    // Full or forbidden: the draft lives as long as the page.
  }
}
