// What cells do not agree with: for the member whose record it is and for the office, until somebody answers.
import { addWords, api, field, fullDay, h, localDay, named, notice, numberText, show, t, toast } from "./shared/kit.js";
import { remarkText } from "./said.js";
import vi from "./cell-vi.js";
import { recordsView } from "./records.js";
import { disputedOf } from "./wanted.js";

await addWords({ vi, en: () => import("./cell-en.js") });

/** The way to what is disputed, for the first page. */
export function disputesCard(count) {
  return h("a", { class: "notice warn", href: "#disputes" }, t("disputes-count", { n: numberText(count) }));
}

export function disputesView(context) {
  const { person } = context;
  return recordsView(context, { title: "disputes-title", about: "disputes-about", none: "no-disputes", path: disputedOf(person), sheet });
}

function sheet(visit, done) {
  const statement = h("textarea", { class: "box", maxlength: "2000", required: true });
  const said = h("div", {});
  const form = h(
    "form",
    { class: "close" },
    field(t("dispute-answer"), statement, { hint: t("dispute-answer-hint"), pointer: "/statement" }),
    said,
    h("button", { class: "button wide", type: "submit" }, t("send-answer")),
  );
  form.addEventListener("submit", answer);
  return h(
    "article",
    { class: "sheet stack" },
    h(
      "div",
      { class: "tight" },
      h("h2", {}, `${named("visit", visit.kind)}, ${visit.unit.name}`),
      h("p", { class: "quiet" }, `${fullDay(localDay(visit.started_at))}, ${visit.visitor.full_name}`),
    ),
    visit.remarks.map((remark) => ["confirmed", "disputed", "answered"].includes(remark.kind) && h("p", {}, remarkText(remark, visit.names))),
    form,
  );

  async function answer(event) {
    event.preventDefault();
    if (!statement.value.trim()) return;
    try {
      await api(`/visits/api/visits/${visit.visit_id}/confirmation/answer`, { method: "PUT", body: { statement: statement.value.trim() } });
      toast(t("answer-sent"));
      await done();
    } catch (problem) {
      show(said, notice("wrong", problem.message));
    }
  }
}
