// The assistant's day, for one member at a time: what is due, what was written and what became of it.
import { backLink, clockTime, dayText, dueText, dutyState, fullDay, h, localDay, named, notice, numberText, serverNow, show, showAgain, t } from "./shared/kit.js";
import { servesNobody } from "./behalf.js";
import { readOr } from "./places.js";

const VISITS = 10;
const RETURNED = 50;

export async function assistantView(context) {
  const { main, phone, behalf, signal } = context;
  behalf.pin(null);
  behalf.changed = () => location.hash === "" && !signal.aborted && render();
  signal.addEventListener("abort", () => (behalf.changed = () => {}));
  const stop = phone.subscribe((news) => news.queue && render());
  signal.addEventListener("abort", stop);
  await render();

  async function render() {
    const { member } = behalf;
    if (behalf.members.length === 0) return show(main, h("div", { class: "stack log" }, hello(context.person), servesNobody()));
    if (!member) return show(main, h("div", { class: "stack log" }, hello(context.person), choose(behalf)));
    const { duties, returned, visits, drafts } = await load(phone, member);
    if (signal.aborted || behalf.member !== member) return undefined;
    return showAgain(
      main,
      h(
        "div",
        { class: "today" },
        h("div", { class: "stack lead" }, hello(context.person), logLink(member, drafts), dutyList(member, duties)),
        h("div", { class: "stack" }, returned.length > 0 && visitList("visits-to-correct", returned), visitList("visits-of", visits)),
      ),
    );
  }
}

async function load(phone, { person_id: id }) {
  const [{ duties }, { visits: rejected }, { visits: latest }, drafts] = await Promise.all([
    readOr(phone, `/visits/api/duties?member_id=${id}`, { duties: [] }),
    readOr(phone, `/visits/api/visits?state=rejected&limit=${RETURNED}&member_id=${id}`, { visits: [] }),
    readOr(phone, `/visits/api/visits?limit=${VISITS}&member_id=${id}`, { visits: [] }),
    phone.drafts.list(),
  ]);
  const apart = new Set(rejected.map((visit) => visit.visit_id));
  return {
    duties,
    returned: await wholeOf(phone, rejected),
    visits: await wholeOf(phone, latest.filter((visit) => !apart.has(visit.visit_id))),
    drafts: drafts.filter(({ form }) => form.member?.person_id === id),
  };
}

function wholeOf(phone, visits) {
  return Promise.all(
    visits.map(async (visit) => ({ ...visit, whole: await readOr(phone, `/visits/api/visits/${visit.visit_id}`, null) })),
  );
}

function hello(person) {
  return h(
    "div",
    { class: "tight" },
    h("p", { class: "quiet" }, fullDay(localDay(serverNow()))),
    h("h1", {}, t("greeting", { name: person.full_name })),
    h("p", { class: "quiet" }, t("assistant-about")),
  );
}

/** One tap for each: nobody is chosen beforehand, so that nobody is written for by mistake. */
function choose(behalf) {
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("whom-to-write-for")),
    behalf.members.map((each) =>
      h("button", { class: "button wide", type: "button", onclick: () => behalf.choose(each.person_id) }, each.full_name),
    ),
  );
}

function logLink(member, [draft]) {
  return h(
    "div",
    { class: "close" },
    h("a", { class: "button first wide big", href: "#log" }, t("log-for"), " ", member.full_name),
    draft && h("a", { class: "button wide", href: `#log=${draft.id}` }, t("go-on-writing")),
  );
}

function dutyList(member, duties) {
  return h(
    "section",
    { class: "close duties", "aria-label": t("duties-of", { name: member.full_name }) },
    h(
      "div",
      { class: "between" },
      h("h2", {}, t("duties-of", { name: member.full_name })),
      duties.length > 0 && h("p", { class: "quiet number" }, t("how-many", { n: numberText(duties.length) })),
    ),
    duties.length === 0
      ? h("p", { class: "notice good" }, t("no-duties-of"))
      : h("ul", { class: "close" }, duties.map(dutyCard)),
  );
}

function dutyCard(duty) {
  return h(
    "li",
    { class: "sheet duty close" },
    h("div", { class: "between" }, h("h3", {}, named("duty", duty.kind)), h("p", {}, dutyState(duty))),
    h("p", { class: "quiet" }, duty.unit?.name),
    h("p", {}, t("due-by", { due: dueText(duty) })),
    duty.kind === "report" && h("p", {}, h("a", { class: "button wide", href: `#draft=${duty.visit_id}` }, t("draft-report"))),
  );
}

function visitList(words, visits) {
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t(words)),
    visits.length === 0 && h("p", { class: "quiet" }, t("no-visits-of")),
    h("ul", { class: "visits" }, visits.map(visitLine)),
  );
}

function visitLine(visit) {
  const said = visit.whole?.remarks.findLast((remark) => ["approved", "rejected"].includes(remark.kind));
  const draft = visit.whole?.report_drafts.at(-1);
  return h(
    "li",
    { class: "tight" },
    h("p", { class: "quiet number" }, `${fullDay(localDay(visit.started_at))} ${clockTime(visit.started_at)}`),
    h("h3", {}, h("a", { href: `#visit=${visit.visit_id}` }, visit.unit.name)),
    h(
      "p",
      {},
      named("visit", visit.kind),
      visit.approval && [" · ", h("span", { class: `state ${TONES[visit.approval]}` }, named("approval", visit.approval))],
    ),
    visit.approval === "rejected" && said && notice("warn", t("rejected-because", { reason: said.words })),
    draft?.approved === false && notice("warn", t("draft-refused", { reason: draft.reason })),
    draft?.approved === null && h("p", { class: "quiet" }, t("draft-waits")),
    !visit.report_filed_at && !visit.history && draft?.approved !== null
      && h("p", {}, h("a", { class: "button", href: `#draft=${visit.visit_id}` }, t("draft-report"))),
  );
}

const TONES = { waiting: "soon", approved: "good", rejected: "late" };

/** `#draft=<visit>`: a report that the member will read, sign and file. */
export async function draftView({ main, phone, behalf, signal, id: visitId }) {
  let visit;
  try {
    visit = (await phone.read(`/visits/api/visits/${encodeURIComponent(visitId)}`)).value;
  } catch (problem) {
    show(main, notice("wrong", problem.message), backLink());
    return;
  }
  const member = behalf.of(visit.visitor.person_id);
  if (!member) {
    show(main, servesNobody(), backLink());
    return;
  }
  behalf.pin(member);
  signal.addEventListener("abort", () => behalf.pin(null));
  const draft =
    (await phone.drafts.reportOn(visitId)) ?? (await phone.drafts.begin({ report_of: visitId, summary: visit.report_drafts.at(-1)?.summary ?? "" }));
  signal.addEventListener("abort", () => draft.close());
  if (signal.aborted) return;
  const { summary, form, send, said } = draftForm(draft, member);
  form.addEventListener("submit", submit);
  show(
    main,
    h(
      "div",
      { class: "stack log" },
      h(
        "div",
        { class: "close" },
        backLink(),
        h("h1", {}, t("draft-report-title")),
        h("p", {}, `${named("visit", visit.kind)}, ${visit.unit.name}, ${dayText(localDay(visit.started_at))}`),
        h("p", { class: "quiet" }, t("draft-report-about", { name: member.full_name })),
      ),
      form,
    ),
  );

  async function submit(event) {
    event.preventDefault();
    send.disabled = true;
    const body = { on_behalf_of: member.person_id, summary: summary.value };
    const about = { unit: visit.unit.name, day: localDay(visit.started_at), member: member.full_name };
    const path = `/visits/api/visits/${visitId}/report-drafts/${draft.id}`;
    try {
      location.replace(`#outbox=${await draft.freeze(body, about, { kind: "draft", path })}`);
    } catch (error) {
      send.disabled = false;
      if (error.name !== "StorageFull") throw error;
      show(said, notice("wrong", t("storage-full")));
    }
  }
}

function draftForm(draft, member) {
  const summary = h("textarea", {
    class: "box",
    maxlength: "10000",
    value: draft.form.summary,
    "aria-label": t("drafted-report"),
    oninput: () => draft.save({ ...draft.form, summary: summary.value }),
  });
  const said = h("div", {});
  const send = h("button", { class: "button first wide", type: "submit" }, t("send-draft", { name: member.full_name }));
  return { summary, said, send, form: h("form", { class: "sheet stack" }, summary, h("p", { class: "quiet small" }, t("matter-not-speaker")), said, send) };
}
