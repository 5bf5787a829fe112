// Today: what is due, late first and never gone; how often one went out; the last visits.
import {
  api,
  clockTime,
  dayText,
  daysBetween,
  dueText,
  dutyState,
  fullDay,
  h,
  localDay,
  momentText,
  named,
  notice,
  numberText,
  onServersClock,
  periodText,
  serverNow,
  show,
  t,
  whyLink,
} from "./shared/kit.js";

const LOOK_AGAIN_AFTER = 20_000;
const VISITS_AT_ONCE = 6;
const VISITS_LOOKED_UP = 12;

export async function todayView(context) {
  const { main, person, phone, signal } = context;
  const writes = person.may.includes("record_visit");
  const known = new Map();
  let shown = VISITS_AT_ONCE;

  async function load() {
    const drafts = writes ? await phone.drafts.list() : [];
    const year = localDay(serverNow()).slice(0, 4);
    const [{ duties }, cadence, visits] = await Promise.all([
      writes ? api("/visits/api/duties") : { duties: [] },
      writes && api(`/visits/api/cadence?year=${year}`),
      api(`/visits/api/visits?limit=${shown}${writes ? own(person) : ""}`),
    ]);
    await lookUp(duties, known);
    return { drafts, duties, cadence, visits };
  }

  async function render() {
    const { drafts, duties, cadence, visits } = await load();
    if (signal.aborted) return;
    show(
      main,
      h(
        "div",
        { class: "today" },
        h(
          "div",
          { class: "stack lead" },
          greeting(person),
          writes && logLink(drafts[0]),
          writes && dutyList(duties, known),
        ),
        h(
          "div",
          { class: "stack" },
          cadence && meters(cadence),
          lastVisits(visits, writes, showMore),
        ),
        person.device_only && notice("", t("only-the-phone"), " ", h("a", { href: "#sign-in" }, t("sign-in"))),
      ),
    );
  }

  async function showMore() {
    shown += VISITS_AT_ONCE;
    await render();
  }

  await render();
  const timer = setInterval(() => document.hidden || render().catch(() => {}), LOOK_AGAIN_AFTER);
  signal.addEventListener("abort", () => clearInterval(timer));
}

function own(person) {
  return `&member_id=${person.person_id}`;
}

/** What the duties are about: their visits, each asked for once. */
async function lookUp(duties, known) {
  const wanted = [...new Set(duties.map((duty) => duty.visit_id))].filter((id) => !known.has(id));
  await Promise.all(
    wanted.slice(0, VISITS_LOOKED_UP).map(async (id) => {
      known.set(id, await api(`/visits/api/visits/${id}`).catch(() => null));
    }),
  );
}

function greeting(person) {
  return h(
    "div",
    { class: "tight" },
    h("p", { class: "quiet" }, fullDay(localDay(serverNow()))),
    h("h1", {}, t("greeting", { name: person.full_name })),
    person.roles.length > 0 && h("p", { class: "quiet" }, person.roles.map((role) => named("role", role)).join(", ")),
  );
}

function logLink(kept) {
  return h(
    "div",
    { class: "close" },
    h("a", { class: "button first wide big", href: "#log" }, t("log-visit")),
    kept && h("a", { class: "button wide", href: `#log=${kept.id}` }, t("go-on-writing")),
    kept && h("p", { class: "quiet small" }, t("draft-kept", { at: momentText(onServersClock(kept.saved_at)) })),
  );
}

function dutyList(duties, known) {
  return h(
    "section",
    { class: "close duties", "aria-label": t("duties") },
    h(
      "div",
      { class: "between" },
      h("h2", {}, t("duties")),
      duties.length > 0 && h("p", { class: "quiet number" }, t("how-many", { n: numberText(duties.length) })),
    ),
    duties.length === 0
      ? h("p", { class: "notice good" }, t("no-duties"))
      : h("ul", { class: "close" }, duties.map((duty) => dutyCard(duty, known.get(duty.visit_id)))),
  );
}

function dutyCard(duty, visit) {
  const issue = visit?.issues.find((each) => each.issue_id === duty.issue_id);
  return h(
    "li",
    { class: "sheet duty close" },
    h(
      "div",
      { class: "between" },
      h("h3", {}, named("duty", duty.kind)),
      h("p", {}, duty.urgency === "urgent" && h("span", { class: "state late" }, named("urgency", "urgent")), " ", dutyState(duty)),
    ),
    issue?.title && h("p", {}, issue.title),
    h(
      "p",
      { class: "quiet" },
      visit
        ? t("from-visit", { kind: named("visit", visit.kind), unit: visit.unit.name, day: dayText(localDay(visit.started_at)) })
        : duty.unit?.name,
    ),
    h("p", {}, t("due-by", { due: dueText(duty) }), " ", whyLink(duty)),
    duty.kind === "report" &&
      h("p", {}, h("a", { class: "button wide", href: `#report=${duty.visit_id}` }, t("file-report"))),
  );
}

function meters(cadence) {
  const today = localDay(serverNow());
  const current = ["field_trip", "meeting_attendance"].flatMap((kind) =>
    cadence[kind].filter((count) => count.first <= today && today <= count.last).map((count) => ({ kind, ...count })),
  );
  return h(
    "section",
    { class: "sheet stack" },
    h("h2", {}, t("cadence")),
    current.map((count) => meter(count, today)),
  );
}

function meter({ kind, period, first, last, done, required }, today) {
  const enough = done >= required;
  const label = `${named("visit", kind)}, ${periodText(period, first)}`;
  const words = enough
    ? t("quota-met")
    : t("quota-left", { n: numberText(required - done), days: numberText(daysBetween(today, last) + 1) });
  return h(
    "div",
    { class: "tight meter" },
    h(
      "div",
      { class: "between" },
      h("h3", {}, label),
      h("p", { class: "number" }, h("strong", {}, numberText(done)), ` / ${numberText(required)}`),
    ),
    h("progress", { max: Math.max(required, 1), value: Math.min(done, Math.max(required, 1)), "aria-label": label }),
    h("p", { class: enough ? "enough" : "quiet" }, words),
  );
}

function lastVisits({ visits, next_cursor: more }, writes, showMore) {
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t(writes ? "my-last-visits" : "last-visits")),
    visits.length === 0 && h("p", { class: "quiet" }, t("no-visits")),
    h(
      "ul",
      { class: "visits" },
      visits.map((visit) => visitLine(visit, writes)),
    ),
    more && h("button", { class: "button wide", type: "button", onclick: showMore }, t("more")),
  );
}

function visitLine(visit, writes) {
  const owed = writes && !visit.report_filed_at && !visit.history;
  return h(
    "li",
    { class: "tight" },
    h("p", { class: "quiet number" }, `${fullDay(localDay(visit.started_at))} ${clockTime(visit.started_at)}`),
    h("h3", {}, visit.unit.name),
    h("p", {}, [named("visit", visit.kind), !writes && visit.visitor.full_name, raised(visit)].filter(Boolean).join(" · ")),
    h(
      "p",
      { class: "between" },
      visit.report_filed_at
        ? h("span", { class: "state good" }, t("reported"))
        : h("span", { class: "state" }, t("not-reported")),
      owed && h("a", { class: "button", href: `#report=${visit.visit_id}` }, t("file-report")),
    ),
  );
}

function raised(visit) {
  if (visit.issue_count > 0) return t("issues-raised", { n: numberText(visit.issue_count) });
  return visit.nothing_raised && t("none-raised");
}
