/* One number: its value and meaning, how it came to be over time, its parts along each dimension, and its list. */

import { history, scorecard, values } from "../api.js";
import { lines } from "../charts.js";
import { el } from "../dom.js";
import { changed, chinaDay, dayAfter, named, shown } from "../format.js";
import { bars, board, change, section, share, target, text, valueOf } from "../parts.js";
import { href, scopeHref } from "../places.js";
import { say, stateWords } from "../words.js";
import { asOf } from "./overview.js";

const DAYS = 90, LINKED = ["district", "street", "school", "campaign"], KEPT = ["city", "district", "street", "school"];

export async function load({ parts: [code], query }) {
  const scope = query.scope || "city", today = chinaDay();
  const data = await board(await scorecard(scope), scope, KEPT.includes(scope.split(":")[0]) ? [code] : []);
  const node = data.nodes.get(code);
  if (!node) throw new Error(say("noIndicator"));
  const by = node.dimensions.includes(query.by) ? query.by : node.dimensions.find(one => one === "street") || node.dimensions[0];
  const [past, series] = await Promise.all([
    KEPT.includes(scope.split(":")[0]) ? history(code, scope, dayAfter(today, -DAYS), dayAfter(today, -1)) : { points: [] },
    by ? values(code, by, scope) : null,
  ]);
  const days = new Map(past.points.map(point => [point.day, point.value]));
  days.set(today, data.card.of.get(code).value);
  return { ...data, code, node, by, series, days, today };
}

export const title = data => named(data.node);

export function draw(data) {
  const { node, code, by, series } = data, found = valueOf(data, code);
  const all = Array.from({ length: DAYS + 1 }, (_, number) => dayAfter(data.today, number - DAYS));
  const drawn = all.slice(all.findIndex(day => data.days.has(day)));
  return [
    el("h1", { tabindex: "-1" }, named(node), el("small", {}, data.scope === "city" ? say("city") : "")),
    asOf(data.card),
    el("p", { class: "big" }, el("b", { "data-code": code }, text(data, code)),
      !found.denominator ? null : el("span", {}, share(found).split(" ").slice(1).join(" ")),
      el("span", {}, target(data, code), " ", change(data, code))),
    el("p", {}, node.source === "events"
      ? el("a", { id: "to-list", href: href(`list/${code}`, { scope: data.scope }) }, say("toList"))
      : el("a", { id: "to-list", href: href("figures") }, say("allFigures")),
    " · ", el("a", { href: scopeHref(data.scope) }, say("backToBoard"))),
    section(say("trend"), lines([{ name: named(node), values: drawn.map(day => data.days.get(day) ?? null) }],
      [drawn[0], drawn.at(-1)], say("trendOf", named(node), drawn[0], drawn.at(-1)), most => shown(most, node.unit)),
    monthly(data)),
    by && section(say("by"), el("p", { class: "picks" }, node.dimensions.map(one => el("a", {
      href: href(`number/${code}`, { scope: data.scope, by: one }), "aria-current": one === by ? "true" : null,
      "data-key": `by-${one}`,
    }, say(one)))), parts(series, node, by)),
    section(say("meaning"), el("dl", { class: "meaning" },
      [[say("definition"), node.definition], [say("owner"), node.owner], [say("targetSource"), node.target?.source]]
        .filter(([, words]) => words).map(([name, words]) => [el("dt", {}, name), el("dd", {}, named(words))]))),
  ];
}

/* A part of a month is compared with the same part of the month before, and the words say so. */
function monthly({ days, today, node }) {
  if (node.unit === "ratio") return null;
  const [year, month, day] = today.split("-").map(Number);
  const first = `${today.slice(0, 7)}-01`, before = dayAfter(first, -1), firstBefore = `${before.slice(0, 7)}-01`;
  const sameDay = day > Number(before.slice(8)) ? before : `${before.slice(0, 8)}${String(day).padStart(2, "0")}`;
  const grown = (from, to) => {
    const [start, end] = [days.get(dayAfter(from, -1)), days.get(to)];
    return start === undefined || end === undefined || start === null || end === null ? null : end - start;
  };
  const words = difference => changed(difference, node.unit);
  return el("p", { class: "monthly" }, say("monthly", `${year}-${String(month).padStart(2, "0")}`, day,
    words(grown(first, today)), before.slice(0, 7), Number(sameDay.slice(8)), words(grown(firstBefore, sameDay))));
}

function parts(series, node, by) {
  const points = series.values.filter(point => point.numerator || point.denominator);
  if (!points.length) return el("p", { class: "note" }, say("nothing"));
  const sorted = by === "month" ? points : points.toSorted((one, other) => (other.value ?? -1) - (one.value ?? -1));
  const most = node.unit === "ratio" ? 1 : Math.max(...points.map(point => point.value || 0));
  return bars(sorted, node.unit, most, point => {
    const name = named(point) || stateWords(point.key) || say("none");
    return point.key && LINKED.includes(by) ? el("a", { href: href(`${by}/${encodeURIComponent(point.key)}`) }, name) : name;
  });
}
