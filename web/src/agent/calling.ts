/** What every control of the agent's page shares: what is asked of the PBX, and the panel that is open. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Asking } from "./asking";

export interface Calling {
  readonly asking: Asking;
  /** Why no call can be made now, in a sentence; null where it can. */
  readonly whyNotDial: string | null;
  dial(number: string, name: string): void;
  /** Where a parked call waits, by the call. */
  readonly parked: Readonly<Record<string, string>>;
  park(callId: string): void;
  /** The panel for whom to call, or to transfer the shown call to. */
  readonly panel: Panel | null;
  openPanel(): void;
  /** Said beside the controls until something else is: why a press did nothing. */
  readonly hint: string | null;
  say(hint: string | null): void;
}

export type Panel = { kind: "dial" } | { kind: "transfer"; offerId: string };

export const PANEL_KEY = "u";

export const CallingContext = createContext<Calling | null>(null);

export function useCalling(): Calling {
  const calling = useContext(CallingContext);
  if (calling === null) throw new Error("outside CallingProvider");
  return calling;
}
