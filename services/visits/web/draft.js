// One visit being written. It stays on this device until the server has given a receipt for it.
import { Problem, api, instantOf, localDay, clockTime, newUuid, serverNow } from "./shared/kit.js";

const DEVICE = "fv.device";
const COUNTS = ["summoned", "present", "excused", "unexcused", "speakers"];

/** What is kept is either being written, or frozen: byte for byte what was sent and will be sent again. */
export class Draft {
  #key;

  constructor(personId) {
    this.#key = `fv.draft.${personId}`;
  }

  read() {
    const kept = localStorage.getItem(this.#key);
    return kept === null ? null : JSON.parse(kept);
  }

  /** Keep what is written so far. */
  save(form) {
    this.#keep({ form, saved_at: serverNow().toISOString() });
  }

  /** From here on the content is fixed, so that sending it again can never say something else. */
  freeze(form) {
    const frozen = { ...this.read(), form, body: bodyOf(form) };
    this.#keep(frozen);
    return frozen;
  }

  /** Refused or in conflict: the words stay, the ids are new, because the old ones may stand for something. */
  thaw() {
    const form = renewed(this.read().form);
    this.save(form);
    return form;
  }

  forget() {
    localStorage.removeItem(this.#key);
  }

  /** Send the frozen visit; the receipt ends the draft. Throws Problem, and the draft stays. */
  async send() {
    const { form, body } = this.read();
    const receipt = await api(`/visits/api/visits/${form.id}`, { method: "PUT", body });
    if (!receipt?.receipt_number) throw new Problem({ status: 0, title: "" });
    this.forget();
    return receipt;
  }

  #keep(value) {
    localStorage.setItem(this.#key, JSON.stringify(value));
  }
}

/** A new visit, with what is most often true filled in. */
export function newForm() {
  const now = serverNow();
  const today = localDay(now);
  const meetingDay = today.endsWith("-03");
  return {
    id: newUuid(),
    kind: meetingDay ? "meeting_attendance" : "field_trip",
    unit: null,
    day: today,
    from: meetingDay ? "19:00" : clockTime(now - 3_600_000),
    to: meetingDay ? "20:30" : clockTime(now),
    meeting: { kind: "regular" },
    notes: "",
    nothing_raised: false,
    issues: [],
    report: false,
    summary: "",
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
  };
}

/** What goes to the server: the form in the words of the interface, and which device wrote it when. */
function bodyOf(form) {
  return {
    kind: form.kind,
    unit_id: form.unit.unit_id,
    started_at: instantOf(form.day, form.from),
    ended_at: instantOf(form.day, form.to),
    device: device(),
    meeting: form.kind === "meeting_attendance" ? meetingOf(form.meeting) : null,
    notes: form.notes,
    nothing_raised: form.nothing_raised && form.issues.length === 0,
    issues: form.issues.map(issueOf),
    report: form.report ? { summary: form.summary, claimed_at: serverNow().toISOString() } : null,
  };
}

function meetingOf({ kind, ...counts }) {
  const meeting = { kind };
  for (const name of COUNTS) meeting[name] = counts[name] ? Number(counts[name].replaceAll(".", "")) : null;
  return meeting;
}

function issueOf({ urgent, ...issue }) {
  return { ...issue, urgency: urgent ? "urgent" : "normal" };
}

function device() {
  const kept = JSON.parse(localStorage.getItem(DEVICE) ?? "null") ?? { id: newUuid(), seq: 0 };
  kept.seq += 1;
  localStorage.setItem(DEVICE, JSON.stringify(kept));
  return { id: kept.id, seq: kept.seq, recorded_at: new Date().toISOString() };
}

function renewed(form) {
  return { ...form, id: newUuid(), issues: form.issues.map((issue) => ({ ...issue, id: newUuid() })) };
}
