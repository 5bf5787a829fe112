// How evenly visits fall on cells: a sentence, a curve, and the same as a table for who does not look at curves.
import { h, newId, numberText, t } from "./shared/kit.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const SIDE = 240;
const EDGE = 28;

/** `31 %` of so many, never broken across lines; a dash where there is nothing to divide. */
export function percent(part, whole) {
  return whole === 0 ? "–" : `${numberText(Math.round((1000 * part) / whole) / 10)}\u00a0%`;
}

export function evenness({ cells, curve, concentration, lower_half: lower }) {
  const focus = cells.filter(({ attention }) => attention === "focus").length;
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("coverage-even")),
    curve.length === 0
      ? h("p", { class: "notice" }, t("coverage-no-visit"))
      : [
          h("p", {}, t("coverage-sentence", { lower: percent(lower, 1), index: numberText(Math.round(concentration * 100) / 100) })),
          focus > 0 && h("p", { class: "quiet small" }, t("coverage-focus", { n: numberText(focus) })),
          picture(curve),
          h("details", { class: "fold" }, h("summary", {}, t("coverage-as-table")), table(curve)),
        ],
  );
}

function picture(curve) {
  const titleId = newId();
  const x = (share) => EDGE + share * SIDE;
  const y = (share) => SIDE + 8 - share * SIDE;
  const line = (points) => points.map(({ cells, visits }) => `${x(cells).toFixed(1)},${y(visits).toFixed(1)}`).join(" ");
  const even = [{ cells: 0, visits: 0 }, { cells: 1, visits: 1 }];
  return svg(
    "svg",
    { class: "lorenz", viewBox: `0 0 ${SIDE + EDGE + 8} ${SIDE + EDGE + 8}`, role: "img", "aria-labelledby": titleId },
    svg("title", { id: titleId }, t("coverage-curve")),
    svg("polygon", { class: "between-lines", points: `${line(even)} ${line([...curve].reverse())}` }),
    svg("polyline", { class: "axis", points: `${x(0)},${y(1)} ${x(0)},${y(0)} ${x(1)},${y(0)}` }),
    svg("polyline", { class: "even", points: line(even) }),
    svg("polyline", { class: "curve", points: line(curve) }),
    svg("text", { x: x(0.5), y: y(0) + 20, "text-anchor": "middle" }, t("coverage-axis-cells")),
    svg("text", { x: 14, y: y(0.5), "text-anchor": "middle", transform: `rotate(-90 14 ${y(0.5)})` }, t("coverage-axis-visits")),
  );
}

function svg(tag, attributes, ...children) {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function table(curve) {
  const tenths = Array.from({ length: 10 }, (_, n) => (n + 1) / 10);
  return h(
    "table",
    { class: "duties" },
    h("thead", {}, h("tr", {}, ["cells", "visits"].map((key) => h("th", { scope: "col" }, t(`coverage-part-${key}`))))),
    h(
      "tbody",
      {},
      tenths.map((share) =>
        h(
          "tr",
          {},
          h("td", { class: "number" }, percent(share, 1)),
          h("td", { class: "number", "data-label": t("coverage-part-visits") }, percent(reached(curve, share), 1)),
        ),
      ),
    ),
  );
}

function reached(curve, share) {
  const after = curve.findIndex(({ cells }) => cells >= share - 1e-9);
  const [from, to] = [curve[Math.max(after - 1, 0)], curve[after]];
  if (from === to) return to.visits;
  return from.visits + ((to.visits - from.visits) * (share - from.cells)) / (to.cells - from.cells);
}
