// The inspector's page: who did what to which record, and when, in each of the three services. Ids only; nothing can be changed.
import { addWords, api, field, h, momentText, named, notice, select, show, t } from "./shared/kit.js";
import vi from "./audit-vi.js";

const AT_ONCE = 50;
const SERVICES = ["visits", "feedback", "notify"];

await addWords({ vi, en: () => import("./audit-en.js") });

export function auditView({ main, signal }) {
  const wanted = { service: "visits", act: "", record_id: "", person_id: "" };
  const said = h("div", {});
  const rows = h("ol", { class: "rows acts" });
  const more = h("button", { class: "button wide", type: "button", onclick: () => load() }, t("more"));
  let before = null;

  const acts = Object.keys(vi).filter((key) => key.startsWith("act.")).map((key) => [key.slice(4), t(key)]);
  const form = h(
    "form",
    { class: "sheet close", onsubmit: look },
    h(
      "div",
      { class: "fields" },
      field(t("audit-service"), choice("service", SERVICES.map((each) => [each, t(`page.${each}`)]))),
      field(t("audit-act"), choice("act", [["", t("audit-any")], ...acts])),
      field(t("audit-record"), box("record_id"), { hint: t("audit-id-hint") }),
      field(t("audit-person"), box("person_id")),
    ),
    h("button", { class: "button first", type: "submit" }, t("audit-look")),
  );
  show(
    main,
    h(
      "div",
      { class: "stack log" },
      h("h1", {}, t("page.audit")),
      h("p", { class: "quiet" }, t("audit-about")),
      form,
      said,
      rows,
      more,
    ),
  );
  return look();

  function choice(name, options) {
    return select(options, { value: wanted[name], onchange: ({ target }) => (wanted[name] = target.value) });
  }

  function box(name) {
    return h("input", { class: "box", autocomplete: "off", oninput: ({ target }) => (wanted[name] = target.value.trim()) });
  }

  function look(event) {
    event?.preventDefault();
    before = null;
    show(rows);
    return load();
  }

  async function load() {
    const { service, ...filters } = wanted;
    const query = new URLSearchParams({ limit: AT_ONCE, ...(before && { before }) });
    for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value);
    show(said);
    try {
      const page = await api(`/${service}/api/audit?${query}`);
      if (signal.aborted) return;
      rows.append(...page.acts.map(actRow));
      before = page.next_before;
      more.hidden = before === null;
      if (rows.childElementCount === 0) show(said, notice("quiet", t("audit-none")));
    } catch (problem) {
      more.hidden = true;
      show(said, notice("wrong", problem.message));
    }
  }
}

function actRow(act) {
  return h(
    "li",
    { class: "tight" },
    h(
      "div",
      { class: "between" },
      h("strong", {}, named("act", act.act)),
      h("p", { class: "quiet number small" }, `${momentText(act.at)} · ${act.seq}`),
    ),
    h("p", { class: "small id" }, `${act.kind} ${act.record_id}`),
    h(
      "p",
      { class: "quiet small id" },
      act.machine ? t("audit-machine", { name: act.machine }) : t("audit-by", { person: act.person_id, session: act.session_id ?? "–" }),
    ),
    facts(t("audit-was"), act.was),
    facts(t("audit-became"), act.became),
  );
}

function facts(title, values) {
  const told = Object.entries(values ?? {}).filter(([, value]) => value !== null);
  if (told.length === 0) return null;
  return h("p", { class: "quiet small id" }, `${title}: ${told.map(([name, value]) => `${name} ${value}`).join(" · ")}`);
}
