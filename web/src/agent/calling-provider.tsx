/** Keeps what the controls of the agent's page share, and shows the panel that is open. */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { text } from "../i18n";
import type { AgentView } from "../store";
import { useKeys } from "../ui/keys";
import type { Offer } from "../wire";
import { useAsking } from "./asking";
import { type Calling, CallingContext, PANEL_KEY, type Panel } from "./calling";
import { consultation, follow } from "./consulting";
import { Dial } from "./dial";
import { isAnswered, isOver } from "./select";
import { TransferPanel } from "./transfer";

interface Props {
  view: AgentView;
  shown: Offer | null;
  children: ComponentChildren;
}

export function CallingProvider({ view, shown, children }: Props) {
  const t = text.value.control;
  const asking = useAsking();
  const [parked, keepParked] = useState<Readonly<Record<string, string>>>({});
  const [panel, setPanel] = useState<Panel | null>(null);
  const [hint, say] = useState<string | null>(null);
  const isLive = shown !== null && !isOver(shown);

  // Before the first snapshot nothing is known of any call.
  useEffect(() => {
    if (view.position !== null) follow(view.offers);
  }, [view.offers, view.position, consultation.value]);
  // What went wrong with one call is nothing to the next.
  useEffect(() => asking.forgive(), [shown?.offer_id]);
  // What was said holds until something else happens.
  useEffect(() => say(null), [shown?.offer_id, shown?.state, asking.pending]);

  const whyNotDial = view.offers.some((offer) => offer.state !== "held")
    ? t.why.inCall
    : view.desk?.state === "offline"
      ? t.why.offline
      : null;
  const calling: Calling = {
    asking,
    whyNotDial,
    dial: (number, name) => {
      if (whyNotDial === null) void asking.ask({ type: "originate", number, name });
      else say(whyNotDial);
    },
    parked,
    park: async (callId) => {
      const result = await asking.ask({ type: "park", call_id: callId });
      if (result?.kind === "done" && result.detail !== "")
        keepParked((before) => ({ ...before, [callId]: result.detail }));
    },
    panel,
    openPanel: () => {
      if (!isLive) setPanel({ kind: "dial" });
      else if (isAnswered(shown)) setPanel({ kind: "transfer", offerId: shown.offer_id });
    },
    hint,
    say,
  };
  // With a call on the page the key is its controls'.
  useKeys(isLive ? {} : { [PANEL_KEY]: calling.openPanel });

  const close = () => setPanel(null);
  return (
    <CallingContext.Provider value={calling}>
      {children}
      {panel?.kind === "dial" && <Dial onClose={close} />}
      {panel?.kind === "transfer" && (
        <TransferPanel
          key={panel.offerId}
          offerId={panel.offerId}
          offer={view.offers.find((each) => each.offer_id === panel.offerId) ?? null}
          onClose={close}
        />
      )}
    </CallingContext.Provider>
  );
}
