// One visit with all that was said of it: its issues, every version and who changed what, two edits that say
// different things side by side until a person chooses, the report and what was asked of it, more days.
import { addWords, backLink, clockTime, fullDay, h, isTyping, localDay, momentText, named, newId, notice, numberText, showAgain, t } from "./shared/kit.js";
import { asOf, ownWork, readOrCopy, unsent, waits } from "./own-work.js";
import { extensionForm } from "./issue-view.js";
import { saidOfRecord } from "./said.js";
import { why } from "./why.js";
import { sideValue, fieldText, valueAt } from "./sides.js";
import vi from "./matters-vi.js";
import logVi from "./log-vi.js";

await addWords({ vi: logVi, en: () => import("./log-en.js") });
await addWords({ vi, en: () => import("./matters-en.js") });

export async function visitView(context) {
  const { main, phone, signal, id } = context;
  const path = `/visits/api/visits/${encodeURIComponent(id)}`;
  const opened = new Set();
  let drawn = "";

  async function render() {
    const [reading, own, waiting] = await Promise.all([readOrCopy(phone, path).catch(() => null), ownWork(phone).catch(() => null), unsent(phone)]);
    if (signal.aborted) return;
    const facts = JSON.stringify([reading?.value, reading?.stale && reading.as_of, waiting.map((item) => [item.id, item.state])]);
    if (facts === drawn) return;
    drawn = facts;
    if (!reading) return showAgain(main, h("div", { class: "stack log" }, backLink(), notice("warn", t("visit-not-here"))));
    const visit = reading.value;
    const mine = visit.visitor.person_id === context.person.person_id;
    const about = waiting.filter((item) => item.visit_id === id);
    return showAgain(
      main,
      h(
        "div",
        { class: "stack log" },
        head(reading, mine),
        about.map((item) => h("div", {}, waits(item))),
        mine && !visit.withdrawn_at && visit.merges.filter((merge) => merge.fields.length > 0 && !merge.settled_at).map((merge) => conflict(context, visit, merge, about)),
        reportPart(visit, mine, about, own?.value.duties.filter((duty) => duty.visit?.visit_id === id) ?? [], { phone, opened, waiting }),
        issues(visit),
        said(visit),
        saidOfRecord(visit, mine),
        versions(visit),
        (mine || context.behalf?.serves(visit.visitor.person_id)) && !visit.history && !visit.erased_at && !visit.withdrawn_at && h("p", {}, h("a", { class: "button wide", href: `#edit=${id}` }, t("correct-visit"))),
      ),
    );
  }

  const stop = phone.subscribe((news) => (news.queue || news.beat) && !isTyping(main) && render().catch(() => {}));
  signal.addEventListener("abort", stop);
  await render();
}

function head(reading, mine) {
  const visit = reading.value;
  return h(
    "div",
    { class: "close" },
    backLink(),
    h("p", { class: "quiet" }, named("visit", visit.kind)),
    h("h1", {}, visit.unit.name),
    h("p", {}, `${fullDay(localDay(visit.started_at))}, ${clockTime(visit.started_at)}–${clockTime(visit.ended_at)}`),
    !mine && h("p", { class: "quiet" }, visit.visitor.full_name),
    mine && h("p", {}, h("a", { href: `#place=${visit.unit.unit_id}` }, t("about-place"))),
    visit.erased_at && h("p", { class: "notice" }, t("texts-erased")),
    visit.withdrawn_at && h("p", { class: "notice" }, t("visit-withdrawn", { at: momentText(visit.withdrawn_at) })),
    asOf(reading),
  );
}

// --- two edits that say different things

/** Both sides of each field; nothing is chosen beforehand, and what is not chosen stays on record. */
function conflict({ phone }, visit, merge, waiting) {
  const path = `/visits/api/visits/${visit.visit_id}/versions/${merge.version}/decision`;
  const decided = waiting.find((item) => item.path === path);
  if (decided) return h("section", { class: "sheet close" }, h("h2", {}, t("in-conflict")), waits(decided));
  const recorded = visit.versions.find((each) => each.version === merge.recorded_version)?.content;
  const choices = {};
  const send = h("button", { class: "button first wide", type: "submit", disabled: true }, t("keep-choice"));
  const fields = merge.fields.map((pointer) => oneField(pointer, { recorded, received: merge.received }, (side) => {
    choices[pointer] = side;
    send.disabled = Object.keys(choices).length < merge.fields.length;
  }));
  return h("form", { class: "sheet stack conflict", onsubmit: decide }, h("div", { class: "tight" }, h("h2", {}, t("in-conflict")), h("p", { class: "quiet" }, t("conflict-about"))), fields, send);

  async function decide(event) {
    event.preventDefault();
    send.disabled = true;
    const about = { unit: visit.unit.name, day: localDay(visit.started_at) };
    await phone.outbox.add({ kind: "decision", method: "PUT", path, body: { choices }, about });
  }
}

function oneField(pointer, sides, chosen) {
  const name = newId();
  return h(
    "fieldset",
    { class: "close" },
    h("legend", {}, h("h3", {}, fieldText(pointer, sides.recorded, sides.received))),
    h(
      "div",
      { class: "sides" },
      ["recorded", "received"].map((side) =>
        h("label", { class: "side" }, h("input", { type: "radio", name, value: side, onchange: () => chosen(side) }), h("span", { class: "tight" }, h("span", { class: "quiet small" }, t(`side-${side}`)), sideValue(valueAt(sides[side], pointer)))),
      ),
    ),
  );
}

// --- the report

function reportPart(visit, mine, waiting, duties, { phone, opened, waiting: all }) {
  const sent = waiting.find((item) => item.path.endsWith("/report"));
  const report = visit.reports.at(-1);
  const open = visit.returns.filter((each) => !each.answered);
  const owed = duties.filter((duty) => duty.kind === "report");
  return h(
    "section",
    { class: "sheet close" },
    h("div", { class: "between" }, h("h2", {}, t("report-title")), report ? h("span", { class: "state good" }, t("reported")) : !visit.history && h("span", { class: "state" }, t("not-reported"))),
    open.map((each) => h("div", { class: "notice warn tight" }, h("p", {}, h("strong", {}, t("report-returned"))), each.comment && h("p", { class: "lines" }, each.comment), h("p", { class: "quiet small" }, momentText(each.returned_at)))),
    report && h("p", { class: "quiet small" }, visit.report_filed_at && t("first-filed", { at: momentText(visit.report_filed_at) })),
    report?.summary && h("p", { class: "lines" }, report.summary),
    visit.reports.length > 1 && h("details", { class: "more" }, h("summary", {}, t("report-versions", { n: numberText(visit.reports.length) })), h("ol", { class: "rows" }, visit.reports.map((each) => h("li", { class: "tight" }, h("p", { class: "quiet small" }, momentText(each.filed_at)), h("p", { class: "lines" }, each.summary || "–"))))),
    owed.map((duty) => why(phone, duty, opened)),
    mine && !sent && !visit.erased_at && !visit.withdrawn_at && (!report || open.length > 0) && !visit.history && h("a", { class: "button first wide", href: `#report=${visit.visit_id}` }, t(open.length > 0 ? "correct-report" : "file-report")),
    mine && !visit.withdrawn_at && owed.map((duty) => extensionForm(phone, duty, visit, all)),
  );
}

// --- what was said

function issues(visit) {
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("issues-of-visit")),
    visit.issues.length === 0 && h("p", { class: "quiet" }, t(visit.nothing_raised ? "none-raised" : "no-issues")),
    h("ul", { class: "rows" }, visit.issues.map((issue) => h("li", { class: "tight" }, h("h3", {}, h("a", { href: `#issue=${issue.issue_id}` }, issue.title || t("restricted-issue"))), h("p", { class: "quiet" }, [named("kind", issue.kind), named("field", issue.field), issue.resolved_on_spot && t("solved-there")].filter(Boolean).join(" · ")), photos(visit, issue)))),
  );
}

/** Each opens as a download. A copy that was made before there were any has none. */
function photos(visit, issue) {
  if (!issue.photos?.length) return null;
  const address = (photo) => `/visits/api/visits/${visit.visit_id}/issues/${issue.issue_id}/photos/${photo.photo_id}`;
  const shown = (photo, place) => h("img", { class: "photo", src: address(photo), loading: "lazy", alt: t("photo-number", { n: place + 1 }) });
  return h("ul", { class: "photos" }, issue.photos.map((photo, place) => h("li", {}, h("a", { href: address(photo), download: "" }, shown(photo, place)))));
}

function said({ notes, meeting }) {
  const counts = meeting && ["summoned", "present", "excused", "unexcused", "speakers"].filter((name) => meeting[name] !== null);
  if (!notes && !counts?.length) return null;
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("notes-and-counts")),
    counts?.length > 0 && h("dl", { class: "facts" }, counts.map((name) => [h("dt", {}, t(`count.${name}`)), h("dd", { class: "number" }, numberText(meeting[name]))])),
    notes && h("p", { class: "lines" }, notes),
  );
}

/** Every version as it was accepted, the newest first, with what it changed. */
function versions(visit) {
  if (visit.versions.length < 2) return h("p", { class: "quiet small" }, t("receipt-of", { number: visit.versions[0].receipt_number, at: momentText(visit.versions[0].accepted_at) }));
  return h(
    "section",
    { class: "sheet close versions" },
    h("h2", {}, t("versions", { n: numberText(visit.versions.length) })),
    h("ol", { class: "rows" }, [...visit.versions].reverse().map((version) => versionLine(visit, version))),
  );
}

function versionLine(visit, version) {
  const before = visit.versions.find((each) => each.version === version.version - 1);
  const merge = visit.merges.find((each) => each.version === version.version);
  const settled = visit.merges.find((each) => each.settled_in === version.version && each.settled_in !== each.version);
  const label = merge ? (merge.fields.length > 0 ? (merge.settled_at ? "label-settled" : "label-conflict") : "label-parallel") : settled && "label-decision";
  return h(
    "li",
    { class: "tight" },
    h("div", { class: "between" }, h("h3", {}, t("version", { n: version.version })), label && h("span", { class: `state ${label === "label-conflict" ? "late" : ""}` }, t(label))),
    h("p", { class: "quiet small number" }, t("receipt-of", { number: version.receipt_number, at: momentText(version.accepted_at) })),
    before && h("p", { class: "small" }, changes(before.content, version.content)),
  );
}

function changes(was, now) {
  const names = ["started_at", "ended_at", "notes", "nothing_raised", "meeting"].filter((name) => JSON.stringify(was[name]) !== JSON.stringify(now[name])).map((name) => t(`changed-${name}`));
  const same = (issue) => JSON.stringify(was.issues.find((each) => each.id === issue.id)) === JSON.stringify(issue);
  if (now.issues.some((issue) => !same(issue)) || was.issues.length !== now.issues.length) names.push(t("changed-issues"));
  return names.length > 0 ? t("changed", { what: names.join(", ") }) : t("changed-nothing");
}
