/* Reported figures: what was submitted, by whom, with which evidence, and who approved it. */

import { REPORTS, ask, names, tree } from "../api.js";
import { el } from "../dom.js";
import { DASH, chinaDay, count, named, shown } from "../format.js";
import { table } from "../parts.js";
import { say, stateWords } from "../words.js";

export async function load() {
  const [nodes, districts, { items }] = await Promise.all([tree(), names("district"), ask(REPORTS, { limit: 200 })]);
  return { nodes: new Map(nodes.map(node => [node.code, node])), districts, items };
}

export const title = () => say("reported");

export const draw = data => [
  el("h1", { tabindex: "-1" }, say("reported")),
  table("figures", [
    { key: "name", head: say("programme"), of: row => named(data.nodes.get(row.indicator) || { zh: row.indicator }),
      by: row => row.indicator },
    { key: "district", head: say("scope"), by: row => row.district || "",
      of: row => (row.district ? named(data.districts.get(row.district) || { zh: row.district }) : say("city")) },
    { key: "value", head: say("value"), right: true, by: row => row.value,
      of: row => shown(row.value, data.nodes.get(row.indicator)?.unit) },
    { key: "asOf", head: say("figureAsOf"), by: row => row.as_of, of: row => row.as_of },
    { key: "state", head: say("status"), by: row => row.state, of: row => stateWords(row.state) },
    { key: "from", head: say("submitter"), of: row => `${row.submitted_by} · ${chinaDay(row.submitted_at)}` },
    { key: "by", head: say("approver"),
      of: row => (row.decided_by ? `${row.decided_by} · ${chinaDay(row.decided_at)}` : DASH) },
    { key: "evidence", head: say("evidence"), of: row => row.evidence.map(one => one.title).join(say("comma")) },
  ], data.items, say("shownOf", count(data.items.length), count(data.items.length))),
];
