// Writing a visit: where and when, what was heard, check and send. Every stroke is kept on this device.
import {
  api,
  dayText,
  dueText,
  dutyState,
  field,
  fold,
  h,
  localDay,
  momentText,
  named,
  notice,
  select,
  serverNow,
  show,
  showErrors,
  t,
  tick,
  whyLink,
} from "./shared/kit.js";
import { newForm, newIssue } from "./draft.js";
import { issueSheet } from "./issue.js";
import { dayBox, timeBox } from "./when.js";
import { unitBox } from "./units.js";

const MEETINGS = ["regular", "thematic", "combined"];
const COUNTS = ["summoned", "present", "excused", "unexcused", "speakers"];
const SAVE_AFTER = 300;
const TRY_AGAIN_AFTER = 15_000;
const LOOK_FOR_DUTIES = 12;

export async function logView(context) {
  const kept = context.draft.read();
  if (kept?.body) return waiting(context, null);
  return writing(context, kept?.form ?? newForm(), []);
}

// --- writing

async function writing(context, form, errors) {
  const { main, draft, signal } = context;
  const [units, { portfolios }] = await Promise.all([placesToGo(context), api("/visits/api/me")]);
  if (signal.aborted) return;
  let later = 0;

  function changed() {
    clearTimeout(later);
    later = setTimeout(() => draft.save(form), SAVE_AFTER);
  }

  function keepNow() {
    if (!draft.read()?.body) draft.save(form);
  }

  const issues = h("div", { class: "stack" });
  const said = h("div", {});
  const sheet = h(
    "form",
    { class: "stack log", novalidate: true, onsubmit: submit },
    h("div", { class: "close" }, backLink(), h("h1", {}, t("log-visit")), h("p", { class: "quiet" }, t("kept-here"))),
    where(form, units, changed),
    meetingPart(form, changed),
    heard(form, issues, changed),
    sending(form, changed),
    said,
    h("button", { class: "button first wide", type: "submit" }, t("send-visit")),
    h("button", { class: "button plain wide", type: "button", onclick: discard }, t("discard-draft")),
  );
  show(main, sheet);
  renderIssues();
  tellKind();
  sheet.addEventListener("change", tellKind);
  window.addEventListener("pagehide", keepNow, { signal });
  signal.addEventListener("abort", () => {
    clearTimeout(later);
    if (sheet.isConnected) keepNow();
  });
  tell(errors);

  function tellKind() {
    sheet.querySelector(".meeting").hidden = form.kind !== "meeting_attendance";
    sheet.querySelector(".add").hidden = form.nothing_raised;
    sheet.querySelector(".nothing").hidden = form.issues.length > 0;
    sheet.querySelector(".summary").hidden = !form.report;
  }

  function renderIssues() {
    show(
      issues,
      form.issues.map((issue, place) =>
        issueSheet(issue, place, {
          portfolios,
          changed,
          remove: () => {
            form.issues.splice(place, 1);
            renderIssues();
            changed();
            tellKind();
          },
        }),
      ),
    );
  }

  sheet.querySelector(".add").addEventListener("click", () => {
    form.issues.push(newIssue());
    renderIssues();
    changed();
    tellKind();
    issues.lastElementChild.querySelector("input").focus();
  });

  function tell(found) {
    const homeless = showErrors(sheet, found);
    show(
      said,
      found.length > 0 && notice("wrong", h("p", {}, t("look-again")), homeless.map((each) => h("p", {}, each.message))),
    );
  }

  async function submit(event) {
    event.preventDefault();
    const missing = whatIsMissing(form);
    if (missing.length > 0) return tell(missing);
    clearTimeout(later);
    draft.freeze(form);
    return deliver(context);
  }

  function discard() {
    if (!confirm(t("discard-sure"))) return;
    clearTimeout(later);
    show(main);
    draft.forget();
    location.hash = "";
  }
}

function backLink() {
  return h("p", {}, h("a", { class: "button plain back", href: "#" }, "‹ ", t("back")));
}

function where(form, units, changed) {
  const unit = unitBox(units, form.unit, (chosen) => {
    form.unit = chosen && { unit_id: chosen.unit_id, name: chosen.name };
    changed();
  });
  const unitField = field(t("unit"), unit.input, { hint: t("unit-hint"), pointer: "/unit_id /unit_code" });
  unitField.append(unit.list);
  const day = dayBox(form.day, put("day"));
  return h(
    "section",
    { class: "sheet stack" },
    h("h2", {}, t("step-where")),
    h(
      "fieldset",
      { class: "field", "data-pointer": "/kind" },
      h("legend", { class: "label" }, t("visit-kind")),
      h(
        "div",
        { class: "choice" },
        ["field_trip", "meeting_attendance"].map((kind) =>
          h(
            "label",
            {},
            h("input", {
              type: "radio",
              name: "kind",
              value: kind,
              checked: form.kind === kind,
              onchange: () => {
                form.kind = kind;
                changed();
              },
            }),
            named("visit", kind),
          ),
        ),
      ),
      h("p", { class: "wrong", hidden: true }),
    ),
    unitField,
    h(
      "div",
      { class: "when" },
      field(t("day"), day.control, { pointer: "/started_at", also: day.also }),
      field(t("from"), timeBox(form.from, put("from"))),
      field(t("to"), timeBox(form.to, put("to")), { pointer: "/ended_at" }),
    ),
  );

  function put(name) {
    return (value) => {
      form[name] = value;
      changed();
    };
  }
}

function meetingPart(form, changed) {
  return h(
    "section",
    { class: "sheet stack meeting", "data-pointer": "/meeting" },
    h("h2", {}, t("step-meeting")),
    field(
      t("meeting-kind"),
      select(
        MEETINGS.map((kind) => [kind, named("meeting", kind)]),
        { value: form.meeting.kind, onchange: (event) => put("kind", event.target.value) },
      ),
      { pointer: "/meeting /meeting/kind" },
    ),
    h("p", { class: "quiet small" }, t("counts-hint")),
    h(
      "div",
      { class: "fields counts" },
      COUNTS.map((name) =>
        field(
          t(`count-${name}`),
          h("input", {
            class: "box",
            inputmode: "numeric",
            pattern: "[0-9.]*",
            value: form.meeting[name] ?? "",
            oninput: (event) => put(name, event.target.value.replaceAll(/[^0-9.]/g, "")),
          }),
          { pointer: `/meeting/${name}` },
        ),
      ),
    ),
  );

  function put(name, value) {
    form.meeting[name] = value;
    changed();
  }
}

function heard(form, issues, changed) {
  const nothing = tick(
    t("nothing-raised"),
    h("input", {
      type: "checkbox",
      checked: form.nothing_raised,
      onchange: (event) => {
        form.nothing_raised = event.target.checked;
        changed();
      },
    }),
    { pointer: "/nothing_raised /issues" },
  );
  nothing.classList.add("nothing");
  return h(
    "section",
    { class: "sheet stack" },
    h("h2", {}, t("step-heard")),
    h("p", { class: "quiet" }, t("matter-not-speaker")),
    issues,
    h("div", { class: "close" }, h("button", { class: "button wide add", type: "button" }, t("add-issue")), nothing),
    field(
      t("notes"),
      h("textarea", {
        class: "box",
        maxlength: "10000",
        value: form.notes,
        oninput: (event) => {
          form.notes = event.target.value;
          changed();
        },
      }),
      { hint: t("notes-hint"), pointer: "/notes" },
    ),
  );
}

function sending(form, changed) {
  const summary = field(
    t("report-summary"),
    h("textarea", {
      class: "box",
      maxlength: "10000",
      value: form.summary,
      oninput: (event) => {
        form.summary = event.target.value;
        changed();
      },
    }),
    { pointer: "/report/summary /report/claimed_at /report" },
  );
  summary.classList.add("summary");
  return h(
    "section",
    { class: "sheet stack" },
    h("h2", {}, t("step-send")),
    tick(
      t("report-now"),
      h("input", {
        type: "checkbox",
        checked: form.report,
        onchange: (event) => {
          form.report = event.target.checked;
          changed();
        },
      }),
    ),
    h("p", { class: "quiet small" }, t("report-now-hint")),
    summary,
  );
}

/** What the server would say too, said before anything is sent. */
function whatIsMissing(form) {
  const missing = [];
  const say = (pointer, key) => missing.push({ pointer, message: t(key) });
  if (!form.unit) say("/unit_id", "missing-unit");
  if (!form.day || !form.from) say("/started_at", "missing-time");
  if (!form.to) say("/ended_at", "missing-time");
  form.issues.forEach((issue, place) => {
    if (!issue.title.trim()) say(`/issues/${place}/title`, "missing-title");
    if (!issue.field) say(`/issues/${place}/field`, "missing-field");
  });
  if (form.kind === "meeting_attendance" && form.issues.length === 0 && !form.nothing_raised)
    say("/nothing_raised", "missing-statement");
  return missing;
}

/** Units that stand, the assigned ones known, each with its name folded for search. */
async function placesToGo({ person }) {
  const [units, { assignments }] = await Promise.all([
    allUnits(),
    api(`/visits/api/assignments?person_id=${person.person_id}`),
  ]);
  const assigned = new Set(assignments.map((each) => each.unit_id));
  const today = localDay(serverNow());
  return units
    .filter((unit) => unit.kind !== "agency" && (!unit.valid_to || unit.valid_to >= today))
    .map((unit) => ({ ...unit, assigned: assigned.has(unit.unit_id), folded: fold(`${unit.name} ${unit.code}`) }));
}

async function allUnits() {
  const found = [];
  let cursor = "";
  do {
    const page = await api(`/visits/api/units?limit=500${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    found.push(...page.units);
    cursor = page.next_cursor;
  } while (cursor);
  return found;
}

// --- sending

async function deliver(context) {
  const { main, draft } = context;
  show(main, h("p", { class: "notice", role: "status" }, t("sending")));
  try {
    const { body } = draft.read();
    received(context, await draft.send(), body);
  } catch (problem) {
    if (problem.status === 409) conflict(context, problem);
    else if (problem.mayPass || problem.status === undefined) waiting(context, problem);
    else await writing(context, draft.thaw(), refusedWith(problem));
  }
}

function refusedWith(problem) {
  return problem.errors?.length > 0 ? problem.errors : [{ pointer: "", message: problem.message }];
}

/** Frozen and not yet received: it goes on trying by itself, and the person may try too. */
function waiting(context, problem) {
  const { main, draft, signal } = context;
  const { form } = draft.read();
  const again = setTimeout(go, TRY_AGAIN_AFTER);
  window.addEventListener("online", go, { once: true, signal });
  signal.addEventListener("abort", () => clearTimeout(again));
  show(
    main,
    h(
      "div",
      { class: "stack log" },
      h("h1", {}, t("waiting-title")),
      notice(
        "warn",
        h("p", {}, t("waiting-about", { unit: form.unit.name, day: dayText(form.day) })),
        problem && h("p", {}, problem.message),
      ),
      h(
        "div",
        { class: "buttons" },
        h("button", { class: "button first", type: "button", onclick: go }, t("send-again")),
        h("a", { class: "button", href: "#" }, t("to-today")),
      ),
    ),
  );

  function go() {
    clearTimeout(again);
    if (!signal.aborted) deliver(context);
  }
}

function conflict(context, problem) {
  const { main, draft } = context;
  const number = problem.body.recorded?.receipt_number;
  show(
    main,
    h(
      "div",
      { class: "stack log" },
      h("h1", {}, t("conflict-title")),
      notice("warn", h("p", {}, problem.message), number && h("p", {}, t("conflict-recorded", { number }))),
      h(
        "div",
        { class: "buttons" },
        h(
          "button",
          { class: "button first", type: "button", onclick: () => writing(context, draft.thaw(), []) },
          t("copy-to-new"),
        ),
        h("button", { class: "button", type: "button", onclick: drop }, t("drop-mine")),
      ),
    ),
  );

  function drop() {
    draft.forget();
    location.hash = "";
  }
}

function received(context, receipt, body) {
  const { main, signal } = context;
  const duties = h("div", { class: "close" }, h("p", { class: "quiet", role: "status" }, t("duties-coming")));
  const title = h("h1", { tabindex: "-1" }, t("received-title"));
  show(
    main,
    h(
      "div",
      { class: "stack log" },
      h(
        "section",
        { class: "sheet stack receipt" },
        title,
        h(
          "dl",
          { class: "facts" },
          h("dt", {}, t("receipt-number")),
          h("dd", { class: "number receipt-number" }, receipt.receipt_number),
          h("dt", {}, t("received-at")),
          h("dd", { class: "number" }, momentText(receipt.accepted_at)),
        ),
        receipt.warnings.map((warning) => notice("warn", warning.message)),
      ),
      h("section", { class: "sheet close" }, h("h2", {}, t("duties-from-visit")), duties),
      h("a", { class: "button first wide", href: "#" }, t("to-today")),
    ),
  );
  title.focus();
  lookForDuties(receipt.visit_id, body, duties, signal);
}

/** The committee's side works out the due dates; a moment later they are here. */
async function lookForDuties(visitId, body, place, signal) {
  if (body.report && body.issues.every((issue) => issue.resolved_on_spot)) {
    show(place, h("p", {}, t("nothing-owed")));
    return;
  }
  for (let round = 0; round < LOOK_FOR_DUTIES && !signal.aborted; round += 1) {
    const { duties } = await api("/visits/api/duties").catch(() => ({ duties: [] }));
    const mine = duties.filter((duty) => duty.visit_id === visitId);
    if (mine.length > 0) {
      show(place, h("ul", { class: "close" }, mine.map(dutyLine)));
      return;
    }
    await new Promise((done) => setTimeout(done, 500));
  }
  show(place, h("p", {}, t("duties-later")));
}

function dutyLine(duty) {
  return h(
    "li",
    { class: "tight" },
    h("p", {}, h("strong", {}, named("duty", duty.kind)), " ", dutyState(duty)),
    h("p", {}, t("due-by", { due: dueText(duty) }), " ", whyLink(duty)),
  );
}
