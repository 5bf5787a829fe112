// The desk: the address says which view, and a view is fetched when it is first shown; one duty opens over any of them.
import { addWords, h, notice, open, setServerTime, show, t } from "./shared/kit.js";
import vi from "./vi.js";
import { past, pastLine } from "./as-of.js";
import { dutyPanel } from "./duty-panel.js";
import { liveLine } from "./live.js";

const SEES_THE_WHOLE = ["office_clerk", "permanent_board", "standing_committee", "inspector"];

/**
 * By the first word of the address: the rule that lets one see it (`whole`: for those who see all of a committee), the
 * words on its tab (none: it is opened from another view), and where it is; `past`: whether it can be seen as of a past
 * minute. A view draws itself into `place` and may return what asks again in its place: called when something of the
 * committee has changed. `settle(id, push)` puts what was chosen within a view into the address, as a step to go back
 * from or in place of the last one.
 */
const VIEWS = {
  "": { words: "tab.morning", may: "read_figures", whole: true, past: true, from: () => import("./morning.js"), view: "morningView" },
  inbox: { words: "tab.inbox", may: "forward_issue", from: () => import("./inbox.js"), view: "inboxView" },
  answers: { words: "tab.answers", may: "record_answer", from: () => import("./answers.js"), view: "answersView" },
  register: { words: "tab.register", may: "read_duties", past: true, from: () => import("./register.js"), view: "registerView" },
  extensions: { words: "tab.extensions", may: "grant_extension", from: () => import("./extensions.js"), view: "extensionsView" },
  grid: { words: "tab.grid", may: "read_coverage", from: () => import("./grid.js"), view: "gridView" },
  coverage: { words: "tab.coverage", may: "read_coverage", from: () => import("./coverage.js"), view: "coverageView" },
  planning: { words: "tab.planning", may: "read_coverage", from: () => import("./planning.js"), view: "planningView" },
  reports: { words: "tab.reports", may: "read_coverage", past: true, from: () => import("./reports.js"), view: "reportsView" },
  sheets: { words: "tab.sheets", may: "read_sheets", from: () => import("./sheets.js"), view: "sheetsView" },
  sheet: { may: "read_sheets", from: () => import("./sheets.js"), view: "sheetView" },
  praise: { words: "tab.praise", may: "read_praise", from: () => import("./praise.js"), view: "praiseView" },
  rules: { words: "tab.rules", may: "read_figures", from: () => import("./rules.js"), view: "rulesView" },
  unvisited: { may: "read_figures", whole: true, from: () => import("./unvisited.js"), view: "unvisitedView" },
  issue: { may: "read_issues", from: () => import("./issue.js"), view: "issueView" },
  "what-if": { may: "signed_in", from: () => import("./what-if.js"), view: "whatIfView" },
  changes: { may: "read_duties", past: true, from: () => import("./changes.js"), view: "changesView" },
};

const OVER = "duty";

await addWords({ vi, en: () => import("./en.js") });
open("feedback", page);

async function page(main, person) {
  const panel = dutyPanel(person, () => view?.address ?? "");
  const place = h("div", { class: "stack" });
  const tabs = tabsOf(person);
  let shown = null;
  let view = null;

  const follows = person.may.includes("read_duties"); // without duties there is nothing to hear of and to look back at
  const live = past || !follows ? null : liveLine(again);
  if (past) setServerTime(past); // what is late and how many days are left is told as of that minute too
  show(
    main,
    h("div", { class: "stack" }, h("div", { class: "close" }, tabs.element, h("div", { class: "between desk-line" }, live?.line, follows && pastLine())), place),
    panel.dialog,
  );

  async function again() {
    await view?.refresh?.();
  }

  async function go() {
    const [name, id] = location.hash.slice(1).split("=");
    if (name === OVER && id) {
      if (!view) await turnTo("");
      await panel.open(id);
      return;
    }
    panel.close();
    if (!view || location.hash !== view.address) await turnTo(name, id);
  }

  async function turnTo(name, id) {
    shown?.abort();
    const turn = (shown = new AbortController());
    const found = viewOf(name, person);
    const mine = (view = { address: addressOf(name, id), refresh: null });
    tabs.tell(found.name);
    if (past && !found.past) return show(place, h("h1", {}, t(found.words ?? "desk")), notice("", t("only-now")));
    show(place, h("p", { class: "quiet" }, t("loading")));
    try {
      const module = await found.from();
      if (turn.signal.aborted) return;
      mine.refresh = await module[found.view]({ place, person, id, settle, whole: seesTheWhole(person), signal: turn.signal });
    } catch (problem) {
      if (!turn.signal.aborted) show(place, notice("wrong", problem.message));
    }

    function settle(chosen, push) {
      const address = addressOf(found.name, chosen);
      if (turn.signal.aborted || address === mine.address) return;
      mine.address = address;
      history[push ? "pushState" : "replaceState"](null, "", address);
    }
  }

  window.addEventListener("hashchange", go);
  await live?.begun;
  await go();
}

function addressOf(name, id) {
  return name ? `#${name}${id ? `=${id}` : ""}` : "";
}

function seesTheWhole({ roles }) {
  return roles.some((role) => SEES_THE_WHOLE.includes(role));
}

/** Names and views that this person may see, the first one first. */
function openTo(person) {
  return Object.entries(VIEWS).filter(([, { may, whole }]) => person.may.includes(may) && (!whole || seesTheWhole(person)));
}

/** A view that this person may see; for any other address the first one. */
function viewOf(name, person) {
  const open = openTo(person);
  const [found, view] = open.find(([each]) => each === name) ?? open[0];
  return { name: found, ...view };
}

/** A browser leaves half a tab where it is, also under the focus. */
function inSight(tab) {
  tab.scrollIntoView({ inline: "center", block: "nearest" });
}

/** The ways within the desk; who has only one has none. */
function tabsOf(person) {
  const ways = openTo(person).filter(([, { words }]) => words);
  const links = new Map(ways.map(([name, { words }]) => [name, h("a", { href: `#${name}` }, t(words))]));
  const element = h(
    "nav",
    { class: "desk-tabs", "aria-label": t("desk"), hidden: ways.length < 2, onfocusin: ({ target }) => inSight(target) },
    ...links.values(),
  );
  return {
    element,
    tell(name) {
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(name)?.setAttribute("aria-current", "page");
      if (links.has(name)) inSight(links.get(name));
    },
  };
}
