/** Opens the shop as the customer one talks with: the code is posted, and stands in no address. */

import { useState } from "preact/hooks";
import type { Failure } from "../api";
import { askProxyLogin } from "../customers";
import { text } from "../i18n";
import { Icon } from "../ui/icon";
import type { ProxyLoginCode } from "../wire";
import { Trouble } from "./trouble";

export function OpenShop({ customerId, callId }: { customerId: number; callId: string }) {
  const words = text.value.customer.shop;
  const [isBusy, setBusy] = useState(false);
  const [failure, fail] = useState<Failure | null>(null);

  const open = async () => {
    setBusy(true);
    const outcome = await askProxyLogin({ customer_id: customerId, call_id: callId });
    setBusy(false);
    fail(outcome.kind === "ok" ? null : outcome);
    if (outcome.kind === "ok") post(outcome.value);
  };
  return (
    <>
      <button
        type="button"
        class="button quiet"
        data-testid="open-shop"
        disabled={isBusy}
        onClick={() => void open()}
      >
        <Icon name="store" />
        {words.open}
      </button>
      <Trouble failure={failure} lead={words.failed} />
    </>
  );
}

/** A new tab that knows nothing of this one. */
function post({ shop_url, code }: ProxyLoginCode): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = shop_url;
  form.target = "_blank";
  form.rel = "noopener";
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = "code";
  field.value = code;
  form.append(field);
  document.body.append(form);
  form.submit();
  form.remove();
}
