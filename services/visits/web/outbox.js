// The queue as a page sees it: what was frozen, how far it is, and what a person may do about it.
// Sending itself is the courier's; here things come in, are shown, and are set free again.
import { newUuid } from "./shared/kit.js";
import { all, change, get, isFull } from "./store.js";
import { seal, sha256, unseal } from "./vault.js";
import { deliver, done, heldIn, tell } from "./courier.js";
import { copyPhotos, dropPhotos, freezePhotos } from "./photos.js";

const TURNS = 20;
const AT_ONCE = 64;
const BUSY_FOR = 1_500;
const VISIT_OF = /^\/visits\/api\/visits\/([0-9a-f-]{36})(?:\/|$)/;

/** There was no room to keep it. Nothing that was kept before is lost. */
export class StorageFull extends Error {
  name = "StorageFull";
}

export class Outbox {
  #me;
  #listeners = new Set();
  #room;
  #again = 0;
  #opened = new Map();

  /** `room` makes some, when this browser is full: it forgets what can be read again. */
  constructor(me, { room }) {
    this.#me = me;
    this.#room = room;
  }

  /** Freeze an act that was no draft: a version, a report, a request. The item's id. Throws StorageFull. */
  add({ kind, method, path, body, about }) {
    return this.freeze({ kind, method, path, body, about }, null);
  }

  /**
   * The bytes are made here and never again. A body that has a `device` gets the phone's envelope in it, with the
   * next number: taken and used in the same transaction, so that the numbers have no gaps.
   */
  async freeze(act, draft) {
    const id = draft?.id ?? newUuid();
    for (let turn = 0; turn < TURNS; turn += 1) {
      const device = await get("device", this.#me.person_id);
      const item = await this.#frozen(id, act, draft?.form ?? null, device);
      const outcome = await this.#keep(item, device, draft);
      if (outcome === "raced") continue;
      this.#changed();
      this.send();
      return id;
    }
    throw new Error("the numbers of this device do not come to rest");
  }

  /** Everything that waits, the newest first. */
  async waiting() {
    const queue = await all("queue", this.#me.person_id);
    const isHeld = heldIn(queue);
    return inTurns(queue.sort((a, b) => b.order - a.order), (item) => this.#shown(item, "queue", isHeld(item)));
  }

  /** Everything that waits, then everything that arrived, the newest first in each. */
  async list() {
    const [waiting, kept] = await Promise.all([this.waiting(), all("receipts", this.#me.person_id)]);
    const latest = kept.sort((a, b) => b.done_at - a.done_at);
    return [...waiting, ...(await inTurns(latest, (item) => this.#shown(item, "receipts", false)))];
  }

  /** What waits of one kind, opened: `[{visit_id, body}]`. */
  async bodies(kind) {
    const queue = (await all("queue", this.#me.person_id)).filter((item) => item.kind === kind);
    return inTurns(queue, async ({ id, visit_id, sealed }) => {
      const { body } = await unseal(this.#me.key, `queue/${id}`, sealed);
      return { visit_id, body: JSON.parse(body) };
    });
  }

  /** One item whole: its body and the words of the server too. Null when there is none. */
  async read(id) {
    const store = (await get("queue", id)) ? "queue" : "receipts";
    const record = await get(store, id);
    if (!record || record.person_id !== this.#me.person_id) return null;
    const held = store === "queue" && heldIn(await all("queue", this.#me.person_id))(record);
    const { body, form } = await unseal(this.#me.key, `${store}/${id}`, record.sealed);
    return { ...(await this.#shown(record, store, held)), body: JSON.parse(body), form };
  }

  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Send what can be sent. `urgent`: now, because a person asks for it or a connection is back. */
  async send({ urgent = false } = {}) {
    const outcome = await deliver(this.#me, { urgent });
    this.hear();
    if (outcome === "busy") this.#again ||= setTimeout(() => this.#sendAgain(), BUSY_FOR);
    return outcome;
  }

  /** Try one item again, also one that was set aside. */
  async retry(id) {
    await change(["queue"], async (records) => {
      const item = await records.get("queue", id);
      if (item) await records.put("queue", { ...item, state: "ready", next_at: 0 });
    });
    this.#changed();
    return this.send({ urgent: true });
  }

  /**
   * What was set aside as a new draft, under new ids, because the old ones may stand for something. The frozen
   * one is kept for a while beside the receipts. The draft's id; null for what was no draft.
   */
  async copyToDraft(id) {
    const item = await this.read(id);
    if (!item?.form) return null;
    const form = renewed(item.form);
    const sealed = await seal(this.#me.key, `drafts/${form.id}`, form);
    const draft = { id: form.id, person_id: this.#me.person_id, saved_at: Date.now(), sealed };
    const issues = new Map((item.form.issues ?? []).map((issue, place) => [issue.id, form.issues[place].id]));
    await this.#letGo(id, "copied", async (records) => {
      await records.put("drafts", draft);
      if (item.kind === "visit") await copyPhotos(records, this.#me.person_id, item.visit_id, form.id, issues);
    });
    return form.id;
  }

  /** The person does without it; it is kept for a while beside the receipts, and the server is told its number. */
  async drop(id) {
    await this.#letGo(id, "dropped", async (records, { kind, visit_id: visitId }) => {
      if (kind === "visit") await dropPhotos(records, this.#me.person_id, visitId);
    });
  }

  /** The queue as a file for the office: the very bytes, what they hash to, and whose they are. */
  async exportFile() {
    const device = await get("device", this.#me.person_id);
    const queue = (await all("queue", this.#me.person_id)).sort((a, b) => a.order - b.order);
    const items = await Promise.all(
      queue.map(async ({ id, kind, method, path, seq, hash, frozen_at: at, sealed }) => {
        const { body } = await unseal(this.#me.key, `queue/${id}`, sealed);
        return { id, kind, method, path, seq, frozen_at: new Date(at).toISOString(), sha256: hash, body };
      }),
    );
    const whole = { format: "field-visits-queue-1", person_id: this.#me.person_id, device_id: device.device_id };
    const text = JSON.stringify({ ...whole, exported_at: new Date().toISOString(), items }, null, 1);
    return new File([text], `bam-co-so-${new Date().toISOString().slice(0, 10)}.json`, { type: "application/json" });
  }

  /** Something has changed, here, in another window or in the worker. */
  hear() {
    for (const listener of this.#listeners) listener();
  }

  /** Whoever was sending may have passed the place where something new went in. */
  #sendAgain() {
    this.#again = 0;
    this.send().catch(() => {});
  }

  #changed() {
    tell({ queue: true });
    this.hear();
  }

  async #frozen(id, { kind, method, path, body, about }, form, device) {
    const now = Date.now();
    const envelope = "device" in body && {
      id: device.device_id,
      seq: device.seq + 1,
      recorded_at: new Date(now).toISOString(),
      server_offset_ms: device.offset_ms ?? null,
      app_version: this.#me.version,
      ...(form?.opened_at ? { opened_at: new Date(form.opened_at).toISOString() } : {}),
    };
    const text = JSON.stringify(envelope ? { ...body, device: envelope } : body);
    return {
      id,
      person_id: this.#me.person_id,
      order: device.order + 1,
      seq: envelope ? envelope.seq : null,
      kind,
      method,
      path,
      visit_id: VISIT_OF.exec(path)?.[1] ?? null,
      hash: await sha256(new TextEncoder().encode(text)),
      state: "ready",
      reason: null,
      tries: 0,
      next_at: 0,
      frozen_at: now,
      sealed: await seal(this.#me.key, `queue/${id}`, { body: text, about, form }),
    };
  }

  /** The item in, its draft out, the numbers moved, all at once; `raced` when another window took the numbers. */
  async #keep(item, device, draft) {
    const work = async (records) => {
      if (await records.get("queue", item.id)) return "there";
      const now = await records.get("device", item.person_id);
      if (now.seq !== device.seq || now.order !== device.order) return "raced";
      await records.put("device", { ...now, seq: item.seq ?? now.seq, order: item.order });
      await records.put("queue", item);
      if (draft) {
        await records.remove("drafts", draft.id);
        await freezePhotos(records, item.person_id, draft.id, item.kind);
      }
      return "kept";
    };
    const stores = ["queue", "drafts", "device", "photos"];
    try {
      return await change(stores, work);
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    await this.#room();
    try {
      return await change(stores, work);
    } catch (error) {
      throw isFull(error) ? new StorageFull() : error;
    }
  }

  async #letGo(id, state, also) {
    const item = await get("queue", id);
    const frozen = await unseal(this.#me.key, `queue/${id}`, item.sealed);
    const sealed = await seal(this.#me.key, `receipts/${id}`, frozen);
    await change(["queue", "receipts", "drafts", "device", "photos"], async (records) => {
      const device = await records.get("device", item.person_id);
      const letGo = item.seq === null ? device.let_go : [...(device.let_go ?? []), item.seq];
      await records.put("device", { ...device, let_go: letGo });
      await records.remove("queue", id);
      await records.put("receipts", done(item, sealed, state, Date.now()));
      await also(records, item);
    });
    this.#changed();
    this.send();
  }

  async #shown(record, store, held) {
    const { id, kind, path, visit_id, seq, reason, tries, next_at, frozen_at, seen_at, done_at } = record;
    const opened = await this.#openedOnce(`${store}/${id}`, record.sealed);
    const said = record.said ? await unseal(this.#me.key, `said/${id}`, record.said).catch(() => null) : null;
    return {
      id,
      kind,
      path,
      visit_id,
      seq,
      state: shownState(record, held),
      reason: held ? "held" : reason,
      said,
      tries,
      next_at,
      frozen_at,
      done_at: done_at ?? null,
      seen_at: seen_at ?? null,
      ...opened,
    };
  }

  /** What a list shows of what is sealed. That never changes, so hundreds are opened once and not at every look. */
  async #openedOnce(place, sealed) {
    const known = this.#opened.get(place);
    if (known) return known;
    const opened = await unseal(this.#me.key, place, sealed).catch(() => null);
    const shown = {
      receipt: opened?.receipt ?? null,
      about: opened?.about ?? {},
      opened_at: opened?.form?.opened_at ?? null,
      copyable: Boolean(opened?.form),
    };
    if (opened) this.#opened.set(place, shown);
    return shown;
  }
}

/** The one vocabulary of the lists: a frozen item that nothing keeps is `ready`, one that nobody answers `waiting`. */
function shownState({ state, reason }, held) {
  if (held) return "waiting";
  if (state === "failed" && ["no-answer", "time-out"].includes(reason)) return "waiting";
  if (state === "ready" && !navigator.onLine) return "waiting";
  return state;
}

/** Some at a time: hundreds at once would hold up whoever is typing meanwhile. */
async function inTurns(items, work) {
  const done = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    done.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(work))));
  }
  return done;
}

function renewed(form) {
  return { ...form, id: newUuid(), opened_at: Date.now(), issues: (form.issues ?? []).map((issue) => ({ ...issue, id: newUuid() })) };
}
