/** The controls of the shown call: hold, transfer, park, hang up, what the recording hears; what came of each. */

import { useEffect, useState } from "preact/hooks";
import { text } from "../i18n";
import { useKeys } from "../ui/keys";
import type { Offer } from "../wire";
import { AskedTrouble } from "./asked";
import { PANEL_KEY, useCalling } from "./calling";
import { consultation, end } from "./consulting";
import { Control, type ControlProps } from "./control";
import { isAnswered } from "./select";

const HOLD_KEY = "q";
const PARK_KEY = "v";
const HANG_UP_KEY = "b";
const MUTE_KEY = "0";
/** How long a first press of hang up waits for the second. */
const SURE_MS = 4_000;

/** For a call that is not over. */
export function Controls({ offer }: { offer: Offer }) {
  const all = useControls(offer);
  useKeys(Object.fromEntries(all.map((each) => [each.keyName, each.onPress])));
  return (
    <>
      {all.map((each) => (
        <Control key={each.name} {...each} />
      ))}
    </>
  );
}

function useControls(offer: Offer): readonly ControlProps[] {
  const t = text.value.control;
  const calling = useCalling();
  const { asking, say } = calling;
  const [isSure, be] = useSure(offer);
  const { call_id, is_recorded, is_recording_muted } = offer.call;
  const isHeld = offer.state === "held";
  const isConsulting = consultation.value?.offerId === offer.offer_id;
  const early = offer.state === "ringing" || offer.state === "dialling" ? t.why[offer.state] : null;
  const busy = asking.isAnythingAsked(call_id) ? t.why.asking : null;
  const whileConsulting = isConsulting ? t.why.consulting : null;
  /** A press does what it says, or says why it does not. */
  const control = ({ act, ...props }: Omit<ControlProps, "onPress"> & { act(): void }): ControlProps => ({
    ...props,
    onPress: () => {
      say(props.why);
      if (props.why === null) act();
    },
  });
  const finish = async (type: "complete_transfer" | "cancel_transfer") => {
    const result = await asking.ask({ type, call_id });
    // Wrong state: the target is gone, and the customer back already.
    if (result?.kind === "done" || (result?.kind === "refused" && result.code === "wrong_state")) end();
  };
  const both = isConsulting
    ? [
        control({
          name: "complete",
          keyName: PANEL_KEY,
          icon: "handshake",
          label: t.complete,
          title: t.completeWhole,
          widest: [t.transfer, t.complete],
          why: busy,
          isAsked: asking.isAsked("complete_transfer", call_id),
          act: () => void finish("complete_transfer"),
        }),
        control({
          name: "cancel",
          keyName: PARK_KEY,
          icon: "undo-2",
          label: t.cancel,
          title: t.cancelWhole,
          widest: [t.park, t.cancel],
          why: busy,
          isAsked: asking.isAsked("cancel_transfer", call_id),
          act: () => void finish("cancel_transfer"),
        }),
      ]
    : [
        control({
          name: "transfer",
          keyName: PANEL_KEY,
          icon: "phone-forwarded",
          label: t.transfer,
          widest: [t.transfer, t.complete],
          why: early ?? busy,
          isAsked: asking.isAsked("blind_transfer", call_id) || asking.isAsked("begin_transfer", call_id),
          isExpanded: calling.panel?.kind === "transfer",
          act: calling.openPanel,
        }),
        control({
          name: "park",
          keyName: PARK_KEY,
          icon: "parking-meter",
          label: t.park,
          title: t.parkWhole,
          widest: [t.park, t.cancel],
          why: early ?? busy,
          isAsked: asking.isAsked("park", call_id),
          act: () => calling.park(call_id),
        }),
      ];
  const hangUp = () => {
    if (isSure) void asking.ask({ type: "hang_up", call_id, agent_id: null });
    else say(offer.state === "ringing" ? t.refuseWhole : t.sureWhole);
    be(!isSure);
  };
  return [
    control({
      name: "hold",
      keyName: HOLD_KEY,
      icon: isHeld ? "play" : "pause",
      label: isHeld ? t.resume : t.hold,
      widest: [t.resume, t.hold],
      why: early ?? whileConsulting ?? busy,
      isAsked: asking.isAsked("hold", call_id),
      act: () => void asking.ask({ type: "hold", call_id, is_held: !isHeld }),
    }),
    ...both,
    control({
      name: "hang-up",
      keyName: HANG_UP_KEY,
      icon: "phone-off",
      label: isSure ? t.sure : offer.state === "ringing" ? t.refuse : t.hangUp,
      widest: [t.hangUp, t.refuse, t.sure],
      tone: isSure ? "sure" : "danger",
      // Whoever hangs up while consulting joins the two: that must be meant.
      why: whileConsulting ?? (asking.isAsked("hang_up", call_id) ? t.why.asking : null),
      isAsked: asking.isAsked("hang_up", call_id),
      act: hangUp,
    }),
    ...(is_recorded
      ? [
          control({
            name: "mute",
            keyName: MUTE_KEY,
            icon: is_recording_muted ? "mic" : "mic-off",
            label: is_recording_muted ? t.unmute : t.mute,
            title: t.muteWhole,
            widest: [t.mute, t.unmute],
            why: busy,
            isAsked: asking.isAsked("mute", call_id),
            act: () => void asking.ask({ type: "mute_recording", call_id, is_muted: !is_recording_muted }),
          }),
        ]
      : []),
  ];
}

/** Whether hang up was pressed once; forgotten after a while, and when the call changes. */
function useSure({ offer_id, state }: Offer): [boolean, (isSure: boolean) => void] {
  const [isSure, be] = useState(false);
  useEffect(() => be(false), [offer_id, state]);
  useEffect(() => {
    if (!isSure) return;
    const timer = setTimeout(() => be(false), SURE_MS);
    return () => clearTimeout(timer);
  }, [isSure]);
  return [isSure, be];
}

/** One line beside the controls: why a press did nothing, what went wrong, how the call stands. */
export function ControlNote({ offer }: { offer: Offer }) {
  const { asking, hint, panel, parked } = useCalling();
  const isOurs = (callId: string | null) => callId === null || callId === offer.call.call_id;
  return (
    <p class="control-note" role="status" data-testid="control-note">
      {hint ??
        // An open panel tells itself.
        (panel === null && asking.trouble !== null && isOurs(asking.trouble.callId) ? (
          <AskedTrouble asking={asking} isShown={() => true} />
        ) : (
          standingOf(offer, parked[offer.call.call_id] ?? null)
        ))}
    </p>
  );
}

function standingOf(offer: Offer, slot: string | null): string {
  const t = text.value.control;
  const now = consultation.value;
  if (slot !== null) return t.parked(slot);
  if (isAnswered(offer) && now?.offerId === offer.offer_id) return t.consulting(now.who);
  if (isAnswered(offer) && offer.call.is_recording_muted) return t.recordingMuted;
  if (offer.state === "ringing") return t.isRinging;
  if (offer.state === "dialling") return t.isDialling;
  return "";
}
