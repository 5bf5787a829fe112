// The visits page: what is due and what was done; writing a visit; what waits to be sent. The address says which
// view, and a view is fetched when it is first shown, so that the first page is a light one.
import { Problem, addWords, h, leaving, notice, numberText, open, show, t } from "./shared/kit.js";
import vi from "./vi.js";
import { closeForAll, openPhone, rememberedPerson } from "./phone.js";
import { phoneBar } from "./phone-bar.js";
import { wantedCards } from "./wanted.js";
import { startWorker } from "./worker.js";

/** By the first word of the address: who may see it, and where it is. Without `may` everybody may. */
const VIEWS = {
  "": { from: () => import("./today.js"), view: "todayView" },
  log: { may: "record_visit", from: () => import("./log.js"), view: "logView" },
  draft: { may: "draft_report", from: () => import("./assistant.js"), view: "draftView" },
  waiting: { may: "approve_own", from: () => import("./waiting.js"), view: "waitingView" },
  disputes: { may: "answer_dispute", from: () => import("./disputes.js"), view: "disputesView" },
  card: { may: "read_visits", from: () => import("./card.js"), view: "cardView" },
  outbox: { may: "record_visit", from: () => import("./outbox-view.js"), view: "outboxView" },
  report: { may: "file_report", from: () => import("./report.js"), view: "reportView" },
  place: { may: "record_visit", from: () => import("./place.js"), view: "placeView" },
  visit: { may: "read_visits", from: () => import("./visit.js"), view: "visitView" },
  edit: { may: "record_visit", from: () => import("./edit.js"), view: "editView" },
  issue: { may: "read_visits", from: () => import("./issue-view.js"), view: "issueView" },
  plan: { may: "make_plans", from: () => import("./plan.js"), view: "planView" },
  record: { may: "record_visit", from: () => import("./record.js"), view: "recordView" },
  account: { inPerson: true, from: () => import("./account.js"), view: "accountView" },
  reminders: { inPerson: true, from: () => import("./reminders.js"), view: "remindersView" },
  "own-data": { inPerson: true, from: () => import("./own-data.js"), view: "ownDataView" },
  invitations: { may: "manage_accounts", from: () => import("./invitations.js"), view: "invitationsView" },
  registers: { may: "read_imports", from: () => import("./registers.js"), view: "registersView" },
  import: { may: "import_queue", from: () => import("./import.js"), view: "importView" },
  audit: { may: "read_audit", from: () => import("./audit.js"), view: "auditView" },
  invitation: { from: () => import("./sign-in.js"), view: "invitedView" },
  "sign-in": { from: () => import("./sign-in.js"), view: "signInView" },
};

const SETTLED = 8_000;

await addWords({ vi, en: () => import("./en.js") });
open("visits", page, { signIn, remembered: rememberedPerson, nobody: closeForAll });

async function signIn(main) {
  const { signIn: show } = await import("./sign-in.js");
  await show(main);
}

async function page(main, person) {
  if (sentHome(person)) return;
  const phone = await openPhone(person);
  leaving.ask = () => mayLeave(phone);
  leaving.left = () => phone.lock();
  const bar = phoneBar(phone);
  const wanted = h("aside", { class: "phone-bar close", "aria-label": t("wanted-of-you") });
  main.before(bar.element, wanted);
  startWorker(() => bar.offerNewVersion());
  const behalf = person.may.includes("read_served") ? await behalfOf(phone, person, main) : null;
  if (location.hash === "") await goOnWriting(phone);
  let view = null;

  async function go() {
    view?.abort();
    if (sentHome(person)) return;
    view = new AbortController();
    const { signal } = view;
    const [name, id] = location.hash.slice(1).split("=");
    show(main, h("p", { class: "quiet" }, t("loading")));
    remind(wanted, phone, person, name).catch(() => {}); // a card that did not come is asked for with the next view
    const context = { main, person, phone, behalf, signal, id };
    await viewOf(name, person)(context).catch((problem) => signal.aborted || failed(main, problem));
    if (!signal.aborted && !main.dataset.placed) window.scrollTo(0, 0);
  }

  window.addEventListener("hashchange", go);
  await go();
  setTimeout(() => settle(phone, person).catch(() => {}), SETTLED); // the next opening tries again
}

async function settle(phone, person) {
  await phone.tidy();
  if (person.may.includes("record_visit")) await prepare(phone);
}

/** What cannot be shown says why. A module that did not come is a network that did not answer. */
function failed(main, problem) {
  const words = problem instanceof Problem ? problem.message : t("no-answer");
  const again = h("button", { class: "button", type: "button", onclick: () => location.reload() }, t("retry"));
  show(main, notice("wrong", h("p", {}, words)), again);
  if (!(problem instanceof Problem || problem instanceof TypeError)) throw problem;
}

/** While there is a network: what writing a visit needs when there is none. */
async function prepare(phone) {
  const { placesToGo } = await import("./places.js");
  await placesToGo(phone);
}

/** The app was ended while a visit was being written: it begins again right there. */
async function goOnWriting(phone) {
  const [last] = await phone.drafts.list();
  if (last?.form.place?.open) history.replaceState(null, "", `#log=${last.id}`);
}

/** Who neither writes nor reads visits has only their own account here, and is sent to the page that is theirs. */
function sentHome({ may }) {
  const [name] = location.hash.slice(1).split("=");
  if (may.includes("record_visit") || may.includes("read_visits") || VIEWS[name]?.inPerson) return false;
  location.replace(may.includes("read_duties") ? "/feedback/" : "/notify/");
  return true;
}

/** What waits for this person's own word stands above the first page, whoever's page that is. */
async function remind(element, phone, person, name) {
  show(element);
  if (name) return;
  const cards = await wantedCards(phone, person);
  show(element, cards);
}

/** Whom one writes for stands above every view of an assistant, and nowhere else. */
async function behalfOf(phone, person, main) {
  const { openBehalf } = await import("./behalf.js");
  const behalf = await openBehalf(phone, person);
  main.before(behalf.element);
  return behalf;
}

/** The first page is that of what one does here: one's own visits, a member's, or those of one's cell. */
function firstPage({ may }) {
  if (may.includes("file_report")) return VIEWS[""];
  if (may.includes("draft_report")) return { from: () => import("./assistant.js"), view: "assistantView" };
  if (may.includes("confirm_record")) return { from: () => import("./secretary.js"), view: "secretaryView" };
  return VIEWS[""];
}

/** A view that this person may see; for any other address the first page. */
function viewOf(name, person) {
  const first = firstPage(person);
  const wanted = name ? (VIEWS[name] ?? first) : first;
  const open = (!wanted.may || person.may.includes(wanted.may)) && !(wanted.inPerson && person.device_only);
  const { from, view } = open ? wanted : first;
  return async (context) => {
    const module = await from();
    if (!context.signal.aborted) await module[view](context);
  };
}

async function mayLeave(phone) {
  await phone.refresh();
  const left = phone.state.unsent + phone.state.drafts;
  return left === 0 || confirm(t("leave-unsent", { n: numberText(left) }));
}
