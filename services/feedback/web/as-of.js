// Looking back: the address holds a past minute (`?as_of=2026-11-20T14:05`), and every question of a view asks of it.
import { addWords, clockTime, dayText, field, h, instantOf, localDay, notice, readDay, readTime, serverNow, show, t } from "./shared/kit.js";
import vi from "./as-of-vi.js";

await addWords({ vi, en: () => import("./as-of-en.js") });

const MINUTE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/;

/** The past instant that is looked at, or null for now. */
export const past = read();

/** What a question adds to its query: `{ as_of }` while a past minute is looked at, and else nothing. */
export function asOf() {
  return past ? { as_of: past } : {};
}

/** An address of the interface, asked of the same minute as the page. */
export function atThatTime(path) {
  return past ? `${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams(asOf())}` : path;
}

/** The way into the past, or, while one is there, which minute it is and the way back. */
export function pastLine() {
  return past ? banner() : chooser();
}

function banner() {
  const at = { time: clockTime(past), day: dayText(localDay(past)) };
  return h(
    "div",
    { class: "notice warn between looking-back", role: "status" },
    h("p", {}, h("strong", {}, t("looking-at", at))),
    h("p", { class: "buttons" }, h("a", { class: "button", href: "#changes" }, t("changed-since")), h("a", { class: "button", href: addressOf("") }, t("back-to-now"))),
  );
}

function chooser() {
  const day = typed("day-hint", dayText(localDay(serverNow())));
  const time = typed("time-hint", "");
  const said = h("div", {});
  return h(
    "details",
    { class: "fold looking-back" },
    h("summary", {}, t("look-back")),
    h(
      "form",
      { class: "sheet close", onsubmit: go },
      h("p", { class: "quiet small" }, t("look-back-about")),
      h("div", { class: "fields" }, field(t("look-day"), day), field(t("look-time"), time)),
      said,
      h("button", { class: "button first", type: "submit" }, t("look")),
    ),
  );

  function go(event) {
    event.preventDefault();
    const [date, clock] = [readDay(day.value), readTime(time.value)];
    if (!date || !clock) return show(said, notice("wrong", t("look-typed-wrong")));
    if (Date.parse(instantOf(date, clock)) >= serverNow().getTime()) return show(said, notice("wrong", t("look-not-yet")));
    return location.assign(addressOf(`?as_of=${date}T${clock}`));
  }
}

function typed(hint, value) {
  return h("input", { class: "box", autocomplete: "off", placeholder: t(hint), value, required: true });
}

function addressOf(query) {
  return `${location.pathname}${query}${location.hash}`;
}

function read() {
  const minute = new URLSearchParams(location.search).get("as_of") ?? "";
  if (!MINUTE.test(minute)) return null;
  const at = Date.parse(`${minute}:00+07:00`);
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}
