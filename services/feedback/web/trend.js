// How the weeks before went, by what fell due in them: a bar is all of it, and the full part was done on time.
import { dayText, h, momentText, numberText, show, showAgain, t } from "./shared/kit.js";
import { registerLink } from "./choice.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const WIDE = 10;
const HIGH = 100;
const GAP = 2;

export function trend(morning) {
  const about = h("p", { class: "quiet small" });
  const bars = h("div", { class: "trend", "aria-hidden": "true" });
  const body = h("div", {});
  const section = h(
    "section",
    { class: "sheet close", "aria-label": t("trend-title") },
    h("h2", {}, t("trend-title")),
    about,
    bars,
    h("details", { class: "fold" }, h("summary", {}, t("trend-table")), body),
  );
  refresh(morning);
  return { section, refresh };

  function refresh({ weeks, as_of: asOf }) {
    show(about, t("trend-about", { at: momentText(asOf) }));
    show(bars, drawing(weeks), weeks.map(label));
    showAgain(body, table(weeks));
  }
}

/** Twelve bars of the same height: the share is what is compared, how many it is of stands below. */
function drawing(weeks) {
  const svg = shape("svg", { viewBox: `0 0 ${weeks.length * WIDE} ${HIGH}`, preserveAspectRatio: "none" });
  weeks.forEach((week, n) => {
    const x = n * WIDE + GAP / 2;
    const width = WIDE - GAP;
    const high = week.due ? (HIGH * week.on_time) / week.due : 0;
    svg.append(
      shape("rect", { class: week.due ? "all" : "none", x, y: 0, width, height: HIGH }),
      shape("rect", { class: "on-time", x, y: HIGH - high, width, height: high }),
    );
  });
  return svg;
}

function shape(name, attributes) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function label(week) {
  return h(
    "p",
    { class: "tight number" },
    h("strong", {}, share(week)),
    h("span", { class: "quiet" }, `${numberText(week.on_time)}/${numberText(week.due)}`),
    h("span", { class: "quiet week" }, dayText(week.first).slice(0, 5)),
  );
}

/** In whole hundredths, never rounded up. */
function share({ on_time: onTime, due }) {
  return due ? numberText(Math.floor((onTime * 100) / due)) : "–";
}

function table(weeks) {
  const columns = ["trend-week", "trend-share", "trend-due", "trend-on-time", "trend-late", "trend-open"];
  return h(
    "table",
    { class: "duties" },
    h("thead", {}, h("tr", {}, columns.map((key) => h("th", { scope: "col" }, t(key))))),
    h(
      "tbody",
      {},
      weeks.toReversed().map((week) =>
        h(
          "tr",
          {},
          cell("trend-week", h("a", { href: link(week) }, t("trend-days", { first: dayText(week.first), last: dayText(week.last) }))),
          cell("trend-share", week.due ? `${share(week)}%` : "–"),
          cell("trend-due", numberText(week.due)),
          cell("trend-on-time", numberText(week.on_time)),
          cell("trend-late", numberText(week.late)),
          cell("trend-open", numberText(week.open)),
        ),
      ),
    ),
  );
}

function cell(key, words) {
  return h("td", { class: "number", "data-label": t(key) }, words);
}

function link({ first, last }) {
  return registerLink({ status: "overdue+on_time+late", kind: "report+forward", due: `${first}..${last}`, restricted: "no" });
}
