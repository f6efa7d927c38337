/* The director's page: the city, or a district, from the key figures down to streets, schools and programmes. */

import { REPORTS, ask, history, names, once, scorecard, values } from "../api.js";
import { map, sparkline } from "../charts.js";
import { el } from "../dom.js";
import { DASH, chinaDay, count, dayAfter, moment, named, shown } from "../format.js";
import { bars, board, change, figures, link, number, section, table, target, text, valueOf } from "../parts.js";
import { href, streetOf } from "../places.js";
import { filled, say } from "../words.js";

const COLUMNS = ["institutions.total", "inspection.coverage", "violations.open", "violations.closed_share",
  "commitments.signed", "advertisements.cleaned_up"];
const MAPPED = "inspection.coverage", TREND = "inspection.visits", TREND_DAYS = 30;
const SENTENCES = [
  ["sentenceStop", "stop_orders.stopped", ["stop_orders.recipients", "stop_orders.stopped"]],
  ["sentenceViolations", "violations.investigated",
    ["violations.investigated", "violations.rectified", "violations.open"]],
  ["sentenceOrder", "commitments.signed", ["commitments.signed", "advertisements.cleaned_up", "permits.revoked"]],
  ["sentenceCoverage", "inspection.coverage", ["inspection.teams", "inspection.covered", "inspection.coverage"]],
  ["sentenceSchools", "satisfaction.students", ["schools.serving", "schools.total", "satisfaction.students"]],
];
const KEYS = ["stop_orders.stopped", "commitments.signed", "violations.investigated", "advertisements.cleaned_up",
  "permits.revoked", "inspection.teams", "students.roll", "satisfaction.students"];
const PIPELINE = [["found", "violations.total"], ["ordered", "violations.investigated"],
  ["rectified", "violations.rectified"], ["closed", "violations.closed"], ["overdue", "violations.overdue"]];
const INSIDE = ["schools.serving_share", "afterschool.enrolled", "sessions.held_share", "attendance.present_share",
  "homework.average_minutes", "managements.confirmed_share", "satisfaction.guardians", "subsidies.posted"];

export async function load({ parts: [district], query }) {
  const scope = district ? `district:${district}` : "city";
  const [card, grids, streetNames, districts, campaigns, approved, submitted, alerts, ...series] = await Promise.all([
    scorecard(scope), once("/v1/map"), names("street"), values("institutions.total", "district", scope),
    values(MAPPED, "campaign", scope), ask(REPORTS, { state: "approved", limit: 200 }),
    ask(REPORTS, { state: "submitted", limit: 200 }), ask("/v1/alerts", { scope, limit: 200 }), ...COLUMNS.map(code => values(code, "street", scope)),
  ]);
  const asked = new Set([...KEYS, ...SENTENCES.map(([, lead]) => lead), ...INSIDE]);
  const data = await board(card, scope, [...asked].filter(code => card.of.has(code)));
  const shapes = grids.items.filter(grid => !district || grid.district === district);
  const rows = rowsOf(series, shapes, streetNames);
  const trends = district ? await trendsOf(rows) : null;
  return { ...data, district, districts, campaigns, approved: approved.items, submitted: submitted.items, shapes, rows,
    alerts: alerts.items, trends, mapped: COLUMNS.includes(query.map) ? query.map : MAPPED };
}

/* One row a street: those of the map, and those that have numbers. */
function rowsOf(series, shapes, streetNames) {
  const codes = new Set([...shapes.map(grid => streetOf(grid.code)), ...series.flatMap(one => one.values.map(p => p.key))]);
  return [...codes].sort().map(code => ({
    code,
    name: code ? named(streetNames.get(code) || { zh: code }) : say("none"),
    of: Object.fromEntries(series.map(one => [one.code, one.values.find(point => point.key === code)])),
  }));
}

async function trendsOf(rows) {
  const today = chinaDay(), first = dayAfter(today, -TREND_DAYS), last = dayAfter(today, -1);
  const days = Array.from({ length: TREND_DAYS }, (_, number) => dayAfter(first, number));
  return Promise.all(rows.filter(row => row.code).map(async row => {
    const { points } = await history(TREND, `street:${row.code}`, first, last);
    const of = new Map(points.map(point => [point.day, point.value]));
    return { ...row, values: days.map(day => of.get(day) ?? null) };
  }));
}

export const title = ({ district, districts }) =>
  (district ? named(districts.values.find(one => one.key === district) || { zh: district }) : say("city"));

export function draw(data) {
  const units = code => data.nodes.get(code)?.unit;
  return [
    el("h1", { tabindex: "-1" }, title(data), el("small", {}, say("board"))),
    asOf(data.card),
    figures(data, KEYS.map(code => [code, say(`key_${code}`), words(data, code)])),
    el("div", { class: "fold" },
      el("section", { class: "sentences" }, el("h2", { class: "quiet" }, say("state")),
        el("ol", {}, SENTENCES.map(([name, lead, codes]) => el("li", {},
          filled(name, codes.map(code => number(data, code))), " ", target(data, lead), " ", change(data, lead))))),
      needs(data)),
    data.trends && smallMultiples(data),
    section(say("streets"), el("div", { class: "beside" }, mapOf(data, units(data.mapped)), streetTable(data, units))),
    pipeline(data),
    section(say("inside"), figures(data, INSIDE.map(code => [code]))),
    programmes(data),
    el("div", { class: "pair" }, campaignsOf(data),
      !data.district && section(say("districts"), bars(data.districts.values, "count",
        Math.max(...data.districts.values.map(point => point.value || 0)),
        point => el("a", { href: point.key ? href(`district/${point.key}`) : href("number/institutions.total") },
          named(point) || point.key || say("none"))))),
  ];
}

/* Before all sources were read once, the last step is all that is known. */
export const asOf = card => el("p", { class: "asof" },
  card.as_of ? say("asOf", moment(card.as_of)) : card.moved_at ? say("movedAt", moment(card.moved_at)) : say("noEvents"),
  card.as_of && !card.complete && el("strong", {}, ` ${say("incomplete")}`));

/* The stop order is told as stopped out of ordered. */
const words = (data, code) =>
  (code === "stop_orders.stopped" ? `${text(data, code)}/${text(data, "stop_orders.recipients")}` : undefined);

function needs(data) {
  const of = code => valueOf(data, code)?.value ?? 0;
  const today = chinaDay();
  const waited = data.submitted.map(figure => chinaDay(figure.submitted_at)).sort()[0];
  const found = [
    ["needOverdue", of("violations.overdue"), "violations.overdue", href("number/violations.overdue", { scope: data.scope })],
    ["needOperating", of("stop_orders.operating"), "stop_orders.operating",
      href("list/stop_orders.operating", { scope: data.scope })],
    ["needOpen", of("violations.open"), "violations.open", href("list/violations.open", { scope: data.scope })],
    ["needCoverage", of("inspection.targets") - of("inspection.covered"), "inspection.coverage",
      href("number/inspection.coverage", { scope: data.scope, by: "street" })],
    ["needSchools", of("schools.total") - of("schools.serving"), "schools.serving_share",
      href("number/schools.serving_share", { scope: data.scope, by: "school" })],
    ["needApproval", data.submitted.length, "x.labour_bases", href("figures"), waited && daysBetween(waited, today)],
    ["needPlace", of("institutions.unplaced"), "institutions.unplaced",
      href("list/institutions.unplaced", { scope: data.scope })],
  ].filter(([, many]) => many > 0).map(([name, many, code, to, waiting]) => ({
    words: say(name, count(many)), owner: data.nodes.get(code)?.owner || {}, days: overdue(data, ALERTED[name]), waiting, to,
  }));
  const first = [...found, ...otherAlerts(data)].sort((one, other) => other.days - one.days).slice(0, 5);
  return el("section", { class: "needs" }, el("h2", {}, say("needs")), first.length
    ? el("ol", {}, first.map(({ words: said, owner, days, waiting, to }) => el("li", {}, el("a", { href: to }, said),
      el("span", { class: "owner" }, named(owner), days ? ` · ${say("overdueDays", count(days))}`
        : waiting ? ` · ${say("days", count(waiting))}` : ""))))
    : el("p", {}, say("nothingNeeded")));
}

/* Alerts that stand for one of the needs above give it their days; the others are needs of their own. */
const ALERTED = { needOperating: "operating-despite-order", needSchools: "school-without-service",
  needPlace: "institutions-unplaced" };

const overdue = (data, threshold) =>
  Math.max(0, ...data.alerts.filter(one => one.threshold === threshold).map(one => one.days_overdue));

function otherAlerts(data) {
  const rest = data.alerts.filter(one => !Object.values(ALERTED).includes(one.threshold));
  return [...new Set(rest.map(one => one.threshold))].map(threshold => {
    const alike = rest.filter(one => one.threshold === threshold), [first] = alike;
    return { words: say("alert", named(first), count(alike.length)), owner: first.owner, days: overdue(data, threshold),
      to: href(`number/${first.indicator}`, { scope: data.scope, by: first.scope.split(":")[0] }) };
  });
}

const daysBetween = (first, last) => Math.round((Date.parse(last) - Date.parse(first)) / 86400000);

function mapOf(data, unit) {
  const of = new Map(data.rows.map(row => [row.code, row]));
  const most = Math.max(...data.rows.map(row => row.of[data.mapped]?.value || 0));
  const drawn = map(data.shapes.map(grid => {
    const point = of.get(streetOf(grid.code))?.of[data.mapped];
    const value = point?.value ?? null;
    return { code: grid.code, polygon: grid.polygon, href: href(`street/${encodeURIComponent(streetOf(grid.code))}`),
      label: named(grid), words: shown(value, unit),
      share: value === null ? null : unit === "ratio" ? value : most ? value / most : 0 };
  }), say("mapOf", named(data.nodes.get(data.mapped))));
  return el("figure", {}, el("figcaption", {}, named(data.nodes.get(data.mapped))),
    drawn || el("p", { class: "note" }, say("noMap")),
    el("p", { class: "picks" }, COLUMNS.map(code => el("a", {
      href: href(data.district ? `district/${data.district}` : "city", { map: code }), "data-key": `pick-${code}`,
      "aria-current": code === data.mapped ? "true" : null,
    }, named(data.nodes.get(code))))));
}

const streetTable = (data, units) => table("streets", [
  { key: "name", head: say("street"), by: row => row.name,
    of: row => (row.code ? el("a", { href: href(`street/${encodeURIComponent(row.code)}`) }, row.name) : row.name) },
  ...COLUMNS.map(code => ({ key: code, head: named(data.nodes.get(code)), right: true,
    by: row => row.of[code]?.value ?? null, of: row => shown(row.of[code]?.value, units(code)) })),
], data.rows, say("streetTable"));

function smallMultiples(data) {
  const most = Math.max(1, ...data.trends.flatMap(row => row.values.map(value => value ?? 0)));
  return section(say("multiples", named(data.nodes.get(TREND)), count(most)), el("ul", { class: "multiples" },
    data.trends.map(row => {
      const last = row.values.findLast(value => value !== null);
      return el("li", {}, el("a", { href: href(`street/${encodeURIComponent(row.code)}`) }, row.name),
        el("b", {}, last === undefined ? DASH : count(last)),
        sparkline(row.values, most, `${row.name} ${named(data.nodes.get(TREND))}`));
    })));
}

function pipeline(data) {
  const most = valueOf(data, "violations.total")?.value || 0;
  return section(say("pipeline"), el("ol", { class: "pipeline" }, PIPELINE.map(([name, code]) => {
    const found = valueOf(data, code), part = most && found?.value ? Math.round(found.value / most * 10) : 0;
    return el("li", { class: `step step-${part} ${name}` }, el("span", {}, say(name)),
      found ? number(data, code) : el("b", {}, DASH));
  })));
}

const programmes = data => section(say("programmes"), table("programmes", [
  { key: "name", head: say("programme"), of: row => link(data, row.code), by: row => named(row.node) },
  { key: "value", head: say("value"), right: true, by: row => row.found?.value ?? null, of: row => text(data, row.code) },
  { key: "target", head: say("target"), right: true, by: row => row.node.target?.value ?? null,
    of: row => shown(row.node.target?.value, row.node.unit) },
  { key: "by", head: say("approver"), of: row => row.figure?.decided_by || DASH },
  { key: "date", head: say("figureAsOf"), by: row => row.found?.figure_as_of ?? null,
    of: row => row.found?.figure_as_of || DASH },
], [...data.nodes.values()].filter(node => node.source === "reported").map(node => {
  const found = valueOf(data, node.code);
  return { code: node.code, node, found, figure: data.approved.find(one => one.id === found?.figure_id) };
}), say("programmesTable")), el("p", {}, el("a", { href: href("figures") }, say("allFigures"))));

const campaignsOf = data => section(say("campaigns"), data.campaigns.values.length
  ? bars(data.campaigns.values, "ratio", 1,
    point => el("a", { href: href(`campaign/${point.key}`) }, named(point) || point.key))
  : el("p", { class: "note" }, say("nothing")));
