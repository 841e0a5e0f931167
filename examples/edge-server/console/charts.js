// Charts by hand: bars and a few lines, as SVG that a screen reader has a sentence for.

import { h, svg } from "./dom.js";

/** A bar of a part of a whole, red when that is nearly all. text says it in words. */
export function usage(part, whole, text) {
  return bar(part, whole, text, part >= whole * 0.9 ? "bar full" : part >= whole * 0.7 ? "bar high"
    : "bar");
}

export function bar(part, whole, text, kind = "bar") {
  const percent = whole > 0 ? Math.min(100, part / whole * 100) : 0;
  return h("div", { class: kind, role: "meter", "aria-valuemin": 0, "aria-valuemax": 100,
    "aria-valuenow": percent.toFixed(1), "aria-valuetext": text, title: text },
  h("div", { "width%": part > 0 ? Math.max(percent, 0.6) : 0 }));
}

function niceTop(value) {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value);
}

const WIDTH = 600, HEIGHT = 178, LEFT = 46, BOTTOM = 24, TOP = 14, RIGHT = 6;

/** series: [{name, values}], newest last; each value is a rate, null: not known. */
export function lines(series, { label, points, seconds }) {
  const known = series.flatMap((one) => one.values).filter((value) => value !== null);
  const top = niceTop(Math.max(0, ...known));
  const x = (i) => LEFT + (WIDTH - LEFT - RIGHT) * i / (points - 1);
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top);
  const grid = [0, 0.5, 1].map((part) => [
    svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(part * top), y2: y(part * top) }),
    svg("text", { x: LEFT - 6, y: y(part * top) + 4, "text-anchor": "end" },
      (part * top).toLocaleString("en", { maximumFractionDigits: 1 }))]);
  const paths = series.map((one, index) => {
    const start = points - one.values.length;
    const d = one.values.map((value, i) => value === null ? null
      : `${x(start + i).toFixed(1)},${y(value).toFixed(1)}`).filter(Boolean).join(" ");
    return svg("polyline", { class: `line line-${index}`, points: d });
  });
  const last = series.map((one) => `${one.name} ${format(one.values.at(-1))}`).join(", ");
  return h("figure", { class: "chart" },
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${label}: ${last}` },
      grid, paths,
      svg("text", { x: LEFT, y: HEIGHT - 5 }, `${seconds} s ago`),
      svg("text", { x: WIDTH - RIGHT, y: HEIGHT - 5, "text-anchor": "end" }, "now")),
    h("figcaption", {}, series.map((one, index) => h("span", { class: `key key-${index}` },
      `${one.name} `, h("b", {}, format(one.values.at(-1)))))));
}

function format(value) {
  if (value === null || value === undefined) return "–";
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });
}
