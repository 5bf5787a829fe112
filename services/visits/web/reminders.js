// Reminders outside of the app: in this phone, at which hours not, and in the phone's calendar.
import { addWords, api, dayText, field, h, localDay, momentText, notice, select, show, showErrors, t } from "./shared/kit.js";
import vi from "./reminders-vi.js";
import { ownMark, pushState, renew, switchOff, switchOn } from "./push.js";

await addWords({ vi, en: () => import("./reminders-en.js") });

export async function remindersView({ main, signal }) {
  const [phones, quiet, calendar, state, mark] = await Promise.all([
    api("/notify/api/phones"),
    api("/notify/api/quiet-hours"),
    api("/visits/api/calendar"),
    pushState(),
    ownMark(),
  ]);
  if (signal.aborted) return;
  show(
    main,
    h(
      "div",
      { class: "stack log" },
      h("a", { class: "button plain back", href: "#account" }, "‹ ", t("back")),
      h("h1", {}, t("reminders")),
      phoneSheet(phones, state, mark),
      quietSheet(quiet),
      calendarSheet(calendar),
      h("p", {}, h("a", { href: "/notify/" }, t("reminders-by-email"))),
    ),
  );
}

// --- this phone, and the others

function phoneSheet({ key, phones }, state, mark) {
  const sheet = h("section", { class: "sheet close", "aria-labelledby": "reminders-phone" });
  const here = phones.find((each) => each.mark === mark);
  if (here && !here.here) renew().catch(() => {}); // it is mine, from an earlier session; the list is right either way
  draw(here ? "on" : state === "on" ? "ready" : state);
  return sheet;

  function draw(now, ...said) {
    show(
      sheet,
      h("h2", { id: "reminders-phone" }, t("push-title")),
      h("p", { class: "quiet" }, t("push-about")),
      said,
      key === null ? h("p", {}, t("push-none")) : controls(now),
      phones.length > 0 && h("ul", { class: "rows" }, phones.map(row)),
    );
  }

  function controls(now) {
    if (now === "on") return h("div", { class: "buttons" }, tryButton(), offButton());
    if (now === "ready") return button(t("push-on"), turnOn, "first");
    return h("p", { class: "notice" }, t(`push-${now}`));
  }

  async function turnOn() {
    if (!(await switchOn(key))) return draw(await pushState());
    return again(notice("good", t("push-is-on")));
  }

  function tryButton() {
    return button(t("push-try"), async () => {
      const mine = await myPhone();
      const { accepted, reason } = await api(`/notify/api/phones/${mine.subscription_id}/try`, { method: "POST" });
      return again(accepted ? notice("good", t("push-tried")) : notice("wrong", t("push-refused", { reason })));
    });
  }

  function offButton() {
    return button(t("push-off"), async () => {
      const mine = await myPhone();
      await switchOff();
      if (mine) await api(`/notify/api/phones/${mine.subscription_id}`, { method: "DELETE" });
      return again(notice("good", t("push-is-off")));
    });
  }

  function row({ subscription_id: id, label, created_at: created, last_ok_at: last, mark: its }) {
    const forget = button(t("remove"), async () => {
      await api(`/notify/api/phones/${id}`, { method: "DELETE" });
      if (its === mark) await switchOff();
      return again();
    });
    forget.setAttribute("aria-label", `${t("remove")}: ${label}`);
    const since = t("push-since", { day: dayText(localDay(created)) });
    const reached = last ? t("push-reached", { at: momentText(last) }) : t("push-never");
    return h(
      "li",
      { class: "between" },
      h("div", { class: "tight" }, h("p", {}, h("strong", {}, label), its === mark && ` · ${t("device-here")}`), h("p", { class: "quiet" }, `${since} · ${reached}`)),
      forget,
    );
  }

  async function again(...said) {
    const fresh = await api("/notify/api/phones");
    phones = fresh.phones;
    mark = await ownMark();
    draw(phones.some((each) => each.mark === mark) ? "on" : await asReady(), ...said);
  }

  async function myPhone() {
    mark = await ownMark();
    return phones.find((each) => each.mark === mark);
  }

  function button(words, work, kind = "") {
    const made = h("button", { class: `button ${kind}`, type: "button" }, words);
    made.addEventListener("click", async () => {
      made.disabled = true;
      try {
        await work();
      } catch (problem) {
        draw(mark ? "on" : await asReady(), notice("wrong", problem.message));
      }
    });
    return made;
  }
}

/** A subscription that the server does not know is as good as none. */
async function asReady() {
  const state = await pushState();
  return state === "on" ? "ready" : state;
}

// --- hours of rest

function quietSheet(quiet) {
  const starts = hourBox(quiet.starts);
  const ends = hourBox(quiet.ends);
  const said = h("div", {});
  const form = h(
    "form",
    { class: "sheet close", novalidate: true, onsubmit: submit },
    h("h2", {}, t("quiet-title")),
    h("p", { class: "quiet" }, t("quiet-about")),
    h("div", { class: "stack" }, field(t("quiet-from"), starts, { pointer: "/starts" }), field(t("quiet-to"), ends, { pointer: "/ends" })),
    said,
    h("button", { class: "button", type: "submit" }, t("save")),
  );
  return form;

  async function submit(event) {
    event.preventDefault();
    try {
      await api("/notify/api/quiet-hours", { method: "PUT", body: { starts: starts.value, ends: ends.value } });
      showErrors(form, []);
      show(said, notice("good", t("quiet-saved")));
    } catch (problem) {
      const homeless = showErrors(form, problem.errors ?? []);
      const words = problem.errors?.length > 0 ? homeless.map((each) => each.message) : [problem.message];
      show(said, words.length > 0 && notice("wrong", ...words));
    }
  }
}

/** Every half hour, written as we write hours; a browser's own box for times follows the language of the browser. */
function hourBox(value) {
  const hours = [...Array(48).keys()].map((half) => `${String(half >> 1).padStart(2, "0")}:${half % 2 ? "30" : "00"}`);
  const offered = [...new Set([...hours, value])].sort();
  return select(offered.map((each) => [each, each]), { value });
}

// --- the phone's own calendar

function calendarSheet(calendar) {
  const sheet = h("section", { class: "sheet close", "aria-labelledby": "reminders-calendar" });
  draw(calendar);
  return sheet;

  function draw({ published, last_read_at: last }, ...said) {
    show(
      sheet,
      h("h2", { id: "reminders-calendar" }, t("calendar-title")),
      h("p", { class: "quiet" }, t("calendar-about")),
      published && h("p", {}, last ? t("calendar-read", { at: momentText(last) }) : t("calendar-unread")),
      said,
      h(
        "div",
        { class: "buttons" },
        button(t(published ? "calendar-change" : "calendar-make"), make),
        published && button(t("calendar-withdraw"), withdraw),
      ),
    );
  }

  async function make() {
    const { webcal, https } = await api("/visits/api/calendar", { method: "POST" });
    const address = h("input", { class: "box", readonly: true, value: https });
    const copied = h("span", { role: "status", class: "quiet" });
    const copy = h("button", { class: "button", type: "button" }, t("calendar-copy"));
    copy.addEventListener("click", async () => {
      address.select();
      await navigator.clipboard.writeText(https).catch(() => {});
      show(copied, t("calendar-copied"));
    });
    draw(
      { published: true, last_read_at: null },
      h("p", {}, h("a", { class: "button first wide", href: webcal }, t("calendar-open"))),
      field(t("calendar-address"), address, { hint: t("calendar-once") }),
      h("p", { class: "buttons" }, copy, copied),
    );
  }

  async function withdraw() {
    await api("/visits/api/calendar", { method: "DELETE" });
    draw({ published: false }, notice("good", t("calendar-withdrawn")));
  }

  function button(words, work) {
    const made = h("button", { class: "button", type: "button" }, words);
    made.addEventListener("click", async () => {
      made.disabled = true;
      try {
        await work();
      } catch (problem) {
        sheet.append(notice("wrong", problem.message));
        made.disabled = false;
      }
    });
    return made;
  }
}
