// A visit as its form: what is filled in beforehand, what is missing, and how it reads in the words of the interface.
import { clockTime, instantOf, localDay, newUuid, serverNow, t } from "./shared/kit.js";

export const COUNTS = ["summoned", "present", "excused", "unexcused", "speakers"];
export const DID = ["briefed", "advised", "listened", "checked_resolution", "told_answers", "visited_households"];
export const REASONS = {
  cancelled: ["weather", "rescheduled", "called_away", "illness", "other"],
  nobody_met: ["nobody_came", "too_few", "rescheduled", "other"],
};
const MEETING_DAY = "-03";
const MEETING_BEGINS = "19:00";
const HOUR = 3_600_000;

/**
 * A new visit, with what is most often true filled in: cells meet at 19:00 on `evening`, the next one that the phone
 * has heard of, or on the 3rd where that is past; at the cell one is in charge of.
 */
export function newForm(unit = null, member = null, evening = "") {
  const now = serverNow();
  const today = localDay(now);
  const meeting = evening >= today ? evening === today : today.endsWith(MEETING_DAY);
  const over = meeting && clockTime(now) > MEETING_BEGINS;
  return {
    id: newUuid(),
    opened_at: Date.now(),
    kind: meeting ? "meeting_attendance" : "field_trip",
    unit,
    member: member && { person_id: member.person_id, full_name: member.full_name, portfolios: member.portfolios },
    day: today,
    from: over ? MEETING_BEGINS : clockTime(now.getTime() - HOUR),
    to: clockTime(now),
    outcome: "held",
    reason: "",
    meeting: { kind: "regular" },
    did: [],
    notes: "",
    nothing_raised: false,
    issues: [],
    report: false,
    summary: "",
    place: { step: "where", scroll: 0, field: null, open: true },
  };
}

export function newIssue() {
  return {
    id: newUuid(),
    kind: "petition",
    field: "",
    title: "",
    detail: "",
    urgent: false,
    access_class: "normal",
    resolved_on_spot: false,
    agency: "",
  };
}

/** What the server would say too, said before anything is frozen: each with its step. */
export function whatIsMissing(form) {
  const missing = [];
  const say = (step, pointer, key) => missing.push({ step, pointer, message: t(key) });
  if (!form.unit) say("where", "/unit_id", "missing-unit");
  if (!form.day || !form.from) say("where", "/started_at", "missing-time");
  if (form.outcome !== "held") {
    if (!form.reason) say("where", "/reason", "missing-reason");
    return missing;
  }
  if (!form.to) say("where", "/ended_at", "missing-time");
  else if (form.from && form.to < form.from) say("where", "/ended_at", "ends-before");
  form.issues.forEach((issue, place) => {
    if (!issue.title.trim()) say("said", `/issues/${place}/title`, "missing-title");
    if (!issue.field) say("said", `/issues/${place}/field`, "missing-field");
  });
  if (form.kind === "meeting_attendance" && form.issues.length === 0 && !form.nothing_raised) {
    say("said", "/nothing_raised", "missing-statement");
  }
  return missing;
}

/** Whether the visit begins after what this device takes for now; its clock may be the one that is wrong. */
export function isInFuture(form) {
  return Boolean(form.day && form.from) && Date.parse(instantOf(form.day, form.from)) > serverNow().getTime();
}

/** What is frozen of it: `{kind, path, body, about}`. The envelope of the device is filled in as it is frozen. */
export function actOf(form) {
  const about = { unit: form.unit.name, day: form.day, kind: form.kind, member: form.member?.full_name ?? null };
  if (form.outcome !== "held") {
    return { kind: "unheld", path: `/visits/api/unheld/${form.id}`, body: unheldOf(form), about };
  }
  return { kind: "visit", path: `/visits/api/visits/${form.id}`, body: visitOf(form), about };
}

function unheldOf(form) {
  return {
    kind: form.kind,
    unit_id: form.unit.unit_id,
    planned_at: instantOf(form.day, form.from),
    outcome: form.outcome,
    reason: form.reason,
    device: null,
    ...forWhom(form),
  };
}

function visitOf(form) {
  return {
    kind: form.kind,
    unit_id: form.unit.unit_id,
    started_at: instantOf(form.day, form.from),
    ended_at: instantOf(form.day, form.to),
    device: null,
    meeting: form.kind === "meeting_attendance" ? meetingOf(form.meeting) : null,
    notes: form.notes,
    nothing_raised: form.nothing_raised && form.issues.length === 0,
    did: form.did,
    issues: form.issues.map(issueOf),
    report: form.report ? { summary: form.summary, claimed_at: signedAt(form) } : null,
    ...forWhom(form),
  };
}

/** The member it is written for: named in every act of an assistant, and in no act of one's own. */
function forWhom({ member }) {
  return member ? { on_behalf_of: member.person_id } : {};
}

/** A report is signed when it is frozen, which is never before the visit began. */
function signedAt(form) {
  const began = Date.parse(instantOf(form.day, form.from));
  return new Date(Math.max(began, serverNow().getTime())).toISOString();
}

function meetingOf({ kind, ...counts }) {
  const meeting = { kind };
  for (const name of COUNTS) meeting[name] = counts[name] ? Number(counts[name].replaceAll(".", "")) : null;
  return meeting;
}

function issueOf({ urgent, agency, ...issue }) {
  return { ...issue, urgency: urgent ? "urgent" : "normal", suggested_agency_id: agency || null };
}
