// What was frozen: what waits, what arrived, what needs a person; each with its state in words and what can be done.
import { addWords, api, backLink, dayText, dueText, dutyState, h, momentText, named, notice, numberText, onServersClock, show, showAgain, t, whyLink } from "./shared/kit.js";
import { ageText } from "./phone-bar.js";
import { waitingPhotos } from "./photo-list.js";
import vi from "./outbox-vi.js";

await addWords({ vi, en: () => import("./outbox-en.js") });

const TONES = { accepted: "good", seen: "good", refused: "late", conflict: "late", failed: "soon", waiting: "soon" };
const ASIDE = ["refused", "conflict"];
const GONE = ["copied", "dropped"];
const LOOK_FOR_DUTIES = 12;
const SHOWN_AT_ONCE = 20;

/** `#outbox` shows all, `#outbox=<id>` one, as it goes on its way. */
export async function outboxView(context) {
  return context.id ? oneView(context) : listView(context);
}

// --- all

async function listView({ main, phone, signal }) {
  let shown = SHOWN_AT_ONCE;

  async function render() {
    const [items, photos] = await Promise.all([phone.outbox.list(), waitingPhotos(phone, { state: stateMark, reason: reasonOf })]);
    if (signal.aborted) return;
    const of = (wanted) => items.filter(wanted);
    const aside = of((item) => ASIDE.includes(item.state));
    const arrived = of((item) => item.done_at !== null && !GONE.includes(item.state));
    const waiting = of((item) => item.done_at === null && !ASIDE.includes(item.state));
    const gone = of((item) => GONE.includes(item.state));
    showAgain(
      main,
      h(
        "div",
        { class: "stack log" },
        h("div", { class: "close" }, backLink("#"), h("h1", {}, t("outbox")), h("p", { class: "quiet" }, t("outbox-about"))),
        (waiting.length > 0 || photos) && actions(phone, render),
        section("aside", aside),
        section("waiting-list", waiting, photos ? null : t("nothing-waits")),
        photos,
        section("arrived", arrived.slice(0, shown)),
        arrived.length > shown && h("button", { class: "button wide", type: "button", onclick: more }, t("more")),
        section("let-go", gone),
        h("p", { class: "quiet small" }, phone.state.synced_at && t("synced", { age: ageText(phone.state.synced_at) })),
        waiting.length + aside.length > 0 && rescue(phone),
        home(phone),
      ),
    );
  }

  function more() {
    shown += SHOWN_AT_ONCE;
    render();
  }

  await follow(phone, signal, render);
}

function actions(phone, render) {
  const send = h("button", { class: "button first wide", type: "button" }, t("send-all"));
  send.addEventListener("click", async () => {
    send.disabled = true;
    await phone.outbox.send({ urgent: true });
    await render();
  });
  return h("div", { class: "close" }, !phone.online() && notice("warn", t("offline")), send);
}

function section(name, items, empty) {
  if (items.length === 0 && !empty) return null;
  return h(
    "section",
    { class: "close", "aria-label": t(name) },
    h("h2", {}, t(name)),
    items.length === 0 ? h("p", { class: "quiet" }, empty) : h("ul", { class: "close" }, items.map(line)),
  );
}

function line(item) {
  return h(
    "li",
    { class: "sheet tight item" },
    h("div", { class: "between" }, h("h3", {}, h("a", { href: `#outbox=${item.id}` }, titleOf(item))), stateMark(item)),
    h("p", { class: "quiet" }, item.about.day && dayText(item.about.day), item.receipt?.receipt_number && ` · ${item.receipt.receipt_number}`),
    reasonOf(item) && h("p", {}, reasonOf(item)),
  );
}

/** For a phone that cannot send: the queue as a file, for the office to take in. */
function rescue(phone) {
  const button = h("button", { class: "button wide", type: "button" }, t("export"));
  button.addEventListener("click", async () => {
    const file = await phone.outbox.exportFile();
    if (navigator.canShare?.({ files: [file] }) && matchMedia("(pointer: coarse)").matches) {
      await navigator.share({ files: [file] }).catch(() => {});
      return;
    }
    const address = URL.createObjectURL(file);
    h("a", { href: address, download: file.name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  });
  return h("section", { class: "sheet close" }, h("h2", {}, t("export-title")), h("p", { class: "quiet" }, t("export-about")), button);
}

/** On the home screen the browser keeps things for good. */
function home(phone) {
  const how = phone.installable;
  if (how === null) return null;
  const install = how === "prompt" && h("button", { class: "button wide", type: "button", onclick: () => phone.install() }, t("install"));
  return h("section", { class: "sheet close" }, h("h2", {}, t("install-title")), h("p", {}, t(how === "ios" ? "install-ios" : "install-about")), install);
}

// --- one

async function oneView(context) {
  const { main, phone, signal, id } = context;
  let told = null;

  async function render() {
    const item = await phone.outbox.read(id);
    if (signal.aborted) return;
    if (item === null) return show(main, h("div", { class: "stack log" }, backLink("#outbox"), notice("", t("no-such-item"))));
    const facts = JSON.stringify(item);
    if (facts === told) return;
    const before = told && JSON.parse(told).state;
    told = facts;
    const title = h("h1", { tabindex: "-1" }, t(`title-${titleState(item)}`));
    showAgain(
      main,
      h(
        "div",
        { class: "stack log" },
        backLink("#outbox"),
        title,
        h("section", { class: "sheet stack receipt" }, h("p", {}, h("strong", {}, titleOf(item)), item.about.day && `, ${dayText(item.about.day)}`), factsOf(item)),
        reasonOf(item) && notice(ASIDE.includes(item.state) ? "wrong" : "warn", h("p", {}, reasonOf(item)), saidBy(item)),
        item.state === "conflict" && bothSides(item),
        (item.receipt?.warnings ?? []).map((warning) => notice("warn", warning.message)),
        item.receipt !== null && item.kind === "visit" && duties(item, signal),
        choices(context, item),
      ),
    );
    if (before !== item.state) title.focus();
  }

  await follow(phone, signal, render);
}

function factsOf(item) {
  const { receipt } = item;
  return h(
    "dl",
    { class: "facts" },
    h("dt", {}, t("state")),
    h("dd", {}, stateMark(item)),
    receipt?.receipt_number && [h("dt", {}, t("receipt-number")), h("dd", { class: "number receipt-number" }, receipt.receipt_number)],
    receipt && [h("dt", {}, t("received-at")), h("dd", { class: "number" }, momentText(receipt.accepted_at ?? receipt.filed_at ?? onServersClock(item.done_at)))],
    item.opened_at && [h("dt", {}, t("opened-at")), h("dd", { class: "number" }, momentText(onServersClock(item.opened_at)))],
    [h("dt", {}, t("frozen-at")), h("dd", { class: "number" }, momentText(onServersClock(item.frozen_at)))],
  );
}

/** What the person may do now. */
function choices({ phone }, item) {
  const waits = item.done_at === null;
  const aside = ASIDE.includes(item.state);
  return h(
    "div",
    { class: "close" },
    waits && button("send-again", "first", () => phone.outbox.retry(item.id), !aside),
    aside && item.copyable && button("copy-to-new", "first", copy),
    aside && button("drop", "", drop),
    aside && button("send-again", "", () => phone.outbox.retry(item.id), item.state === "refused"),
    h("a", { class: `button wide${waits ? "" : " first"}`, href: "#" }, t("to-today")),
  );

  function button(words, tone, work, when = true) {
    if (!when) return null;
    const made = h("button", { class: `button wide ${tone}`, type: "button" }, t(words));
    made.addEventListener("click", async () => {
      made.disabled = true;
      await work();
      made.disabled = false;
    });
    return made;
  }

  async function copy() {
    const draft = await phone.outbox.copyToDraft(item.id);
    const { report_of: report, edit_of: edit } = item.form;
    location.hash = report ? `#report=${report}` : edit ? `#edit=${edit}` : `#log=${draft}`;
  }

  async function drop() {
    if (!confirm(t("drop-sure"))) return;
    await phone.outbox.drop(item.id);
  }
}

/** What stands there and what is here: a person decides, nothing is overwritten. */
function bothSides(item) {
  const there = item.said?.recorded;
  if (!there?.content) return null;
  const side = (title, content) => h("section", { class: "sheet close" }, h("h3", {}, title), sideOf(content));
  return h(
    "div",
    { class: "stack" },
    side(t("side-there", { number: there.receipt_number }), there.content),
    side(t("side-here"), item.body),
  );
}

function sideOf(content) {
  return h(
    "dl",
    { class: "facts" },
    [h("dt", {}, t("side-day")), h("dd", {}, momentText(content.started_at))],
    content.notes && [h("dt", {}, t("side-notes")), h("dd", {}, content.notes)],
    [h("dt", {}, t("side-issues")), h("dd", {}, h("ul", {}, (content.issues ?? []).map((issue) => h("li", {}, issue.title))), (content.issues ?? []).length === 0 && "–")],
  );
}

/** The committee's side works out the due dates; a moment later they are here. */
function duties({ visit_id: visitId, body, about }, signal) {
  const place = h("div", { class: "close" }, h("p", { class: "quiet", role: "status" }, t("duties-coming")));
  if (body.report && body.issues.every((issue) => issue.resolved_on_spot)) show(place, h("p", {}, t("nothing-owed")));
  else look();
  return h("section", { class: "sheet close", "aria-label": about.unit }, h("h2", {}, t("duties-from-visit")), place);

  async function look() {
    for (let turn = 0; turn < LOOK_FOR_DUTIES && !signal.aborted; turn += 1) {
      const found = (await api("/visits/api/duties").catch(() => ({ duties: [] }))).duties.filter((duty) => duty.visit_id === visitId);
      if (found.length > 0) return show(place, h("ul", { class: "close" }, found.map(dutyLine)));
      await new Promise((done) => setTimeout(done, 500));
    }
    return show(place, h("p", {}, t("duties-later")));
  }
}

function dutyLine(duty) {
  return h(
    "li",
    { class: "tight" },
    h("p", {}, h("strong", {}, named("duty", duty.kind)), " ", dutyState(duty)),
    h("p", {}, t("due-by", { due: dueText(duty) }), " ", whyLink(duty)),
  );
}

// --- in words

function titleOf(item) {
  const what = [named("act", item.kind), item.about.unit].filter(Boolean).join(": ");
  return item.about.member ? `${what} (${t("on-behalf", { name: item.about.member })})` : what;
}

function titleState({ state, done_at: done }) {
  if (GONE.includes(state)) return "gone";
  if (done !== null) return "received";
  return ASIDE.includes(state) ? state : "waiting";
}

function stateMark({ state }) {
  return h("span", { class: `state ${TONES[state] ?? ""}` }, named("state", state));
}

function reasonOf(item) {
  if (item.done_at !== null || !item.reason) return null;
  const next = !ASIDE.includes(item.state) && item.next_at > Date.now() && item.tries > 0 ? ` ${t("next-try", { at: momentText(onServersClock(item.next_at)), n: numberText(item.tries) })}` : "";
  return `${t(`why-${item.reason}`)}${next}`;
}

/** The server's own sentences, one for each thing it did not take. */
function saidBy({ said }) {
  if (!said) return null;
  const each = said.errors?.length > 0 ? said.errors.map((error) => error.message) : [said.message];
  return h("ul", {}, [...new Set(each)].filter(Boolean).map((words) => h("li", {}, words)));
}

async function follow(phone, signal, render) {
  const stop = phone.outbox.subscribe(() => render().catch(() => {}));
  signal.addEventListener("abort", stop);
  await render();
}
