// Coverage: where nobody was for how long, how evenly visits fall on cells, and where to go next.
import { addWords, api, chips, dayText, h, localDay, named, numberText, select, serverNow, show, t } from "./shared/kit.js";
import vi from "./coverage-vi.js";
import { evenness, percent } from "./lorenz.js";

await addWords({ vi, en: () => import("./coverage-en.js") });

const KINDS = ["", "field_trip", "meeting_attendance"];
const SHOWN = 20;

/** `#coverage`: filters above, all that follows from them below. */
export async function coverageView({ place, signal }) {
  const wanted = { kind: "", since: "", parent: "", cell_type: "", difficult: "" };
  const about = h("p", { class: "quiet", role: "status" });
  const found = h("div", { class: "stack" });
  let shown = SHOWN;
  let asked = 0;

  async function refresh() {
    const mine = (asked += 1);
    const told = await api(`/feedback/api/coverage?${query(wanted)}`);
    if (mine !== asked || signal.aborted) return told;
    show(about, t("coverage-about", { at: dayText(told.today), first: dayText(told.first) }));
    show(found, figures(told.shares), h("div", { class: "sides" }, suggestions(told), evenness(told)), cells(told, shown, more));
    return told;
  }

  function more() {
    shown = Infinity;
    return refresh();
  }

  function take(name, value) {
    wanted[name] = value;
    shown = SHOWN;
    return refresh();
  }

  const told = await refresh();
  if (signal.aborted) return undefined;
  show(place, h("div", { class: "tight" }, h("h1", {}, t("coverage-title")), about), filters(told, wanted, take), found);
  return refresh;
}

function query({ since, ...wanted }) {
  const from = since === "year" ? `${localDay(serverNow()).slice(0, 4)}-01-01` : "";
  return new URLSearchParams(Object.entries({ ...wanted, from }).filter(([, value]) => value));
}

function filters(told, wanted, take) {
  return h(
    "form",
    { class: "sheet filters coverage-filters", onsubmit: (event) => event.preventDefault() },
    grouped("coverage-kind", chips(t("coverage-kind"), pairs("coverage-kind", KINDS), "", (value) => take("kind", value))),
    grouped("coverage-since", chips(t("coverage-since"), pairs("coverage-since", ["", "year"]), "", (value) => take("since", value))),
    told.parents.length > 1 &&
      labelled("coverage-area", choice("parent", [["", t("all")], ...told.parents.map(({ unit_id: id, name }) => [id, name])])),
    labelled("coverage-type", choice("cell_type", [["", t("all")], ...told.cell_types.map((each) => [each, named("cell-type", each)])])),
    h(
      "label",
      { class: "tick" },
      h("input", { type: "checkbox", onchange: ({ target }) => take("difficult", target.checked ? "true" : "") }),
      t("coverage-difficult"),
    ),
  );

  function choice(name, options) {
    return select(options, { value: wanted[name], onchange: ({ target }) => take(name, target.value) });
  }
}

function pairs(group, values) {
  return values.map((value) => [value, t(`${group}.${value}`)]);
}

function labelled(key, control) {
  return h("label", { class: "field" }, h("span", { class: "label" }, t(key)), control);
}

function grouped(key, control) {
  return h("div", { class: "field" }, h("span", { class: "label" }, t(key)), control);
}

function figures(shares) {
  const assigned = shares.visits - shares.chosen;
  return h(
    "dl",
    { class: "figures" },
    figure("coverage-never", numberText(shares.never), { n: numberText(shares.cells) }),
    figure("coverage-most", numberText(shares.most_at_one_cell), { n: numberText(shares.visits) }),
    figure("coverage-model", percent(shares.visits_to_model, shares.visits), { share: percent(shares.model_cells, shares.cells) }),
    figure("coverage-model-chosen", percent(shares.chosen_to_model, shares.chosen), {
      n: numberText(shares.chosen),
      assigned: numberText(assigned),
    }),
  );
}

function figure(key, value, values) {
  return h(
    "div",
    { class: "sheet figure" },
    h("dt", {}, t(key)),
    h("dd", { class: "value number" }, value),
    h("dd", { class: "quiet small" }, t(`${key}-about`, values)),
  );
}

function suggestions({ suggestions: suggested, cells: all }) {
  const known = new Map(all.map((cell) => [cell.unit_id, cell]));
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("coverage-next")),
    h("p", { class: "quiet small" }, t("coverage-next-about")),
    suggested.length === 0
      ? h("p", { class: "notice good" }, t("coverage-next-none"))
      : h(
          "ol",
          { class: "ruled" },
          suggested.map(({ unit_id: id, reason }) => {
            const cell = known.get(id);
            return h(
              "li",
              { class: "tight" },
              h("strong", {}, cell.name),
              h("p", { class: "quiet small" }, t(`reason.${reason}`, { n: numberText(cell.days ?? 0) })),
            );
          }),
        ),
  );
}

function cells({ cells: all }, shown, more) {
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("coverage-cells")),
    all.length === 0
      ? h("p", { class: "notice" }, t("coverage-none"))
      : h(
          "table",
          { class: "duties" },
          h(
            "thead",
            {},
            h("tr", {}, ["cell", "last", "days", "visits", "plan"].map((key) => h("th", { scope: "col" }, t(`coverage-${key}`)))),
          ),
          h("tbody", {}, all.slice(0, shown).map(row)),
        ),
    all.length > shown && h("button", { class: "button wide", type: "button", onclick: more }, t("more")),
  );
}

function row(cell) {
  const marks = [
    cell.attention && h("span", { class: "state soon" }, named("attention", cell.attention)),
    cell.model && h("span", { class: "state good" }, t("coverage-is-model")),
  ].filter(Boolean);
  return h(
    "tr",
    {},
    h(
      "td",
      { "data-label": t("coverage-cell") },
      h("strong", {}, cell.name),
      marks.map((mark) => [" ", mark]),
      h("p", { class: "quiet small" }, [cell.cell_type && named("cell-type", cell.cell_type), cell.parent_name].filter(Boolean).join(" · ")),
    ),
    h("td", { "data-label": t("coverage-last") }, cell.last_day ? dayText(cell.last_day) : "–"),
    h(
      "td",
      { "data-label": t("coverage-days"), class: "number" },
      cell.days === null ? h("span", { class: "state late" }, t("coverage-never-visited")) : since(cell.days),
    ),
    h(
      "td",
      { "data-label": t("coverage-visits"), class: "number" },
      t("coverage-count", { n: numberText(cell.visits), assigned: numberText(cell.assigned) }),
    ),
    h("td", { "data-label": t("coverage-plan") }, cell.next_plan ? dayText(cell.next_plan) : "–"),
  );
}

function since(days) {
  return days === 0 ? t("coverage-today") : t("coverage-days-ago", { n: numberText(days) });
}
