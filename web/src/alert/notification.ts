/** A notification of the browser while a call rings and nobody sees a tab of ours. Asked for by a button only. */

import { signal } from "@preact/signals";
import { readSetting, writeSetting } from "../ui/settings";
import { isAnyTabSeen } from "./sight";
import { loudness } from "./tone";
import { inTurn } from "./turn";

/** `unsupported`: an old browser, or a page that came over plain http from another machine. */
export type Permission = NotificationPermission | "unsupported";

const isSupported = typeof Notification === "function";

export const permission = signal<Permission>(isSupported ? Notification.permission : "unsupported");
export const isWanted = signal(readSetting("ring-notification", ["on", "off"], "on") === "on");

export function want(isOn: boolean): void {
  isWanted.value = isOn;
  writeSetting("ring-notification", isOn ? "on" : "off");
}

/** Only where somebody pressed a button: a page that asks by itself is refused for good. */
export async function askForPermission(): Promise<void> {
  if (isSupported) permission.value = await Notification.requestPermission();
}

/** The permission may be given or taken in the browser's own settings. */
export function reread(): void {
  if (isSupported) permission.value = Notification.permission;
}

/** Notifies as long as the tab stays hidden; the answer takes it back. */
export function notify(title: string, body: string): () => void {
  if (permission.value !== "granted" || !isWanted.value) return () => {};
  return inTurn("cti-bridge/notification", () => {
    let shown: Notification | null = null;
    let isOver = false;
    const look = async () => {
      const isSeen = await isAnyTabSeen();
      if (isOver) return;
      if (isSeen) {
        shown?.close();
        shown = null;
      } else {
        shown ??= show(title, body);
      }
    };
    void look();
    document.addEventListener("visibilitychange", look);
    return () => {
      isOver = true;
      document.removeEventListener("visibilitychange", look);
      shown?.close();
    };
  });
}

function show(title: string, body: string): Notification {
  // One of our own that is still there is replaced. With a tone of ours the browser need make none.
  const options = {
    body,
    tag: "cti-bridge-ring",
    requireInteraction: true,
    silent: loudness.value !== "off",
  };
  const shown = new Notification(title, options);
  shown.onclick = () => {
    window.focus();
    shown.close();
  };
  return shown;
}
