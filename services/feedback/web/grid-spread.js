// How often members went in the year: the median and how many went how often, without a name.
import { h, numberText, t } from "./shared/kit.js";

export function spreads({ spread }) {
  const kinds = Object.entries(spread).filter(([, { times }]) => times.length > 0);
  return h(
    "details",
    { class: "fold" },
    h("summary", {}, t("grid-spread")),
    h("p", { class: "quiet small" }, t("grid-spread-about")),
    h("div", { class: "sides" }, kinds.map(([kind, found]) => spreadOf(kind, found))),
  );
}

function spreadOf(kind, { median, times, beyond }) {
  return h(
    "section",
    { class: "close" },
    h("h3", {}, t(`grid-kind.${kind}`)),
    h("p", {}, t("grid-median", { n: numberText(median), beyond: numberText(beyond) })),
    h(
      "table",
      { class: "duties" },
      h("thead", {}, h("tr", {}, ["visits", "members"].map((key) => h("th", { scope: "col" }, t(`grid-${key}`))))),
      h(
        "tbody",
        {},
        times.map(({ visits, members }) =>
          h(
            "tr",
            {},
            h("td", { class: "number", "data-label": t("grid-visits") }, numberText(visits)),
            h("td", { class: "number", "data-label": t("grid-members") }, numberText(members)),
          ),
        ),
      ),
    ),
  );
}
