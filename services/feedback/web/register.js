// The register: every duty within one's reach, late ones first and never gone until they are done.
import { api, dueText, dutyState, h, named, numberText, select, show, t } from "./shared/kit.js";
import { asOf } from "./as-of.js";

const STATUSES = ["overdue", "open", "on_time", "late", "not_owed"];
const KINDS = ["report", "forward", "answer", "reply_to_cell"];
const SHOWN = 25;
const MOST_SHOWN = 200;
const PAUSE_IN_TYPING = 250;

/** `#register`: the whole page of it; for who sees no more than their own, their first page. */
export async function registerView({ place, person, whole, signal }) {
  const list = await register({ wide: whole, agency: person.roles.includes("agency") });
  if (signal.aborted) return undefined;
  show(place, h("h1", {}, t(whole ? "register" : "my-desk")), list.section);
  return list.refresh;
}

/** The section with its filters, and how to fetch its rows again; each choice is asked of the server anew. */
export async function register({ wide, agency }) {
  const wanted = { status: "overdue", kind: "", q: "" };
  const count = h("p", { class: "quiet number", role: "status" });
  const list = h("div", { class: "close" });
  const files = h("p", { class: "buttons files" });
  let shown = SHOWN;
  let asked = 0;

  async function load() {
    shown = SHOWN;
    await refresh();
  }

  /** The same choice as it stands now; an answer that a later question has overtaken is let go. */
  async function refresh() {
    const mine = (asked += 1);
    const page = await chosen(wanted, shown);
    if (mine === asked) render(page);
  }

  function render({ duties, counted }) {
    const all = Object.values(counted).reduce((sum, n) => sum + n, 0);
    show(count, howMany(counted, all));
    show(files, all > 0 && ["xlsx", "csv"].map((format) => fileLink(wanted, format)));
    show(
      list,
      duties.length === 0
        ? h("p", { class: "notice good" }, t(wanted.status === "overdue" && !wanted.q ? "none-late" : "none-found"))
        : table(duties),
      all > duties.length && h("button", { class: "button wide", type: "button", onclick: showMore }, t("more")),
    );
  }

  function showMore() {
    shown += SHOWN;
    return refresh();
  }

  const section = h(
    "section",
    { class: "sheet stack register", "aria-label": t("register") },
    h("div", { class: "between" }, h("h2", {}, t(wide ? "register" : "my-register")), count),
    filters(wanted, { agency, load }),
    list,
    files,
  );
  await load();
  return { section, refresh };
}

/** `233 việc: 72 báo cáo, 42 chuyển ý kiến, …`: what a figure counts and what it leaves out can be seen. */
function howMany(counted, all) {
  const parts = KINDS.filter((kind) => counted[kind]).map((kind) => t(`count-${kind}`, { n: numberText(counted[kind]) }));
  return t("how-many", { n: numberText(all) }) + (parts.length > 1 ? `: ${parts.join(", ")}` : "");
}

function fileLink(wanted, format) {
  const href = `/feedback/api/register?${query(wanted, { format })}`;
  return h("a", { class: "button", href, download: "" }, t(`file-${format}`));
}

function filters(wanted, { agency, load }) {
  const kinds = agency ? ["answer"] : KINDS;
  let later = 0;
  return h(
    "form",
    { class: "filters", onsubmit: (event) => event.preventDefault() },
    labelled(
      t("filter-text"),
      h("input", {
        class: "box",
        type: "search",
        maxlength: "100",
        placeholder: t("filter-hint"),
        oninput: typed,
        oncompositionend: typed,
      }),
    ),
    labelled(t("filter-status"), chooser("status", STATUSES, "status")),
    labelled(t("filter-kind"), chooser("kind", kinds, "duty")),
  );

  function typed(event) {
    if (event.isComposing) return; // half a letter of Telex finds the wrong people
    wanted.q = event.target.value;
    clearTimeout(later);
    later = setTimeout(load, PAUSE_IN_TYPING);
  }

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
      duty.title && h("p", { class: "quiet small" }, duty.title),
    ),
    h("td", { "data-label": t("column-owner") }, duty.owner_name ?? t("unknown")),
    h("td", { "data-label": t("column-unit") }, duty.unit_name ?? t("unknown")),
    h("td", { "data-label": t("column-due") }, dueText(duty)),
    h("td", { "data-label": t("column-state") }, dutyState(duty)),
  );
}

function query(wanted, more) {
  return new URLSearchParams(Object.entries({ ...wanted, ...asOf(), ...more }).filter(([, value]) => value));
}

/** The first so many of a choice, by pages, and how many there are in all. */
async function chosen(wanted, shown) {
  const duties = [];
  let counted = {};
  do {
    const limit = Math.min(shown - duties.length, MOST_SHOWN);
    const page = await api(`/feedback/api/duties?${query(wanted, { limit, after: duties.at(-1)?.duty_id })}`);
    duties.push(...page.duties);
    counted = page.counted;
    if (page.duties.length < limit) break;
  } while (duties.length < shown);
  return { duties, counted };
}
