/* The page: which view its address names, drawn again whenever the numbers moved. */

import { Refused, hasToken, scorecard, setToken } from "./api.js";
import { el, find } from "./dom.js";
import { listen, stop } from "./live.js";
import { href, place, scopeHref } from "./places.js";
import * as campaign from "./views/campaign.js";
import * as figures from "./views/figures.js";
import * as list from "./views/list.js";
import * as number from "./views/number.js";
import * as overview from "./views/overview.js";
import * as school from "./views/school.js";
import * as street from "./views/street.js";
import { language, say, speak } from "./words.js";

const VIEWS = { city: overview, district: overview, street, school, campaign, number, list, file: list, figures };

let turn = 0, drawn = "", connection = "", busy = false, again = false, arriving = false;

async function show({ arrived = false } = {}) {
  const here = place(), mine = ++turn;
  arriving ||= arrived; /* a change that overtakes an arrival takes it over */
  speak(here.query.lang);
  frame(here);
  if (!hasToken()) return door();
  try {
    if (here.view === "home") {
      const { scope } = await scorecard("city");
      if (mine === turn) location.replace(scopeHref(scope));
      return;
    }
    const view = VIEWS[here.view];
    if (!view) throw new Error(say("noPage"));
    const data = await view.load(here);
    if (mine !== turn) return;
    /* What has not changed is not drawn again, so that nothing is replaced under a finger. */
    const seen = `${location.hash} ${JSON.stringify(data, inOrder)}`;
    if (seen !== drawn) put(view.draw(data));
    drawn = seen;
    document.title = `${view.title(data)} · ${say("product")}`;
  } catch (error) {
    if (mine === turn) failed(error);
  }
}

const inOrder = (_, value) => (value instanceof Map ? [...value] : value);

/** Draw the view; who had an element in focus keeps it. */
function put(nodes) {
  const main = find("main"), focused = document.activeElement, key = keyOf(focused), top = scrollY;
  main.replaceChildren(...nodes.flat(Infinity).filter(Boolean));
  main.dataset.place = location.hash;
  if (arriving) {
    arriving = false;
    scrollTo(0, 0);
    main.querySelector("h1")?.focus({ preventScroll: true });
  } else if (key) {
    [...main.querySelectorAll("a, button, [tabindex]")].find(one => keyOf(one) === key)?.focus({ preventScroll: true });
    scrollTo(0, top);
  }
}

const keyOf = node => (node && find("main").contains(node)
  ? node.dataset.key || node.id || node.getAttribute("href") || node.getAttribute("aria-label") : null);

function failed(error) {
  if (error instanceof Refused && (error.status === 401 || error.status === 403)) {
    return leave(say(error.status === 401 ? "refused" : "forbidden"));
  }
  if (drawn.startsWith(`${location.hash} `) && !(error instanceof Refused && error.status < 500)) return mark("lost");
  drawn = "";
  put([el("h1", { tabindex: "-1" }, say("product")), el("p", { class: "wrong", role: "alert" }, say("failed", error.message)),
    el("p", {}, el("button", { type: "button", click: () => show() }, say("again")))]);
}

function frame({ view, query, parts }) {
  const path = location.hash.replace(/^#\/?/, "").split("?")[0], { lang, ...rest } = query;
  find("skip").textContent = say("skip");
  find("home").textContent = say("product");
  find("home").setAttribute("href", href(""));
  find("language").textContent = say("otherLanguage");
  find("language").setAttribute("href", href(path, rest, language() === "zh" ? "en" : "zh"));
  find("language").setAttribute("lang", language() === "zh" ? "en" : "zh-CN");
  find("leave").textContent = say("leave");
  find("leave").hidden = find("live").hidden = !hasToken();
  if (connection) find("live").textContent = say(connection);
  find("trail").setAttribute("aria-label", say("board"));
  find("trail").replaceChildren(el("a", { href: `/public#/${lang ? `?lang=${lang}` : ""}` }, say("toPublic")));
}

function mark(state) {
  connection = state;
  find("live").className = `live ${state}`;
  find("live").textContent = say(state);
}

function door(why = "") {
  drawn = "";
  document.title = say("product");
  const input = el("input", { id: "token", type: "password", autocomplete: "off", spellcheck: "false", required: true });
  put([el("form", { class: "door", submit: event => {
    event.preventDefault();
    enter(input.value.trim());
  } }, el("h1", { tabindex: "-1" }, say("enter")), el("p", { class: "note" }, say("enterNote")),
  el("label", { for: "token" }, say("token")), input, el("button", { class: "main" }, say("open")),
  why && el("p", { class: "wrong", role: "alert" }, why))]);
}

function enter(token) {
  setToken(token);
  listen(moved, mark);
  show({ arrived: true });
}

function leave(why) {
  turn += 1;
  stop();
  setToken(null);
  frame(place());
  door(why);
}

/* One reading at a time: numbers that moved meanwhile are read once more afterwards. */
async function moved() {
  if (document.hidden) return void (again = true);
  if (busy) return void (again = true);
  busy = true;
  do {
    again = false;
    await show();
  } while (again && !document.hidden);
  busy = false;
}

document.addEventListener("visibilitychange", () => !document.hidden && again && moved());
addEventListener("hashchange", () => begin());
find("leave").addEventListener("click", () => leave(""));
find("skip").addEventListener("click", event => {
  event.preventDefault();
  find("main").focus();
});

/* A token in the address is taken out of it at once: it stays in no history. */
function begin() {
  const given = /[#&]token=([^&]+)/.exec(location.hash)?.[1];
  if (given) {
    history.replaceState(null, "", location.pathname);
    speak("zh");
    return enter(given);
  }
  return show({ arrived: true });
}

if (hasToken()) listen(moved, mark);
begin();
