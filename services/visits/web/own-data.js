// Everything that is kept about the person who looks: shown, taken along as a file, and how to ask for a change.
import {
  addWords,
  api,
  dayText,
  field,
  h,
  momentText,
  named,
  newUuid,
  notice,
  numberText,
  select,
  language,
  show,
  t,
} from "./shared/kit.js";
import vi from "./own-data-vi.js";

const SERVICES = ["visits", "feedback", "notify"];
const VOCABULARIES = ["visit", "duty", "kind", "field", "access", "urgency", "role", "meeting", "value"];
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
const DAY = /^\d{4}-\d\d-\d\d$/;

await addWords({ vi, en: () => import("./own-data-en.js") });

export async function ownDataView({ main, signal }) {
  const kept = await Promise.all(SERVICES.map((service) => api(`/${service}/api/me/data`)));
  if (signal.aborted) return;
  show(
    main,
    h(
      "div",
      { class: "stack log" },
      h("a", { class: "button plain back", href: "#account" }, "‹ ", t("back")),
      h("h1", {}, t("own-data")),
      h("p", {}, t("own-data-about", { at: momentText(kept[0].as_of) })),
      h("button", { class: "button first wide", type: "button", onclick: () => takeAlong(kept) }, t("own-data-export")),
      h("section", { class: "sheet close" }, h("h2", {}, t("own-data-kept")), h("ul", { class: "close" }, kept[0].kept.map(period))),
      kept.map(part),
      asking(),
    ),
  );
}

/** How long something is kept, in the reader's language: the server says both, the English one in brackets. */
function period(sentence) {
  const [, own, english] = /^(.*) \((.*)\)$/.exec(sentence);
  return h("li", {}, language === "vi" ? own : english);
}

function part({ service, sections }) {
  const filled = sections.filter(({ rows }) => rows.length > 0);
  return h(
    "section",
    { class: "sheet close kept" },
    h("h2", {}, t(`page.${service}`)),
    filled.map((section) =>
      h(
        "details",
        {},
        h(
          "summary",
          {},
          language === "vi" ? section.heading : section.heading_en,
          h("span", { class: "quiet number" }, numberText(section.rows.length)),
        ),
        h("ol", { class: "rows" }, section.rows.map((row) => h("li", {}, facts(row, section.fields)))),
      ),
    ),
  );
}

function facts(row, labels = {}) {
  return h(
    "dl",
    { class: "facts" },
    Object.entries(row).map(([name, value]) =>
      h("div", { class: "fact tight" }, h("dt", {}, label(name, labels)), h("dd", {}, told(value))),
    ),
  );
}

function label(name, labels) {
  const known = language === "vi" ? (labels[name] ?? named("data", name)) : name.replaceAll("_", " ");
  return known.charAt(0).toUpperCase() + known.slice(1);
}

/** A value as a person reads it, whatever it is. */
function told(value) {
  if (value === null || value === "" || value?.length === 0) return "–";
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (typeof value === "number") return numberText(value);
  if (Array.isArray(value)) return h("ul", { class: "close" }, value.map((each) => h("li", {}, told(each))));
  if (typeof value === "object") return facts(value);
  if (INSTANT.test(value)) return momentText(value);
  if (DAY.test(value)) return dayText(value);
  return h("span", { class: "lines" }, coded(value));
}

function coded(value) {
  for (const group of VOCABULARIES) {
    const words = named(group, value);
    if (words !== value) return words;
  }
  return value;
}

/** One file with all three answers as they came, for whoever takes their data elsewhere. */
function takeAlong(kept) {
  const file = new Blob([JSON.stringify(kept, null, 2)], { type: "application/json" });
  const link = h("a", { href: URL.createObjectURL(file), download: `bam-co-so-${kept[0].as_of.slice(0, 10)}.json` });
  link.click();
  URL.revokeObjectURL(link.href);
}

function asking() {
  const id = newUuid();
  const kind = select([["correct", t("own-data-correct")], ["erase", t("own-data-erase")]], { value: "correct" });
  const about = h("textarea", { class: "box", maxlength: "2000", required: true });
  const send = h("button", { class: "button wide", type: "submit" }, t("own-data-ask"));
  const said = h("div", {});
  const form = h(
    "form",
    { class: "stack", onsubmit: ask },
    field(t("own-data-what"), kind),
    field(t("own-data-which"), about, { hint: t("own-data-which-hint"), pointer: "/about" }),
    said,
    send,
  );
  return h("section", { class: "sheet close" }, h("h2", {}, t("own-data-request")), h("p", {}, t("own-data-request-about")), form);

  async function ask(event) {
    event.preventDefault();
    send.disabled = true;
    try {
      const body = { kind: kind.value, about: about.value };
      const asked = await api(`/feedback/api/me/requests/${id}`, { method: "PUT", body });
      show(form, notice("good", t("own-data-asked", { due: momentText(asked.due_at) })));
    } catch (problem) {
      show(said, notice("wrong", problem.message));
      send.disabled = false;
    }
  }
}
