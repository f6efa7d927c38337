/* What the page asks its own service for, with the reader's token. */

import { locale } from "./words.js";

let token = sessionStorage.getItem("token");
const kept = new Map();

export class Refused extends Error {
  constructor(status, words) { super(words); this.status = status; }
}

export const hasToken = () => Boolean(token);

export function setToken(value) {
  token = value;
  kept.clear();
  value ? sessionStorage.setItem("token", value) : sessionStorage.removeItem("token");
}

export const headers = () => ({ Authorization: `Bearer ${token}`, "Accept-Language": locale() });

export async function ask(path, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined);
  const query = new URLSearchParams(given).toString();
  const answer = await fetch(query ? `${path}?${query}` : path, { headers: headers() });
  const body = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, body.detail || body.title);
  return body;
}

/** The same, asked once while the page is open: names, shapes, definitions and days that are over. */
export function once(path, parameters = {}) {
  const key = `${path}?${new URLSearchParams(parameters)}`;
  if (!kept.has(key)) {
    const asked = ask(path, parameters);
    asked.catch(() => kept.delete(key));
    kept.set(key, asked);
  }
  return kept.get(key);
}

/** Where figures that an office reports are read. */
export const REPORTS = "/v1/reports";

export const tree = () => once("/v1/indicators");

/** Names by code. */
export async function names(kind) {
  const { items } = await once("/v1/names", { kind });
  return new Map(items.map(item => [item.code, item]));
}

/** Values of a scope by code, and as of when. */
export async function scorecard(scope) {
  const card = await ask("/v1/scorecard", { scope });
  return { ...card, of: new Map(card.values.map(value => [value.code, value])) };
}

export const values = (code, by, scope) => ask(`/v1/indicators/${code}/values`, { by, scope });

export const history = (code, scope, from, to) =>
  once(`/v1/indicators/${code}/history`, to ? { scope, from, to } : { scope, from });
