/* Drawings of our own, in SVG. Colours come from the style sheet, sizes from attributes, so the policy of the page
   needs no exception. Every drawing stands beside the numbers that it draws: it is marked as an image with a name. */

import { svg } from "./dom.js";

const rounded = number => Math.round(number * 100) / 100;
const points = list => list.map(pair => pair.map(rounded).join(",")).join(" ");

/** A bar of a share from 0 to 1; decoration beside its number. */
export const bar = (share, tone = "") => svg("svg", {
  class: `bar ${tone}`, viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true",
},
svg("rect", { class: "track", width: 100, height: 6, rx: 1 }),
svg("rect", { class: "filled", width: rounded(100 * Math.min(1, Math.max(0, share || 0))), height: 6, rx: 1 }));

/** A small line of values (null: none that day) on the scale 0 … `most`. */
export function sparkline(values, most, name) {
  const width = 120, height = 30, step = width / Math.max(1, values.length - 1);
  const drawn = values.flatMap((value, place) =>
    value === null ? [] : [[place * step, height - 2 - (height - 4) * (most ? value / most : 0)]]);
  const last = drawn.at(-1);
  return svg("svg", { class: "spark", viewBox: `-2 0 ${width + 4} ${height}`, role: "img", "aria-label": name },
    drawn.length > 1 && svg("polyline", { points: points(drawn) }),
    last && svg("circle", { cx: rounded(last[0]), cy: rounded(last[1]), r: 2.4 }));
}

/** Lines over days. Each line: {name, values, tone}; `days` names the first and the last place. */
export function lines(all, days, name, words) {
  const width = 640, height = 220, left = 8, foot = 22, top = 18;
  const most = Math.max(1e-9, ...all.flatMap(line => line.values.filter(value => value !== null)));
  const at = (value, place, length) => [
    left + (width - 2 * left) * (length > 1 ? place / (length - 1) : 0.5),
    top + (height - top - foot) * (1 - value / most),
  ];
  return svg("svg", { class: "lines", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": name },
    svg("line", { class: "axis", x1: left, x2: width - left, y1: height - foot, y2: height - foot }),
    svg("line", { class: "grid", x1: left, x2: width - left, y1: top, y2: top }),
    svg("text", { x: left, y: top - 5 }, words(most)),
    svg("text", { x: left, y: height - 6 }, days[0] || ""),
    svg("text", { x: width - left, y: height - 6, "text-anchor": "end" }, days.at(-1) || ""),
    all.map(line => {
      const drawn = line.values.flatMap((value, place) =>
        value === null ? [] : [at(value, place, line.values.length)]);
      return [svg("polyline", { class: line.tone || "", points: points(drawn) }),
        drawn.length === 1 && svg("circle", { class: line.tone || "", cx: drawn[0][0], cy: drawn[0][1], r: 3 })];
    }));
}

/** A map of grids: each a link. `cells`: {code, polygon, href, label, words, share (0 … 1 or null)}. */
export function map(cells, name) {
  const rings = cells.map(cell => ringsOf(cell.polygon));
  const all = rings.flat(2);
  if (!all.length) return null;
  const [west, east] = bounds(all.map(point => point[0])), [south, north] = bounds(all.map(point => point[1]));
  const squeeze = Math.cos((south + north) / 2 * Math.PI / 180), width = 600;
  const scale = width / Math.max(1e-9, (east - west) * squeeze), height = Math.max(60, (north - south) * scale);
  const place = ([x, y]) => [(x - west) * squeeze * scale, (north - y) * scale];
  return svg("svg", { class: "map", viewBox: `-4 -4 ${rounded(width + 8)} ${rounded(height + 8)}`, role: "group",
    "aria-label": name },
  cells.map((cell, index) => {
    const path = rings[index].map(ring => `M${ring.map(place).map(pair => pair.map(rounded)).join("L")}Z`).join("");
    return svg("a", { href: cell.href, "aria-label": `${cell.label} ${cell.words}`, "data-key": `map-${cell.code}` },
      svg("title", {}, `${cell.label} ${cell.words}`),
      svg("path", { d: path, class: `area shade-${shade(cell.share)}` }));
  }),
  cells.map((cell, index) => labelled(cell, rings[index].map(ring => ring.map(place)))));
}

/* A label only where the area has room for it; the table beside the map has all names. */
function labelled(cell, rings) {
  const largest = rings.toSorted((one, other) => area(other) - area(one))[0] || [];
  const [left, right] = bounds(largest.map(point => point[0])), [top, bottom] = bounds(largest.map(point => point[1]));
  const room = cell.label.length * 19;
  if (right - left < room || bottom - top < 18) return null;
  return svg("text", { x: rounded((left + right) / 2), y: rounded((top + bottom) / 2 + 6), "aria-hidden": "true",
    class: cell.share > 0.6 ? "on-dark" : "" }, cell.label);
}

const shade = share => (share === null ? "none" : Math.min(4, Math.floor(share * 5)));
const bounds = list => [Math.min(...list), Math.max(...list)];
const ringsOf = shape => (shape.type === "MultiPolygon" ? shape.coordinates.flat() : shape.coordinates);

function area(ring) {
  return Math.abs(ring.reduce((sum, [x, y], place) => {
    const [nextX, nextY] = ring[(place + 1) % ring.length];
    return sum + x * nextY - nextX * y;
  }, 0)) / 2;
}
