/* A street: its team, the targets left, its institutions and schools as rows. */

import { names, scorecard } from "../api.js";
import { el } from "../dom.js";
import { count, named } from "../format.js";
import { board, figures, section, valueOf } from "../parts.js";
import { href } from "../places.js";
import { say } from "../words.js";
import { asOf } from "./overview.js";
import { firstMembers, memberTable } from "./list.js";

const KEYS = ["institutions.total", "inspection.coverage", "violations.open", "violations.closed", "commitments.signed",
  "advertisements.cleaned_up", "schools.total", "students.roll"];

export async function load({ parts: [street] }) {
  const scope = `street:${street}`;
  const [card, streets, teams, institutions, schools, known] = await Promise.all([
    scorecard(scope), names("street"), firstMembers("inspection.teams", scope),
    firstMembers("institutions.total", scope), firstMembers("schools.total", scope), names("school"),
  ]);
  const data = await board(card, scope, KEYS);
  return { ...data, name: named(streets.get(street) || { zh: street }), teams, institutions, schools, known };
}

export const title = data => data.name;

export function draw(data) {
  const left = (valueOf(data, "inspection.targets")?.value ?? 0) - (valueOf(data, "inspection.covered")?.value ?? 0);
  const teams = data.teams.items.map(team => named(team)).filter(Boolean);
  return [
    el("h1", { tabindex: "-1" }, data.name, el("small", {}, say("street"))),
    asOf(data.card),
    el("p", { class: "lead" }, `${say("team")} ${teams.join(say("comma")) || say("noTeam")} · `,
      el("a", { href: href("number/inspection.coverage", { scope: data.scope }) }, say("targetsLeft", count(left)))),
    figures(data, KEYS.map(code => [code])),
    section(say("institutions"), memberTable("institutions.total", data.scope, data.institutions, data)),
    data.schools.total > 0 && section(say("schools"), el("ul", { class: "plain" }, data.schools.items.map(school =>
      el("li", {}, el("a", { href: href(`school/${school.member_id}`) },
        named(school) || named(data.known.get(school.member_id) || {}) || school.member_id))))),
  ];
}
