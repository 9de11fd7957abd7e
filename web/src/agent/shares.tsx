/** Each product in all that was bought: how often, how much, since when, and its share. */

import { dates, figures, text } from "../i18n";
import type { Product } from "../wire";

interface Props {
  products: readonly Product[];
  /** All that was bought. */
  wholeMinor: number;
}

export function Shares({ products, wholeMinor }: Props) {
  const t = text.value.history;
  const { count, money } = figures.value;
  // What was sent back is in no product: the sum of these may be more than what the customer is worth.
  const sum = products.reduce((sofar, product) => sofar + product.amount_minor, 0);
  const whole = Math.max(1, wholeMinor, sum);
  return (
    <ol class="shares">
      {products.map((product) => {
        const percent = Math.round((100 * product.amount_minor) / whole);
        const [first, last] = [dates.value.month(product.first_at), dates.value.month(product.last_at)];
        return (
          <li key={product.sku} class="share" data-testid="product-share" data-sku={product.sku}>
            <p class="entry-head">
              <strong>{product.name}</strong>
              <span class="entry-amount">{money(product.amount_minor)}</span>
            </p>
            <meter min={0} max={100} value={Math.max(0, percent)} aria-label={t.share(String(percent))} />
            <p class="entry-text">
              {t.share(String(percent))} · {t.product(count(product.times), count(product.quantity))} ·{" "}
              {first === last ? first : t.between(first, last)}
            </p>
          </li>
        );
      })}
    </ol>
  );
}
