// One duty: why it is due when it is, day by day; every due date it had; all that happened.
import {
  api,
  dueText,
  dutyState,
  fullDay,
  h,
  language,
  lastDayOf,
  momentText,
  named,
  newId,
  notice,
  show,
  t,
} from "./shared/kit.js";
import { atThatTime, past } from "./as-of.js";
import { moreDays } from "./more-days.js";
import { promise } from "./promise.js";
import { returnsOf } from "./return-report.js";
import { steps } from "./steps.js";

/** A drawer over a view; the address holds the duty, so that a link opens it and Back closes it. `under`: whose it is. */
export function dutyPanel(person, under) {
  const titleId = newId();
  const body = h("div", { class: "stack" });
  const dialog = h("dialog", { class: "panel", "aria-labelledby": titleId, onclose: leave, onclick: outside }, body);

  async function open(id) {
    show(body, closeButton(), h("h2", { id: titleId }, t("loading")));
    if (!dialog.open) dialog.showModal();
    try {
      const detail = await api(atThatTime(`/feedback/api/duties/${encodeURIComponent(id)}`));
      const issue = await issueOf(detail.duty, person);
      show(body, ...content(detail, issue, person, titleId));
      dialog.scrollTo(0, 0);
    } catch (problem) {
      show(body, closeButton(), h("h2", { id: titleId }, t("duty")), notice("wrong", problem.message));
    }
  }

  function leave() {
    if (location.hash.startsWith("#duty=")) history.replaceState(null, "", under() || location.pathname);
  }

  function outside(event) {
    if (event.target === dialog) dialog.close();
  }

  return { dialog, open, close: () => dialog.close() };
}

function closeButton() {
  return h(
    "form",
    { method: "dialog", class: "panel-close" },
    h("button", { class: "button", type: "submit" }, t("close")),
  );
}

async function issueOf(duty, person) {
  if (!duty.issue_id || !person.may.includes("read_issues")) return null;
  const found = await api(`/feedback/api/issues/${duty.issue_id}`).catch(() => null);
  return found?.issue ?? null;
}

function content(detail, issue, person, titleId) {
  const { duty, citation, due, due_dates: dueDates, timeline } = detail;
  return [
    closeButton(),
    h(
      "div",
      { class: "tight" },
      h("p", {}, dutyState(duty), duty.urgency === "urgent" && [" ", h("span", { class: "state late" }, named("urgency", "urgent"))]),
      h("h2", { id: titleId, class: "panel-title" }, named("duty", duty.kind)),
      issue?.title && h("p", {}, `“${issue.title}”`),
    ),
    h(
      "dl",
      { class: "facts" },
      fact("column-owner", duty.owner_name),
      fact("column-unit", duty.unit_name),
      fact("column-due", dueText(duty)),
      duty.first_due_at !== duty.due_at && fact("first-due", fullDay(lastDayOf(duty.first_due_at))),
      fact("column-promise", promise(duty)),
      duty.closed_at && fact("closed-at", momentText(duty.closed_at)),
      fact("owed-to", duty.owed_to_name ?? (duty.owed_to && named("owed", duty.owed_to))),
    ),
    !past && [mine(duty, person), returnsOf(detail, person), moreDays(detail, person)],
    h(
      "section",
      { class: "close" },
      h("h3", {}, t("why-title")),
      h("p", { class: "notice" }, due.explanation[language]),
      citation && h("p", { class: "quiet small" }, t("citation", { citation })),
      steps(due.trace),
    ),
    dueDates.length > 1 && h("section", { class: "close" }, h("h3", {}, t("due-dates")), earlierDates(dueDates)),
    h("section", { class: "close" }, h("h3", {}, t("timeline")), moments(timeline)),
  ];
}

function fact(key, words) {
  return words && [h("dt", {}, t(key)), h("dd", {}, words)];
}

/** One's own open report is filed where visits are. */
function mine(duty, person) {
  if (duty.kind !== "report" || duty.closed_at || duty.owner_person_id !== person.person_id) return null;
  return h("a", { class: "button first", href: `/visits/#report=${duty.visit_id}` }, t("file-report"));
}

function earlierDates(dueDates) {
  return h(
    "ol",
    { class: "moments" },
    dueDates.map((each) =>
      h(
        "li",
        { class: "tight" },
        h("p", {}, h("strong", {}, t("until-end-of", { day: fullDay(lastDayOf(each.due_at)) }))),
        h("p", { class: "quiet small" }, `${momentText(each.at)} · ${named("cause", each.cause)}`),
      ),
    ),
  );
}

function moments(timeline) {
  return h(
    "ol",
    { class: "moments" },
    timeline.map((moment) =>
      h(
        "li",
        { class: "tight" },
        h("p", {}, momentWords(moment)),
        h("p", { class: "quiet small number" }, momentText(moment.at)),
        moment.reason && !moment.channel && h("p", { class: "small" }, moment.reason),
      ),
    ),
  );
}

function momentWords(moment) {
  if (!moment.channel) return named("moment", moment.what);
  return t("told", {
    rung: named("rung", moment.what),
    channel: named("channel", moment.channel),
    state: named("message", moment.state),
  });
}
