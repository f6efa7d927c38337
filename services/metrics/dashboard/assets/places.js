/* Every view has an address: `#/view/part?name=value`, and `lang=en` for English. */

import { language } from "./words.js";

export function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [view, ...parts] = path.split("/").map(decodeURIComponent);
  return { view: view || "home", parts, query: Object.fromEntries(new URLSearchParams(query)) };
}

export function href(path, query = {}, lang = language()) {
  const words = new URLSearchParams(lang === "en" ? { ...query, lang } : query).toString();
  return `#/${path}${words ? `?${words}` : ""}`;
}

/** The address of a scope, such as `district:140213`. */
export function scopeHref(scope) {
  const [dimension, code] = scope.split(":");
  return href(code ? `${dimension}/${encodeURIComponent(code)}` : "city");
}

/** The street in which a grid lies: its own code, or the beginning of it. */
export const streetOf = grid => (/^\d{9}/.test(grid) ? grid.slice(0, 9) : grid);
