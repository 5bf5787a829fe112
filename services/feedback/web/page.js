// The desk: the address says which view, and a view is fetched when it is first shown; one duty opens over any of them.
import { addWords, h, notice, open, show, t } from "./shared/kit.js";
import vi from "./vi.js";
import { dutyPanel } from "./duty-panel.js";
import { liveLine } from "./live.js";

const SEES_THE_WHOLE = ["office_clerk", "permanent_board", "standing_committee", "inspector"];

/**
 * By the first word of the address: the rule that lets one see it (`whole`: for those who see all of a committee), the
 * words on its tab, and where it is. A view draws itself into `place` and may return what asks again in its place:
 * called when something of the committee has changed.
 */
const VIEWS = {
  "": { words: "tab.morning", may: "read_figures", whole: true, from: () => import("./morning.js"), view: "morningView" },
  inbox: { words: "tab.inbox", may: "forward_issue", from: () => import("./inbox.js"), view: "inboxView" },
  answers: { words: "tab.answers", may: "record_answer", from: () => import("./answers.js"), view: "answersView" },
  register: { words: "tab.register", may: "read_duties", from: () => import("./register.js"), view: "registerView" },
  issue: { may: "read_issues", from: () => import("./issue.js"), view: "issueView" },
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

  show(
    main,
    h("div", { class: "stack" }, h("div", { class: "between desk-head" }, tabs.element, liveLine(again)), place),
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
    show(place, h("p", { class: "quiet" }, t("loading")));
    try {
      const module = await found.from();
      if (turn.signal.aborted) return;
      mine.refresh = await module[found.view]({ place, person, id, whole: seesTheWhole(person), signal: turn.signal });
    } catch (problem) {
      if (!turn.signal.aborted) show(place, notice("wrong", problem.message));
    }
  }

  window.addEventListener("hashchange", go);
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

/** The ways within the desk; who has only one has none. */
function tabsOf(person) {
  const ways = openTo(person).filter(([, { words }]) => words);
  const links = new Map(ways.map(([name, { words }]) => [name, h("a", { href: `#${name}` }, t(words))]));
  const element = h("nav", { class: "desk-tabs", "aria-label": t("desk"), hidden: ways.length < 2 }, ...links.values());
  return {
    element,
    tell(name) {
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(name)?.setAttribute("aria-current", "page");
    },
  };
}
