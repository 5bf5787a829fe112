// A year of days off and make-up working days, each with the notice that decided it; words say what colours repeat.
import { dayText, fullDay, h, language, localDay, numberText, select, serverNow, show, t } from "./shared/kit.js";

const FIRST_YEAR = 2024;
const WEEK = ["1", "2", "3", "4", "5", "6", "0"];
const DAY = 86_400_000;

/** The section; by the calendar in force, or by a draft that is chosen. */
export function calendarYear(revisions, inForce) {
  const years = yearsOf(inForce.document);
  let [year, revision] = [Number(localDay(serverNow()).slice(0, 4)), inForce];
  const months = h("div", { class: "close" });
  const chosen = h("div", { class: "fields" }, labelled("calendar-year", yearBox()), revisions.length > 1 && labelled("calendar-by", revisionBox()));
  draw();
  return h("section", { class: "sheet stack", "aria-label": t("calendar") }, h("h2", {}, t("calendar")), chosen, months);

  function yearBox() {
    return select(years.map((each) => [each, String(each)]), { value: year, onchange: ({ target }) => ((year = Number(target.value)), draw()) });
  }

  function revisionBox() {
    const options = revisions.map((each) => [each.number, t(each.status === "draft" ? "revision-draft" : "revision-title", { n: numberText(each.number) })]);
    return select(options, {
      value: inForce.number,
      onchange: ({ target }) => ((revision = revisions.find((each) => each.number === Number(target.value))), draw()),
    });
  }

  function draw() {
    const table = tableOf(revision, revisions);
    show(
      months,
      !revision.document.reviewed_years.includes(year) && h("p", { class: "notice warn" }, t("year-unreviewed", { year })),
      openQuestions(revision.document, year),
      h("div", { class: "months" }, Array.from({ length: 12 }, (_, month) => monthOf(year, month, table))),
    );
  }
}

function labelled(key, control) {
  return h("label", { class: "field" }, h("span", { class: "label" }, t(key)), control);
}

function yearsOf({ days, reviewed_years: reviewed }) {
  const known = [...reviewed, ...days.map(({ date }) => Number(date.slice(0, 4)))];
  return Array.from({ length: Math.max(...known) - FIRST_YEAR + 1 }, (_, n) => FIRST_YEAR + n);
}

/** What a revision says of each day, which revision said so first, and what is still open about it. */
function tableOf(revision, revisions) {
  const older = revisions.filter((each) => each.number <= revision.number && (each.status === "approved" || each === revision));
  const said = older.map(({ number, document }) => [number, new Map(document.days.map((day) => [day.date, JSON.stringify(day)]))]).reverse();
  const rows = new Map();
  for (const day of revision.document.days) {
    const since = said.find(([, days]) => days.get(day.date) === JSON.stringify(day))?.[0];
    rows.set(day.date, { ...day, since });
  }
  const open = new Map();
  for (const question of revision.document.questions) {
    for (const option of question.options) for (const { date } of option.days) open.set(date, question);
  }
  return { rows, open };
}

function openQuestions({ questions }, year) {
  const own = questions.filter((each) => each.options.some((option) => option.days.some(({ date }) => date.startsWith(`${year}-`))));
  return (
    own.length > 0 &&
    h(
      "div",
      { class: "notice warn tight" },
      h("p", {}, h("strong", {}, t("not-decided"))),
      own.map((each) => h("p", { class: "small" }, `${each[language]} (${each.source})`)),
    )
  );
}

function monthOf(year, month, table) {
  const first = new Date(Date.UTC(year, month, 1));
  const days = daysOf(first);
  const blanks = Array.from({ length: WEEK.indexOf(String(first.getUTCDay())) }, () => null);
  const cells = [...blanks, ...days];
  const weeks = Array.from({ length: Math.ceil(cells.length / 7) }, (_, n) => cells.slice(n * 7, n * 7 + 7));
  const told = days.filter((day) => table.rows.has(day) || table.open.has(day));
  return h(
    "div",
    { class: "month close" },
    h(
      "table",
      {},
      h("caption", {}, t("month-of", { month: month + 1, year })),
      h("thead", {}, h("tr", {}, WEEK.map((day) => h("th", { scope: "col" }, t(`weekday-${day}`))))),
      h("tbody", {}, weeks.map((week) => h("tr", {}, Array.from({ length: 7 }, (_, n) => cell(week[n] ?? null, table))))),
    ),
    told.length > 0 && h("ul", { class: "told" }, told.map((day) => h("li", { class: "small" }, dayWords(day, table)))),
  );
}

function daysOf(first) {
  const days = [];
  for (let at = first.getTime(); new Date(at).getUTCMonth() === first.getUTCMonth(); at += DAY) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

function cell(day, { rows, open }) {
  if (!day) return h("td", {});
  const listed = rows.get(day);
  const weekend = ["0", "6"].includes(String(new Date(`${day}T00:00:00Z`).getUTCDay()));
  const kind = listed ? (listed.off ? "off" : "worked") : weekend ? "rest" : "";
  const words = listed && t(listed.off ? "cell-off" : "cell-worked");
  const doubt = open.has(day) || (listed && !listed.confirmed);
  return h("td", { class: kind }, h("span", { class: "number" }, Number(day.slice(8))), (words || doubt) && h("span", { class: "mark" }, [words, doubt && "?"].filter(Boolean).join(" ")));
}

function dayWords(day, { rows, open }) {
  const listed = rows.get(day);
  const question = open.get(day);
  return [
    h("strong", {}, fullDay(day)),
    `: ${listed ? `${t(listed.off ? "day-off" : "day-worked")}, ${listed[language]}` : t("day-plain")}`,
    listed?.notice && h("span", { class: "quiet" }, ` · ${sourceOf(listed)}`),
    (question || (listed && !listed.confirmed)) && [" ", h("span", { class: "state soon" }, t("provisional"))],
  ];
}

function sourceOf({ notice, decided_on: decided, since }) {
  return [notice, decided && t("decided-on", { day: dayText(decided) }), since && t("revision-number", { n: numberText(since) })].filter(Boolean).join(", ");
}
