/** Dates, money, lengths of time and numbers, as people say them. */

import { describe, expect, test } from "vitest";
import { createDates } from "../src/i18n/dates";
import { clock, createFigures } from "../src/i18n/figures";

// 10 March 2026, 14:05 in Japan.
const NOW = Date.parse("2026-03-10T05:05:00Z");
const ja = createDates("ja", "Asia/Tokyo");
const en = createDates("en", "Asia/Tokyo");

describe("dates", () => {
  test.each([
    ["2026-03-10T05:05:00Z", "今日 14:05", "Today 14:05"],
    ["2026-03-09T15:00:00Z", "今日 0:00", "Today 0:00"],
    ["2026-03-09T14:59:59Z", "昨日 23:59", "Yesterday 23:59"],
    ["2026-03-07T01:00:00Z", "3日前", "3 days ago"],
    ["2026-03-04T01:00:00Z", "6日前", "6 days ago"],
    ["2026-03-03T01:00:00Z", "3月3日", "3 Mar"],
    ["2025-12-31T15:30:00Z", "1月1日", "1 Jan"],
    ["2025-05-20T00:00:00Z", "5月20日", "20 May"],
    ["2025-04-01T00:00:00Z", "2025年4月", "April 2025"],
    ["2024-03-10T05:05:00Z", "2024年3月", "March 2024"],
    ["2026-03-12T05:05:00Z", "3月12日", "12 Mar"],
  ])("%s is said", (instant, japanese, english) => {
    expect(ja.said(instant, NOW)).toBe(japanese);
    expect(en.said(instant, NOW)).toBe(english);
  });

  test("the day is the centre's, not the browser's", () => {
    const honolulu = createDates("en", "Pacific/Honolulu");
    expect(honolulu.said("2026-03-09T15:00:00Z", NOW)).toBe("Today 5:00");
  });

  test("days are counted right where clocks are put forward", () => {
    const berlin = createDates("en", "Europe/Berlin");
    expect(berlin.said("2026-03-28T11:00:00Z", Date.parse("2026-03-30T06:00:00Z"))).toBe("2 days ago");
  });

  test("exactly, by the day and by the month", () => {
    expect(ja.exact("2024-03-12T05:05:00Z")).toBe("2024年3月12日 14:05");
    expect(en.exact("2024-03-12T05:05:00Z")).toBe("12 Mar 2024 14:05");
    expect(ja.day("1948-03-12")).toBe("1948年3月12日");
    expect(ja.month("2016-04-02")).toBe("2016年4月");
    expect(en.month("2016-03-31T16:00:00Z")).toBe("April 2016");
    expect(ja.timeToTheSecond("2026-03-10T00:05:09Z")).toBe("9:05:09");
    expect(ja.today(NOW)).toBe("3月10日(火)");
  });

  test.each([
    ["1948-03-12", 77, false],
    ["1948-03-10", 78, true],
    ["1948-03-11", 77, false],
  ])("age of one born on %s", (birth, years, isBirthday) => {
    expect(ja.age(birth, NOW)).toEqual({ years, isBirthday });
  });

  test("one born on 29 February has a birthday every year", () => {
    expect(ja.age("1952-02-29", Date.parse("2026-03-01T03:00:00Z")).isBirthday).toBe(true);
    expect(ja.age("1952-02-29", Date.parse("2028-03-01T03:00:00Z")).isBirthday).toBe(false);
    expect(ja.age("1952-02-29", Date.parse("2028-02-29T03:00:00Z")).isBirthday).toBe(true);
  });

  test("years gone by are full ones", () => {
    expect(ja.yearsSince("2025-03-10T05:00:00Z", NOW)).toBe(1);
    expect(ja.yearsSince("2025-03-11T05:00:00Z", NOW)).toBe(0);
    expect(ja.yearsSince("2027-01-01T00:00:00Z", NOW)).toBe(0);
  });
});

describe("figures", () => {
  const yen = createFigures("ja", "JPY");
  test("money from minor units of whatever currency", () => {
    expect(yen.money(12300)).toBe("¥12,300");
    expect(createFigures("en", "JPY").money(12300)).toBe("¥12,300");
    expect(createFigures("en", "USD").money(123450)).toBe("$1,234.50");
    expect(createFigures("en", "KWD").money(1234)).toContain("1.234");
  });

  test("shares, spans, milliseconds", () => {
    expect(yen.share(389, 478)).toBe("81%");
    expect(yen.share(0, 0)).toBe("—");
    expect(yen.span(8052)).toBe("2時間14分");
    expect(createFigures("en", "JPY").span(8052)).toBe("2 h 14 min");
    expect(yen.span(1500)).toBe("25分");
    expect([3.42, 31, 740.4, 1240, null].map(yen.millis)).toEqual([
      "3.4 ms",
      "31 ms",
      "740 ms",
      "1.2 s",
      "—",
    ]);
  });

  test.each([
    [0, "0:00"],
    [48.9, "0:48"],
    [723, "12:03"],
    [3723, "1:02:03"],
    [-3, "0:00"],
  ])("%d seconds on a clock", (seconds, expected) => expect(clock(seconds)).toBe(expected));
});
