/** Numbers, money, shares and lengths of time. */

import type { Language } from "./catalogue";

export interface Figures {
  /** 12,300 */
  count(value: number): string;
  /** ¥12,300 from minor units. */
  money(minor: number): string;
  /** 12300 from minor units, as somebody would type it. */
  amount(minor: number): string;
  /** Minor units from what somebody typed; null where that is no amount. */
  minorOf(words: string): number | null;
  /** 86 % of 1; a dash where there is nothing to divide. */
  share(part: number, whole: number): string;
  /** 2時間14分: a sum of time, for reading aloud. */
  span(seconds: number): string;
  /** 12秒, 2分5秒: how long something was missing. */
  seconds(seconds: number): string;
  /** 3.4 ms below a second, 1.2 s above. */
  millis(ms: number | null): string;
}

export function createFigures(language: Language, currency: string): Figures {
  const plain = new Intl.NumberFormat(language);
  const money = new Intl.NumberFormat(language, {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
  });
  // A yen has no minor unit and a dollar a hundred cents; the currency's own data says which.
  const decimals = money.resolvedOptions().maximumFractionDigits ?? 0;
  const perUnit = 10 ** decimals;
  const isJapanese = language === "ja";

  return {
    count: (value) => plain.format(value),
    // Japanese locale data uses the full-width sign, which is a letter wide.
    money: (minor) => money.format(minor / perUnit).replace("\uffe5", "¥"),
    amount: (minor) => (minor / perUnit).toFixed(decimals),
    minorOf: (words) => {
      const plain = words.normalize("NFKC").replace(/[¥$€£円,\s]/g, "");
      if (!/^\d{1,9}(?:\.\d+)?$/.test(plain)) return null;
      const minor = Number(plain) * perUnit;
      // No fractions of the smallest coin; what floats make of cents is rounded away.
      return Math.abs(minor - Math.round(minor)) < 1e-6 ? Math.round(minor) : null;
    },
    share: (part, whole) => (whole > 0 ? `${Math.round((part / whole) * 100)}%` : "—"),
    span: (seconds) => {
      const minutes = Math.round(seconds / 60);
      const [h, m] = [Math.floor(minutes / 60), minutes % 60];
      if (h === 0) return isJapanese ? `${m}分` : `${m} min`;
      return isJapanese ? `${h}時間${m}分` : `${h} h ${m} min`;
    },
    seconds: (seconds) => {
      // Never none: something was missing.
      const whole = Math.max(1, Math.round(seconds));
      if (whole < 60) return isJapanese ? `${whole}秒` : `${whole} s`;
      const [m, s] = [Math.floor(whole / 60), whole % 60];
      return isJapanese ? `${m}分${s}秒` : `${m} min ${s} s`;
    },
    millis: (ms) => {
      if (ms === null) return "—";
      if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
      return ms >= 10 ? `${Math.round(ms)} ms` : `${ms.toFixed(1)} ms`;
    },
  };
}

/** 0:48, 12:03, 1:02:03. Never negative: clocks of two machines may differ by a little. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const h = Math.floor(whole / 3600);
  const m = Math.floor(whole / 60) % 60;
  const s = String(whole % 60).padStart(2, "0");
  return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${s}` : `${m}:${s}`;
}
