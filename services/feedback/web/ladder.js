// Who is reminded when: the ladder in force, and the steps that would reach nobody in the next month.
import { api, dayText, h, named, numberText, t } from "./shared/kit.js";

/** The section; nothing for who may not read messages of the committee. */
export async function ladderOf(person) {
  if (!person.may.includes("read_messages")) return null;
  const [{ in_force: version, ladders }, { gaps, last }] = await Promise.all([api("/notify/api/ladders"), api("/notify/api/ladder-gaps")]);
  const ladder = ladders.find((each) => each.version === version);
  return h(
    "section",
    { class: "sheet close", "aria-label": t("ladder") },
    h("h2", {}, t("ladder")),
    h("p", { class: "quiet small" }, t("citation", { citation: ladder.basis })),
    gapsOf(gaps, last),
    h("ol", { class: "told" }, [ladder.alarm, ...ladder.rungs].filter(Boolean).map(rung)),
  );
}

function rung({ offset, targets }) {
  return h("li", {}, h("strong", {}, when(offset)), `: ${targets.map(({ role, fallback }) => [role, ...fallback].map(who).join(t("or-else"))).join("; ")}`);
}

function when(offset) {
  if (offset === null) return t("step-urgent");
  if (offset === 0) return t("step-last-day");
  return t(offset < 0 ? "step-before" : "step-after", { n: numberText(Math.abs(offset)) });
}

function who(role) {
  return role === "owner" ? t("the-owner") : named("role", role);
}

function gapsOf(gaps, last) {
  if (gaps.length === 0) return h("p", { class: "notice good" }, t("no-gaps", { day: dayText(last) }));
  return h(
    "div",
    { class: "notice wrong tight" },
    gaps.map((gap) => h("p", {}, t("gap", { rung: named("rung", gap.rung), roles: gap.roles.map(who).join(", "), first: dayText(gap.first), last: dayText(gap.last) }))),
  );
}
