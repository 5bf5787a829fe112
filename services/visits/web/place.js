// Before a visit: what the place is, who was there last, what is open, what was answered and is to be told.
// The places one is in charge of are always on the phone; any other can be looked up while there is a network.
import { addWords, backLink, dayText, field, fullDay, h, localDay, momentText, named, notice, numberText, show, t } from "./shared/kit.js";
import { asOf, ownWork, readOrCopy, writeAt } from "./own-work.js";
import { placesToGo } from "./places.js";
import { unitBox } from "./units.js";
import vi from "./matters-vi.js";
import logVi from "./log-vi.js";

await addWords({ vi: logVi, en: () => import("./log-en.js") });
await addWords({ vi, en: () => import("./matters-en.js") });

/** `#place` finds one, `#place=<id>` shows it. */
export async function placeView(context) {
  return context.id ? onePlace(context) : findPlace(context);
}

async function findPlace({ main, phone, signal }) {
  const { units } = await placesToGo(phone);
  if (signal.aborted) return;
  const box = unitBox(units, null, (unit) => unit && (location.hash = `#place=${unit.unit_id}`));
  const search = field(t("find-place"), box.input, { hint: t("unit-hint") });
  search.append(box.list);
  const mine = units.filter((unit) => unit.assigned);
  show(
    main,
    h(
      "div",
      { class: "stack log" },
      h("div", { class: "close" }, backLink(), h("h1", {}, t("before-visit"))),
      h("section", { class: "sheet stack" }, search),
      mine.length > 0 && h("section", { class: "sheet close" }, h("h2", {}, t("my-places")), h("ul", { class: "links" }, mine.map((unit) => h("li", {}, h("a", { class: "row", href: `#place=${unit.unit_id}` }, unit.name))))),
    ),
  );
}

async function onePlace({ main, phone, signal, id }) {
  const reading = await placeOf(phone, id);
  if (signal.aborted) return;
  if (!reading) return show(main, h("div", { class: "stack log" }, backLink(), notice("warn", t("place-not-here"))));
  const place = reading.value;
  return show(
    main,
    h(
      "div",
      { class: "stack log place" },
      h(
        "div",
        { class: "close" },
        backLink(),
        h("h1", {}, place.unit.name),
        h("p", { class: "quiet" }, [place.cell_type && named("cell-type", place.cell_type), place.parent_name].filter(Boolean).join(" · ")),
        marks(place),
        asOf(reading),
      ),
      h("button", { class: "button first wide big", type: "button", onclick: () => writeAt(phone, place.unit) }, t("log-here")),
      answersHere(place),
      openHere(place),
      lastHere(place),
      plannedHere(place),
    ),
  );
}

/** Asked for, or as it came with one's own work. */
async function placeOf(phone, id) {
  const asked = await readOrCopy(phone, `/visits/api/units/${encodeURIComponent(id)}/profile`).catch((problem) => {
    if (problem.status !== 401 && problem.status !== 403) return null;
    return null; // a phone whose session has ended still has the places of its member
  });
  if (asked) return asked;
  const own = await ownWork(phone).catch(() => null);
  const found = own?.value.places.find((place) => place.unit.unit_id === id);
  return found ? { ...own, value: found } : null;
}

function marks({ attention, recognition, valid_to: until }) {
  const words = [
    attention && h("span", { class: "state soon" }, named("attention", attention)),
    recognition && h("span", { class: "state good" }, named("recognition", recognition)),
    until && h("span", { class: "state" }, t("stands-until", { day: dayText(until) })),
  ].filter(Boolean);
  return words.length > 0 && h("p", { class: "buttons" }, words);
}

function answersHere({ answers }) {
  if (answers.length === 0) return null;
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("answers")),
    h("ul", { class: "rows" }, answers.map((issue) => h("li", { class: "tight" }, h("h3", {}, issue.title), issue.agency && h("p", { class: "quiet" }, issue.agency), h("p", {}, issue.answer_summary || t("answer-without-text"))))),
  );
}

function openHere({ open_issues: all, answers }) {
  const open = all.filter((issue) => !answers.some((each) => each.issue_id === issue.issue_id));
  return h(
    "section",
    { class: "sheet close" },
    h("div", { class: "between" }, h("h2", {}, t("open-here")), open.length > 0 && h("p", { class: "quiet number" }, numberText(open.length))),
    open.length === 0 && h("p", { class: "quiet" }, t("nothing-open")),
    h(
      "ul",
      { class: "rows" },
      open.map((issue) =>
        h(
          "li",
          { class: "tight" },
          h("div", { class: "between" }, h("h3", {}, issue.title), h("span", { class: `state ${issue.urgency === "urgent" ? "late" : ""}` }, named("issue-state", issue.state))),
          h("p", { class: "quiet" }, [named("field", issue.field), t("raised-on", { day: dayText(localDay(issue.raised_at)) }), issue.agency].filter(Boolean).join(" · ")),
        ),
      ),
    ),
  );
}

function lastHere({ visits }) {
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("last-here")),
    visits.length === 0 && h("p", { class: "quiet" }, t("never-visited")),
    h(
      "ul",
      { class: "rows" },
      visits.map((visit) => h("li", { class: "tight" }, h("h3", { class: "number" }, momentText(visit.started_at)), h("p", { class: "quiet" }, [visit.visitor.full_name, named("visit", visit.kind), visit.issue_count > 0 && t("issues-raised", { n: numberText(visit.issue_count) })].filter(Boolean).join(" · ")))),
    ),
  );
}

function plannedHere({ planned, unit }) {
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("planned-here")),
    planned.length === 0 && h("p", { class: "quiet" }, t("nobody-planned")),
    h("ul", { class: "rows" }, planned.map((plan) => h("li", { class: "tight" }, h("h3", {}, fullDay(plan.day)), h("p", { class: "quiet" }, `${plan.person_name} · ${named("visit", plan.kind)}`)))),
    h("p", {}, h("a", { class: "button wide", href: `#plan=new.${unit.unit_id}` }, t("add-plan"))),
  );
}
