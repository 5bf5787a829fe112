// `#issue=ID`: one matter from where it was raised to the cell that was told, and what can be done with it now.
import { addWords, api, dayText, h, momentText, named, show, t } from "./shared/kit.js";
import { actsOn } from "./issue-acts.js";
import { mergedWith } from "./issue-merged.js";
import vi from "./office-vi.js";

await addWords({ vi, en: () => import("./office-en.js") });

export async function issueView({ place, person, id, signal }) {
  /** What is being typed is not to vanish because something happened elsewhere. */
  const typing = () => place.querySelector("details[open]") !== null;

  async function draw({ live = false } = {}) {
    const detail = await api(`/feedback/api/issues/${encodeURIComponent(id)}`);
    const acts = await actsOn(detail, person, draw);
    if (signal.aborted || (live && typing())) return;
    const { issue } = detail;
    show(
      place,
      h(
        "div",
        { class: "close" },
        issue.urgency === "urgent" && h("p", {}, h("span", { class: "state late" }, named("urgency", "urgent"))),
        h("h1", {}, issue.title ?? t("restricted-matter")),
        issue.detail && h("p", { class: "lines" }, issue.detail),
        h("p", { class: "quiet" }, [issue.field && named("field", issue.field), issue.unit_name].filter(Boolean).join(" · ")),
      ),
      acts,
      mergedWith(detail, person, draw),
      h("section", { class: "sheet close" }, h("h2", {}, t("issue-way")), h("ol", { class: "moments" }, wayOf(detail).map(moment))),
      person.may.includes("read_visits") &&
        h("p", {}, h("a", { href: `/visits/#card=${issue.unit_id}` }, t("answer-card"))),
    );
  }

  await draw();
  return () => (typing() ? undefined : draw({ live: true }));
}

/** Everything that happened, in its order. */
function wayOf({ issue, forwardings, notes, reply, verdicts }) {
  const agencies = new Map(forwardings.map((each) => [each.forwarding_id, each.agency_name ?? t("an-agency")]));
  const steps = [{ at: issue.raised_at, words: t("way-raised", { unit: issue.unit_name ?? t("unknown") }) }];
  for (const each of forwardings) {
    const agency = agencies.get(each.forwarding_id);
    steps.push({ at: each.sent_at, words: t("way-sent", { agency, number: each.number }), text: each.proof });
    if (each.acknowledged_at) steps.push({ at: each.acknowledged_at, words: t("way-acknowledged", { agency }) });
    if (each.answered_at) steps.push({ at: each.answered_at, words: t("way-answered", { agency, number: each.answer_number ?? "" }), text: each.answer_summary });
  }
  for (const each of notes) {
    const agency = agencies.get(each.forwarding_id);
    const day = each.promised_on && dayText(each.promised_on);
    steps.push({ at: each.said_at, words: t(`way-${each.kind}`, { agency, day }), text: each.text });
    if (each.replied_at) steps.push({ at: each.replied_at, words: t("way-question_answered"), text: each.reply });
  }
  for (const each of verdicts) {
    if (each.replied_at) steps.push({ at: each.replied_at, words: t("way-replied"), text: each.reply_summary });
    steps.push({ at: each.given_at, words: t(each.settled ? "way-settled" : "way-reopened"), text: each.reason });
  }
  if (reply) steps.push({ at: reply.replied_at, words: t("way-replied"), text: reply.summary });
  return steps.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

function moment({ at, words, text }) {
  return h("li", { class: "tight" }, h("p", {}, words), h("p", { class: "quiet small number" }, momentText(at)), text && h("p", { class: "small lines" }, text));
}
