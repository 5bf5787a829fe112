// The visits page: what is due and what was done; writing a visit; what waits to be sent. The address says which
// view, and a view is fetched when it is first shown, so that the first page is a light one.
import { Problem, addWords, h, leaving, notice, numberText, open, show, t } from "./shared/kit.js";
import vi from "./vi.js";
import { closeForAll, openPhone, rememberedPerson } from "./phone.js";
import { phoneBar } from "./phone-bar.js";
import { startWorker } from "./worker.js";

/** By the first word of the address: who may see it, and where it is. Without `may` everybody may. */
const VIEWS = {
  "": { from: () => import("./today.js"), view: "todayView" },
  log: { may: "record_visit", from: () => import("./log.js"), view: "logView" },
  outbox: { may: "record_visit", from: () => import("./outbox-view.js"), view: "outboxView" },
  report: { may: "file_report", from: () => import("./report.js"), view: "reportView" },
  account: { inPerson: true, from: () => import("./account.js"), view: "accountView" },
  "own-data": { inPerson: true, from: () => import("./own-data.js"), view: "ownDataView" },
  invitations: { may: "manage_accounts", from: () => import("./invitations.js"), view: "invitationsView" },
  import: { may: "import_queue", from: () => import("./import.js"), view: "importView" },
  audit: { may: "read_audit", from: () => import("./audit.js"), view: "auditView" },
  invitation: { from: () => import("./sign-in.js"), view: "invitedView" },
  "sign-in": { from: () => import("./sign-in.js"), view: "signInView" },
};

const SETTLED = 1_500;

await addWords({ vi, en: () => import("./en.js") });
open("visits", page, { signIn, remembered: rememberedPerson, nobody: closeForAll });

async function signIn(main) {
  const { signIn: show } = await import("./sign-in.js");
  await show(main);
}

async function page(main, person) {
  const home = homeElsewhere(person.may);
  if (home) {
    location.replace(home);
    return;
  }
  const phone = await openPhone(person);
  leaving.ask = () => mayLeave(phone);
  leaving.left = () => phone.lock();
  const bar = phoneBar(phone);
  main.before(bar.element);
  startWorker(() => bar.offerNewVersion());
  if (location.hash === "") await goOnWriting(phone);
  let view = null;

  async function go() {
    view?.abort();
    view = new AbortController();
    const { signal } = view;
    const [name, id] = location.hash.slice(1).split("=");
    show(main, h("p", { class: "quiet" }, t("loading")));
    await viewOf(name, person)({ main, person, phone, signal, id }).catch((problem) => signal.aborted || failed(main, problem));
    if (!signal.aborted && !main.dataset.placed) window.scrollTo(0, 0);
  }

  window.addEventListener("hashchange", go);
  await go();
  if (person.may.includes("record_visit")) setTimeout(() => prepare(phone), SETTLED);
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

/** Who neither writes nor reads visits has nothing to do here, and is sent to the page that is theirs. */
function homeElsewhere(may) {
  if (may.includes("record_visit") || may.includes("read_visits")) return null;
  return may.includes("read_duties") ? "/feedback/" : "/notify/";
}

/** A view that this person may see; for any other address the first page. */
function viewOf(name, person) {
  const wanted = VIEWS[name] ?? VIEWS[""];
  const open = (!wanted.may || person.may.includes(wanted.may)) && !(wanted.inPerson && person.device_only);
  const { from, view } = open ? wanted : VIEWS[""];
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
