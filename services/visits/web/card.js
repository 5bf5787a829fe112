// The answer card of a cell: one page to print and read aloud. What was raised, who answered, in how many days, what is
// still open. It names agencies and no person.
import { addWords, backLink, dayText, fullDay, h, named, notice, show, t } from "./shared/kit.js";
import { answerText, raisedText, toneOf } from "./secretary.js";
import vi from "./cell-vi.js";

await addWords({ vi, en: () => import("./cell-en.js") });

const AT_REST = ["settled", "replied_to_cell", "resolved_on_spot"];

export async function cardView({ main, phone, signal, id: unitId }) {
  try {
    const { value: card } = await phone.read(`/feedback/api/units/${encodeURIComponent(unitId)}/card`);
    if (!signal.aborted) show(main, cardOf(card));
  } catch (problem) {
    show(main, notice("wrong", problem.message), backLink());
  }
}

function cardOf(card) {
  const open = card.lines.filter((line) => !AT_REST.includes(line.state) && line.state !== "answered");
  const answered = card.lines.filter((line) => !open.includes(line));
  return h(
    "div",
    { class: "log stack" },
    backLink(),
    h(
      "article",
      { class: "answer-card close", "aria-labelledby": "card-title" },
      h(
        "header",
        { class: "close" },
        h("p", { class: "quiet" }, t("card-kicker")),
        h("h1", { id: "card-title" }, card.unit_name),
        h("p", { class: "quiet" }, t("card-span", { from: dayText(card.since), to: dayText(card.today) })),
      ),
      h("p", { class: "card-sum" }, t("card-sum", { all: card.lines.length, answered: answered.length, open: open.length })),
      part("card-answered", answered),
      part("card-open", open),
      h("footer", { class: "card-foot" }, h("p", {}, t("card-foot")), h("p", {}, t("card-heard"), " ", h("span", { class: "blank" }))),
    ),
    h("button", { class: "button first wide", type: "button", onclick: () => window.print() }, t("print-card")),
  );
}

function part(name, lines) {
  if (lines.length === 0) return null;
  return h("section", { class: "close" }, h("h2", {}, t(name)), h("ol", { class: "card-lines" }, lines.map(lineOf)));
}

function lineOf(line) {
  const told = h(
    "div",
    { class: "tight" },
    h("p", {}, h("strong", {}, line.title || t("title-erased")), line.field && h("span", { class: "quiet" }, ` (${named("field", line.field).toLowerCase()})`)),
    h("p", { class: "quiet" }, raisedText(line), " ", h("span", { class: `state ${toneOf(line.state)}` }, named("cell-state", line.state))),
    line.answers.map((answer) => h("p", {}, answerText(answer))),
    line.reply_summary && h("p", {}, h("strong", {}, t("told-the-cell")), " ", line.reply_summary, line.replied_on && ` (${fullDay(line.replied_on)})`),
    line.reopened_because && h("p", {}, t("reopened-because", { reason: line.reopened_because })),
  );
  return h("li", {}, told);
}
