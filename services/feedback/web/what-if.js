// When something would be due: a start, a rule and a number of days, counted one by one before one's eyes.
import { addWords, api, backLink, dayText, field, h, instantOf, language, localDay, named, notice, readDay, readTime, select, serverNow, show, t } from "./shared/kit.js";
import { dayBox } from "./policies.js";
import { steps } from "./steps.js";
import vi from "./rules-vi.js";

await addWords({ vi, en: () => import("./rules-en.js") });

const RULES = ["calendar_roll", "working_days", "calendar_strict"];

/** `#what-if`: nothing is kept of what is asked here. */
export async function whatIfView({ place, signal }) {
  const [day, time, known] = [dayBox(dayText(localDay(serverNow()))), h("input", { class: "box", autocomplete: "off", placeholder: t("time-hint") }), dayBox("")];
  const rule = select(RULES.map((each) => [each, named("rule", each)]), { value: RULES[0] });
  const days = h("input", { class: "box", inputmode: "numeric", pattern: "[0-9]+", maxlength: "3", required: true, value: "5" });
  const answer = h("section", { class: "stack", "aria-live": "polite" });
  show(
    place,
    backLink("#rules"),
    h("h1", {}, t("what-if")),
    h("p", { class: "quiet" }, t("what-if-about")),
    h(
      "form",
      { class: "sheet stack", onsubmit: (event) => (event.preventDefault(), count()) },
      h("div", { class: "fields" }, field(t("what-if-day"), day), field(t("what-if-time"), time, { hint: t("what-if-time-hint") })),
      h("div", { class: "fields" }, field(t("policy-days"), days), field(t("policy-rule"), rule)),
      field(t("what-if-known"), known, { hint: t("what-if-known-hint") }),
      h("button", { class: "button first", type: "submit" }, t("what-if-count")),
    ),
    answer,
  );
  await count();

  async function count() {
    const start = readDay(day.value);
    if (!start || !(Number(days.value) > 0)) return show(answer, notice("wrong", t("day-typed-wrong")));
    const clock = readTime(time.value);
    const asked = new URLSearchParams({ from: clock ? instantOf(start, clock) : start, rule: rule.value, days: Number(days.value) });
    if (readDay(known.value)) asked.set("as_of", instantOf(readDay(known.value), "23:59"));
    try {
      const due = await api(`/feedback/api/deadline?${asked}`);
      if (!signal.aborted) show(answer, h("p", { class: "notice" }, h("strong", {}, due.explanation[language])), h("p", { class: "quiet small" }, t("by-calendar", { n: due.calendar_revision })), steps(due.trace));
    } catch (problem) {
      show(answer, notice("wrong", problem.message));
    }
    return undefined;
  }
}
