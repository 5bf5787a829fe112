// What cells do not agree with: for the member whose record it is and for the office, until somebody answers.
import { addWords, api, field, fullDay, h, localDay, named, notice, numberText, show, t, toast } from "./shared/kit.js";
import { remarkText } from "./said.js";
import vi from "./cell-vi.js";
import { disputedOf } from "./wanted.js";

await addWords({ vi, en: () => import("./cell-en.js") });

/** The way to what is disputed, for the first page. */
export function disputesCard(count) {
  return h("a", { class: "notice warn", href: "#disputes" }, t("disputes-count", { n: numberText(count) }));
}

export async function disputesView({ main, phone, person, signal }) {
  const list = h("div", { class: "stack" });
  show(main, h("div", { class: "stack log" }, h("div", { class: "close" }, backLink(), h("h1", {}, t("disputes-title")), h("p", { class: "quiet" }, t("disputes-about"))), list));
  let last = render();
  await last;

  /** After a decision: asked anew, and not before what is being read has come. */
  function again() {
    last = last.then(render);
    return last;
  }

  async function render() {
    try {
      const { value } = await phone.read(disputedOf(person));
      const whole = await Promise.all(value.visits.map(async (visit) => (await phone.read(`/visits/api/visits/${visit.visit_id}`)).value));
      if (!signal.aborted) show(list, whole.length === 0 ? notice("good", t("no-disputes")) : whole.map((visit) => sheet(visit, again)));
    } catch (problem) {
      show(list, notice("wrong", problem.message));
    }
  }
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

function backLink() {
  return h("p", {}, h("a", { class: "button plain back", href: "#" }, "‹ ", t("back")));
}
