// A cell's secretary: what was recorded from the cell, to be confirmed or not; what became of its issues; the card.
import { addWords, api, clockTime, field, fullDay, h, localDay, named, newUuid, notice, serverNow, show, t, toast } from "./shared/kit.js";
import { readOr } from "./places.js";
import { remarkText } from "./said.js";
import vi from "./cell-vi.js";

await addWords({ vi, en: () => import("./cell-en.js") });

const VISITS = 12;
const ANSWERED = ["answered", "replied_to_cell", "resolved_on_spot"];

export async function secretaryView({ main, phone, person, signal }) {
  const cells = await cellsOf(phone);
  const parts = cells.map((cell) => ({ cell, records: h("div", { class: "stack" }), issues: h("div", { class: "stack" }) }));
  show(
    main,
    h("div", { class: "close" }, h("p", { class: "quiet" }, fullDay(localDay(serverNow()))), h("h1", {}, t("greeting", { name: person.full_name }))),
    parts.map(({ cell, records, issues }) => cellPart(cell, records, issues)),
    cells.length === 0 && notice("warn", t("no-cell")),
  );
  await Promise.all(parts.map((part) => (part.last = render(part))));

  async function render(part) {
    const { cell, records, issues } = part;
    // After a word was said: asked anew, and not before what is being read has come.
    const again = () => (part.last = part.last.then(() => render(part)));
    const [{ visits }, card] = await Promise.all([
      readOr(phone, `/visits/api/visits?unit_id=${cell.unit_id}&limit=${VISITS}`, { visits: [] }),
      readOr(phone, `/feedback/api/units/${cell.unit_id}/card`, null),
    ]);
    const whole = await Promise.all(visits.map((visit) => readOr(phone, `/visits/api/visits/${visit.visit_id}`, null)));
    if (signal.aborted) return;
    show(records, whole.filter(Boolean).map((visit) => record(visit, again)), visits.length === 0 && h("p", { class: "quiet" }, t("no-records")));
    show(issues, card === null ? notice("warn", t("no-answer")) : issueList(card.lines, again));
  }
}

/** The cells of which this person is secretary today, with their names. */
async function cellsOf(phone) {
  const me = await readOr(phone, "/visits/api/me", { posts: [] });
  const today = localDay(serverNow());
  const held = (post) => (!post.valid_from || post.valid_from <= today) && (!post.valid_to || post.valid_to >= today);
  const ids = new Set(me.posts.filter((post) => post.role === "cell_secretary" && held(post)).map((post) => post.unit_id));
  const { units } = await readOr(phone, "/visits/api/units?limit=500", { units: [] });
  return units.filter((unit) => ids.has(unit.unit_id));
}

function cellPart(cell, records, issues) {
  return h(
    "div",
    { class: "today cell" },
    h(
      "section",
      { class: "stack" },
      h("h2", {}, cell.name),
      h("a", { class: "button first wide", href: `#card=${cell.unit_id}` }, t("answer-card-link")),
      h("h3", {}, t("issues-of-cell")),
      issues,
    ),
    h("section", { class: "stack" }, h("h3", {}, t("records-of-cell")), h("p", { class: "quiet" }, t("records-about")), records),
  );
}

// --- what was recorded

function record(visit, again) {
  const said = visit.remarks.filter((remark) => remark.version === visit.version || remark.kind === "disputed");
  const last = said.at(-1);
  const path = `/visits/api/visits/${visit.visit_id}/confirmation`;
  const word = (outcome, comment) => api(path, { method: "PUT", body: { version: visit.version, outcome, comment } });
  return h(
    "article",
    { class: "sheet close" },
    h("p", { class: "quiet number" }, `${fullDay(localDay(visit.started_at))} ${clockTime(visit.started_at)}`),
    h("h4", {}, `${named("visit", visit.kind)}: ${visit.visitor.full_name}`),
    visit.approval === "waiting" && h("p", { class: "quiet" }, t("not-yet-members", { name: visit.visitor.full_name })),
    facts(visit),
    visit.notes && h("p", { class: "words" }, visit.notes),
    visit.issues.length > 0
      ? h("ol", { class: "raised close" }, visit.issues.map((issue) => h("li", {}, issue.title)))
      : visit.nothing_raised && h("p", {}, t("none-raised")),
    said.map((remark) => h("p", { class: "quiet" }, remarkText(remark, visit.names))),
    last?.kind === "confirmed"
      ? h("p", {}, h("span", { class: "state good" }, t("confirmed")))
      : answers({
          yes: t("confirm-record"),
          no: t("dispute-record"),
          why: t("dispute-reason"),
          hint: t("dispute-hint"),
          agree: () => word("confirmed", ""),
          refuse: (comment) => word("disputed", comment),
          words: ["record-confirmed", "record-disputed"],
          again,
        }),
  );
}

function facts(visit) {
  const counts = Object.entries(visit.meeting ?? {}).filter(([name, value]) => name !== "kind" && value !== null);
  return counts.length > 0 && h("p", {}, counts.map(([name, value]) => `${t(`cell-count-${name}`)} ${value}`).join(" · "));
}

// --- what became of the issues

function issueList(lines, again) {
  if (lines.length === 0) return h("p", { class: "quiet" }, t("no-issues-of-cell"));
  return h("ul", { class: "close" }, lines.map((line) => issueSheet(line, again)));
}

function issueSheet(line, again) {
  const judge = (body) => api(`/feedback/api/issues/${line.issue_id}/verdicts/${newUuid()}`, { method: "PUT", body });
  return h(
    "li",
    { class: "sheet close" },
    h("div", { class: "between" }, h("h4", {}, line.title || t("title-erased")), h("span", { class: `state ${toneOf(line.state)}` }, named("cell-state", line.state))),
    h("p", { class: "quiet" }, raisedText(line)),
    line.answers.map((answer) => h("p", {}, answerText(answer))),
    line.reply_summary && h("p", {}, h("strong", {}, t("told-the-cell")), " ", line.reply_summary),
    line.reopened_because && h("p", { class: "quiet" }, t("reopened-because", { reason: line.reopened_because })),
    ANSWERED.includes(line.state) &&
      answers({
        yes: t("heard-and-settled"),
        no: t("not-settled"),
        why: t("not-settled-reason"),
        hint: t("not-settled-hint"),
        agree: () => judge({ settled: true }),
        refuse: (reason) => judge({ settled: false, reason }),
        words: ["verdict-settled", "verdict-reopened"],
        again,
      }),
  );
}

export function toneOf(state) {
  if (["settled", "replied_to_cell", "resolved_on_spot"].includes(state)) return "good";
  return state === "reopened" ? "late" : "soon";
}

export function raisedText(line) {
  const open = !["settled", "replied_to_cell", "resolved_on_spot", "answered"].includes(line.state);
  const key = open ? "raised-open" : line.days === 0 ? "raised-at-once" : "raised-answered";
  return t(key, { day: fullDay(line.raised_on), n: line.days });
}

export function answerText(answer) {
  const who = answer.agency_name ?? t("an-agency");
  if (!answer.answered_on) return t("waits-for", { who });
  const said = t("answered-by", { who, day: fullDay(answer.answered_on) });
  return [said, answer.summary].filter(Boolean).join(": ");
}

/** Two answers; the second one says why. */
function answers({ yes, no, why, hint, agree, refuse, words: [agreed, refused], again }) {
  const said = h("div", {});
  const box = h("textarea", { class: "box", maxlength: "2000", required: true });
  const form = h(
    "form",
    { class: "close", hidden: true },
    field(why, box, { hint }),
    h("button", { class: "button wide", type: "submit" }, t("send")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (box.value.trim()) give(() => refuse(box.value.trim()), refused);
  });
  const buttons = h(
    "div",
    { class: "buttons" },
    h("button", { class: "button", type: "button", onclick: () => give(agree, agreed) }, yes),
    h("button", { class: "button", type: "button", onclick: open, "aria-expanded": "false" }, no),
  );
  return h("div", { class: "close" }, buttons, form, said);

  function open({ currentTarget }) {
    form.hidden = !form.hidden;
    currentTarget.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) box.focus();
  }

  async function give(act, key) {
    for (const button of buttons.children) button.disabled = true;
    try {
      await act();
      toast(t(key));
      await again();
    } catch (problem) {
      for (const button of buttons.children) button.disabled = false;
      show(said, notice("wrong", problem.message));
    }
  }
}
