// Correcting a visit: its whole content as the next version, with the version it was made from, so that a correction
// from another device is never overwritten. Unit, kind and day stay, because due dates are counted from them.
import { addWords, backLink, clockTime, field, h, instantOf, localDay, notice, show, t, tick } from "./shared/kit.js";
import { COUNTS, newIssue } from "./visit-form.js";
import { StorageFull } from "./phone.js";
import { readOrCopy, visitText } from "./own-work.js";
import { issueSheet } from "./issue.js";
import { placesToGo } from "./places.js";
import { timeBox } from "./when.js";
import logVi from "./log-vi.js";
import vi from "./matters-vi.js";

await addWords({ vi: logVi, en: () => import("./log-en.js") });
await addWords({ vi, en: () => import("./matters-en.js") });

export async function editView({ main, phone, behalf, signal, id }) {
  const reading = await readOrCopy(phone, `/visits/api/visits/${encodeURIComponent(id)}`).catch(() => null);
  if (signal.aborted) return;
  if (!reading) return show(main, h("div", { class: "stack log" }, backLink(), notice("warn", t("visit-not-here"))));
  const visit = reading.value;
  const member = behalf?.of(visit.visitor.person_id) ?? null;
  const [places, kept] = await Promise.all([placesToGo(phone, member), phone.drafts.editOf(id)]);
  const draft = kept ?? (await phone.drafts.begin(formOf(visit, member)));
  behalf?.pin(member);
  signal.addEventListener("abort", () => behalf?.pin(null));
  signal.addEventListener("abort", () => draft.close());
  if (signal.aborted) return draft.close();
  return new Editing({ main, phone, visit, draft, places }).begin();
}

class Editing {
  #parts;
  #form;
  #issues = h("div", { class: "stack" });
  #said = h("div", {});
  #none = null;

  constructor(parts) {
    this.#parts = parts;
    this.#form = parts.draft.form;
  }

  begin() {
    const { main, visit, draft } = this.#parts;
    show(
      main,
      h(
        "form",
        { class: "stack log", novalidate: true, onsubmit: (event) => this.#freeze(event) },
        h("div", { class: "close" }, backLink(`#visit=${visit.visit_id}`), h("h1", {}, t("correct-visit")), h("p", { class: "quiet" }, visitText(visit, visit.unit)), h("p", { class: "quiet small" }, t("stays-fixed"))),
        this.#times(),
        this.#form.meeting && this.#counts(),
        h("section", { class: "sheet stack" }, h("h2", {}, t("issues-of-visit")), this.#issues, this.#add(), this.#nothing()),
        h("section", { class: "sheet stack" }, field(t("notes"), this.#box("notes"), { pointer: "/notes" })),
        this.#said,
        h("button", { class: "button first wide big", type: "submit" }, t("send-correction")),
        h("button", { class: "button plain wide", type: "button", onclick: () => this.#discard(draft) }, t("discard-correction")),
      ),
    );
    this.#renderIssues();
  }

  #changed = () => this.#parts.draft.save(this.#form);

  #put(name, value) {
    this.#form[name] = value;
    this.#changed();
  }

  #times() {
    return h(
      "section",
      { class: "sheet" },
      h("div", { class: "when" }, field(t("from"), timeBox(this.#form.from, (value) => this.#put("from", value)), { pointer: "/started_at" }), field(t("to"), timeBox(this.#form.to, (value) => this.#put("to", value)), { pointer: "/ended_at" })),
    );
  }

  #counts() {
    const { meeting } = this.#form;
    const box = (name) => h("input", { class: "box", inputmode: "numeric", maxlength: "6", value: meeting[name] ?? "", oninput: ({ target }) => this.#put("meeting", { ...this.#form.meeting, [name]: target.value.replaceAll(/[^0-9]/g, "") }) });
    return h("section", { class: "sheet stack" }, h("h2", {}, t("notes-and-counts")), h("div", { class: "fields counts" }, COUNTS.map((name) => field(t(`count.${name}`), box(name), { pointer: `/meeting/${name}` }))));
  }

  #box(name) {
    return h("textarea", { class: "box", maxlength: "10000", value: this.#form[name], oninput: ({ target }) => this.#put(name, target.value) });
  }

  #renderIssues() {
    const { places } = this.#parts;
    this.#none.hidden = this.#form.issues.length > 0;
    show(
      this.#issues,
      this.#form.issues.map((issue, place) =>
        issueSheet(issue, place, {
          onBehalf: Boolean(this.#form.member),
          portfolios: places.portfolios,
          agencies: places.agencies,
          changed: this.#changed,
          named: () => {},
          remove: () => {
            this.#form.issues.splice(place, 1);
            this.#changed();
            this.#renderIssues();
          },
        }),
      ),
    );
  }

  #add() {
    const add = () => {
      this.#form.issues.push(newIssue());
      this.#changed();
      this.#renderIssues();
    };
    return h("button", { class: "button wide", type: "button", onclick: add }, t("add-issue"));
  }

  /** Said only where nothing was raised. */
  #nothing() {
    this.#none = tick(t("nothing-raised"), h("input", { type: "checkbox", checked: this.#form.nothing_raised, onchange: ({ target }) => this.#put("nothing_raised", target.checked) }), { pointer: "/nothing_raised" });
    return this.#none;
  }

  async #freeze(event) {
    event.preventDefault();
    const { phone, visit, draft } = this.#parts;
    const wrong = whatIsWrong(this.#form);
    if (wrong) return show(this.#said, notice("wrong", t(wrong)));
    const version = this.#form.base_version + 1;
    const path = `/visits/api/visits/${visit.visit_id}/versions/${version}`;
    const about = { unit: visit.unit.name, day: localDay(visit.started_at), kind: visit.kind, member: this.#form.member?.full_name ?? null };
    try {
      const id = await draft.freeze(bodyOf(this.#form), about, { kind: "version", path });
      location.replace(`#outbox=${id}`);
    } catch (error) {
      if (!(error instanceof StorageFull)) throw error;
      show(this.#said, notice("wrong", phone && t("storage-full")));
    }
    return undefined;
  }

  async #discard(draft) {
    await draft.discard();
    location.hash = `#visit=${this.#parts.visit.visit_id}`;
  }
}

function whatIsWrong({ from, to, issues, meeting, nothing_raised: nothing }) {
  if (!from || !to) return "missing-time";
  if (to < from) return "ends-before";
  if (issues.some((issue) => !issue.title.trim())) return "missing-title";
  if (issues.some((issue) => !issue.field)) return "missing-field";
  return meeting && issues.length === 0 && !nothing ? "missing-statement" : null;
}

/** The newest version as a form; `edit_of` says whose draft this is. */
function formOf(visit, member) {
  const newest = visit.versions.at(-1);
  const { content } = newest;
  return {
    edit_of: visit.visit_id,
    member: member && { person_id: member.person_id, full_name: member.full_name },
    base_version: newest.version,
    kind: content.kind,
    unit_id: visit.unit.unit_id,
    day: localDay(content.started_at),
    from: clockTime(content.started_at),
    to: clockTime(content.ended_at),
    meeting: content.meeting,
    notes: content.notes,
    did: content.did ?? [],
    nothing_raised: content.nothing_raised,
    issues: content.issues.map(({ urgency, suggested_agency_id: agency, ...issue }) => ({ ...issue, urgent: urgency === "urgent", agency: agency ?? "" })),
  };
}

function bodyOf(form) {
  return {
    base_version: form.base_version,
    kind: form.kind,
    unit_id: form.unit_id,
    started_at: instantOf(form.day, form.from),
    ended_at: instantOf(form.day, form.to),
    device: null,
    meeting: form.meeting && { ...form.meeting, ...Object.fromEntries(COUNTS.map((name) => [name, numberOf(form.meeting[name])])) },
    notes: form.notes,
    nothing_raised: form.nothing_raised && form.issues.length === 0,
    did: form.did,
    issues: form.issues.map(({ urgent, agency, ...issue }) => ({ ...issue, urgency: urgent ? "urgent" : "normal", suggested_agency_id: agency || null })),
    report: null,
    ...(form.member && { on_behalf_of: form.member.person_id }),
  };
}

function numberOf(value) {
  return value === null || value === undefined || value === "" ? null : Number(value);
}
