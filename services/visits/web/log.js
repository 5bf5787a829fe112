// Writing a visit in three steps: where and when, what was said, check and freeze. The draft keeps every stroke and
// the place one was at, so that whoever comes back, after a call or an empty battery, goes on where they were.
import { addWords, backLink, h, notice, onServersClock, savedLine, show, showErrors, stepBar, t } from "./shared/kit.js";
import { actOf, newForm, whatIsMissing } from "./visit-form.js";
import { checkStep } from "./log-check.js";
import { saidStep } from "./log-said.js";
import { whereStep } from "./log-where.js";
import { Known } from "./duplicates.js";
import { nextEvening } from "./own-work.js";
import { placesToGo, readOr } from "./places.js";
import { StorageFull } from "./phone.js";
import vi from "./log-vi.js";

await addWords({ vi, en: () => import("./log-en.js") });

const STEPS = ["where", "said", "check"];
const RENDER = { where: whereStep, said: saidStep, check: checkStep };

/** `#log` begins a draft, `#log=<id>` goes on with one. */
export async function logView(context) {
  const { main, phone, behalf, signal, id } = context;
  const draft = id ? await phone.drafts.open(id) : null;
  if (!draft && behalf?.open) return location.replace("#");
  const member = draft ? (draft.form.member ?? null) : (behalf?.member ?? null);
  const places = await placesToGo(phone, member);
  if (signal.aborted) return draft?.close();
  if (id && !draft) return goneView(main);
  const opened = draft ?? (await phone.drafts.begin(newForm(await usualUnit(phone, places, member), member, await nextEvening(phone))));
  behalf?.pin(member);
  signal.addEventListener("abort", () => behalf?.pin(null));
  return new Writing(context, opened, places).begin();
}

/** One visit being written in this window. */
class Writing {
  #context;
  #draft;
  #form;
  #places;
  #known = new Known();
  #photosOf = null;
  #sheet = h("form", { class: "stack log", novalidate: true });
  #body = h("div", { class: "stack" });
  #saved = savedLine();
  #stages = h("div", {});
  #said = h("div", {});
  #buttons = h("div", { class: "step-buttons" });
  #title = h("h1", { tabindex: "-1" });

  constructor(context, draft, places) {
    this.#context = context;
    this.#draft = draft;
    this.#form = draft.form;
    this.#places = places;
  }

  async begin() {
    const { main, phone, signal } = this.#context;
    this.#sheet.append(
      h("div", { class: "close" }, h("div", { class: "between" }, backLink(), this.#saved.element), this.#title, this.#stages),
      this.#body,
      this.#said,
      this.#buttons,
    );
    show(main, this.#sheet);
    this.#sheet.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#forward();
    });
    this.#sheet.addEventListener("focusin", ({ target }) => this.#put("field", fieldOf(target)));
    window.addEventListener("scroll", () => this.#moved(), { signal, passive: true });
    const heard = phone.subscribe((news) => this.#hear(news));
    signal.addEventListener("abort", () => {
      heard();
      this.#leave();
    });
    this.#form.place.open = true;
    if (this.#context.person.offers?.includes("photos")) await this.#offerPhotos();
    this.#look();
    this.#render();
    if (this.#draft.elsewhere) return this.#elsewhere();
    this.#resume();
    return undefined;
  }

  // --- what is typed

  /** Something was typed or chosen: keep it. */
  changed = () => {
    this.#draft.save(this.#form);
    if (location.hash === "#log") history.replaceState(null, "", `#log=${this.#draft.id}`);
  };

  #put(name, value) {
    if (this.#form.place[name] === value) return;
    this.#form.place[name] = value;
    if (this.#draft.saved_at !== null) this.changed();
  }

  #moved() {
    if (this.#sheet.isConnected) this.#put("scroll", Math.round(window.scrollY));
  }

  /** Back where the person was, with the field they were in. */
  #resume() {
    const { scroll, field } = this.#form.place;
    this.#context.main.dataset.placed = "1";
    const control = field && this.#sheet.querySelector(`[data-pointer="${CSS.escape(field)}"] :is(input, select, textarea)`);
    control?.focus({ preventScroll: true });
    window.scrollTo(0, scroll);
  }

  /** What was recorded at this unit before; it is told where the person is when it comes. */
  #look = () => this.#known.look(this.#context.phone, this.#form.unit, this.#draft.id, this.#form.member);

  /** Where the committee wants photographs, each issue has a field for them. */
  async #offerPhotos() {
    const { photoField } = await import("./photo-field.js");
    this.#photosOf = (issue) => photoField(this.#context.phone, this.#draft.id, issue, this.changed);
  }

  #photosGone = (issue) => this.#context.phone.photos.removeOf(this.#draft.id, issue.id);

  #hear(news) {
    if (news.saved === this.#draft.id) this.#saved.tell(onServersClock(this.#draft.saved_at));
    if (news.lost === this.#draft.id) this.#elsewhere();
  }

  // --- the steps

  #step() {
    const { step } = this.#form.place;
    return this.#form.outcome === "held" || step === "where" ? step : "check";
  }

  #path() {
    return this.#form.outcome === "held" ? STEPS : ["where", "check"];
  }

  #render() {
    const step = this.#step();
    const path = this.#path();
    this.#known.told = () => {};
    const parts = { form: this.#form, places: this.#places, known: this.#known, photosOf: this.#photosOf, photosGone: this.#photosGone, changed: this.changed };
    show(this.#title, t(`step-${step}`));
    if (this.#draft.saved_at === null) show(this.#saved.element, t("kept-here"));
    const names = path.map((each) => t(`stage-${each}`));
    show(this.#stages, stepBar(names, path.indexOf(step), (behind) => this.#show(path[behind])));
    show(this.#said);
    show(
      this.#body,
      RENDER[step]({ ...parts, unitChosen: this.#look, again: () => this.#render(), go: (to) => this.#fix(to) }),
    );
    show(this.#buttons, this.#next(step), this.#before(step, path), step === "where" && this.#discardButton());
  }

  #next(step) {
    const words = step !== "check" ? "next-step" : this.#form.outcome === "held" ? "freeze" : "freeze-unheld";
    return h("button", { class: "button first wide big", type: "submit" }, t(words));
  }

  #before(step, path) {
    const place = path.indexOf(step);
    if (place === 0) return null;
    return h("button", { class: "button wide", type: "button", onclick: () => this.#show(path[place - 1]) }, t("previous-step"));
  }

  #discardButton() {
    return h("button", { class: "button plain wide", type: "button", onclick: () => this.#discard() }, t("discard-draft"));
  }

  #show(step) {
    this.#form.place.step = step;
    this.#form.place.scroll = 0;
    this.changed();
    this.#render();
    window.scrollTo(0, 0);
    this.#title.focus({ preventScroll: true });
  }

  #forward() {
    const step = this.#step();
    const path = this.#path();
    const missing = whatIsMissing(this.#form);
    const here = missing.filter((each) => each.step === step);
    if (here.length > 0) return this.#tell(here);
    if (step !== "check") return this.#show(path[path.indexOf(step) + 1]);
    if (missing.length > 0) return this.#fix(missing[0]);
    return this.#freeze();
  }

  /** Go to where something is to be looked at again. */
  #fix({ step, pointer, message }) {
    if (step !== this.#step()) this.#show(step);
    if (message) return this.#tell([{ pointer, message }]);
    const control = this.#sheet.querySelector(`[data-pointer~="${CSS.escape(pointer)}"] :is(input, select, textarea)`);
    return control?.focus();
  }

  #tell(found) {
    const homeless = showErrors(this.#sheet, found);
    show(this.#said, notice("wrong", h("p", {}, t("look-again")), homeless.map((each) => h("p", {}, each.message))));
  }

  // --- the ends

  async #freeze() {
    const { kind, path, body, about } = actOf(this.#form);
    for (const button of this.#buttons.children) button.disabled = true;
    try {
      const id = await this.#draft.freeze(body, about, { kind, path });
      location.replace(`#outbox=${id}`);
    } catch (error) {
      for (const button of this.#buttons.children) button.disabled = false;
      if (!(error instanceof StorageFull)) throw error;
      show(this.#said, notice("wrong", t("storage-full")));
    }
  }

  async #discard() {
    if (!confirm(t("discard-sure"))) return;
    await this.#draft.discard();
    location.hash = "";
  }

  /** Left on purpose: next time the app begins with the first page. */
  #leave() {
    delete this.#context.main.dataset.placed;
    this.#form.place.open = false;
    if (this.#draft.saved_at !== null) this.#draft.save(this.#form);
    this.#draft.close();
  }

  /** Two windows must not write one draft; this one shows it, and may take it over. */
  #elsewhere() {
    for (const control of this.#sheet.elements) control.disabled = true;
    const take = h("button", { class: "button", type: "button" }, t("write-here"));
    take.addEventListener("click", async () => {
      const { phone, main } = this.#context;
      const fresh = await phone.drafts.takeOver(this.#draft.id);
      if (!fresh) return goneView(main);
      return new Writing(this.#context, fresh, this.#places).begin();
    });
    this.#sheet.prepend(notice("warn", t("written-elsewhere"), " ", take));
  }
}

/** Of the cells one is in charge of, the one that was not visited for the longest time. */
async function usualUnit(phone, { units }, member) {
  const assigned = units.filter((unit) => unit.assigned);
  if (assigned.length === 0) return null;
  const { visits } = await readOr(phone, `/visits/api/visits?member_id=${member?.person_id ?? phone.person.person_id}&limit=50`, { visits: [] });
  const last = (unit) => visits.find((visit) => visit.unit.unit_id === unit.unit_id)?.started_at ?? "";
  const [{ unit_id, name }] = assigned.sort((a, b) => last(a).localeCompare(last(b)));
  return { unit_id, name };
}

function goneView(main) {
  show(main, h("div", { class: "stack log" }, backLink(), notice("", t("draft-gone"))));
}

/** By which name a field is found again. */
function fieldOf(control) {
  return control.closest("[data-pointer]")?.dataset.pointer ?? null;
}
