// What every page has around its own matter: who is here, where else they may go, how to leave.
import { api } from "./api.js";
import { h, show } from "./dom.js";
import { language, named, switchLanguage, t } from "./language.js";
import { momentText, serverNow, setServerTime } from "./dates.js";

const NEXT = "fv.next";
const PAGES = [
  { service: "visits", rules: ["read_visits", "record_visit"] },
  { service: "feedback", rules: ["read_duties", "read_figures"] },
  { service: "notify", rules: ["signed_in"] },
  { service: "audit", rules: ["read_audit"], href: "/visits/#audit" },
];

/** Ask who is looking, put the frame around the page, and hand over: `open("visits", page)`. */
export async function open(service, page, { signIn } = {}) {
  const main = document.querySelector("main");
  try {
    const viewer = await api(`/${service}/api/viewer`);
    setServerTime(viewer.now);
    frame(service, viewer);
    if (viewer.person?.device_only && service !== "visits") goAndSignIn();
    else if (viewer.person) await page(main, viewer.person);
    else if (signIn) await signIn(main);
    else goAndSignIn();
    if (viewer.person && !viewer.person.device_only) stayAwake();
  } catch (problem) {
    show(main, notice("wrong", problem.message), retry());
  }
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

/** Ask before leaving when a page has something that is not sent; it sets this. */
export const leaving = { ask: async () => true };

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
      person && tabs(service, person),
      h(
        "button",
        { class: "button plain", type: "button", lang: language === "vi" ? "en" : "vi", onclick: switchLanguage },
        t("other-language"),
      ),
    ),
  );
}

function tabs(service, person) {
  const mine = PAGES.filter(({ rules }) => rules.some((rule) => person.may.includes(rule)));
  return h(
    "nav",
    { class: "tabs", "aria-label": t("pages") },
    mine.map((page) =>
      h(
        "a",
        { href: page.href ?? `/${page.service}/`, "aria-current": page.service === service ? "page" : null },
        t(`page.${page.service}`),
      ),
    ),
  );
}

function foot(person) {
  if (!person) return h("footer", { class: "foot" }, h("p", {}, t("motto")));
  const roles = person.roles.map((role) => named("role", role)).join(", ");
  return h(
    "footer",
    { class: "foot" },
    h("p", {}, h("strong", {}, person.full_name), roles && ` · ${roles}`),
    !person.device_only && h("a", { class: "button", href: "/visits/#account" }, t("account-link")),
    h("button", { class: "button", type: "button", onclick: signOut }, t("sign-out")),
  );
}

function rehearsal() {
  return h("aside", { class: "rehearsal" }, t("rehearsal", { at: momentText(serverNow()) }));
}

async function signOut() {
  if (!(await leaving.ask())) return;
  try {
    await api("/visits/api/session", { method: "DELETE" });
    location.assign("/visits/");
  } catch (problem) {
    document.querySelector("main").prepend(notice("wrong", problem.message));
  }
}

/** A session falls asleep unless its person opens a page now and then; whether that works is not this page's matter. */
function stayAwake() {
  api("/visits/api/session").catch(() => {});
}

function retry() {
  return h("p", {}, h("button", { class: "button", type: "button", onclick: () => location.reload() }, t("retry")));
}
