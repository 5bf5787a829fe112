// The cells in which nobody attended a meeting this year, and when somebody was there last.
import { addWords, api, backLink, dayText, h, momentText, numberText, show, showAgain, t } from "./shared/kit.js";
import vi from "./morning-vi.js";

await addWords({ vi, en: () => import("./morning-en.js") });

export async function unvisitedView({ place, signal }) {
  const body = h("section", { class: "sheet close", "aria-label": t("figure-unvisited") });
  await refresh();
  if (signal.aborted) return undefined;
  show(place, backLink(), h("h1", {}, t("figure-unvisited")), body);
  return refresh;

  async function refresh() {
    const { units, since, as_of: asOf } = await api("/feedback/api/unvisited");
    showAgain(
      body,
      h("p", { class: "quiet" }, t("unvisited-about", { n: numberText(units.length), day: dayText(since), at: momentText(asOf) })),
      units.length > 0 ? table(units) : h("p", { class: "notice good" }, t("unvisited-none")),
    );
  }
}

function table(units) {
  const columns = ["unvisited-cell", "unvisited-above", "unvisited-meeting", "unvisited-trip", "unvisited-days"];
  return h(
    "table",
    { class: "duties" },
    h("thead", {}, h("tr", {}, columns.map((key) => h("th", { scope: "col" }, t(key))))),
    h(
      "tbody",
      {},
      units.map((unit) =>
        h(
          "tr",
          {},
          cell("unvisited-cell", h("strong", {}, unit.name)),
          cell("unvisited-above", unit.parent_name ?? "–"),
          cell("unvisited-meeting", day(unit.last_attended)),
          cell("unvisited-trip", day(unit.last_trip)),
          cell("unvisited-days", unit.days === null ? t("unvisited-never") : t("unvisited-ago", { n: numberText(unit.days) })),
        ),
      ),
    ),
  );
}

function day(text) {
  return text ? dayText(text) : t("unvisited-never");
}

function cell(key, words) {
  return h("td", { class: "number", "data-label": t(key) }, words);
}
