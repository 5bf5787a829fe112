// `#inbox`: what waits for the office's next step; what waits longer than a day stands first, with how long.
import { addWords, api, field, fullDay, h, lastDayOf, named, numberText, select, show, t } from "./shared/kit.js";
import vi from "./office-vi.js";

const STEPS = ["forward", "forward_again", "reopened", "question", "reply"];
const FIELDS = ["environment", "culture", "transport", "education_health", "electricity_water", "party_work", "land", "security", "economy", "other"];
const SHOWN = 25;
const MOST_SHOWN = 200;
const PAUSE_IN_TYPING = 250;

await addWords({ vi, en: () => import("./office-en.js") });

export async function inboxView({ place, signal }) {
  const wanted = { q: "", step: "", field: "" };
  const count = h("p", { class: "quiet number", role: "status" });
  const list = h("div", { class: "close" });
  let shown = SHOWN;
  let asked = 0;
  let later = 0;

  async function refresh() {
    const mine = (asked += 1);
    const query = new URLSearchParams(Object.entries({ ...wanted, limit: shown }).filter(([, value]) => value));
    const { waiting, total } = await api(`/feedback/api/inbox?${query}`);
    if (mine !== asked || signal.aborted) return;
    show(count, t("inbox-count", { n: numberText(total) }));
    show(
      list,
      waiting.length === 0 ? h("p", { class: "notice good" }, t("inbox-empty")) : table(waiting),
      total > shown && shown < MOST_SHOWN && h("button", { class: "button wide", type: "button", onclick: showMore }, t("more")),
    );
  }

  function showMore() {
    shown = Math.min(shown + SHOWN, MOST_SHOWN);
    return refresh();
  }

  function typed(event) {
    if (event.isComposing) return; // half a letter of Telex finds the wrong matters
    wanted.q = event.target.value;
    clearTimeout(later);
    later = setTimeout(refresh, PAUSE_IN_TYPING);
  }

  function choice(name, values, group) {
    const options = [["", t("all")], ...values.map((value) => [value, named(group, value)])];
    return select(options, { value: "", onchange: (event) => ((wanted[name] = event.target.value), refresh()) });
  }

  const search = h("input", { class: "box", type: "search", maxlength: "100", oninput: typed, oncompositionend: typed });
  await refresh();
  if (signal.aborted) return undefined;
  show(
    place,
    h("div", { class: "between" }, h("h1", {}, t("inbox")), count),
    h(
      "section",
      { class: "sheet stack", "aria-label": t("inbox") },
      h(
        "form",
        { class: "filters", onsubmit: (event) => event.preventDefault() },
        field(t("filter-text"), search),
        field(t("filter-step"), choice("step", STEPS, "step")),
        field(t("filter-field"), choice("field", FIELDS, "field")),
      ),
      list,
    ),
  );
  return refresh;
}

function table(waiting) {
  const columns = ["column-matter", "column-unit", "column-step", "column-first-due", "column-waiting"];
  return h(
    "table",
    { class: "duties" },
    h("thead", {}, h("tr", {}, columns.map((key) => h("th", { scope: "col" }, t(key))))),
    h("tbody", {}, waiting.map(row)),
  );
}

function row({ issue, step, hours, long, first_due_at: due }) {
  const waited = hours < 48 ? t("waiting-hours", { n: numberText(hours) }) : t("waiting-days", { n: numberText(Math.floor(hours / 24)) });
  return h(
    "tr",
    {},
    h(
      "td",
      { "data-label": t("column-matter") },
      h("a", { href: `#issue=${issue.issue_id}` }, issue.title ?? t("restricted-matter")),
      issue.urgency === "urgent" && [" ", h("span", { class: "state late" }, named("urgency", "urgent"))],
      issue.field && h("p", { class: "quiet small" }, named("field", issue.field)),
    ),
    h("td", { "data-label": t("column-unit") }, issue.unit_name ?? t("unknown")),
    h("td", { "data-label": t("column-step") }, named("step", step)),
    h("td", { "data-label": t("column-first-due") }, due ? fullDay(lastDayOf(due)) : t("unknown")),
    h("td", { "data-label": t("column-waiting") }, h("span", { class: `state ${long ? "late" : ""}` }, waited)),
  );
}
