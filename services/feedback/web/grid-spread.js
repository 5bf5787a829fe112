// How often members went in the year: the median and how many went how often, without a name.
import { h, numberText, t } from "./shared/kit.js";

export function spreads({ spread }) {
  const kinds = Object.entries(spread).filter(([, { times }]) => times.length > 0);
  return h(
    "details",
    { class: "fold" },
    h("summary", {}, t("grid-spread")),
    h(
      "div",
      { class: "stack" },
      h("p", { class: "quiet small" }, t("grid-spread-about")),
      h("div", { class: "sides" }, kinds.map(([kind, found]) => spreadOf(kind, found))),
    ),
  );
}

function spreadOf(kind, { median, times, beyond }) {
  return h(
    "section",
    { class: "close" },
    h("h3", {}, t(`grid-kind.${kind}`)),
    h("p", {}, t("grid-median", { n: numberText(median), beyond: numberText(beyond) })),
    h(
      "ul",
      { class: "ruled number" },
      times.map(({ visits, members }) =>
        h(
          "li",
          { class: "between" },
          h("span", {}, t("grid-visits", { n: numberText(visits) })),
          h("strong", {}, t("grid-members", { n: numberText(members) })),
        ),
      ),
    ),
  );
}
