// A notice that came late: the days it gives off or takes back, proposed by the office for the board to approve.
import { api, field, h, language, notice, numberText, readDay, select, show, showErrors, t, tick } from "./shared/kit.js";
import { dayBox } from "./policies.js";
import en from "./rules-en.js";
import vi from "./rules-vi.js";

const KINDS = ["statutory", "compensatory", "swap_off", "swap_work"];

/** The form; the next number is the only one that can be proposed, and a draft of that number is written anew. */
export function proposeForm(revisions, inForce, again) {
  const number = inForce.number + 1;
  const draft = revisions.find((each) => each.number === number);
  const noticeBox = h("input", { class: "box", maxlength: "200", required: true, autocomplete: "off" });
  const decided = dayBox("");
  const rows = h("ul", { class: "close" });
  const settles = inForce.document.questions.map((each) => [each, h("input", { type: "checkbox" })]);
  const years = unreviewed(inForce.document).map((year) => [year, h("input", { type: "checkbox" })]);
  const said = h("div", {});
  const form = h(
    "form",
    { class: "stack", onsubmit: send },
    draft && h("p", { class: "notice warn" }, t("draft-replaced", { n: numberText(number) })),
    h("div", { class: "fields" }, field(t("notice-number"), noticeBox, { hint: t("notice-hint"), pointer: "/notice" }), field(t("notice-decided"), decided, { pointer: "/decided_on" })),
    h("div", { class: "close" }, h("h3", {}, t("notice-days")), rows, h("button", { class: "button", type: "button", onclick: () => add() }, t("add-day"))),
    choices("notice-settles", settles, (each) => each[language]),
    choices("notice-reviewed", years, String),
    said,
    h("button", { class: "button first", type: "submit" }, t("propose")),
  );
  add();
  return h("section", { class: "sheet", "aria-label": t("propose-title") }, h("details", { class: "fold" }, h("summary", {}, t("propose-title")), form));

  function add() {
    const [day, kind] = [dayBox(""), select(KINDS.map((each) => [each, t(`kind-of-day.${each}`)]), { value: "swap_off" })];
    const name = h("input", { class: "box", maxlength: "200", autocomplete: "off" });
    const row = h(
      "li",
      { class: "fields day-row" },
      field(t("day-date"), day),
      field(t("day-kind"), kind),
      field(t("day-name"), name, { hint: t("day-name-hint") }),
      h("button", { class: "button plain", type: "button", onclick: () => row.remove() }, t("remove-day")),
    );
    row.read = () => dayOf(day.value, kind.value, name.value.trim());
    rows.append(row);
  }

  async function send(event) {
    event.preventDefault();
    const days = [...rows.children].map((row) => row.read()).filter(Boolean);
    const decidedOn = readDay(decided.value);
    if (!decidedOn || days.some((day) => !day.date)) return show(said, notice("wrong", t("day-typed-wrong")));
    const body = {
      notice: noticeBox.value.trim(),
      decided_on: decidedOn,
      days,
      settles: settles.filter(([, box]) => box.checked).map(([{ code }]) => code),
      reviewed_years: years.filter(([, box]) => box.checked).map(([year]) => year),
    };
    try {
      await api(`/feedback/api/calendar/revisions/${number}`, { method: "PUT", body });
      return await again();
    } catch (problem) {
      const homeless = showErrors(form, problem.errors);
      if (homeless.length > 0 || problem.errors.length === 0) show(said, notice("wrong", problem.message));
      return undefined;
    }
  }
}

/** A row as the server takes it; nothing for one that was left empty. */
function dayOf(typed, kind, name) {
  if (!typed.trim() && !name) return null;
  const key = `kind-of-day.${kind}`;
  return { date: readDay(typed), off: kind !== "swap_work", kind, vi: name || vi[key].toLowerCase(), en: en[key].toLowerCase() };
}

/** Years of the table that nobody has compared with the notices yet. */
function unreviewed({ days, reviewed_years: reviewed }) {
  const years = new Set(days.map(({ date }) => Number(date.slice(0, 4))));
  return [...years].filter((year) => !reviewed.includes(year)).sort();
}

function choices(key, pairs, words) {
  return pairs.length > 0 && h("fieldset", { class: "close plain-set" }, h("legend", {}, t(key)), pairs.map(([each, box]) => tick(words(each), box)));
}
