// Today: one thing to press, then what needs a person, what is owed with the late ones first and never gone, what
// is to be brought back, how often one went out, and where one goes next. It opens from what the phone holds.
import { clockTime, dayText, daysBetween, fullDay, h, localDay, momentText, named, notice, numberText, onServersClock, periodText, serverNow, showAgain, t } from "./shared/kit.js";
import { OWN_WORK, REASONS, asOf, ownWork, readOrCopy, unsent, visitText, waits, writeAt } from "./own-work.js";
import { why } from "./why.js";

const LOOK_AGAIN_AFTER = 30_000;
const VISITS_FIRST = 3;
const AHEAD_FIRST = 3;
const DAY = 86_400_000;
const SOON = 3 * DAY;

export async function todayView(context) {
  if (context.person.may.includes("record_visit")) return new Today(context).begin();
  const { committeeVisits } = await import("./committee-visits.js");
  return committeeVisits(context);
}

class Today {
  #context;
  #reading = null;
  #opened = new Set();
  #allVisits = false;
  #looked = false;
  #trouble = "";
  #drawn = "";

  constructor(context) {
    this.#context = context;
  }

  async begin() {
    const { phone, signal } = this.#context;
    this.#reading = await phone.shelf.peek(OWN_WORK);
    await this.#draw([]); // what waits is marked a moment later; to write a visit nobody has to wait for that
    this.#draw().catch(() => {});
    const stop = phone.subscribe((news) => this.#hear(news));
    const timer = setInterval(() => document.hidden || this.#look(), LOOK_AGAIN_AFTER);
    signal.addEventListener("abort", () => {
      stop();
      clearInterval(timer);
    });
    await this.#look();
    readOrCopy(phone, REASONS).catch(() => {}); // kept for when somebody asks "vì sao?" without a network
  }

  async #look() {
    const { phone } = this.#context;
    try {
      this.#reading = (await ownWork(phone)) ?? this.#reading;
      this.#looked = true;
      this.#trouble = "";
      await this.#draw();
    } catch (problem) {
      this.#trouble = problem.message;
      await this.#draw();
    }
  }

  /** Where there is nothing to show yet, one can still write. */
  #instead() {
    if (this.#trouble) return notice("wrong", this.#trouble);
    return this.#looked ? notice("", t("nothing-here-yet")) : h("p", { class: "quiet" }, t("loading"));
  }

  async #hear(news) {
    if (news.shelf === OWN_WORK) this.#reading = await this.#context.phone.shelf.peek(OWN_WORK).then((copy) => copy && { ...copy, stale: false });
    if (news.shelf === OWN_WORK || news.queue || news.drafts || news.online !== undefined) await this.#draw();
    if (news.beat) await this.#look();
  }

  /** Only what has changed is drawn again, so that nothing moves under a thumb. */
  async #draw(known) {
    const { main, person, phone, signal } = this.#context;
    const [drafts, waiting] = await Promise.all([phone.drafts.list(), known ?? unsent(phone)]);
    const facts = JSON.stringify([this.#reading, this.#looked, this.#trouble, drafts.map(({ id }) => id), waiting.map(({ id, state }) => [id, state]), this.#allVisits, localDay(serverNow())]);
    if (signal.aborted || facts === this.#drawn) return;
    this.#drawn = facts;
    const own = this.#reading?.value;
    showAgain(
      main,
      h(
        "div",
        { class: "today" },
        h("div", { class: "stack lead" }, greeting(person), logLink(drafts[0]), asOf(this.#reading), own ? this.#owed(own, waiting) : this.#instead()),
        own && h("div", { class: "stack" }, answers(own), meters(own.cadence, waiting), this.#goingTo(own), places(own.places), this.#lastVisits(own, waiting)),
        h("p", {}, h("a", { class: "button wide", href: "#record" }, t("my-record"))),
        person.device_only && notice("", t("only-the-phone"), " ", h("a", { href: "#sign-in" }, t("sign-in"))),
      ),
    );
  }

  // --- what is owed

  /** Late ones first, then what is near; the rest is folded away. What has been planned and not been told of is owed like the rest. */
  #owed(own, waiting) {
    const cards = [
      ...own.duties.map((duty) => ({ at: Date.parse(duty.due_at), card: () => this.#duty(duty, waiting) })),
      ...own.plans.filter(({ state }) => state === "to_log").map((plan) => ({ at: endOf(plan.day), card: () => this.#planned(plan, waiting) })),
    ].sort((a, b) => a.at - b.at);
    const soon = cards.filter(({ at }) => at <= serverNow().getTime() + SOON).length;
    const first = cards.slice(0, Math.max(soon, AHEAD_FIRST));
    const rest = cards.slice(first.length);
    return [
      attention(own, waiting),
      h(
        "section",
        { class: "close duties", "aria-label": t("duties") },
        h("div", { class: "between" }, h("h2", {}, t("duties")), cards.length > 0 && h("p", { class: "quiet number" }, t("how-many", { n: numberText(cards.length) }))),
        cards.length === 0 ? h("p", { class: "notice good" }, t("no-duties")) : h("ul", { class: "close" }, first.map(({ card }) => card())),
        rest.length > 0 && h("details", { class: "more" }, h("summary", {}, t("duties-ahead", { n: numberText(rest.length) })), h("ul", { class: "close" }, rest.map(({ card }) => card()))),
      ),
    ];
  }

  #duty(duty, waiting) {
    const { phone } = this.#context;
    const filed = duty.kind === "report" && waiting.find(({ path }) => path === `/visits/api/visits/${duty.visit?.visit_id}/report`);
    const replied = duty.kind === "reply_to_cell" && waiting.find(({ path }) => path === `/feedback/api/issues/${duty.issue?.issue_id}/reply`);
    const done = filed || replied;
    return h(
      "li",
      { class: "sheet duty tight" },
      h("div", { class: "between" }, h("h3", {}, named("duty", duty.kind)), duty.urgency === "urgent" && h("span", { class: "state late" }, named("urgency", "urgent"))),
      duty.issue && h("p", {}, h("a", { href: `#issue=${duty.issue.issue_id}` }, duty.issue.title ?? t("restricted-issue"))),
      duty.visit && h("p", { class: "small" }, h("a", { class: "quiet", href: `#visit=${duty.visit.visit_id}` }, visitText(duty.visit, duty.unit))),
      why(phone, duty, this.#opened),
      duty.extension && h("p", { class: "small" }, extensionText(duty.extension)),
      waits(done),
      !done && duty.kind === "report" && h("p", {}, h("a", { class: "button wide", href: `#report=${duty.visit?.visit_id}` }, t("file-report"))),
      !done && duty.kind === "reply_to_cell" && duty.issue && h("p", {}, h("a", { class: "button wide", href: `#issue=${duty.issue.issue_id}` }, t("tell-the-cell"))),
    );
  }

  /** F14: its day has come; it was held, and is logged, or it was not, and one says why. */
  #planned(plan, waiting) {
    const days = daysBetween(plan.day, localDay(serverNow()));
    const told = waiting.find(({ kind, about }) => ["visit", "unheld"].includes(kind) && about.unit === plan.unit.name && Math.abs(daysBetween(about.day, plan.day)) <= 7);
    return h(
      "li",
      { class: "sheet duty close" },
      h("div", { class: "between" }, h("h3", {}, t("planned-visit")), h("span", { class: `state ${days > 0 ? "late" : "soon"}` }, days > 0 ? t("planned-days-ago", { n: numberText(days) }) : t("planned-today"))),
      h("p", {}, t("planned-for", { kind: named("visit", plan.kind), unit: plan.unit.name, day: dayText(plan.day) })),
      told
        ? waits(told)
        : h(
            "div",
            { class: "buttons" },
            h("button", { class: "button first", type: "button", onclick: () => this.#write(plan, "held") }, t("log-it")),
            h("button", { class: "button", type: "button", onclick: () => this.#write(plan, "cancelled") }, t("say-why-not")),
          ),
    );
  }

  #write({ unit, kind, day }, outcome) {
    const times = kind === "meeting_attendance" ? { from: "19:00", to: "20:30" } : {};
    return writeAt(this.#context.phone, unit, { ...times, kind, day, outcome });
  }

  // --- what comes, and what was

  #goingTo(own) {
    const ahead = own.plans.filter(({ state }) => state === "ahead");
    return h(
      "section",
      { class: "sheet close plans", "aria-label": t("plans") },
      h("div", { class: "between" }, h("h2", {}, t("plans")), h("a", { href: "#plan" }, t("add-plan"))),
      ahead.length === 0 && own.suggestions.length === 0 && h("p", { class: "quiet" }, t("no-plans")),
      h("ul", { class: "rows" }, ahead.map(planLine), own.suggestions.map((each) => suggestionLine(each))),
    );
  }

  #lastVisits(own, waiting) {
    const visits = this.#allVisits ? own.visits : own.visits.slice(0, VISITS_FIRST);
    const unsentVisits = waiting.filter(({ kind }) => kind === "visit").length;
    return h(
      "section",
      { class: "sheet close" },
      h("div", { class: "between" }, h("h2", {}, t("my-last-visits")), mayLack(unsentVisits)),
      own.visits.length === 0 && h("p", { class: "quiet" }, t("no-visits")),
      h("ul", { class: "visits" }, visits.map(visitLine)),
      own.visits.length > visits.length && h("button", { class: "button wide", type: "button", onclick: () => this.#more() }, t("more")),
    );
  }

  #more() {
    this.#allVisits = true;
    return this.#draw();
  }
}

function greeting(person) {
  return h("div", { class: "tight" }, h("p", { class: "quiet" }, fullDay(localDay(serverNow()))), h("h1", {}, t("greeting", { name: person.full_name })));
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

/** What somebody else waits for a word on: a report that came back, two edits that say different things. */
function attention(own, waiting) {
  const cards = [
    ...own.returned.map((each) => returnedCard(each, waiting)),
    ...own.visits.filter((visit) => visit.in_conflict).map(conflictCard),
  ];
  if (cards.length === 0) return null;
  return h("section", { class: "close", "aria-label": t("attention") }, h("h2", {}, t("attention")), h("ul", { class: "close" }, cards));
}

function returnedCard({ visit, unit, comment }, waiting) {
  const sent = waiting.find(({ path }) => path === `/visits/api/visits/${visit.visit_id}/report`);
  return h(
    "li",
    { class: "sheet close returned" },
    h("h3", {}, t("report-returned")),
    h("p", { class: "quiet" }, visitText(visit, unit)),
    comment && h("blockquote", { class: "notice warn lines" }, comment),
    sent ? waits(sent) : h("p", {}, h("a", { class: "button wide", href: `#report=${visit.visit_id}` }, t("correct-report"))),
  );
}

function conflictCard(visit) {
  return h(
    "li",
    { class: "sheet close" },
    h("h3", {}, t("in-conflict")),
    h("p", { class: "quiet" }, visitText(visit, visit.unit)),
    h("p", {}, h("a", { class: "button wide", href: `#visit=${visit.visit_id}` }, t("look-at-both"))),
  );
}

function extensionText({ granted, days, note }) {
  if (granted === null) return t("extension-waits", { n: numberText(days) });
  const words = t(granted ? "extension-granted" : "extension-refused", { n: numberText(days) });
  return note ? `${words} ${t("with-note", { note })}` : words;
}

function answers(own) {
  const waiting = own.answers.map((id) => own.issues.find((issue) => issue.issue_id === id)).filter(Boolean);
  if (waiting.length === 0) return null;
  return h(
    "section",
    { class: "sheet close", "aria-label": t("answers") },
    h("h2", {}, t("answers")),
    h(
      "ul",
      { class: "rows" },
      waiting.map((issue) =>
        h(
          "li",
          { class: "tight" },
          h("h3", {}, h("a", { href: `#issue=${issue.issue_id}` }, issue.title ?? t("restricted-issue"))),
          h("p", { class: "quiet" }, issue.unit.name),
          issue.sent.filter((sent) => sent.answer_summary).map((sent) => h("p", {}, sent.answer_summary)),
        ),
      ),
    ),
  );
}

function meters(cadence, waiting) {
  const today = localDay(serverNow());
  const current = ["field_trip", "meeting_attendance"].flatMap((kind) => cadence[kind].filter((count) => count.first <= today && today <= count.last).map((count) => ({ kind, ...count })));
  return h("section", { class: "sheet stack" }, h("h2", {}, t("cadence")), current.map((count) => meter(count, today, waiting)));
}

function meter({ kind, period, first, last, done, required }, today, waiting) {
  const lacking = waiting.filter(({ kind: act, about }) => act === "visit" && about.kind === kind && first <= about.day && about.day <= last).length;
  const enough = done >= required;
  const label = `${named("visit", kind)}, ${periodText(period, first)}`;
  const words = enough ? t("quota-met") : t("quota-left", { n: numberText(required - done), days: numberText(daysBetween(today, last) + 1) });
  return h(
    "div",
    { class: "tight meter" },
    h("div", { class: "between" }, h("h3", {}, label), h("p", { class: "number" }, h("strong", {}, numberText(done)), ` / ${numberText(required)}`, " ", mayLack(lacking))),
    h("progress", { max: Math.max(required, 1), value: Math.min(done, Math.max(required, 1)), "aria-label": label }),
    h("p", { class: enough ? "enough" : "quiet" }, words),
  );
}

/** `1 chưa gửi`: what a total may lack. */
function mayLack(count) {
  return count > 0 && h("a", { class: "state soon unsent-mark", href: "#outbox" }, t("not-sent-yet", { n: numberText(count) }));
}

function planLine(plan) {
  return h(
    "li",
    { class: "tight" },
    h("p", { class: "quiet number" }, fullDay(plan.day)),
    h("h3", {}, h("a", { href: `#place=${plan.unit.unit_id}` }, plan.unit.name)),
    h("p", { class: "between" }, named("visit", plan.kind), h("a", { href: `#plan=${plan.plan_id}` }, t("change-plan"))),
  );
}

function suggestionLine({ unit, day, attention: difficult, last_day: last }) {
  return h(
    "li",
    { class: "tight suggestion" },
    h("p", { class: "quiet number" }, t("suggested", { day: fullDay(day) })),
    h("h3", {}, h("a", { href: `#place=${unit.unit_id}` }, unit.name)),
    h("p", { class: "quiet" }, [difficult && t("in-difficulty"), last ? t("last-attended", { day: dayText(last) }) : t("never-attended")].filter(Boolean).join(" · ")),
    h("p", {}, h("a", { class: "button", href: `#plan=new.${unit.unit_id}.${day}` }, t("take-as-plan"))),
  );
}

function places(assigned) {
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("my-places")),
    assigned.length === 0 && h("p", { class: "quiet" }, t("no-places")),
    h("ul", { class: "links" }, assigned.map(({ unit, open_issues: open }) => h("li", {}, h("a", { class: "row", href: `#place=${unit.unit_id}` }, h("span", {}, unit.name), open.length > 0 && h("span", { class: "quiet number" }, t("open-count", { n: numberText(open.length) })))))),
    h("p", {}, h("a", { class: "button wide", href: "#place" }, t("other-places"))),
  );
}

function visitLine(visit) {
  const raised = visit.issue_count > 0 ? t("issues-raised", { n: numberText(visit.issue_count) }) : visit.nothing_raised && t("none-raised");
  return h(
    "li",
    { class: "tight" },
    h("p", { class: "quiet number" }, `${fullDay(localDay(visit.started_at))} ${clockTime(visit.started_at)}`),
    h("h3", {}, h("a", { href: `#visit=${visit.visit_id}` }, visit.unit.name)),
    h("p", { class: "between" }, [named("visit", visit.kind), raised].filter(Boolean).join(" · "), visit.report_filed_at ? h("span", { class: "state good" }, t("reported")) : !visit.history && h("span", { class: "state" }, t("not-reported"))),
  );
}

function endOf(day) {
  return Date.parse(`${day}T00:00:00+07:00`) + DAY;
}

