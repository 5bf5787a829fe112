// For whom an assistant writes: one member at a time, always in sight, in every draft and in every frozen act.
// A draft keeps the member it was begun for; choosing another one never moves it.
import { addWords, h, notice, select, show, t } from "./shared/kit.js";
import { readOr } from "./places.js";
import vi from "./behalf-vi.js";

await addWords({ vi, en: () => import("./behalf-en.js") });

const KEY = "fv.member";
const SELF = "";

/** The members whom one serves today, as far as this phone knows; `changed` is told when another one is chosen. */
export async function openBehalf(phone, person) {
  const { members } = await readOr(phone, "/visits/api/served", { members: [] });
  return new Behalf(members, { alsoForSelf: person.may.includes("file_report") });
}

class Behalf {
  #members;
  #alsoForSelf;
  #chosen;
  #pinned = null;
  #changed = () => {};

  constructor(members, { alsoForSelf }) {
    this.#members = members;
    this.#alsoForSelf = alsoForSelf;
    this.#chosen = this.#remembered();
    this.element = h("aside", { class: "behalf", "aria-label": t("behalf") });
    this.#render();
  }

  /** Whom one writes for now; null: for oneself, or for nobody yet. */
  get member() {
    return this.#pinned ?? this.#chosen;
  }

  /** Whether it is still to be said for whom one writes. */
  get open() {
    return this.member === null && !this.#alsoForSelf;
  }

  serves(personId) {
    return this.of(personId) !== null;
  }

  /** The one served with this id, whatever is chosen; null for anybody else. */
  of(personId) {
    return this.#members.find((each) => each.person_id === personId) ?? null;
  }

  get members() {
    return this.#members;
  }

  set changed(heard) {
    this.#changed = heard;
  }

  /** What is on the screen belongs to this member, whoever is chosen; null: nothing of anybody. */
  pin(member) {
    this.#pinned = member;
    this.#render();
  }

  choose(personId) {
    this.#chosen = this.of(personId);
    sessionStorage.setItem(KEY, this.#chosen?.person_id ?? SELF);
    this.#render();
    this.#changed();
  }

  #remembered() {
    const known = sessionStorage.getItem(KEY);
    const found = this.of(known);
    return found ?? (this.#members.length === 1 && !this.#alsoForSelf ? this.#members[0] : null);
  }

  #render() {
    const { element, member } = this;
    element.hidden = this.#members.length === 0;
    element.classList.toggle("chosen", member !== null);
    show(element, h("p", { role: "status" }, member ? [t("writing-for"), " ", h("strong", {}, member.full_name)] : this.#nobody()), this.#switch());
  }

  #nobody() {
    return t(this.#alsoForSelf ? "writing-for-self" : "whom-to-write-for");
  }

  /** Nothing is switched while a draft is open: it belongs to whom it was begun for. */
  #switch() {
    if (this.#pinned || (this.#members.length === 1 && !this.#alsoForSelf)) return null;
    const none = this.#alsoForSelf ? [SELF, t("for-self")] : this.#chosen === null && [SELF, t("choose-member")];
    return select([none, ...this.#members.map((each) => [each.person_id, each.full_name])].filter(Boolean), {
      value: this.#chosen?.person_id ?? SELF,
      "aria-label": t("switch-member"),
      onchange: ({ target }) => this.choose(target.value),
    });
  }
}

/** Nobody is served today: a post that names nobody, or that has ended. */
export function servesNobody() {
  return notice("warn", t("serves-nobody"));
}
