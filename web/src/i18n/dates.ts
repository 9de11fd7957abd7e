/** Dates and times as people say them, in the centre's time zone. */

import type { CalendarDate, Instant } from "../wire";
import type { Language } from "./catalogue";

const DAY_MS = 86_400_000;
const MONTHS = ["January", "February", "March", "April", "May", "June"].concat([
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
]);

export interface Dates {
  /** 14:05 */
  time(instant: Instant | number): string;
  /** 14:05:09 */
  timeToTheSecond(instant: Instant | number): string;
  /** 14:05:09.123 */
  timeToTheMilli(instant: Instant): string;
  /** 今日 14:05, 昨日 14:05, 3日前, 5月12日, 2024年3月 */
  said(instant: Instant, nowMs: number): string;
  /** 2024年3月: where only the rough time matters. */
  month(date: Instant | CalendarDate): string;
  /** 1948年3月12日 */
  day(date: CalendarDate): string;
  /** 2024年3月12日 14:05, for whoever wants to know exactly. */
  exact(instant: Instant): string;
  /** 1月15日(木): what day it is, without the year. */
  today(nowMs: number): string;
  /** Full years from a birthday to now, and whether it is today. */
  age(birth: CalendarDate, nowMs: number): { years: number; isBirthday: boolean };
  /** Full years gone by; 0 within the first. */
  yearsSince(instant: Instant, nowMs: number): number;
}

interface Civil {
  year: number;
  month: number;
  day: number;
}

export function createDates(language: Language, timeZone: string): Dates {
  // en-CA writes 2024-03-12, which is easily taken apart; h23 so that midnight is 00 and not 24.
  const civilFormat = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  const hm = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const hms = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  const hmsMilli = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    hourCycle: "h23",
  });
  const weekday = new Intl.DateTimeFormat(language, { timeZone, weekday: "short" });

  const civil = (ms: number) => parts(civilFormat.format(ms));
  const time = (instant: Instant | number) => hm.format(millis(instant)).replace(/^0(?=\d:)/, "");
  const isJapanese = language === "ja";

  function monthOf({ year, month }: Civil): string {
    return isJapanese ? `${year}年${month}月` : `${MONTHS[month - 1]} ${year}`;
  }

  function dayInYear({ month, day }: Civil): string {
    return isJapanese ? `${month}月${day}日` : `${day} ${(MONTHS[month - 1] ?? "").slice(0, 3)}`;
  }

  function dayOf(date: Civil): string {
    return isJapanese ? `${date.year}年${dayInYear(date)}` : `${dayInYear(date)} ${date.year}`;
  }

  function said(instant: Instant, nowMs: number): string {
    const then = civil(millis(instant));
    const now = civil(nowMs);
    const days = Math.round((noon(now) - noon(then)) / DAY_MS);
    if (days === 0) return `${isJapanese ? "今日" : "Today"} ${time(instant)}`;
    if (days === 1) return `${isJapanese ? "昨日" : "Yesterday"} ${time(instant)}`;
    if (days > 1 && days < 7) return isJapanese ? `${days}日前` : `${days} days ago`;
    // Within about ten months the month alone cannot be mistaken for that of another year.
    if (Math.abs(days) < 300) return dayInYear(then);
    return monthOf(then);
  }

  return {
    time,
    timeToTheSecond: (instant) => hms.format(millis(instant)).replace(/^0(?=\d:)/, ""),
    timeToTheMilli: (instant) => hmsMilli.format(millis(instant)).replace(/^0(?=\d:)/, ""),
    said,
    month: (date) => monthOf(isCalendarDate(date) ? parts(date) : civil(millis(date))),
    day: (date) => dayOf(parts(date)),
    exact: (instant) => `${dayOf(civil(millis(instant)))} ${time(instant)}`,
    today: (nowMs) =>
      isJapanese
        ? `${dayInYear(civil(nowMs))}(${weekday.format(nowMs)})`
        : `${weekday.format(nowMs)} ${dayInYear(civil(nowMs))}`,
    age: (birth, nowMs) => {
      const now = civil(nowMs);
      return { years: fullYears(parts(birth), now), isBirthday: isSameDay(parts(birth), now) };
    },
    yearsSince: (instant, nowMs) => Math.max(0, fullYears(civil(millis(instant)), civil(nowMs))),
  };
}

function millis(instant: Instant | number): number {
  return typeof instant === "number" ? instant : Date.parse(instant);
}

function isCalendarDate(text: string): boolean {
  return text.length === 10;
}

function parts(text: string): Civil {
  const [year = 0, month = 1, day = 1] = text.split("-").map(Number);
  return { year, month, day };
}

/** Days are counted from noon to noon: no summer time moves that into another day. */
function noon({ year, month, day }: Civil): number {
  return Date.UTC(year, month - 1, day, 12);
}

function fullYears(from: Civil, to: Civil): number {
  const isBefore = to.month < from.month || (to.month === from.month && to.day < from.day);
  return to.year - from.year - (isBefore ? 1 : 0);
}

/** Born on 29 February: celebrated on 1 March in a common year, as Japanese law counts. */
function isSameDay(birth: Civil, now: Civil): boolean {
  if (birth.month === now.month && birth.day === now.day) return true;
  const isLeapYear = new Date(Date.UTC(now.year, 1, 29)).getUTCMonth() === 1;
  return birth.month === 2 && birth.day === 29 && !isLeapYear && now.month === 3 && now.day === 1;
}
