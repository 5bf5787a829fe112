// The grid: members by name, the year's periods across, each box a number against the quota with the visits behind it.
import { addWords, api, h, named, numberText, periodText, select, serverNow, localDay, show, t } from "./shared/kit.js";
import vi from "./grid-vi.js";
import { evidencePanel } from "./grid-evidence.js";
import { spreads } from "./grid-spread.js";

await addWords({ vi, en: () => import("./grid-en.js") });

const KINDS = ["field_trip", "meeting_attendance"];
const MARKS = { done: "✓", late: "!", excused: "~", not_yet: "…", ahead: "·", not_asked: "–" };
const YEARS = 6;

/** `#grid`, or `#grid=2025` for another year. */
export async function gridView({ place, person, id, signal }) {
  const thisYear = Number(localDay(serverNow()).slice(0, 4));
  const year = /^\d{4}$/.test(id ?? "") ? Number(id) : thisYear;
  const list = h("div", { class: "close" });
  const spread = h("div", {});
  const panel = evidencePanel(person);
  const focus = { row: 0, column: 0 };

  async function refresh() {
    const grid = await api(`/feedback/api/grid?year=${year}`);
    if (signal.aborted) return;
    const open = panel.dialog.open || list.contains(document.activeElement);
    show(list, grid.lines.length === 0 ? h("p", { class: "notice" }, t("grid-none")) : table(grid, panel, focus));
    if (!spread.querySelector("details[open]")) show(spread, grid.lines.length > 0 && spreads(grid));
    if (open && !panel.dialog.open) list.querySelector('.period[tabindex="0"]')?.focus();
  }

  await refresh();
  if (signal.aborted) return undefined;
  show(
    place,
    h("div", { class: "tight" }, h("h1", {}, t("grid-title")), h("p", { class: "quiet" }, t("grid-about"))),
    h(
      "section",
      { class: "sheet stack", "aria-label": t("grid-title") },
      h("div", { class: "between" }, legend(), yearBox(year, thisYear)),
      list,
      h("p", { class: "quiet small keys" }, t("grid-keys")),
      spread,
      h("p", { class: "buttons files" }, ["xlsx", "csv"].map((format) => fileLink(year, format))),
    ),
    panel.dialog,
  );
  return refresh;
}

function fileLink(year, format) {
  return h("a", { class: "button", href: `/feedback/api/grid/file?year=${year}&format=${format}`, download: "" }, t(`file-${format}`));
}

function yearBox(year, thisYear) {
  const years = Array.from({ length: YEARS }, (_, back) => thisYear - back);
  if (!years.includes(year)) years.push(year);
  return h(
    "label",
    { class: "field year" },
    h("span", { class: "label" }, t("grid-year")),
    select(years.map((each) => [String(each), String(each)]), {
      value: String(year),
      onchange: ({ target }) => (location.hash = `#grid=${target.value}`),
    }),
  );
}

function legend() {
  return h(
    "ul",
    { class: "legend" },
    Object.entries(MARKS).map(([standing, mark]) =>
      h("li", {}, h("span", { class: `mark ${standing}`, "aria-hidden": "true" }, mark), " ", named("standing", standing)),
    ),
  );
}

/** One stop for Tab and arrows within, so that five hundred boxes are no obstacle. */
function table(grid, panel, focus) {
  const rows = grid.lines.map((line, row) => lineRow(grid, line, row, panel, focus));
  return h(
    "table",
    { class: "periods", role: "grid", "aria-label": t("grid-title"), onkeydown: move },
    h("thead", { role: "rowgroup" }, groupRow(grid), headRow(grid)),
    h("tbody", { role: "rowgroup" }, rows),
  );

  function move(event) {
    const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const step = steps[event.key];
    if (!step || !event.target.matches(".period")) return;
    event.preventDefault();
    const next = rows[focus.row + step[0]]?.querySelectorAll(".period")[focus.column + step[1]];
    if (!next) return;
    event.target.tabIndex = -1;
    focus.row += step[0];
    focus.column += step[1];
    next.tabIndex = 0;
    next.focus();
  }
}

function groupRow(grid) {
  return h(
    "tr",
    { role: "row" },
    h("td", { role: "presentation" }),
    KINDS.map((kind) => h("th", { role: "columnheader", scope: "colgroup", colspan: grid[kind].length }, t(`grid-${kind}`))),
  );
}

function headRow(grid) {
  return h(
    "tr",
    { role: "row" },
    h("th", { role: "columnheader", scope: "col" }, t("grid-member")),
    KINDS.map((kind) => grid[kind].map((span) => h("th", { role: "columnheader", scope: "col" }, shortly(span)))),
  );
}

function lineRow(grid, line, row, panel, focus) {
  let column = -1;
  return h(
    "tr",
    { role: "row" },
    h("th", { role: "rowheader", scope: "row" }, line.full_name),
    KINDS.map((kind) => line[kind].map((cell, n) => box(kind, grid[kind][n], cell, (column += 1), n === 0))),
  );

  function box(kind, span, cell, at, first) {
    const open = () => {
      Object.assign(focus, { row, column: at });
      return panel.open({ line, kind, span, cell });
    };
    return h(
      "td",
      { role: "gridcell", class: first ? "first" : null, "data-label": shortly(span) },
      h(
        "button",
        {
          class: `period number ${cell.standing}`,
          type: "button",
          tabindex: row === focus.row && at === focus.column ? "0" : "-1",
          "aria-label": t("grid-cell", {
            kind: t(`grid-kind.${kind}`),
            period: periodText(span.period, span.first),
            done: numberText(cell.done),
            required: numberText(cell.required),
            standing: named("standing", cell.standing),
          }),
          onclick: open,
        },
        h("span", { "aria-hidden": "true" }, `${numberText(cell.done)}/${numberText(cell.required)}`),
        h("span", { class: "sign", "aria-hidden": "true" }, MARKS[cell.standing]),
      ),
    );
  }
}

function shortly(span) {
  return span.period === "month" ? t("grid-short-month", { n: Number(span.first.slice(5, 7)) }) : periodText(span.period, span.first);
}
