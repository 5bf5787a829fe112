// Visits being written: any number of them, each under its own id. A stroke stands in the store within a second;
// freezing one moves it to the queue in the same transaction, so that it is never in both and never in neither.
import { newUuid } from "./shared/kit.js";
import { all, change, get, isFull } from "./store.js";
import { seal, unseal } from "./vault.js";
import { tell } from "./courier.js";
import { dropPhotos } from "./photos.js";

const NOT_MORE_OFTEN = 1_000;
const SOON = 250;
const HAND_OVER = 500;
const AGAIN_WHEN_FULL = 5_000;

export class Drafts {
  #me;
  #outbox;
  #told;
  #open = new Set();

  constructor(me, outbox, told) {
    this.#me = me;
    this.#outbox = outbox;
    this.#told = told;
  }

  /** The visits being written, the last touched first. */
  async list() {
    return (await this.#all()).filter(({ form }) => !form.report_of && !form.edit_of);
  }

  /** The report being written on this visit, or null. */
  reportOn(visitId) {
    return this.#about("report_of", visitId);
  }

  /** The correction being written of this visit, or null. */
  editOf(visitId) {
    return this.#about("edit_of", visitId);
  }

  async #about(name, visitId) {
    const found = (await this.#all()).find(({ form }) => form[name] === visitId);
    return found ? this.open(found.id) : null;
  }

  /** A new draft; it stands in the store with the first stroke. `form.id` becomes its id, and that of the visit. */
  async begin(form) {
    return this.#started(new Draft({ ...form, id: form.id ?? newUuid() }, this.#parts(), { stored: false }));
  }

  /** The draft with this id, or null. */
  async open(id) {
    const record = await get("drafts", id);
    if (!record || record.person_id !== this.#me.person_id) return null;
    const { form } = await this.#read(record);
    return this.#started(new Draft(form, this.#parts(), { stored: true }));
  }

  /** The draft with this id, taken from the window that writes it, after that has written down what it has. */
  async takeOver(id) {
    tell({ flush: id });
    await new Promise((resolve) => setTimeout(resolve, HAND_OVER));
    const draft = await this.open(id);
    await draft?.claim({ take: true });
    return draft;
  }

  /** Write down whatever was typed and is not yet kept. */
  async flush() {
    await Promise.all([...this.#open].map((draft) => draft.flush()));
  }

  /** One that cannot be opened is left out, never thrown away. */
  async #all() {
    const records = (await all("drafts", this.#me.person_id)).sort((a, b) => b.saved_at - a.saved_at);
    const opened = await Promise.all(records.map((record) => this.#read(record).catch(() => null)));
    return opened.filter((each) => each !== null);
  }

  #parts() {
    return { me: this.#me, outbox: this.#outbox, told: this.#told, ended: (draft) => this.#open.delete(draft) };
  }

  async #started(draft) {
    this.#open.add(draft);
    await draft.claim();
    return draft;
  }

  async #read(record) {
    const form = await unseal(this.#me.key, `drafts/${record.id}`, record.sealed);
    return { id: record.id, saved_at: record.saved_at, form };
  }
}

/** One draft in one window. */
class Draft {
  #form;
  #parts;
  #stored;
  #changed = false;
  #writing = Promise.resolve();
  #timer = 0;
  #written = 0;
  #release = () => {};
  #over = false;

  constructor(form, parts, { stored }) {
    this.#form = form;
    this.#parts = parts;
    this.#stored = stored;
    this.saved_at = null;
    /** Whether another window writes this draft; here it can be read, and taken over. */
    this.elsewhere = false;
  }

  get id() {
    return this.#form.id;
  }

  get form() {
    return this.#form;
  }

  /** Be the only window that writes this draft. `take`: take it from the one that does. */
  async claim({ take = false } = {}) {
    if (!navigator.locks) return;
    const name = `field-visits-draft-${this.id}`;
    await new Promise((claimed) => {
      const held = (lock) => {
        this.elsewhere = lock === null;
        claimed();
        return lock && new Promise((release) => (this.#release = release));
      };
      const options = take ? { steal: true } : { ifAvailable: true };
      navigator.locks.request(name, options, held).catch(() => this.#lost());
    });
  }

  /** Keep what is written so far: at most once a second, and no later than a second after the stroke. */
  save(form) {
    if (this.#over || this.elsewhere) return;
    this.#form = form;
    this.#changed = true;
    if (this.#timer !== 0) return;
    const wait = Math.max(SOON, this.#written + NOT_MORE_OFTEN - Date.now());
    this.#timer = setTimeout(() => this.flush(), Math.min(wait, NOT_MORE_OFTEN - 100));
  }

  /** Keep it now. */
  flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#changed && !this.#over) this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async discard() {
    this.#end();
    await this.#writing;
    await change(["drafts", "photos"], async (records) => {
      await records.remove("drafts", this.id);
      await dropPhotos(records, this.#parts.me.person_id, this.id);
    });
    this.#parts.told({ drafts: true });
  }

  /** Leave the draft as it is; the window is done with it. */
  async close() {
    await this.flush();
    this.#end();
  }

  /**
   * From here on the content is fixed: `body` goes to the server, byte for byte, until there is a receipt.
   * The item's id. Throws StorageFull, and the draft is still there.
   */
  async freeze(body, about, { kind = "visit", method = "PUT", path = `/visits/api/visits/${this.id}` } = {}) {
    await this.flush();
    const id = await this.#parts.outbox.freeze({ kind, method, path, body, about }, { id: this.id, form: this.#form });
    this.#end();
    this.#parts.told({ drafts: true });
    return id;
  }

  async #write() {
    if (!this.#changed || this.#over || this.elsewhere) return;
    this.#changed = false;
    const { me, told } = this.#parts;
    const savedAt = Date.now();
    this.#written = savedAt;
    try {
      const sealed = await seal(me.key, `drafts/${this.id}`, this.#form);
      const record = { id: this.id, person_id: me.person_id, saved_at: savedAt, sealed };
      const kept = await change(["drafts"], (records) => this.#put(records, record));
      if (!kept) return this.#lost();
      this.#stored = true;
      this.saved_at = savedAt;
      told({ drafts: true, saved: this.id });
    } catch (error) {
      this.#changed = true;
      if (!isFull(error)) throw error;
      told({ full: true });
      this.#timer ||= setTimeout(() => this.flush(), AGAIN_WHEN_FULL);
    }
  }

  /** A draft that was sent or thrown away in another window does not come back. */
  async #put(records, record) {
    if (this.#stored && !(await records.get("drafts", record.id))) return false;
    await records.put("drafts", record);
    return true;
  }

  #lost() {
    this.elsewhere = true;
    this.#parts.told({ lost: this.id });
  }

  #end() {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#release();
    this.#parts.ended(this);
  }
}
