/* The day of a campaign: done and total of every grid, the way to the whole list, and the grids that nobody reached. */

import { ask, names } from "../api.js";
import { bar, lines } from "../charts.js";
import { el } from "../dom.js";
import { chinaDay, count, dayAfter, named, shown } from "../format.js";
import { section } from "../parts.js";
import { href, streetOf } from "../places.js";
import { say } from "../words.js";
import { asOf } from "./overview.js";

const CLOSED = "inspection.covered", PAGES = 10, PAGE = 200;

export async function load({ parts: [campaign] }) {
  const [coverage, campaigns, closings] = await Promise.all([
    ask("/v1/coverage", { campaign }), names("campaign"), closingDays(`campaign:${campaign}`),
  ]);
  return { coverage, closings, campaign, name: named(campaigns.get(campaign) || { zh: campaign }) };
}

/* The days on which targets were closed, from the events behind the number. */
async function closingDays(scope) {
  const days = [];
  for (let cursor, number = 0; number < PAGES; number += 1) {
    const { items, next_cursor: next } = await ask(`/v1/indicators/${CLOSED}/receipts`, { scope, limit: PAGE, cursor });
    days.push(...items.filter(item => item.type.includes("target-closed") || item.type.includes("target.closed"))
      .map(item => chinaDay(item.at)));
    if (!next) break;
    cursor = next;
  }
  return days.sort();
}

export const title = data => data.name;

export function draw(data) {
  const { coverage } = data, blind = coverage.grids.filter(grid => grid.targets && !grid.closed);
  return [
    el("h1", { tabindex: "-1" }, data.name, el("small", {}, say("campaign"))),
    asOf(coverage),
    el("p", { class: "big" },
      el("a", { class: "number", href: href("list/inspection.covered", { scope: `campaign:${data.campaign}` }) },
        shown(coverage.coverage, "ratio")),
      el("span", {}, `${count(coverage.closed)}/${count(coverage.targets)}`),
      el("span", {}, say("discoveries", count(coverage.discoveries)))),
    section(say("tiles"), el("ul", { class: "tiles" }, coverage.grids.map(grid => {
      const name = named(grid) || grid.grid || say("none"), done = `${count(grid.closed)}/${count(grid.targets)}`;
      return el("li", {}, grid.grid ? el("a", { href: href(`street/${encodeURIComponent(streetOf(grid.grid))}`) }, name)
        : el("span", {}, name), el("b", {}, done), bar(grid.targets ? grid.closed / grid.targets : 0));
    }))),
    section(say("burnUp"), burnUp(data)),
    section(say("blind"), blind.length ? el("ul", { class: "plain" }, blind.map(grid => el("li", {},
      `${named(grid) || grid.grid || say("none")} · ${say("targetsLeft", count(grid.targets))}`)))
      : el("p", { class: "note" }, say("noBlind"))),
  ];
}

/* The plan goes straight from the first closing to the whole list today: no event tells the last day. */
function burnUp({ closings, coverage, name }) {
  if (!closings.length) return el("p", { class: "note" }, say("nothing"));
  const days = [dayAfter(closings[0], -1)];
  const last = closings.at(-1);
  while (days.at(-1) < last) days.push(dayAfter(days.at(-1), 1));
  const done = days.map(day => closings.filter(one => one <= day).length);
  const plan = days.map((_, place) => coverage.targets * place / Math.max(1, days.length - 1));
  return [lines([{ name, values: done }, { name: say("plan"), values: plan, tone: "plan" }], [days[0], last],
    say("burnUpOf", count(done.at(-1)), count(coverage.targets)), most => count(most)),
  el("p", { class: "note" }, say("burnUpOf", count(done.at(-1)), count(coverage.targets)), " ", say("planNote"))];
}
