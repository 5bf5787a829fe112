// The first step: where and when, what kind of visit; or that it did not take place, and why.
import { dayText, field, h, named, notice, select, show, t, tick } from "./shared/kit.js";
import { REASONS } from "./visit-form.js";
import { sameDay } from "./duplicates.js";
import { unitBox } from "./units.js";
import { dayBox, timeBox } from "./when.js";

const KINDS = ["meeting_attendance", "field_trip"];
const CHIPS = 4;

export function whereStep({ form, places, known, changed, unitChosen, again }) {
  const held = form.outcome === "held";
  const twice = h("div", {});
  known.told = tellTwice;
  tellTwice();
  return h(
    "section",
    { class: "sheet stack" },
    choice("kind", t("visit-kind"), KINDS.map((kind) => [kind, named("visit", kind)]), form.kind, (kind) => put("kind", kind)),
    unitField(),
    when(),
    twice,
    tick(
      t("not-held"),
      h("input", { type: "checkbox", checked: !held, onchange: ({ target }) => setHeld(!target.checked) }),
    ),
    !held && why(),
  );

  function put(name, value) {
    form[name] = value;
    changed();
  }

  function setHeld(yes) {
    put("outcome", yes ? "held" : "cancelled");
    put("reason", "");
    again();
  }

  function unitField() {
    const box = unitBox(places.units, form.unit, choose);
    const made = field(t("unit"), box.input, { hint: t("unit-hint"), pointer: "/unit_id /unit_code" });
    made.append(box.list);
    const mine = places.units.filter((each) => each.assigned).slice(0, CHIPS);
    const near = mine.map((each) => h("button", { class: "chip", type: "button", onclick: () => tap(each) }, each.name));
    if (mine.length > 0) made.append(h("div", { class: "chips", role: "group", "aria-label": t("assigned-units") }, near));
    press();
    return made;

    /** A cell that one is in charge of is one tap away. */
    function tap(unit) {
      box.input.value = unit.name;
      choose(unit);
    }

    function choose(unit) {
      put("unit", unit && { unit_id: unit.unit_id, name: unit.name });
      press();
      unitChosen();
    }

    function press() {
      near.forEach((chip, n) => chip.setAttribute("aria-pressed", String(mine[n].unit_id === form.unit?.unit_id)));
    }
  }

  function when() {
    const day = dayBox(form.day, (value) => {
      put("day", value);
      tellTwice();
    });
    return h(
      "div",
      { class: "when" },
      field(t("day"), day.control, { pointer: "/started_at /planned_at", also: day.also }),
      field(t("from"), timeBox(form.from, (value) => put("from", value))),
      held && field(t("to"), timeBox(form.to, (value) => put("to", value)), { pointer: "/ended_at" }),
    );
  }

  function tellTwice() {
    show(twice, form.day && sameDay(known.visits, form.day).length > 0 && notice("warn", t("same-day", { day: dayText(form.day) })));
  }

  function why() {
    const reasons = REASONS[form.outcome].map((reason) => [reason, named("unheld", reason)]);
    return h(
      "div",
      { class: "stack" },
      choice("outcome", t("what-happened"), Object.keys(REASONS).map((each) => [each, named("outcome", each)]), form.outcome, (value) => {
        put("outcome", value);
        put("reason", "");
        again();
      }),
      field(
        t("reason"),
        select([["", t("choose")], ...reasons], { value: form.reason, onchange: ({ target }) => put("reason", target.value) }),
        { pointer: "/reason" },
      ),
      h("p", { class: "quiet" }, t("not-held-about")),
    );
  }
}

/** One of a few, as buttons that fill the width. */
function choice(name, label, options, current, chosen) {
  return h(
    "fieldset",
    { class: "field", "data-pointer": `/${name}` },
    h("legend", { class: "label" }, label),
    h(
      "div",
      { class: "choice" },
      options.map(([value, words]) =>
        h("label", {}, h("input", { type: "radio", name, value, checked: current === value, onchange: () => chosen(value) }), words),
      ),
    ),
    h("p", { class: "wrong", hidden: true }),
  );
}
