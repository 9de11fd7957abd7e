/** English of the alerts: rings told to whoever looks elsewhere. */

import type { alertJa } from "./alert.ja";

export const alertEn: typeof alertJa = {
  tone: {
    label: "Ring tone",
    off: "Off",
    soft: "Soft",
    loud: "Loud",
    blocked: "The browser keeps this page silent until you click in it once.",
  },
  notification: {
    label: "Notify of rings",
    on: "On",
    off: "Off",
    lead: "The browser can tell you of a call while you work in another tab or program.",
    ask: "Allow notifications",
    denied: "The browser’s settings forbid notifications. The icon left of the address lets you allow them.",
    unsupported:
      "Notifications do not work over this connection. Open the page with https, or ask your administrator.",
  },
};
