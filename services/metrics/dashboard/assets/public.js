/* The public page: figures that anybody may see, without a token. */

import { bar } from "./charts.js";
import { el, find } from "./dom.js";
import { DASH, count, moment, named, shown } from "./format.js";
import { href, place } from "./places.js";
import { language, locale, say, speak } from "./words.js";

const EVERY_MS = 60000;

async function show() {
  speak(place().query.lang);
  document.title = say("publicProduct");
  find("home").textContent = say("publicProduct");
  find("home").setAttribute("href", href(""));
  find("language").textContent = say("otherLanguage");
  find("language").setAttribute("href", href("", {}, language() === "zh" ? "en" : "zh"));
  try {
    const answer = await fetch("/v1/public/figures", { headers: { "Accept-Language": locale() } });
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.detail || body.title);
    find("main").replaceChildren(...drawn(body));
  } catch (error) {
    find("main").replaceChildren(el("p", { class: "wrong", role: "alert" }, say("failed", error.message)));
  }
}

const words = (point, unit) => (point.hidden ? say("hidden") : shown(point.value, unit));

const drawn = body => [
  el("h1", {}, say("publicProduct")),
  el("p", { class: "asof" }, body.as_of ? say("asOf", moment(body.as_of)) : say("noEvents")),
  el("p", { class: "note" }, say("publicNote")),
  ...body.figures.map(figure => el("section", {}, el("h2", {}, named(figure)),
    el("p", { class: "big" }, el("b", { "data-code": figure.code }, words(figure, figure.unit)),
      figure.denominator ? el("span", {}, `${count(figure.numerator)}/${count(figure.denominator)}`) : null,
      figure.target === null ? null : el("span", {}, `${say("target")} ${shown(figure.target, figure.unit)}`)),
    figure.districts.length > 1 && districts(figure))),
];

function districts(figure) {
  const most = figure.unit === "ratio" ? 1 : Math.max(...figure.districts.map(point => point.value || 0));
  return el("ul", { class: "bars" }, figure.districts.map(point => el("li", {},
    el("span", {}, named(point) || point.key || say("none")), bar(most ? (point.value || 0) / most : 0),
    el("span", { class: "right" }, point.hidden ? say("hidden") : point.value === null ? DASH : shown(point.value, figure.unit)))));
}

addEventListener("hashchange", show);
setInterval(() => document.hidden || show(), EVERY_MS);
show();
