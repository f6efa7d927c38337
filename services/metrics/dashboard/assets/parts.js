/* Parts that several views share: a number as a link to what it counts, its change, a table that can be sorted. */

import { el } from "./dom.js";
import { DASH, changed, chinaDay, count, dayAfter, named, shown } from "./format.js";
import { history, tree } from "./api.js";
import { bar } from "./charts.js";
import { href } from "./places.js";
import { say } from "./words.js";

/** What a view knows of the numbers of a scope: their meaning, their values, and those of a week ago. */
export async function board(card, scope, codes = []) {
  const nodes = new Map((await tree()).map(node => [node.code, node]));
  const day = dayAfter(chinaDay(), -7);
  const kept = await Promise.all(codes.map(code => keptOf(code, scope, day)));
  return { card, scope, nodes, before: Object.fromEntries(codes.map((code, place) => [code, kept[place]])) };
}

/* History is kept of the city, districts, streets and schools. */
async function keptOf(code, scope, day) {
  const { points } = await history(code, scope, day, day);
  return points[0]?.value ?? null;
}

export const valueOf = (data, code) => data.card.of.get(code);

export const text = (data, code) => {
  const found = valueOf(data, code);
  return found ? shown(found.value, found.unit) : DASH;
};

/** The number of an indicator, which opens what it counts. */
export const number = (data, code, words = text(data, code)) =>
  el("a", { class: "number", href: href(`number/${code}`, { scope: data.scope }), "data-code": code }, words);

/** A name that opens the number of an indicator. */
export const link = (data, code) => el("a", { href: href(`number/${code}`, { scope: data.scope }) },
  named(data.nodes.get(code) || { zh: code }));

/** An arrow and the change against last week, green or red by what is wanted of the number. */
export function change(data, code) {
  const found = valueOf(data, code), node = data.nodes.get(code), before = data.before[code] ?? null;
  const unknown = !found || found.value === null || before === null;
  const difference = unknown ? null : found.value - before;
  const arrow = !difference ? "" : difference > 0 ? "↑" : "↓";
  const good = { more: difference > 0, less: difference < 0 }[node?.direction];
  const tone = !difference || good === undefined ? "" : good ? "good" : "bad";
  return el("span", { class: `change ${tone}` }, `${say("thanLastWeek")} `,
    arrow && el("span", { "aria-hidden": "true" }, arrow), changed(difference, found?.unit));
}

export function target(data, code) {
  const { target: wanted, unit } = data.nodes.get(code) || {};
  return wanted ? el("span", { class: "target" }, `${say("target")} ${shown(wanted.value, unit)}`) : null;
}

/** Key figures in one line: [code, label, words?]. */
export const figures = (data, list) => el("dl", { class: "figures" }, list.map(([code, label, words]) => el("div", {},
  el("dt", {}, label || named(data.nodes.get(code) || {})), el("dd", {}, number(data, code, words)),
  el("dd", { class: "under" }, change(data, code)))));

/** A ratio with what it was made of. */
export function share(found) {
  if (!found) return DASH;
  const parts = !found.denominator ? "" : ` (${count(found.numerator)}/${count(found.denominator)})`;
  return shown(found.value, found.unit) + parts;
}

const order = new Map();

/** A table whose heads sort it. Columns: {key, head, of(row) → cell, by?(row) → what sorts, right?}. */
export function table(name, columns, rows, caption) {
  const body = el("tbody"), heads = new Map();
  const arrange = () => {
    const { key, down } = order.get(name) || {}, column = columns.find(one => one.key === key);
    const sorted = column?.by ? rows.toSorted((one, other) => compare(column.by(one), column.by(other), down)) : rows;
    body.replaceChildren(...sorted.map(row => el("tr", {}, columns.map((one, place) =>
      el(place ? "td" : "th", { class: one.right ? "right" : "", scope: place ? null : "row" }, one.of(row))))));
    for (const [of, head] of heads) head.setAttribute("aria-sort", of !== key ? "none" : down ? "descending" : "ascending");
  };
  const head = el("tr", {}, columns.map(column => {
    const made = el("th", { scope: "col", class: column.right ? "right" : "" }, !column.by ? column.head : el("button", {
      type: "button", "data-key": `${name}-${column.key}`,
      click: () => {
        const now = order.get(name);
        order.set(name, { key: column.key, down: now?.key === column.key ? !now.down : Boolean(column.right) });
        arrange();
      },
    }, column.head));
    if (column.by) heads.set(column.key, made);
    return made;
  }));
  arrange();
  return el("div", { class: "scrolls", tabindex: "0", role: "region", "aria-label": caption },
    el("table", {}, el("caption", {}, caption), el("thead", {}, head), body));
}

/* What has no value stands last, whichever way the others are sorted. */
function compare(one, other, down) {
  const missing = [one, other].map(value => value === null || value === undefined);
  if (missing[0] || missing[1]) return missing[0] - missing[1];
  const found = typeof one === "string" ? one.localeCompare(other, "zh") : one - other;
  return down ? -found : found;
}

export const section = (title, ...children) => el("section", {}, el("h2", {}, title), children);

export const bars = (points, unit, most, link) => el("ul", { class: "bars" }, points.map(point => el("li", {},
  link(point), bar(most ? (point.value || 0) / most : 0), el("span", { class: "right" }, shown(point.value, unit)))));
