// The plans of a year: the next evening of all cells, what collides, what nobody took over, planned against held.
import { addWords, api, dayText, fullDay, h, localDay, numberText, periodText, select, serverNow, show, t } from "./shared/kit.js";
import vi from "./planning-vi.js";
import { movedEvenings } from "./planning-evening.js";

await addWords({ vi, en: () => import("./planning-en.js") });

const COLUMNS = ["planned", "held", "cancelled", "to_log", "ahead"];

/** `#planning`, or `#planning=2027` for another year. */
export async function planningView({ place, person, id, signal }) {
  const thisYear = Number(localDay(serverNow()).slice(0, 4));
  const year = /^\d{4}$/.test(id ?? "") ? Number(id) : thisYear;
  const found = h("div", { class: "stack" });
  const moved = h("div", {});

  async function refresh() {
    const told = await api(`/feedback/api/planning?year=${year}`);
    if (signal.aborted) return;
    show(found, evening(told.evening), h("div", { class: "sides" }, collisions(told), handOver(told.hand_over)), months(told, yearBox(year, thisYear)));
  }

  async function moving() {
    show(moved, await movedEvenings(person, moving));
    await refresh();
  }

  await moving();
  if (signal.aborted) return undefined;
  show(place, h("h1", {}, t("planning-title")), found, moved);
  return refresh;
}

function evening({ day, members, cells, going, uncovered }) {
  const numbers = { members, cells, going, free: Math.max(Math.min(members - going, uncovered.length), 0) };
  const words = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, numberText(value)]));
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("planning-evening", { day: fullDay(day) })),
    h("p", {}, t("planning-evening-about", words)),
    uncovered.length === 0
      ? h("p", { class: "notice good" }, t("planning-covered"))
      : h(
          "details",
          { class: "fold" },
          h("summary", {}, t("planning-uncovered", { n: numberText(uncovered.length) })),
          h("ul", { class: "columns" }, uncovered.map(({ name }) => h("li", {}, name ?? t("unknown")))),
        ),
  );
}

function collisions({ crowded, torn }) {
  const groups = [["planning-crowded", crowded], ["planning-torn", torn]].filter(([, list]) => list.length > 0);
  return h(
    "section",
    { class: "sheet close" },
    groups.length === 0
      ? [h("h2", {}, t("planning-crowded")), h("p", { class: "notice good" }, t("planning-no-collision"))]
      : groups.map(([key, list]) => [
          h("h2", {}, t(key)),
          h(
            "ul",
            { class: "ruled" },
            list.map(({ day, people, units }) =>
              h("li", {}, t("planning-collision", { day: dayText(day), people: people.join(", "), units: units.join(", ") })),
            ),
          ),
        ]),
  );
}

function handOver(list) {
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("planning-hand-over")),
    h("p", { class: "quiet small" }, t("planning-hand-over-about")),
    list.length === 0
      ? h("p", { class: "notice good" }, t("planning-hand-over-none"))
      : h(
          "ul",
          { class: "ruled" },
          list.map((left) =>
            h(
              "li",
              { class: "tight" },
              t("planning-left", { person: left.full_name ?? t("unknown"), unit: left.unit ?? t("unknown"), day: dayText(left.ended_on) }),
              h(
                "p",
                { class: "quiet small" },
                left.successors.length ? t("planning-successors", { units: left.successors.join(", ") }) : t("planning-no-successor"),
              ),
            ),
          ),
        ),
  );
}

function months({ months: all }, year) {
  const told = all.filter(({ planned }) => planned > 0);
  return h(
    "section",
    { class: "sheet close" },
    h("div", { class: "between" }, h("h2", {}, t("planning-months")), year),
    told.length === 0
      ? h("p", { class: "notice" }, t("planning-months-none"))
      : h(
          "table",
          { class: "duties" },
          h("thead", {}, h("tr", {}, ["month", ...COLUMNS].map((key) => h("th", { scope: "col" }, t(`planning-${key}`))))),
          h(
            "tbody",
            {},
            told.map((month) =>
              h(
                "tr",
                {},
                h("td", {}, h("strong", {}, periodText("month", month.month))),
                COLUMNS.map((key) => h("td", { class: "number", "data-label": t(`planning-${key}`) }, numberText(month[key]))),
              ),
            ),
          ),
        ),
  );
}

function yearBox(year, thisYear) {
  const years = [...new Set([thisYear + 1, thisYear, thisYear - 1, thisYear - 2, year])];
  return h(
    "label",
    { class: "field year" },
    h("span", { class: "label" }, t("planning-year")),
    select(years.map((each) => [String(each), String(each)]), {
      value: String(year),
      onchange: ({ target }) => (location.hash = `#planning=${target.value}`),
    }),
  );
}
