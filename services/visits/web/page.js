// The visits page: what is due and what was done; writing a visit; filing a report. The address says which.
import { addWords, h, open, show, t } from "./shared/kit.js";
import vi from "./vi.js";
import { Draft } from "./draft.js";
import { auditView } from "./audit.js";
import { logView } from "./log.js";
import { ownDataView } from "./own-data.js";
import { reportView } from "./report.js";
import { accountView } from "./account.js";
import { invitationsView } from "./invitations.js";
import { invited, signIn } from "./sign-in.js";
import { todayView } from "./today.js";

await addWords({ vi, en: () => import("./en.js") });
open("visits", page, { signIn });

async function page(main, person) {
  const home = homeElsewhere(person.may);
  if (home) {
    location.replace(home);
    return;
  }
  const context = { main, person, draft: new Draft(person.person_id) };
  let view = null;

  async function go() {
    view?.abort();
    view = new AbortController();
    const [name, id] = location.hash.slice(1).split("=");
    show(main, h("p", { class: "quiet" }, t("loading")));
    await render(name, id, { ...context, signal: view.signal });
    window.scrollTo(0, 0);
  }

  window.addEventListener("hashchange", go);
  await go();
}

/** Who neither writes nor reads visits has nothing to do here, and is sent to the page that is theirs. */
function homeElsewhere(may) {
  if (may.includes("record_visit") || may.includes("read_visits")) return null;
  return may.includes("read_duties") ? "/feedback/" : "/notify/";
}

function render(name, id, context) {
  if (name === "log" && context.person.may.includes("record_visit")) return logView(context);
  if (name === "invitation") return invited(context.main);
  if (name === "sign-in") return signIn(context.main);
  if (name === "account" && !context.person.device_only) return accountView(context);
  if (name === "own-data" && !context.person.device_only) return ownDataView(context);
  if (name === "invitations" && context.person.may.includes("manage_accounts")) return invitationsView(context);
  if (name === "report" && context.person.may.includes("file_report")) return reportView(context, id);
  if (name === "audit" && context.person.may.includes("read_audit")) return auditView(context);
  return todayView(context);
}
