// Four figures that nobody can argue with: each is counted from facts, as of the moment it names.
import { api, dayText, h, momentText, numberText, show, t } from "./shared/kit.js";
import { atThatTime } from "./as-of.js";

/** The section, and how to count again in its place. */
export async function figureRow() {
  const section = h("section", { class: "close", "aria-label": t("figures") });
  await refresh();
  return { section, refresh };

  async function refresh() {
    show(section, await counted());
  }
}

async function counted() {
  const counts = await api(atThatTime("/feedback/api/figures"));
  const both = (name) => counts[`report_${name}`] + counts[`forward_${name}`];
  const done = both("on_time") + both("late");
  const figures = [
    { name: "given", value: done + both("missing_overdue") + both("missing_not_due"), about: t("given-about", numbers(counts)) },
    { name: "due", value: both("due_by_as_of"), about: t("due-about", { n: numberText(both("missing_not_due")) }) },
    { name: "done", value: done, about: t("done-about", { n: numberText(both("on_time")), late: numberText(both("late")) }) },
    { name: "late", value: both("missing_overdue"), about: t("late-about", lateParts(counts)) },
  ];
  const [first, last] = counts.period.map(dayText);
  return [
    h(
      "dl",
      { class: "figures" },
      figures.map(({ name, value, about }) =>
        h(
          "div",
          { class: `sheet figure ${name === "late" && value > 0 ? "late" : ""}` },
          h("dt", {}, t(`figure-${name}`)),
          h("dd", { class: "value number" }, numberText(value)),
          h("dd", { class: "quiet small" }, about),
        ),
      ),
    ),
    h("p", { class: "quiet small" }, t("as-of", { at: momentText(counts.as_of), first, last })),
  ];
}

function numbers(counts) {
  return {
    visits: numberText(counts.field_trips + counts.meetings_attended),
    issues: numberText(counts.issues),
  };
}

function lateParts(counts) {
  return {
    reports: numberText(counts.report_missing_overdue),
    forwards: numberText(counts.forward_missing_overdue),
  };
}
