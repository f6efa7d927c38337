/* The things that a number counts, by name; and one of them with its events. */

import { ask, names, tree } from "../api.js";
import { el } from "../dom.js";
import { count, moment, named, shown } from "../format.js";
import { table } from "../parts.js";
import { href, scopeHref } from "../places.js";
import { say, stateWords } from "../words.js";

const PAGE = 100;

const page = (code, scope, cursor) => ask(`/v1/indicators/${code}/members`, { scope, limit: PAGE, cursor });

export const firstMembers = (code, scope) => page(code, scope);

export async function load({ parts: [code, member], query: { scope = "city" } }) {
  const nodes = await tree(), node = nodes.find(one => one.code === code) || { zh: code };
  if (member) {
    const { items } = await ask(`/v1/indicators/${code}/receipts`, { scope, member, limit: 200 });
    return { code, scope, node, member, events: items, name: await nameOf(code, scope, member) };
  }
  const [found, streets, schools] = await Promise.all([firstMembers(code, scope), names("street"), names("school")]);
  return { code, scope, node, found, streets, schools };
}

/* The list knows the name; who comes by an address looks it up page by page. */
async function nameOf(code, scope, member) {
  for (let cursor; ;) {
    const found = await page(code, scope, cursor);
    const one = found.items.find(item => item.member_id === member);
    if (one || !found.next_cursor) return one ? named(one) : "";
    cursor = found.next_cursor;
  }
}

export const title = data => (data.member ? data.name || say("file") : named(data.node));

export function draw(data) {
  const back = el("p", { class: "back" }, el("a", { href: scopeHref(data.scope) }, say("backToBoard")), " › ",
    el("a", { href: href(`number/${data.code}`, { scope: data.scope }) }, named(data.node)), data.member ? [" › ",
      el("a", { href: href(`list/${data.code}`, { scope: data.scope }) }, say("list"))] : "");
  if (!data.member) {
    return [el("h1", { tabindex: "-1" }, named(data.node), el("small", {}, say("list"))), back,
      memberTable(data.code, data.scope, data.found, data)];
  }
  return [
    el("h1", { tabindex: "-1" }, data.name || data.member, el("small", {}, say("file"))), back,
    el("p", { class: "note" }, el("code", {}, data.member)),
    table("events", [
      { key: "at", head: say("moment"), of: row => moment(row.at), by: row => row.at },
      { key: "type", head: say("event"), of: row => el("code", {}, row.type), by: row => row.type },
      { key: "place", head: say("position"), of: row => `${row.topic} · ${row.partition} · ${row.offset}` },
      { key: "id", head: say("eventId"), of: row => el("code", {}, row.event_id) },
    ], data.events, say("events", count(data.events.length))),
  ];
}

/** The members in rows, each a link to its file; more of them at a press. */
export function memberTable(code, scope, first, data) {
  const rows = [...first.items], place = el("div");
  const amounts = rows.some(row => row.amount);
  let cursor = first.next_cursor;
  const more = el("button", { type: "button", "data-key": `more-${code}`, click: async () => {
    const found = await page(code, scope, cursor);
    rows.push(...found.items);
    cursor = found.next_cursor;
    show();
  } }, say("more"));
  const name = (map, key) => (key ? named(map?.get(key) || { zh: key }) : "");
  function show() {
    place.replaceChildren(table(`members-${code}`, [
      { key: "name", head: say("name"), by: row => named(row) || row.member_id,
        of: row => el("a", { href: href(`file/${code}/${row.member_id}`, { scope }) }, named(row) || row.member_id) },
      { key: "state", head: say("status"), by: row => row.state, of: row => stateWords(row.state) },
      { key: "kind", head: say("kind"), by: row => row.kind, of: row => stateWords(row.kind) },
      data.streets && { key: "street", head: say("street"), by: row => row.street, of: row => name(data.streets, row.street) },
      data.schools && data.schools instanceof Map && { key: "school", head: say("school"), by: row => row.school,
        of: row => name(data.schools, row.school) },
      { key: "month", head: say("month"), by: row => row.month, of: row => row.month },
      amounts && { key: "amount", head: say("amount"), right: true, by: row => row.amount,
        of: row => shown(row.amount, data.nodes?.get(code)?.unit || data.node?.unit) },
    ].filter(Boolean), rows, say("shownOf", count(rows.length), count(first.total))), ...(cursor ? [more] : []));
  }
  show();
  return place;
}
