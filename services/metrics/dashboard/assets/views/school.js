/* A school: courses, attendance, satisfaction with the number of answers, homework, subsidy. */

import { names, scorecard } from "../api.js";
import { el } from "../dom.js";
import { count, named } from "../format.js";
import { board, figures, section, share, valueOf } from "../parts.js";
import { say } from "../words.js";
import { firstMembers, memberTable } from "./list.js";
import { asOf } from "./overview.js";

const KEYS = ["students.roll", "afterschool.offerings", "afterschool.enrolled", "afterschool.waiting",
  "attendance.present_share", "sessions.held_share", "homework.average_minutes", "subsidies.posted"];
const ANSWERS = ["satisfaction.students", "satisfaction.guardians"];

export async function load({ parts: [school] }) {
  const scope = `school:${school}`;
  const [card, schools, courses] = await Promise.all([
    scorecard(scope), names("school"), firstMembers("afterschool.places", scope),
  ]);
  return { ...await board(card, scope, KEYS), name: named(schools.get(school) || { zh: school }), courses };
}

export const title = data => data.name;

export const draw = data => [
  el("h1", { tabindex: "-1" }, data.name, el("small", {}, say("school"))),
  asOf(data.card),
  figures(data, KEYS.map(code => [code])),
  section(say("satisfaction"), el("ul", { class: "plain" }, ANSWERS.map(code => {
    const found = valueOf(data, code);
    return el("li", {}, `${named(data.nodes.get(code))} ${share(found)} · ${say("answers", count(found?.denominator ?? 0))}`);
  }))),
  section(say("courses"), memberTable("afterschool.places", data.scope, data.courses, data)),
];
