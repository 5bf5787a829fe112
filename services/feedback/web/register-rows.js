// The rows of the register: whose, where, until when, how late in the days of its rule, and what was done about it.
import { dayText, dueText, dutyState, h, momentText, named, t } from "./shared/kit.js";
import { hasPromises, promise } from "./promise.js";

const COLUMNS = ["duty", "owner", "unit", "due", "level", "promise", "state"];

/** A table, on a phone as cards. `chosen`: a set of ids that boxes fill, where duties may be asked for by hand. */
export function table(duties, { chosen, told } = {}) {
  const promises = duties.some(hasPromises);
  const columns = COLUMNS.filter((name) => name !== "promise" || promises);
  return h(
    "table",
    { class: "duties" },
    h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, t(`column-${name}`))))),
    h("tbody", {}, duties.map((duty) => row(duty, promises, chosen, told))),
  );
}

function row(duty, promises, chosen, told) {
  return h(
    "tr",
    {},
    h(
      "td",
      { "data-label": t("column-duty") },
      h(
        "div",
        { class: "duty-name" },
        chosen && isLate(duty) && box(duty, chosen, told),
        h(
          "div",
          {},
          h("a", { href: `#duty=${duty.duty_id}` }, named("duty", duty.kind)),
          duty.urgency === "urgent" && [" ", h("span", { class: "state late" }, named("urgency", "urgent"))],
          duty.title && h("p", { class: "quiet small" }, duty.title),
        ),
      ),
    ),
    h("td", { "data-label": t("column-owner") }, duty.owner_name ?? t("unknown")),
    h("td", { "data-label": t("column-unit") }, duty.unit_name ?? t("unknown")),
    h("td", { "data-label": t("column-due") }, dueText(duty)),
    h("td", { "data-label": t("column-level") }, level(duty)),
    promises && h("td", { "data-label": t("column-promise") }, promise(duty) || "–"),
    h("td", { "data-label": t("column-state") }, dutyState(duty)),
  );
}

/** Whether somebody may still be asked for it. */
export function isLate(duty) {
  return duty.status === "overdue";
}

function box(duty, chosen, told) {
  const about = t("choose-duty", { duty: named("duty", duty.kind), owner: duty.owner_name ?? t("unknown") });
  return h(
    "label",
    { class: "tick" },
    h("input", {
      type: "checkbox",
      "aria-label": about,
      "data-key": duty.duty_id,
      checked: chosen.has(duty.duty_id),
      onchange: ({ target }) => {
        chosen[target.checked ? "add" : "delete"](duty.duty_id);
        told();
      },
    }),
  );
}

function level(duty) {
  return h(
    "div",
    { class: "tight" },
    h("p", {}, duty.level ? named("rung", duty.level) : t("no-level")),
    duty.acknowledged_until && h("p", { class: "small" }, t("on-it-until", { day: dayText(duty.acknowledged_until) })),
    duty.chased_at && h("p", { class: "small" }, t("chased-at", { at: momentText(duty.chased_at) })),
  );
}
