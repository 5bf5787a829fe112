// What narrows the register: a text, a state and a kind at once; the rest behind a fold, with the names that can be chosen.
import { api, dayText, field, h, named, select, show, t } from "./shared/kit.js";

const STATUSES = ["overdue", "open", "on_time", "late", "not_owed"];
const GROUPS = ["overdue+open", "on_time+late", "overdue+on_time+late", "overdue+open+on_time+late"];
const KINDS = ["report", "forward", "answer", "reply_to_cell"];
const BOTH = "report+forward";
const FIELDS = ["environment", "culture", "transport", "education_health", "electricity_water", "party_work", "land", "security", "economy", "other"];
const URGENCIES = ["urgent", "normal"];
const RARE = ["owner", "unit", "field", "urgency"];
const PAUSE_IN_TYPING = 250;

/** The form; `changed(whole)` after each change, `whole` when it was a decision and not one more letter. */
export function filters(choice, { agency, more, changed }) {
  const narrows = h("div", { class: "chips" });
  let later = 0;
  const form = h(
    "form",
    { class: "close", onsubmit: (event) => event.preventDefault() },
    h(
      "div",
      { class: "filters" },
      labelled(
        t("filter-text"),
        h("input", {
          class: "box",
          type: "search",
          maxlength: "100",
          placeholder: t("filter-hint"),
          value: choice.q,
          oninput: typed,
          oncompositionend: typed,
        }),
      ),
      labelled(t("filter-status"), chooser("status", [...options("status", STATUSES), ...options("statuses", GROUPS)])),
      labelled(
        t("filter-kind"),
        chooser("kind", agency ? options("duty", ["answer"]) : [...options("duty", KINDS), ...options("kinds", [BOTH])]),
      ),
    ),
    more && rare(),
    narrows,
  );
  narrowed();
  return form;

  function typed(event) {
    if (event.isComposing) return; // half a letter of Telex finds the wrong people
    choice.q = event.target.value;
    clearTimeout(later);
    later = setTimeout(() => changed(false), PAUSE_IN_TYPING);
  }

  /** A value from an address may be one that is not offered; it is told as what it is made of. */
  function chooser(name, offered) {
    const there = !choice[name] || offered.some(([value]) => value === choice[name]);
    const other = there ? [] : [[choice[name], choice[name].split("+").map((each) => named(name, each)).join(", ")]];
    return select([...offered, ...other, ["", t("all")]], { value: choice[name], onchange: (event) => take(name, event.target.value) });
  }

  function take(name, value) {
    choice[name] = value;
    changed(true);
  }

  function rare() {
    const inside = h("div", { class: "close" });
    const fold = h("details", { class: "fold", ontoggle: fill }, h("summary", {}, t("filter-more")), inside);
    fold.open = RARE.some((name) => choice[name]);
    return fold;

    async function fill() {
      if (!fold.open || inside.hasChildNodes()) return;
      const { owners, units } = await api("/feedback/api/register/names");
      show(
        inside,
        h(
          "div",
          { class: "filters" },
          field(t("filter-owner"), chooser("owner", pairs(owners))),
          field(t("filter-unit"), chooser("unit", pairs(units))),
          field(t("filter-field"), chooser("field", options("field", FIELDS))),
          field(t("filter-urgency"), chooser("urgency", options("urgency", URGENCIES))),
        ),
      );
    }
  }

  /** What a link may narrow and no control does: said, and taken away with one touch. */
  function narrowed() {
    const [from, to] = choice.due.split("..").map((day) => day && dayText(day));
    show(
      narrows,
      choice.due && without("due", t("narrowed-due", { from: from || "…", to: to || "…" })),
      choice.restricted && without("restricted", t("narrowed-restricted")),
    );
    narrows.hidden = !narrows.hasChildNodes();
  }

  function without(name, words) {
    return h(
      "button",
      { class: "chip", type: "button", "aria-label": t("narrowed-away", { words }), onclick: away },
      words,
      h("span", { "aria-hidden": "true" }, " ✕"),
    );

    function away() {
      take(name, "");
      narrowed();
    }
  }
}

function options(group, values) {
  return values.map((value) => [value, named(group, value)]);
}

function pairs(people) {
  return people.map(({ id, name }) => [id, name]);
}

function labelled(words, control) {
  return h("label", { class: "field" }, h("span", { class: "label" }, words), control);
}
