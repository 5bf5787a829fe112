// The dated decisions on how long a duty may take, and the form by which the permanent board makes a new one.
import { api, dayText, field, fullDay, h, language, localDay, named, newUuid, notice, numberText, readDay, select, serverNow, show, showErrors, t } from "./shared/kit.js";

const KINDS = ["report", "forward", "answer", "reply_to_cell"];
const VISITS = ["field_trip", "meeting_attendance"];
const RULES = ["calendar_roll", "working_days", "calendar_strict"];
const ORDER = ["in_force", "coming", "past"];
const TONES = { in_force: "good", coming: "soon", past: "" };

/** The section; `again` draws the page anew after a new decision. */
export function policiesOf(policies, person, again) {
  return h(
    "section",
    { class: "sheet stack", "aria-label": t("policies") },
    h("h2", {}, t("policies")),
    h("p", { class: "quiet" }, t("policies-about")),
    KINDS.map((kind) => ofKind(kind, policies.filter((each) => each.kind === kind))),
    person.may.includes("set_policy") && policyForm(policies, again),
  );
}

function ofKind(kind, policies) {
  const sorted = policies.toSorted((a, b) => ORDER.indexOf(a.standing) - ORDER.indexOf(b.standing) || (b.valid_from ?? "").localeCompare(a.valid_from ?? ""));
  return h("div", { class: "close" }, h("h3", {}, named("duty", kind)), h("ul", { class: "policies" }, sorted.map(line)));
}

function line(policy) {
  return h(
    "li",
    { class: "tight" },
    h(
      "p",
      { class: "between" },
      h("strong", {}, termOf(policy), policy.visit_kind && ` · ${named("visit", policy.visit_kind)}`),
      h("span", { class: `state ${TONES[policy.standing]}` }, named("standing", policy.standing)),
    ),
    h("p", {}, t("receives", { body: recipient(policy.owed_to, policy.owed_to_name) }), urgentTo(policy)),
    h("p", { class: "small" }, t("citation", { citation: policy.citation })),
    h("p", { class: "quiet small" }, [validity(policy), t("extensions-allowed", { n: numberText(policy.extensions_allowed) }), policy.committee_id === null && t("default-of-system")].filter(Boolean).join(" · ")),
  );
}

function termOf({ days, rule }) {
  return t(rule === "working_days" ? "term-working" : rule === "calendar_roll" ? "term-roll" : "term-strict", { n: numberText(days) });
}

function recipient(code, name) {
  return name ?? named("owed", code);
}

function urgentTo({ owed_to: normal, urgent_owed_to: urgent, urgent_owed_to_name: name }) {
  return urgent && urgent !== normal && `; ${t("receives-urgent", { body: recipient(urgent, name) })}`;
}

function validity({ valid_from: from, valid_to: to }) {
  if (from && to) return t("valid-between", { from: dayText(from), to: dayText(to) });
  if (from) return t("valid-from", { from: dayText(from) });
  return to ? t("valid-to", { to: dayText(to) }) : t("valid-always");
}

function policyForm(policies, again) {
  const id = newUuid();
  const [kind, visit, rule] = [choice(KINDS, "duty"), choice(VISITS, "visit", t("every-visit")), choice(RULES, "rule")];
  const days = h("input", { class: "box", inputmode: "numeric", pattern: "[0-9]+", maxlength: "3", required: true, value: "5" });
  const owedTo = h("select", { class: "box", required: true });
  const urgentTo = h("select", { class: "box" });
  const citation = h("input", { class: "box", maxlength: "300", required: true, autocomplete: "off" });
  const extensions = h("input", { class: "box", inputmode: "numeric", pattern: "[0-9]+", maxlength: "2", required: true, value: "2" });
  const [from, to] = [dayBox(dayText(localDay(serverNow()))), dayBox("")];
  const [seen, said] = [h("div", { "aria-live": "polite" }), h("div", {})];
  let asked = 0;
  const form = h(
    "form",
    { class: "stack", onsubmit: send, onchange: look },
    h("div", { class: "fields" }, field(t("policy-kind"), kind, { pointer: "/kind" }), field(t("policy-visit"), visit, { pointer: "/visit_kind" })),
    h("div", { class: "fields" }, field(t("policy-days"), days, { pointer: "/days" }), field(t("policy-rule"), rule, { pointer: "/rule" })),
    h("div", { class: "fields" }, field(t("policy-owed-to"), owedTo, { pointer: "/owed_to" }), field(t("policy-urgent-to"), urgentTo, { pointer: "/urgent_owed_to" })),
    field(t("policy-citation"), citation, { hint: t("policy-citation-hint"), pointer: "/citation" }),
    h("div", { class: "fields" }, field(t("policy-from"), from, { pointer: "/valid_from" }), field(t("policy-to"), to, { pointer: "/valid_to" }), field(t("policy-extensions"), extensions, { pointer: "/extensions_allowed" })),
    seen,
    said,
    h("button", { class: "button first", type: "submit" }, t("policy-send")),
  );
  return h("details", { class: "fold", ontoggle: open }, h("summary", {}, t("policy-new")), form);

  /** Bodies are asked for when somebody means to decide. */
  async function open({ target }) {
    if (!target.open || owedTo.options.length > 0) return;
    const today = localDay(serverNow());
    const { bodies } = await api("/visits/api/bodies");
    const standing = bodies.filter((each) => !each.valid_to || each.valid_to >= today);
    const options = () => standing.map(({ code, name }) => h("option", { value: code }, name));
    show(owedTo, options(), h("option", { value: "party_cell" }, named("owed", "party_cell")));
    show(urgentTo, h("option", { value: "" }, t("same-body")), options());
    [owedTo.value, urgentTo.value] = ["permanent_board", "standing_committee"]; // as the regulation has it
    await look();
  }

  /** The last day of a visit of the first day, as it would be now and by the new decision; what was asked last counts. */
  async function look() {
    const mine = (asked += 1);
    const start = readDay(from.value);
    if (!start || !(Number(days.value) > 0)) return show(seen);
    const now = policies.find((each) => each.kind === kind.value && each.standing === "in_force" && [null, visit.value || null].includes(each.visit_kind));
    const [before, after] = await Promise.all([now && lastDay(start, now.rule, now.days), lastDay(start, rule.value, Number(days.value))]);
    if (mine !== asked) return undefined;
    return show(
      seen,
      h(
        "div",
        { class: "notice close" },
        h("p", {}, h("strong", {}, t("policy-from-then", { day: dayText(start) }))),
        before && h("p", { class: "small" }, t("policy-example", { start: fullDay(start), before: fullDay(before.last_day), after: fullDay(after.last_day) })),
        h("p", { class: "quiet small" }, after.explanation[language]),
      ),
    );
  }

  async function send(event) {
    event.preventDefault();
    const body = {
      kind: kind.value,
      visit_kind: visit.value || null,
      rule: rule.value,
      days: Number(days.value),
      owed_to: owedTo.value,
      urgent_owed_to: urgentTo.value || null,
      citation: citation.value.trim(),
      extensions_allowed: Number(extensions.value),
      valid_from: readDay(from.value),
      valid_to: readDay(to.value) || null,
    };
    try {
      await api(`/feedback/api/policies/${id}`, { method: "PUT", body });
      await again();
    } catch (problem) {
      const homeless = showErrors(form, problem.errors);
      if (homeless.length > 0 || problem.errors.length === 0) show(said, notice("wrong", problem.message));
    }
  }
}

function lastDay(from, rule, days) {
  return api(`/feedback/api/deadline?${new URLSearchParams({ from, rule, days })}`);
}

function choice(values, group, none) {
  return select([...(none ? [["", none]] : []), ...values.map((value) => [value, named(group, value)])], { value: none ? "" : values[0] });
}

/** A day typed in its Vietnamese form. */
export function dayBox(value) {
  return h("input", { class: "box", autocomplete: "off", placeholder: t("day-hint"), value });
}
