// Copies of what was read, so that it can be read again without a network. They go when their person leaves, and
// make room first when there is none.
import { Problem, UNCHANGED, api } from "./shared/kit.js";
import { all, change, get, isFull } from "./store.js";
import { seal, unseal } from "./vault.js";

const PATIENCE = 4_000;
const TIME_OUT = 30_000;
const KEPT_FOR = 60 * 24 * 3_600_000;

export class Shelf {
  #me;
  #told;
  #asked = new Map();

  constructor(me, told) {
    this.#me = me;
    this.#told = told;
  }

  /** What the server says, or after a short wait what it said last: `{value, as_of, stale}`. Throws Problem. */
  async read(path) {
    const fresh = this.#ask(path);
    const copy = await this.#copy(path);
    if (!copy) return fresh;
    const waited = new Promise((resolve) => setTimeout(resolve, navigator.onLine ? PATIENCE : 0, null));
    try {
      return (await Promise.race([fresh, waited])) ?? copy;
    } catch (problem) {
      if (problem.mayPass && problem.status !== 401) return copy;
      throw problem;
    }
  }

  /** The copy alone, at once; null when there is none. */
  async peek(path) {
    return this.#copy(path);
  }

  /** Forget everything that can be read again. */
  async clear() {
    await change(["shelf"], (records) => records.removeAll("shelf", this.#me.person_id));
  }

  async tidy() {
    const old = (await all("shelf", this.#me.person_id)).filter((each) => each.as_of < Date.now() - KEPT_FOR);
    if (old.length === 0) return;
    await change(["shelf"], async (records) => {
      for (const each of old) await records.remove("shelf", each.id);
    });
  }

  /** One request for all who ask at the same time; who did not wait for it hears of it later. */
  #ask(path) {
    const running = this.#asked.get(path);
    if (running) return running;
    const asking = this.#fetch(path).finally(() => this.#asked.delete(path));
    asking.catch(() => {}); // whoever waits hears of it; who has a copy may have gone on
    this.#asked.set(path, asking);
    return asking;
  }

  async #fetch(path) {
    try {
      const answer = await this.#answer(path);
      this.#told({ online: true });
      const record = await this.#keep(path, answer);
      this.#told({ shelf: path });
      return { value: answer.value, as_of: record.as_of, stale: false };
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 0) this.#told({ online: false });
      if ([403, 404, 410].includes(problem.status)) await this.#drop(path);
      throw problem;
    }
  }

  /** What the server says now, with its tag; where it has not changed, the copy that is here. */
  async #answer(path) {
    const known = (await get("shelf", this.#id(path)))?.etag;
    let etag = null;
    const tagged = (told) => (etag = told);
    const value = await api(path, { timeout: TIME_OUT, known, tagged });
    if (value !== UNCHANGED) return { value, etag };
    const copy = await this.#copy(path);
    if (copy) return { value: copy.value, etag: known };
    return { value: await api(path, { timeout: TIME_OUT, tagged }), etag };
  }

  async #keep(path, { value, etag }) {
    const id = this.#id(path);
    const sealed = await seal(this.#me.key, `shelf/${id}`, value);
    const record = { id, person_id: this.#me.person_id, as_of: Date.now(), etag, sealed };
    try {
      await change(["shelf"], (records) => records.put("shelf", record));
    } catch (error) {
      if (!isFull(error)) throw error; // a copy that found no room can be read again
    }
    return record;
  }

  async #copy(path) {
    const record = await get("shelf", this.#id(path));
    if (!record) return null;
    const value = await unseal(this.#me.key, `shelf/${record.id}`, record.sealed).catch(() => null);
    return value === null ? null : { value, as_of: record.as_of, stale: true };
  }

  #drop(path) {
    return change(["shelf"], (records) => records.remove("shelf", this.#id(path)));
  }

  #id(path) {
    return `${this.#me.person_id} ${path}`;
  }
}
