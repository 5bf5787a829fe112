// The evening of a month, moved by the office: all cells meet on the 3rd unless a committee names another day.
import { api, dayText, field, h, localDay, newUuid, notice, readDay, select, serverNow, show, showErrors, t, toast } from "./shared/kit.js";

const MONTHS_AHEAD = 12;

/** What was moved, with a way back, and a form for another month; for whoever keeps the directory. */
export async function movedEvenings(person, refresh) {
  if (!person.may.includes("edit_directory")) return null;
  const { evenings } = await api("/visits/api/evenings");
  return h(
    "section",
    { class: "sheet" },
    h(
      "details",
      { class: "fold", open: evenings.length > 0 },
      h("summary", {}, t("evening-move")),
      h("div", { class: "stack" }, h("p", { class: "quiet small" }, t("evening-about")), list(evenings, refresh), form(evenings, refresh)),
    ),
  );
}

function list(evenings, refresh) {
  if (evenings.length === 0) return null;
  const said = h("div", {});
  return [
    h(
      "ul",
      { class: "ruled" },
      evenings.map((each) =>
        h(
          "li",
          { class: "between" },
          h("span", {}, t("evening-moved", { month: monthText(each.month), day: dayText(each.day) })),
          h("button", { class: "button", type: "button", onclick: () => put(each.evening_id, { ...each, withdrawn: true }, said, refresh) }, t("evening-withdraw")),
        ),
      ),
    ),
    said,
  ];
}

function form(evenings, refresh) {
  const taken = new Set(evenings.map(({ month }) => month));
  const free = monthsAhead().filter((month) => !taken.has(month));
  const month = select(free.map((each) => [each, monthText(each)]), { value: free[0] });
  const day = h("input", { class: "box", autocomplete: "off" });
  const said = h("div", {});
  const id = newUuid();
  const made = h(
    "form",
    { class: "close", novalidate: true, onsubmit: submit },
    field(t("evening-month"), month, { pointer: "/month" }),
    field(t("evening-day"), day, { pointer: "/day", hint: t("evening-hint") }),
    said,
    h("button", { class: "button", type: "submit" }, t("evening-keep")),
  );
  return made;

  function submit(event) {
    event.preventDefault();
    const read = readDay(day.value);
    if (!read) return showErrors(made, [{ pointer: "/day", message: t("evening-hint") }]);
    return put(id, { month: month.value, day: read }, said, refresh, made);
  }
}

async function put(id, { month, day, withdrawn = false }, said, refresh, made) {
  try {
    await api(`/visits/api/evenings/${id}`, { method: "PUT", body: { month, day, withdrawn } });
    toast(t("evening-noted"));
    await refresh();
  } catch (problem) {
    const homeless = made ? showErrors(made, problem.errors ?? []) : (problem.errors ?? []);
    const words = problem.errors?.length > 0 ? homeless.map((each) => each.message) : [problem.message];
    show(said, words.length > 0 && notice("wrong", ...words));
  }
}

function monthsAhead() {
  const [year, month] = localDay(serverNow()).split("-").map(Number);
  return Array.from({ length: MONTHS_AHEAD }, (_, ahead) => {
    const after = month - 1 + ahead;
    return `${year + Math.floor(after / 12)}-${String((after % 12) + 1).padStart(2, "0")}-01`;
  });
}

function monthText(month) {
  return `${month.slice(5, 7)}/${month.slice(0, 4)}`;
}
