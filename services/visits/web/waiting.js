// What waits for the member's own word: visits that an assistant recorded, and reports that one drafted.
// Nothing is decided by waiting; each decision is about exactly what stands on the screen.
import { addWords, api, clockTime, field, fullDay, h, localDay, named, notice, numberText, serverNow, show, toast, t } from "./shared/kit.js";
import vi from "./behalf-vi.js";
import { recordsView } from "./records.js";
import { waitingOf } from "./wanted.js";

await addWords({ vi, en: () => import("./behalf-en.js") });

/** The way to what waits, for the first page. */
export function waitingCard(count) {
  return h("a", { class: "notice warn", href: "#waiting" }, t("waiting-count", { n: numberText(count) }));
}

export function waitingView(context) {
  const { person } = context;
  return recordsView(context, { title: "waiting-title", about: "waiting-about", none: "nothing-waits-for-you", path: waitingOf(person), sheet });
}

function sheet(visit, done) {
  const draft = visit.report_drafts.at(-1);
  return h(
    "article",
    { class: "sheet stack" },
    h(
      "div",
      { class: "tight" },
      h("h2", {}, `${named("visit", visit.kind)}, ${visit.unit.name}`),
      h("p", { class: "quiet" }, `${fullDay(localDay(visit.started_at))}, ${clockTime(visit.started_at)} – ${clockTime(visit.ended_at)}`),
      visit.written_by && h("p", { class: "quiet" }, t("written-by", { name: visit.written_by.full_name })),
    ),
    visit.approval === "waiting" && visitPart(visit, done),
    draft?.approved === null && draftPart(visit, draft, done),
  );
}

function visitPart(visit, done) {
  const path = `/visits/api/visits/${visit.visit_id}/approval`;
  return h(
    "div",
    { class: "stack" },
    visit.notes && h("p", {}, visit.notes),
    visit.issues.length === 0
      ? visit.nothing_raised && h("p", {}, t("none-raised"))
      : h("ol", { class: "raised close" }, visit.issues.map((issue) => h("li", {}, issue.title))),
    decision({
      yes: t("approve-visit"),
      no: t("reject-visit"),
      agree: () => api(path, { method: "PUT", body: { version: visit.version, approved: true } }),
      refuse: (reason) => api(path, { method: "PUT", body: { version: visit.version, approved: false, reason } }),
      agreed: "visit-approved",
      refused: "visit-rejected",
      done,
    }),
  );
}

function draftPart(visit, draft, done) {
  const path = `/visits/api/visits/${visit.visit_id}/report-drafts/${draft.draft_id}`;
  return h(
    "section",
    { class: "stack drafted" },
    h("h3", {}, t("drafted-report")),
    draft.summary ? h("p", { class: "words" }, draft.summary) : h("p", { class: "quiet" }, t("empty-report")),
    decision({
      yes: t("sign-report"),
      no: t("return-draft"),
      agree: () => api(`${path}/signature`, { method: "PUT", body: { summary: draft.summary, claimed_at: serverNow().toISOString() } }),
      refuse: (reason) => api(`${path}/rejection`, { method: "PUT", body: { reason } }),
      agreed: "report-signed",
      refused: "draft-returned",
      done,
    }),
  );
}

/** Two answers; the second one asks why before it is given. */
function decision({ yes, no, agree, refuse, agreed, refused, done }) {
  const said = h("div", {});
  const reason = h("textarea", { class: "box", maxlength: "2000", required: true });
  const why = h(
    "form",
    { class: "close", hidden: true },
    field(t("reject-reason"), reason, { hint: t("reject-reason-hint"), pointer: "/reason" }),
    h("button", { class: "button wide", type: "submit" }, t("send-reason")),
  );
  why.addEventListener("submit", (event) => {
    event.preventDefault();
    if (reason.value.trim()) give(() => refuse(reason.value.trim()), refused);
  });
  const buttons = h(
    "div",
    { class: "buttons" },
    h("button", { class: "button first", type: "button", onclick: () => give(agree, agreed) }, yes),
    h("button", { class: "button", type: "button", onclick: ask, "aria-expanded": "false" }, no),
  );
  return h("div", { class: "close" }, buttons, why, said);

  function ask({ currentTarget }) {
    why.hidden = !why.hidden;
    currentTarget.setAttribute("aria-expanded", String(!why.hidden));
    if (!why.hidden) reason.focus();
  }

  async function give(act, words) {
    for (const button of buttons.children) button.disabled = true;
    try {
      await act();
      toast(t(words));
      await done();
    } catch (problem) {
      for (const button of buttons.children) button.disabled = false;
      show(said, notice("wrong", problem.message));
    }
  }
}
