// The register: every duty within one's reach, late ones first and never gone until they are done.
import { api, dueText, dutyState, fold, h, named, numberText, select, show, t } from "./shared/kit.js";

const STATUSES = ["overdue", "open", "on_time", "late", "not_owed"];
const KINDS = ["report", "forward", "answer", "reply_to_cell"];
const PAGE = 200;
const MOST = 5_000;
const SHOWN = 25;

/** The section with its filters, and how to fetch its rows again; they are fetched for each choice of state and kind. */
export async function register({ wide, agency }) {
  const wanted = { status: "overdue", kind: "", text: "" };
  const count = h("p", { class: "quiet number", role: "status" });
  const list = h("div", { class: "close" });
  let duties = [];
  let shown = SHOWN;

  async function load() {
    shown = SHOWN;
    await refresh();
  }

  /** The same choice as it stands now; an answer that comes after the choice has changed is let go. */
  async function refresh() {
    const { status, kind } = wanted;
    const found = await everyDuty(wanted);
    if (status !== wanted.status || kind !== wanted.kind) return;
    duties = found;
    render();
  }

  function render() {
    const words = fold(wanted.text).split(/\s+/).filter(Boolean);
    const found = duties.filter((duty) => words.every((word) => folded(duty).includes(word)));
    show(count, howMany(found));
    show(
      list,
      found.length === 0
        ? h("p", { class: "notice good" }, t(wanted.status === "overdue" && !wanted.text ? "none-late" : "none-found"))
        : table(found.slice(0, shown)),
      found.length > shown && h("button", { class: "button wide", type: "button", onclick: showMore }, t("more")),
    );
  }

  function showMore() {
    shown += SHOWN;
    render();
  }

  const section = h(
    "section",
    { class: "sheet stack register", "aria-label": t("register") },
    h("div", { class: "between" }, h("h2", {}, t(wide ? "register" : "my-register")), count),
    filters(wanted, { agency, load, render }),
    list,
  );
  await load();
  return { section, refresh };
}

/** `233 việc: 72 báo cáo, 42 chuyển ý kiến, …`: what a figure counts and what it leaves out can be seen. */
function howMany(duties) {
  const kinds = KINDS.map((kind) => [kind, duties.filter((duty) => duty.kind === kind).length]).filter(([, n]) => n > 0);
  const parts = kinds.map(([kind, n]) => t(`count-${kind}`, { n: numberText(n) }));
  return t("how-many", { n: numberText(duties.length) }) + (parts.length > 1 ? `: ${parts.join(", ")}` : "");
}

function filters(wanted, { agency, load, render }) {
  const kinds = agency ? ["answer"] : KINDS;
  return h(
    "form",
    { class: "filters", onsubmit: (event) => event.preventDefault() },
    labelled(
      t("filter-text"),
      h("input", {
        class: "box",
        type: "search",
        placeholder: t("filter-hint"),
        oninput: (event) => {
          if (event.isComposing) return;
          wanted.text = event.target.value;
          render();
        },
      }),
    ),
    labelled(t("filter-status"), chooser("status", STATUSES, "status")),
    labelled(t("filter-kind"), chooser("kind", kinds, "duty")),
  );

  function chooser(name, values, group) {
    const options = [...values.map((value) => [value, named(group, value)]), ["", t("all")]];
    return select(options, {
      value: wanted[name],
      onchange: async (event) => {
        wanted[name] = event.target.value;
        await load();
      },
    });
  }
}

function labelled(words, control) {
  return h("label", { class: "field" }, h("span", { class: "label" }, words), control);
}

function table(duties) {
  return h(
    "table",
    { class: "duties" },
    h(
      "thead",
      {},
      h("tr", {}, ["column-duty", "column-owner", "column-unit", "column-due", "column-state"].map((key) => h("th", { scope: "col" }, t(key)))),
    ),
    h("tbody", {}, duties.map(row)),
  );
}

function row(duty) {
  return h(
    "tr",
    {},
    h(
      "td",
      { "data-label": t("column-duty") },
      h("a", { href: `#duty=${duty.duty_id}` }, named("duty", duty.kind)),
      duty.urgency === "urgent" && [" ", h("span", { class: "state late" }, named("urgency", "urgent"))],
    ),
    h("td", { "data-label": t("column-owner") }, duty.owner_name ?? t("unknown")),
    h("td", { "data-label": t("column-unit") }, duty.unit_name ?? t("unknown")),
    h("td", { "data-label": t("column-due") }, dueText(duty)),
    h("td", { "data-label": t("column-state") }, dutyState(duty)),
  );
}

function folded(duty) {
  duty.folded ??= fold(`${duty.owner_name} ${duty.unit_name} ${named("duty", duty.kind)}`);
  return duty.folded;
}

/** All pages of one choice: a filter that looked at the first page only would not be true. */
async function everyDuty({ status, kind }) {
  const found = [];
  let after = "";
  do {
    const query = new URLSearchParams({ limit: PAGE });
    if (status) query.set("status", status);
    if (kind) query.set("kind", kind);
    if (after) query.set("after", after);
    const { duties } = await api(`/feedback/api/duties?${query}`);
    found.push(...duties);
    after = duties.length === PAGE ? duties.at(-1).duty_id : "";
  } while (after && found.length < MOST);
  return found;
}
