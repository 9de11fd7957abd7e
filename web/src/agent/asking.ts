/** What this page has asked of the PBX and not heard of yet, and what went wrong last. */

import { useRef, useState } from "preact/hooks";
import {
  type Command,
  type CommandResult,
  type CommandTrouble,
  carryOut,
  type Wish,
  wishFor,
} from "../commands";
import type { Deed } from "../i18n/control";

/** Of all commands those that an agent's page gives. */
export type AgentCommand = Exclude<Command, { type: "join_queue" | "leave_queue" | "listen" | "record" }>;

export interface Trouble {
  readonly wish: Wish;
  readonly deed: Deed;
  /** The call it was about; null where it was about none. */
  readonly callId: string | null;
  readonly result: CommandTrouble;
}

export interface Asking {
  /** What has no answer yet: another map whenever that changes. */
  readonly pending: ReadonlyMap<string, Wish>;
  /** Whether there is no answer yet; about one call where one is named. */
  isAsked(deed: Deed, callId?: string): boolean;
  isAnythingAsked(callId: string): boolean;
  readonly trouble: Trouble | null;
  /** What came of it. Null where the same is being asked already: that is one wish and not two. */
  ask(command: AgentCommand): Promise<CommandResult | null>;
  /** Sends the wish that went wrong once more, under its own key. */
  again(): Promise<CommandResult | null>;
  forgive(): void;
}

export function useAsking(): Asking {
  // The ref is for presses before the next drawing, the state for the drawing.
  const running = useRef<ReadonlyMap<string, Wish>>(new Map());
  const [drawn, draw] = useState(running.current);
  const [trouble, fail] = useState<Trouble | null>(null);

  const change = (subject: string, wish: Wish | null) => {
    const next = new Map(running.current);
    if (wish === null) next.delete(subject);
    else next.set(subject, wish);
    running.current = next;
    draw(next);
  };
  const send = async (command: AgentCommand, wish: Wish): Promise<CommandResult | null> => {
    const [deed, callId] = [deedOf(command), callOf(command)];
    const subject = subjectOf(deed, callId);
    if (running.current.has(subject)) return null;
    change(subject, wish);
    fail(null);
    const result = await carryOut(wish);
    change(subject, null);
    if (result.kind !== "done") fail({ wish, deed, callId, result });
    return result;
  };
  return {
    pending: drawn,
    isAsked: (deed, callId) => drawn.has(subjectOf(deed, callId ?? null)),
    isAnythingAsked: (callId) => [...drawn.values()].some(({ command }) => callOf(command) === callId),
    trouble,
    ask: (command) => send(command, wishFor(command)),
    again: async () => (trouble === null ? null : send(trouble.wish.command as AgentCommand, trouble.wish)),
    forgive: () => fail(null),
  };
}

/** Hold and its end are two deeds, yet one subject: neither is asked for while the other is. */
function subjectOf(deed: Deed, callId: string | null): string {
  return `${deed.replace(/^un/, "")} ${callId ?? ""}`;
}

function callOf(command: Command): string | null {
  return "call_id" in command ? command.call_id : null;
}

function deedOf(command: AgentCommand): Deed {
  switch (command.type) {
    case "hold":
      return command.is_held ? "hold" : "unhold";
    case "mute_recording":
      return command.is_muted ? "mute" : "unmute";
    case "pause":
      return command.is_paused ? "pause" : "unpause";
    default:
      return command.type;
  }
}
