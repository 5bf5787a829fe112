// Evaluation sheets: one's own, or every member's by name; frozen by the office when the period is over.
import { addWords, api, ask, backLink, field, h, localDay, momentText, newUuid, notice, numberText, select, serverNow, show, showAgain, t } from "./shared/kit.js";
import vi from "./sheets-vi.js";
import { fileLinks, paperOf } from "./paper.js";

await addWords({ vi, en: () => import("./sheets-en.js") });

const YEARS = 3;

/** `#sheets=2026-Q3`; without a period the one that ended last. Who sees only the own sheet gets it at once. */
export async function sheetsView({ place, person, id, whole, settle, signal }) {
  let period = written(id) ? id : lastQuarter();
  const list = h("section", { class: "sheet close", "aria-label": t("sheets-title") });

  async function refresh() {
    const told = await api(`/feedback/api/sheets?period=${period}`);
    if (signal.aborted) return;
    showAgain(list, !told.over && notice("", t("sheets-running")), told.sheets.length === 0 ? h("p", { class: "notice" }, t("sheets-none")) : table(told));
  }

  function take(chosen) {
    period = chosen;
    settle(chosen, true);
    return refresh();
  }

  await refresh();
  if (signal.aborted) return undefined;
  show(
    place,
    h("div", { class: "tight" }, h("h1", {}, t(whole ? "sheets-title" : "sheets-mine")), h("p", { class: "quiet" }, t("sheets-about"))),
    h("div", { class: "sheet" }, field(t("sheets-period"), select(periods(period), { value: period, onchange: ({ target }) => take(target.value) }))),
    list,
    !whole && person.may.includes("object_to_record") && h("p", {}, h("a", { class: "button", href: "/visits/#record" }, t("sheets-object"))),
  );
  return refresh;
}

/** `#sheet=<person>:2026-Q3` */
export async function sheetView({ place, person, id, signal }) {
  const [person_id, period] = (id ?? "").split(":");
  const path = `/feedback/api/people/${encodeURIComponent(person_id)}/sheet`;
  const paper = h("div", { class: "stack" });
  const said = h("div", {});

  async function refresh() {
    const told = await api(`${path}?period=${encodeURIComponent(period)}`);
    if (!signal.aborted) draw(told);
  }

  function draw(told) {
    showAgain(
      paper,
      h("p", { class: "quiet" }, told.edition ? t("sheet-frozen", { n: numberText(told.edition), at: momentText(told.frozen_at) }) : t("sheet-draft")),
      h("p", { class: "buttons files" }, fileLinks(`${path}/file`, { period })),
      told.over && person.may.includes("freeze_sheets") && h("p", { class: "buttons" }, h("button", { class: "button first", type: "button", onclick: () => freeze(told) }, t(told.edition ? "sheet-freeze-again" : "sheet-freeze"))),
      said,
      h("section", { class: "sheet stack paper", "aria-label": t("reports-paper") }, ...paperOf(told.paper)),
    );
  }

  async function freeze(told) {
    const sure = await ask({ title: t("sheet-freeze-sure", { name: told.full_name }), about: t("sheet-freeze-about"), yes: t("sheet-freeze") });
    if (!sure) return;
    try {
      draw(await api(path, { method: "PUT", body: { sheet_id: newUuid(), period } }));
      show(said, notice("good", t("sheet-is-frozen")));
    } catch (problem) {
      show(said, notice("wrong", problem.message));
    }
  }

  await refresh();
  if (signal.aborted) return undefined;
  show(place, backLink(`#sheets=${period}`), h("h1", {}, t("sheet-title")), paper);
  return refresh;
}

function written(period) {
  return /^\d{4}(-Q[1-4])?$/.test(period ?? "");
}

function lastQuarter() {
  const [year, month] = localDay(serverNow()).split("-").map(Number);
  const quarter = Math.floor((month - 1) / 3);
  return quarter === 0 ? `${year - 1}-Q4` : `${year}-Q${quarter}`;
}

/** What has begun, the newest first; and the one that is looked at. */
function periods(chosen) {
  const [year, month] = localDay(serverNow()).split("-").map(Number);
  const years = Array.from({ length: YEARS }, (_, back) => year - back);
  const begun = years.flatMap((each) => [String(each), ...[4, 3, 2, 1].filter((quarter) => each < year || quarter * 3 - 2 <= month).map((quarter) => `${each}-Q${quarter}`)]);
  return [...new Set([...begun, chosen])].map((each) => [each, words(each)]);
}

function words(period) {
  const [year, quarter] = period.split("-Q");
  return quarter ? t("sheets-quarter", { quarter: ["I", "II", "III", "IV"][quarter - 1], year }) : t("sheets-year", { year });
}

function table({ period, sheets }) {
  return h(
    "table",
    { class: "duties" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("sheets-member")), h("th", { scope: "col" }, t("sheets-state")))),
    h(
      "tbody",
      {},
      sheets.map((each) =>
        h(
          "tr",
          {},
          h("td", { "data-label": t("sheets-member") }, h("a", { href: `#sheet=${each.person_id}:${period}` }, each.full_name)),
          h("td", { class: "number", "data-label": t("sheets-state") }, each.edition ? t("sheet-frozen", { n: numberText(each.edition), at: momentText(each.frozen_at) }) : t("sheets-not-frozen")),
        ),
      ),
    ),
  );
}
