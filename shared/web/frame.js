// What every page has around its own matter: who is here, where else they may go, how to leave.
import { Problem, api } from "./api.js";
import { earlyViewer } from "./early.js";
import { h, show } from "./dom.js";
import { icon } from "./icons.js";
import { language, named, switchLanguage, t } from "./language.js";
import { momentText, numberText, serverNow, setServerTime } from "./dates.js";

const NEXT = "fv.next";
const LEFT = "fv.left";

const SEES_ALL = ["office_clerk", "permanent_board", "standing_committee", "inspector"];

/** Where one may go, and the rules that let one. `writer: false`: only for those who write no visits. */
const WAYS = [
  { words: "way.today", href: "/visits/", mark: "house", rules: ["record_visit"] },
  { words: "page.visits", href: "/visits/", mark: "map-pin", rules: ["read_visits"], writer: false },
  { words: "way.log", href: "/visits/#log", mark: "square-pen", rules: ["record_visit"] },
  { words: "way.outbox", href: "/visits/#outbox", mark: "cloud-upload", rules: ["record_visit"] },
  { words: "page.feedback", href: "/feedback/", mark: "clipboard-list", rules: ["read_duties", "read_figures", "read_praise"] },
  { words: "page.notify", href: "/notify/", mark: "bell", rules: ["signed_in"] },
  { words: "way.record", href: "/visits/#record", mark: "user-round", rules: ["record_visit"] },
  { words: "page.audit", href: "/visits/#audit", mark: "scroll-text", rules: ["read_audit"] },
];

const PATIENCE = 2_500;
const SLOW = 1_500;

/**
 * Ask who is looking, put the frame around the page, and hand over: `open("visits", page)`. Where nobody answers,
 * `remembered` may know who was here last; `nobody` is called when the server says that nobody is signed in.
 */
export async function open(service, page, { signIn, remembered, nobody } = {}) {
  const main = document.querySelector("main");
  try {
    const viewer = await viewerOf(service, remembered);
    if (!viewer.person) await nobody?.();
    frame(service, viewer);
    if (performance.now() < SLOW) inOurLetters();
    if (viewer.person?.device_only && service !== "visits") goAndSignIn();
    else if (viewer.person) await page(main, viewer.person);
    else if (signIn) await signIn(main);
    else goAndSignIn();
    if (viewer.person && !viewer.person.device_only) stayAwake();
  } catch (problem) {
    show(main, notice("wrong", problem.message), retry());
  }
  inOurLetters();
}

/** On a slow line only now, so that our typeface does not come before what there is to read. */
function inOurLetters() {
  document.documentElement.classList.remove("opening");
}

/** A sentence the reader should see, read aloud when it appears. */
export function notice(tone, ...words) {
  return h("div", { class: `notice ${tone}`, role: tone === "wrong" ? "alert" : "status" }, ...words);
}

/** After signing in: where the person was going, or home. */
export function goOn() {
  const next = sessionStorage.getItem(NEXT);
  sessionStorage.removeItem(NEXT);
  location.assign(next ?? "/");
}

/** A page that has something unsent asks before its person leaves, and closes what it holds when they have left. */
export const leaving = { ask: async () => true, left: async () => {} };

/** Who looks, from the server, or from the device itself where nobody answers. Throws Problem. */
async function viewerOf(service, remembered) {
  const person = await remembered?.();
  try {
    if (localStorage.getItem(LEFT)) await endSession();
    const viewer = await api(`/${service}/api/viewer`, { timeout: person && PATIENCE, begun: earlyViewer() });
    setServerTime(viewer.now);
    return viewer;
  } catch (problem) {
    if (!person || !(problem instanceof Problem && problem.mayPass)) throw problem;
    return { person, rehearsal: false };
  }
}

/** A session that has ended by itself is ended too. */
async function endSession() {
  await api("/visits/api/session", { method: "DELETE" }).catch((problem) => {
    if (problem.status !== 401) throw problem;
  });
  localStorage.removeItem(LEFT);
}

function goAndSignIn() {
  sessionStorage.setItem(NEXT, location.pathname + location.hash);
  location.replace("/visits/");
}

function frame(service, viewer) {
  document.title = `${t(`page.${service}`)} · ${t("name")}`;
  const main = document.querySelector("main");
  main.before(h("a", { class: "skip", href: "#main", onclick: skip }, t("skip")), head(service, viewer.person));
  if (viewer.rehearsal) main.before(rehearsal());
  main.after(foot(viewer.person));
}

function skip(event) {
  event.preventDefault();
  document.querySelector("main").focus();
}

function head(service, person) {
  return h(
    "header",
    { class: "head" },
    h(
      "div",
      { class: "head-row" },
      h("a", { class: "brand", href: "/" }, h("img", { src: `/${service}/web/shared/mark.svg`, alt: "" }), t("name")),
      person && tabs(person),
      h(
        "button",
        { class: "button plain", type: "button", lang: language === "vi" ? "en" : "vi", onclick: switchLanguage },
        t("other-language"),
      ),
    ),
  );
}

function tabs(person) {
  const links = waysOf(person).map(({ words, href, mark, spare }) =>
    h("a", { href, class: spare ? "spare" : null }, icon(mark), h("span", {}, t(words))),
  );

  /** The way whose address one is at, or the page that it begins with. */
  function tellCurrent() {
    const here = location.pathname + location.hash.split("=")[0];
    const current =
      links.find((link) => link.getAttribute("href") === here) ??
      links.find((link) => link.getAttribute("href") === location.pathname);
    for (const link of links) link.toggleAttribute("aria-current", false);
    current?.setAttribute("aria-current", "page");
  }

  window.addEventListener("hashchange", tellCurrent);
  tellCurrent();
  return h("nav", { class: "tabs", "aria-label": t("pages") }, links);
}

/** A thumb has five ways; the `spare` one stands in the foot of a phone: one's own duties, unless one sees all. */
function waysOf({ may, roles }) {
  const writes = may.includes("record_visit");
  const spare = roles.some((role) => SEES_ALL.includes(role)) ? "way.record" : "page.feedback";
  return WAYS.filter(({ rules, writer = writes }) => writer === writes && rules.some((rule) => may.includes(rule))).map(
    (way) => ({ ...way, spare: writes && way.words === spare }),
  );
}

/** How much waits on this phone, beside the way to it. */
export function tellUnsent(n) {
  const link = document.querySelector('.tabs a[href$="#outbox"]');
  if (!link) return;
  if ((link.querySelector(".count")?.textContent ?? "") === (n > 0 ? numberText(n) : "")) return;
  link.querySelector(".count")?.remove();
  link.removeAttribute("aria-label");
  if (n === 0) return;
  link.append(h("span", { class: "count" }, numberText(n)));
  link.setAttribute("aria-label", t("way.unsent", { way: t("way.outbox"), n: numberText(n) }));
}

function foot(person) {
  if (!person) return h("footer", { class: "foot" }, h("p", {}, t("motto")));
  const roles = person.roles.map((role) => named("role", role)).join(", ");
  return h(
    "footer",
    { class: "foot" },
    h("p", {}, h("strong", {}, person.full_name), roles && ` · ${roles}`),
    waysOf(person).map(({ words, href, spare }) => spare && h("a", { class: "button spare-way", href }, t(words))),
    !person.device_only && h("a", { class: "button", href: "/visits/#account" }, t("account-link")),
    h("button", { class: "button", type: "button", onclick: signOut }, t("sign-out")),
  );
}

function rehearsal() {
  return h("aside", { class: "rehearsal" }, t("rehearsal", { at: momentText(serverNow()) }));
}

/** Without a network the device closes at once, and the session ends as soon as the server can be told. */
async function signOut() {
  if (!(await leaving.ask())) return;
  localStorage.setItem(LEFT, "1");
  await leaving.left();
  try {
    await endSession();
  } catch (problem) {
    if (problem.status !== 0) {
      document.querySelector("main").prepend(notice("wrong", problem.message));
      return;
    }
  }
  location.assign("/visits/");
}

/** A session falls asleep unless its person opens a page now and then; whether that works is not this page's matter. */
function stayAwake() {
  api("/visits/api/session").catch(() => {});
}

function retry() {
  return h("p", {}, h("button", { class: "button", type: "button", onclick: () => location.reload() }, t("retry")));
}
