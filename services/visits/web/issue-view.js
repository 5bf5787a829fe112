// One issue on its way: raised, passed on, acknowledged, answered, read out at the cell; each step with its moment or
// its due date and why. Own issues can be read without a network; what is told to the cell waits in the queue.
import { addWords, backLink, dueText, field, fullDay, h, isTyping, lastDayOf, localDay, momentText, named, notice, serverNow, show, showAgain, t } from "./shared/kit.js";
import { StorageFull } from "./phone.js";
import { asOf, ownWork, readOrCopy, unsent, visitText, waits } from "./own-work.js";
import { why } from "./why.js";
import vi from "./matters-vi.js";

await addWords({ vi, en: () => import("./matters-en.js") });

export async function issueView(context) {
  const { main, phone, signal, id } = context;
  const opened = new Set();
  let drawn = "";

  async function render() {
    const [reading, waiting] = await Promise.all([issueOf(phone, id), unsent(phone)]);
    if (signal.aborted) return;
    const facts = JSON.stringify([reading?.value, reading?.stale && reading.as_of, waiting.map((item) => [item.id, item.state])]);
    if (facts === drawn) return;
    drawn = facts;
    if (!reading) return showAgain(main, h("div", { class: "stack log" }, backLink(), notice("warn", t("issue-not-here"))));
    return showAgain(main, h("div", { class: "stack log" }, head(reading), way(context, reading.value, opened, waiting), aside(context, reading.value, waiting)));
  }

  const stop = phone.subscribe((news) => (news.queue || news.beat) && !isTyping(main) && render().catch(() => {}));
  signal.addEventListener("abort", stop);
  await render();
}

/** Asked for, or as it came with one's own work. */
async function issueOf(phone, id) {
  const asked = await readOrCopy(phone, `/visits/api/issues/${encodeURIComponent(id)}`).catch(() => null);
  if (asked) return asked;
  const own = await ownWork(phone).catch(() => null);
  const found = own?.value.issues.find((issue) => issue.issue_id === id);
  return found ? { ...own, value: found } : null;
}

function head(reading) {
  const issue = reading.value;
  return h(
    "div",
    { class: "close" },
    backLink(),
    h("p", { class: "buttons" }, h("span", { class: `state ${issue.open ? "" : "good"}` }, named("issue-state", issue.state)), issue.urgency === "urgent" && h("span", { class: "state late" }, named("urgency", "urgent"))),
    h("h1", {}, issue.title ?? t("restricted-issue")),
    issue.detail && h("p", { class: "lines" }, issue.detail),
    h("p", { class: "quiet" }, `${named("kind", issue.kind)} · ${named("field", issue.field)}`),
    h("p", { class: "quiet" }, h("a", { class: "quiet", href: `#visit=${issue.visit.visit_id}` }, visitText(issue.visit, issue.unit))),
    issue.erased && h("p", { class: "notice" }, t("texts-erased")),
    asOf(reading),
  );
}

function way({ phone }, issue, opened, waiting) {
  return h("section", { class: "sheet close" }, h("h2", {}, t("way")), h("ol", { class: "way" }, steps(issue).map((each) => step(phone, each, opened, waiting))));
}

/** What happened, and what is still to come with its due date. */
function steps(issue) {
  // An agency that is not competent owes no answer, and is not among those it was sent to.
  const duty = (kind, at) => issue.duties.filter((each) => each.kind === kind && !(kind === "answer" && each.closure === "not_owed"))[at ?? 0];
  const found = [{ what: "raised", at: issue.raised_at }];
  if (issue.state === "resolved_on_spot") return [...found, { what: "resolved", at: issue.raised_at, done: true }];
  if (issue.sent.length === 0) found.push({ what: "to-forward", duty: duty("forward") });
  issue.sent.forEach((sent, place) => {
    found.push({ what: "forwarded", at: sent.sent_at, who: sent.agency, number: sent.number, duty: place === 0 ? duty("forward") : null });
    if (sent.acknowledged_at) found.push({ what: "acknowledged", at: sent.acknowledged_at, who: sent.agency });
    const owed = duty("answer", place);
    if (sent.answered_at) found.push({ what: "answered", at: sent.answered_at, who: sent.agency, number: sent.answer_number, text: sent.answer_summary, duty: owed });
    else found.push({ what: "to-answer", who: sent.agency, duty: owed, promised: sent.promised_on });
  });
  // Whenever the cell says that it is not settled, another answer is owed by a duty of its own.
  const reply = issue.duties.filter((each) => each.kind === "reply_to_cell").at(-1);
  const reopened = issue.settled === false && { what: "reopened", at: issue.judged_at };
  if (issue.replied_at) found.push({ what: "replied", at: issue.replied_at, text: issue.reply_summary, duty: reply });
  if (reopened) found.splice(issue.replied_at ? -1 : found.length, 0, reopened);
  if (issue.settled) found.push({ what: "settled", at: issue.judged_at });
  else if (!issue.replied_at && issue.sent.length > 0) found.push({ what: "to-reply", duty: reply });
  return found;
}

function step(phone, { what, at, who, number, text, duty, promised }, opened) {
  const due = duty && duty.closure !== "not_owed";
  return h(
    "li",
    { class: `tight ${at ? "done" : "ahead"}` },
    h("h3", {}, t(`step-${what}`)),
    at && h("p", { class: "quiet number" }, momentText(at)),
    (who || number) && h("p", { class: "quiet" }, [who, number].filter(Boolean).join(" · ")),
    text && h("p", { class: "lines" }, text),
    promised && h("p", {}, t("promised-on", { day: fullDay(promised) })),
    due && at && h("p", { class: "small" }, Date.parse(at) >= Date.parse(duty.due_at) ? t("was-late", { day: fullDay(lastDayOf(duty.due_at)) }) : t("was-due", { day: fullDay(lastDayOf(duty.due_at)) })),
    due && !at && (duty.mine ? why(phone, duty, opened) : h("p", { class: "small" }, t("due-by", { due: dueText(duty) }))),
    due && duty.first_due_at !== duty.due_at && h("p", { class: "quiet small" }, t("first-due", { day: fullDay(lastDayOf(duty.first_due_at)) })),
  );
}

/** What the member may do: tell the cell, ask for more days. */
function aside({ phone, person }, issue, waiting) {
  const path = `/feedback/api/issues/${issue.issue_id}/reply`;
  const sent = waiting.find((item) => item.path === path);
  const mine = issue.duties.filter((duty) => duty.mine && !duty.closed_at);
  return [
    person.may.includes("reply_to_cell") && issue.open && issue.sent.some((each) => each.answered_at) && (sent ? h("section", { class: "sheet" }, waits(sent)) : replyForm(phone, issue, path)),
    mine.map((duty) => extensionForm(phone, duty, issue, waiting)),
  ];
}

function replyForm(phone, issue, path) {
  const text = h("textarea", { class: "box", maxlength: "5000", required: true, value: issue.sent.map((each) => each.answer_summary).filter(Boolean).join("\n") });
  return act(t("tell-the-cell"), field(t("what-was-told"), text, { hint: t("told-hint"), pointer: "/summary" }), t("told-it"), () =>
    phone.outbox.add({ kind: "reply", method: "PUT", path, body: { replied_at: serverNow().toISOString(), summary: text.value.trim() }, about: { unit: issue.unit.name, day: localDay(serverNow()) } }),
  );
}

/** Asking stops no clock; the board decides. Folded away, because it is the exception. */
export function extensionForm(phone, duty, { unit }, waiting) {
  const sent = waiting.find((item) => item.kind === "extension" && item.path.includes(duty.duty_id));
  if (sent) return h("section", { class: "sheet close" }, h("h2", {}, t("ask-for-days")), waits(sent));
  const days = h("input", { class: "box", inputmode: "numeric", pattern: "[0-9]+", maxlength: "3", required: true, value: "2" });
  const reason = h("textarea", { class: "box", maxlength: "2000", required: true });
  const form = act(
    null,
    [field(t("more-days"), days, { hint: t("asking-stops-nothing"), pointer: "/days" }), field(t("reason"), reason, { pointer: "/reason" })],
    t("ask"),
    () => {
      const path = `/feedback/api/duties/${duty.duty_id}/extensions/${crypto.randomUUID()}`;
      const body = { days: Number(days.value), reason: reason.value.trim() };
      return phone.outbox.add({ kind: "extension", method: "PUT", path, body, about: { unit: unit?.name, day: localDay(serverNow()) } });
    },
  );
  return h("details", { class: "sheet more" }, h("summary", {}, t("ask-for-days")), form);
}

/** A small form whose words are frozen at once and wait in the queue. */
export function act(title, fields, words, freeze) {
  const said = h("div", {});
  const button = h("button", { class: "button first wide", type: "submit" }, words);
  return h("form", { class: title ? "sheet stack" : "stack", onsubmit: submit }, title && h("h2", {}, title), fields, said, button);

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      location.hash = `#outbox=${await freeze()}`;
    } catch (error) {
      button.disabled = false;
      if (!(error instanceof StorageFull)) throw error;
      show(said, notice("wrong", t("storage-full")));
    }
  }
}
