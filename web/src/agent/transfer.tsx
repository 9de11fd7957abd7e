/** To whom a call is transferred, and how: at once, or after a word. */

import { text } from "../i18n";
import type { Offer } from "../wire";
import { AskedTrouble } from "./asked";
import { useCalling } from "./calling";
import { begin } from "./consulting";
import { Directory } from "./directory";
import { isAnswered } from "./select";
import type { Target } from "./targets";

interface Props {
  offerId: string;
  /** The call as it is now; null once it is over. What is typed is not taken away then. */
  offer: Offer | null;
  onClose(): void;
}

export function TransferPanel({ offerId, offer, onClose }: Props) {
  const t = text.value.control;
  const { asking } = useCalling();
  const callId = offer?.call.call_id ?? "";
  const isAsked = (deed: "blind_transfer" | "begin_transfer") => asking.isAsked(deed, callId);

  const pass = async ({ number }: Target) => {
    const result = await asking.ask({ type: "blind_transfer", call_id: callId, number });
    if (result?.kind === "done") onClose();
  };
  const consult = async ({ number, name }: Target) => {
    const result = await asking.ask({ type: "begin_transfer", call_id: callId, number });
    if (result?.kind !== "done") return;
    begin(offerId, name === null ? number : text.value.control.colleague(name));
    onClose();
  };
  return (
    <Directory
      title={t.directory.transfer}
      testId="transfer"
      whyNot={
        offer === null || !isAnswered(offer)
          ? t.why.over
          : asking.isAnythingAsked(callId)
            ? t.why.asking
            : null
      }
      actions={[
        {
          id: "consult",
          icon: "messages-square",
          label: t.directory.consult,
          title: t.directory.consultWhole,
          isAsked: isAsked("begin_transfer"),
          act: (target) => void consult(target),
        },
        {
          id: "blind",
          icon: "phone-forwarded",
          label: t.directory.blind,
          title: t.directory.blindWhole,
          isAsked: isAsked("blind_transfer"),
          act: (target) => void pass(target),
        },
      ]}
      trouble={
        <AskedTrouble
          asking={asking}
          isShown={({ deed }) => deed === "begin_transfer" || deed === "blind_transfer"}
        />
      }
      onClose={onClose}
    />
  );
}
