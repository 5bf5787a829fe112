// `#answers`: what agencies owe, agency by agency, late ones first, with the day each stands by.
import { addWords, api, dayText, fullDay, h, lastDayOf, named, numberText, show, t } from "./shared/kit.js";
import vi from "./office-vi.js";

await addWords({ vi, en: () => import("./office-en.js") });

export async function answersView({ place, signal }) {
  const list = h("div", { class: "stack" });

  async function refresh() {
    const { answers } = await api("/feedback/api/answers");
    if (signal.aborted) return;
    show(list, answers.length === 0 ? h("p", { class: "notice good" }, t("owed-none")) : [...byAgency(answers)].map(group));
  }

  await refresh();
  if (signal.aborted) return undefined;
  show(place, h("h1", {}, t("owed-answers")), list);
  return refresh;
}

/** In the order in which they come, so that the agency with the oldest answer stands first. */
function byAgency(answers) {
  const groups = new Map();
  for (const answer of answers) {
    const name = answer.agency_name ?? t("an-agency");
    groups.set(name, [...(groups.get(name) ?? []), answer]);
  }
  return groups;
}

function group([agency, answers]) {
  const count = (which) => numberText(answers.filter(which).length);
  const counts = { n: count(() => true), late: count((each) => each.late), promised: count((each) => each.promised_on) };
  return h(
    "section",
    { class: "sheet close" },
    h("div", { class: "between" }, h("h2", {}, agency), h("p", { class: "quiet number" }, t("owed-count", counts))),
    h(
      "table",
      { class: "duties" },
      h("thead", {}, h("tr", {}, ["column-matter", "column-unit", "column-due", "column-promise", "column-state"].map((key) => h("th", { scope: "col" }, t(key))))),
      h("tbody", {}, answers.map(row)),
    ),
  );
}

function row(answer) {
  return h(
    "tr",
    {},
    h(
      "td",
      { "data-label": t("column-matter") },
      h("a", { href: `#issue=${answer.issue_id}` }, answer.title ?? t("restricted-matter")),
      answer.urgency === "urgent" && [" ", h("span", { class: "state late" }, named("urgency", "urgent"))],
      answer.number && h("p", { class: "quiet small" }, answer.number),
    ),
    h("td", { "data-label": t("column-unit") }, answer.unit_name ?? t("unknown")),
    h("td", { "data-label": t("column-due") }, fullDay(lastDayOf(answer.first_due_at))),
    h(
      "td",
      { "data-label": t("column-promise") },
      answer.promised_on ? t("promise-until", { day: dayText(answer.promised_on) }) : "–",
      answer.broken > 0 && h("p", { class: "small" }, t("promises-broken", { n: numberText(answer.broken) })),
    ),
    h("td", { "data-label": t("column-state") }, h("span", { class: `state ${answer.late ? "late" : ""}` }, t(answer.late ? "answer-late" : "answer-open"))),
  );
}
