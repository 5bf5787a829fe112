// What the office or an agency may do with one issue now; each act is a sheet that opens in place.
import { api, field, h, instantOf, localDay, newUuid, notice, serverNow, show, showErrors, t, tick } from "./shared/kit.js";

/** The acts that are open to this person; `done` draws the issue again. */
export async function actsOn(detail, person, done) {
  const may = (rule) => person.may.includes(rule);
  const base = `/feedback/api/issues/${detail.issue.issue_id}`;
  const open = detail.forwardings.filter((each) => !each.answered_at && !each.refused_at);
  const asked = detail.forwardings.filter((each) => !each.refused_at);
  const acts = [
    may("reply_to_cell") && detail.notes.filter((each) => each.kind === "question" && !each.replied_at).map((each) => alone(replyTo(base, each, done))),
    may("record_answer") && open.map((each) => atAgency(base, each, detail, done)),
    may("reply_to_cell") && asked.length > 0 && open.length === 0 && !detail.reply && alone(tellCell(base, done)),
    may("forward_issue") && alone(await forward(base, done)),
  ];
  return h("div", { class: "close acts" }, acts);
}

function alone(act) {
  return h("div", { class: "sheet" }, act);
}

async function forward(base, done) {
  const { units } = await api("/visits/api/units?kind=agency");
  const boxes = units.map((unit) => [newUuid(), unit, h("input", { type: "checkbox" })]);
  const number = line();
  const proof = area(false);
  return sheet("forward-to", done, [
    h("fieldset", { class: "close" }, h("legend", {}, t("which-agencies")), boxes.map(([, unit, box]) => tick(unit.name, box))),
    field(t("document-number"), number, { pointer: "/number" }),
    field(t("proof"), proof, { hint: t("proof-hint"), pointer: "/proof" }),
  ], async () => {
    const chosen = boxes.filter(([, , box]) => box.checked);
    if (chosen.length === 0) throw new Error(t("pick-agency"));
    for (const [id, unit] of chosen) {
      const body = { agency_unit_id: unit.unit_id, number: number.value.trim(), proof: proof.value.trim() };
      await put(`${base}/forwardings/${id}`, body);
    }
  });
}

/** What is said of one forwarding, by the agency itself or for it. */
function atAgency(base, forwarding, { notes, merged }, done) {
  const path = `${base}/forwardings/${forwarding.forwarding_id}`;
  const own = notes.filter((each) => each.forwarding_id === forwarding.forwarding_id);
  return h(
    "section",
    { class: "sheet close", "aria-label": forwarding.agency_name ?? t("an-agency") },
    h("h2", {}, forwarding.agency_name ?? t("an-agency")),
    !forwarding.acknowledged_at && button("acknowledge", async () => (await put(`${path}/acknowledgement`, {}), done())),
    answer(path, sentThereToo(forwarding, merged), done),
    !own.some((each) => each.kind === "question") && note(path, "question", ["ask-back", "what-to-ask", "ask-hint"], done),
    promise(path, done),
    note(path, "not_competent", ["not-competent", "why-not-competent"], done),
  );
}

/** Matters merged with this one that wait for the same agency, each with its box. */
function sentThereToo({ agency_unit_id: agency }, merged) {
  return merged.flatMap(({ issue, open }) =>
    open
      .filter((each) => agency && each.agency_unit_id === agency)
      .map((each) => ({ issue, id: each.forwarding_id, box: h("input", { type: "checkbox", checked: true }) })),
  );
}

/** One document; it may answer merged matters in the same act. */
function answer(path, others, done) {
  const day = h("input", { class: "box", type: "date", required: true, value: today(), max: today() });
  const number = line();
  const text = area(true, 5000);
  return sheet("give-answer", done, [
    field(t("answered-on"), day, { pointer: "/answered_at" }),
    field(t("document-number"), number, { pointer: "/document_number" }),
    field(t("answer-text"), text, { pointer: "/summary" }),
    others.length > 0 &&
      h("fieldset", { class: "close" }, h("legend", {}, t("answers-also")), others.map(({ issue, box }) => tick(`${issue.title ?? t("unknown")} · ${issue.unit_name ?? t("unknown")}`, box))),
  ], () => {
    const at = day.value === today() ? serverNow().toISOString() : instantOf(day.value, "12:00");
    const also = others.filter(({ box }) => box.checked).map(({ id }) => id);
    return put(`${path}/answer`, { answered_at: at, document_number: number.value.trim(), summary: text.value.trim(), also });
  });
}

function note(path, kind, [title, label, hint], done) {
  const id = newUuid();
  const text = area(true);
  return sheet(title, done, [field(t(label), text, { hint: hint && t(hint), pointer: "/text" })], () =>
    put(`${path}/notes/${id}`, { kind, text: text.value.trim() }),
  );
}

function promise(path, done) {
  const id = newUuid();
  const day = h("input", { class: "box", type: "date", required: true, min: today() });
  const text = area(true);
  return sheet("promise-day", done, [
    field(t("promise-on"), day, { hint: t("promise-hint"), pointer: "/promised_on" }),
    field(t("promise-progress"), text, { pointer: "/text" }),
  ], () => put(`${path}/notes/${id}`, { kind: "promise", text: text.value.trim(), promised_on: day.value }));
}

function replyTo(base, { note_id: id, text: question }, done) {
  const text = area(true);
  return sheet("answer-question", done, [field(question, text, { pointer: "/text" })], () =>
    put(`${base}/notes/${id}/reply`, { text: text.value.trim() }),
  );
}

function tellCell(base, done) {
  const text = area(true, 5000);
  return sheet("reply-cell", done, [field(t("told-cell"), text, { pointer: "/summary" })], () =>
    put(`${base}/reply`, { summary: text.value.trim() }),
  );
}

/** A form that opens in place; its ids are made once, so that sending it again is the same act. */
function sheet(title, done, fields, send) {
  const said = h("div", {});
  const form = h("form", { class: "stack", onsubmit: submit }, fields, said, h("button", { class: "button first", type: "submit" }, t("save")));
  return h("details", { class: "fold" }, h("summary", {}, t(title)), form);

  async function submit(event) {
    event.preventDefault();
    try {
      await send();
      await done();
    } catch (problem) {
      const homeless = showErrors(form, problem.errors ?? []);
      if (homeless.length > 0 || !problem.errors?.length) show(said, notice("wrong", problem.message));
    }
  }
}

function button(words, act) {
  return h("button", { class: "button", type: "button", onclick: act }, t(words));
}

function put(path, body) {
  return api(path, { method: "PUT", body });
}

function today() {
  return localDay(serverNow());
}

function line() {
  return h("input", { class: "box", maxlength: "100", required: true });
}

function area(required, maxlength = 2000) {
  return h("textarea", { class: "box", maxlength: String(maxlength), required });
}
