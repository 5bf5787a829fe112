// Figures that nobody can argue with: each is counted from facts, as of the moment it names, and opens its list.
import { api, dayText, h, momentText, numberText, showAgain, t } from "./shared/kit.js";
import { atThatTime } from "./as-of.js";
import { registerLink } from "./choice.js";

const COUNTED = { kind: "report+forward", restricted: "no" };

/** The section, and how to count again in its place; `morning` is what the interface says of the day. */
export async function figureRow(morning) {
  const section = h("section", { class: "close", "aria-label": t("figures") });
  await refresh(morning);
  return { section, refresh };

  async function refresh(morning) {
    const counts = await api(atThatTime("/feedback/api/figures"));
    const [first, last] = counts.period.map(dayText);
    showAgain(
      section,
      h("dl", { class: "figures" }, [...given(counts), ...today(counts, morning)].map(figure)),
      h("p", { class: "quiet small" }, t("as-of", { at: momentText(counts.as_of), first, last })),
      counts.share.unsent > 0 && h("p", { class: "notice small" }, t("range-why", { n: numberText(counts.share.unsent) })),
    );
  }
}

function figure({ name, value, about, to, late }) {
  return h(
    "div",
    { class: `sheet figure ${late ? "late" : ""}` },
    h("dt", {}, t(`figure-${name}`)),
    h("dd", { class: "value number" }, h("a", { href: to, "aria-label": `${t(`figure-${name}`)}: ${value}` }, value)),
    h("dd", { class: "quiet small" }, about),
  );
}

/** Given, due, done, late: of reports and forwardings, as the regulation counts them. */
function given(counts) {
  const both = (name) => counts[`report_${name}`] + counts[`forward_${name}`];
  const done = both("on_time") + both("late");
  const late = both("missing_overdue");
  return [
    {
      name: "given",
      value: numberText(done + late + both("missing_not_due")),
      about: t("given-about", numbers(counts)),
      to: list("overdue+open+on_time+late"),
    },
    {
      name: "due",
      value: numberText(both("due_by_as_of")),
      about: t("due-about", { n: numberText(both("missing_not_due")) }),
      to: list("overdue+on_time+late"),
    },
    {
      name: "done",
      value: numberText(done),
      about: t("done-about", { n: numberText(both("on_time")), late: numberText(both("late")) }),
      to: list("on_time+late"),
    },
    { name: "late", value: numberText(late), about: t("late-about", lateParts(counts)), to: list("overdue"), late: late > 0 },
  ];
}

/** What somebody acts upon this morning. */
function today({ share }, morning) {
  const punctual = {
    name: "share",
    value: shareText(share),
    about: t("share-about", { n: numberText(share.on_time), all: numberText(share.due) }),
    to: list("overdue+on_time+late"),
  };
  if (!morning) return [punctual];
  const { newly_late: fresh, last_day: day, urgent_duties: urgent, urgent_issues: issues, unvisited, since } = morning;
  return [
    punctual,
    {
      name: "fresh",
      value: numberText(fresh),
      about: t("newly-about", { day: dayText(day) }),
      to: registerLink({ status: "overdue", due: `${day}..${day}`, restricted: "no" }),
      late: fresh > 0,
    },
    {
      name: "urgent",
      value: numberText(urgent),
      about: t("urgent-about", { n: numberText(issues) }),
      to: registerLink({ status: "overdue+open", urgency: "urgent", restricted: "no" }),
      late: urgent > 0,
    },
    { name: "unvisited", value: numberText(unvisited), about: t("unvisited-since", { day: dayText(since) }), to: "#unvisited" },
  ];
}

function list(status) {
  return registerLink({ ...COUNTED, status });
}

/** `84,2%`; `84–91%` while what the phones hold may move it; both ends are whole, and wide enough. */
export function shareText({ known, low, high }) {
  if (low === null) return "–";
  if (low === high) return `${numberText(known / 10)}%`;
  return `${numberText(Math.floor(low / 10))}–${numberText(Math.ceil(high / 10))}%`;
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
