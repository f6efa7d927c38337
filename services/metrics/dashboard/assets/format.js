/* One way to write a number, a day and a moment. Every view uses these, so that no two of them differ. */

import { language, locale, say } from "./words.js";

export const DASH = "–";

const CHINA = "Asia/Shanghai";
const ratio = value => value.toLocaleString(locale(), { style: "percent", maximumFractionDigits: 2 });

export const count = value => value.toLocaleString(locale(), { maximumFractionDigits: 1 });

/** A value as the API says it, in its unit; a dash where there is none. */
export function shown(value, unit) {
  if (value === null || value === undefined) return DASH;
  if (unit === "ratio") return ratio(value);
  if (unit !== "fen") return count(value);
  return (value / 100).toLocaleString(locale(), { style: "currency", currency: "CNY", maximumFractionDigits: 2,
    minimumFractionDigits: value % 100 ? 2 : 0 });
}

/** A difference of two values, with its sign; ratios differ by percentage points. */
export function changed(difference, unit) {
  if (difference === null) return DASH;
  if (!difference) return "±0";
  const sign = difference > 0 ? "+" : "−";
  const size = Math.abs(difference);
  return sign + (unit === "ratio" ? `${count(Math.round(size * 1000) / 10)} ${say("points")}` : shown(size, unit));
}

export const moment = at => new Date(at).toLocaleString(locale(), {
  timeZone: CHINA, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit",
  minute: "2-digit", second: "2-digit",
});

/** The day in China, as YYYY-MM-DD. */
export const chinaDay = (at = new Date()) => new Date(at).toLocaleDateString("sv-SE", { timeZone: CHINA });

/** The day so many days later, as YYYY-MM-DD. */
export function dayAfter(day, days) {
  const moved = new Date(`${day}T00:00:00Z`);
  moved.setUTCDate(moved.getUTCDate() + days);
  return moved.toISOString().slice(0, 10);
}

/** The name of a thing in the language of the page; Chinese where nobody stated an English one. */
export const named = thing => (language() === "en" && thing.en) || thing.zh || "";
