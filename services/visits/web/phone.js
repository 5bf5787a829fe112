// The phone's own memory, through one door: drafts, the queue, what can be read without a network, and who is here.
import { Problem, api, everyRequest, language, newUuid, setServerOffset, t } from "./shared/kit.js";
import version from "./shared/version.js";
import { all, change, get, look } from "./store.js";
import { importKey, keyOf, lock, remember, remembered } from "./vault.js";
import { CHANNEL, signature } from "./courier.js";
import { Drafts } from "./drafts.js";
import { Outbox } from "./outbox.js";
import { Photos } from "./photos.js";
import { Shelf } from "./shelf.js";

export { StorageFull } from "./outbox.js";

const LOOK_EVERY = 15_000;
const NAG_AFTER = 24 * 3_600_000;
const PROMPT = { asked: null };

// The browser offers the installation once, early; whoever wants to propose it later needs the event.
window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  PROMPT.asked = event;
});

/** Who was last here with their key, when no server answers; null when nobody. */
export async function rememberedPerson() {
  const known = await remembered().catch(() => null);
  if (!known) return null;
  const device = await get("device", known.person_id);
  setServerOffset(device?.offset_ms ?? 0);
  return known.person;
}

/** Nobody is signed in any more: what can be read here is closed, what is unsent stays for its person. */
export async function closeForAll() {
  for (const { person_id: personId } of await all("keys")) await lock(personId);
}

/** The memory of this person on this device; null when nobody is here. Throws Problem when their key cannot be had. */
export async function openPhone(person) {
  if (!globalThis.crypto?.subtle) throw new Problem({ status: 0, title: t("needs-https") });
  if (!globalThis.indexedDB) throw new Problem({ status: 0, title: t("no-storage") });
  const here = person ?? (await rememberedPerson());
  if (!here) return null;
  const device = await deviceOf(here.person_id);
  const key = (await keyOf(here.person_id)) ?? (await fetchedKey(device.device_id));
  await remember(here, key);
  const phone = new Phone(here, { person_id: here.person_id, key, version, language });
  await phone.begin();
  return phone;
}

/** This browser as a device of this person, with a number for each thing it freezes; it outlives signing out. */
async function deviceOf(personId) {
  const known = await get("device", personId);
  if (known) return known;
  return change(["device"], async (records) => {
    const there = await records.get("device", personId);
    if (there) return there;
    const made = { person_id: personId, device_id: newUuid(), seq: 0, order: 0, let_go: [] };
    await records.put("device", made);
    return made;
  });
}

async function fetchedKey(deviceId) {
  const { key } = await api("/visits/api/devices/key", { method: "POST", body: { device_id: deviceId } });
  return importKey(Uint8Array.from(atob(key), (letter) => letter.charCodeAt(0)));
}

class Phone {
  #me;
  #listeners = new Set();
  #online = navigator.onLine;
  #state = { unsent: 0, set_aside: 0, oldest_at: null, drafts: 0, others: 0, full: false };
  #channel = new BroadcastChannel(CHANNEL);
  #ended = new AbortController();

  constructor(person, me) {
    this.person = person;
    this.#me = me;
    this.shelf = new Shelf(me, (news) => this.#hear(news));
    const room = () => this.shelf.clear();
    this.outbox = new Outbox(me, { room });
    this.photos = new Photos(me, { room });
    this.drafts = new Drafts(me, this.outbox, (news) => this.#hear(news));
    this.version = version;
  }

  /** Whether the server answered last time, as far as this page knows. */
  online() {
    return this.#online && navigator.onLine;
  }

  /**
   * How things stand: `unsent`, `oldest_at`, `nag` (something is unsent for more than a day), `set_aside`, `drafts`,
   * `others` (records of other people), `full`, `sign_in`, `clock_off_ms`, `new_version`, `synced_at`.
   */
  get state() {
    const { oldest_at: oldest } = this.#state;
    return { ...this.#state, nag: oldest !== null && Date.now() - oldest > NAG_AFTER, online: this.online() };
  }

  /** `fn(news)` whenever something changed: `{queue}`, `{drafts}`, `{shelf: path}`, `{full}`, `{online}`, `{state}`. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** `{value, as_of, stale}`: the server's answer, or after a short wait what it said last. Throws Problem. */
  read(path) {
    return this.shelf.read(path);
  }

  /** Close what can be read here; unsent records stay, sealed. */
  async lock() {
    await this.drafts.flush();
    this.end();
    await lock(this.person.person_id);
    await navigator.clearAppBadge?.().catch(() => {});
  }

  /** Whether this browser can put the app on the home screen: `prompt`, `ios` (by hand), or null. */
  get installable() {
    if (matchMedia("(display-mode: standalone)").matches || navigator.standalone) return null;
    if (PROMPT.asked) return "prompt";
    return /iPhone|iPad/.test(navigator.userAgent) ? "ios" : null;
  }

  async install() {
    await PROMPT.asked?.prompt();
    PROMPT.asked = null;
  }

  begin() {
    Object.assign(everyRequest, signature(this.#me));
    const { signal } = this.#ended;
    this.#channel.addEventListener("message", ({ data }) => this.#hear(data), { signal });
    window.addEventListener("online", () => this.#poke(), { signal });
    window.addEventListener("offline", () => this.#hear({ online: false }), { signal });
    window.addEventListener("pagehide", () => this.drafts.flush(), { signal });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.drafts.flush() : this.#poke()), { signal });
    const timer = setInterval(() => this.#tick(), LOOK_EVERY);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.refresh().catch(() => {}); // a long queue is counted while its person begins; the next change counts it again
    navigator.storage?.persist?.().catch(() => {});
    this.#poke();
  }

  end() {
    this.#ended.abort();
    this.#channel.close();
    for (const name of Object.keys(signature(this.#me))) delete everyRequest[name];
  }

  /** Count again. */
  async refresh() {
    const [queue, drafts, device, photos] = await Promise.all([
      all("queue"),
      all("drafts"),
      get("device", this.#me.person_id),
      this.photos.waiting(),
    ]);
    const mine = (each) => each.person_id === this.#me.person_id;
    const unsent = [...queue.filter(mine), ...photos];
    this.#state = {
      unsent: unsent.length,
      set_aside: unsent.filter((item) => ["refused", "conflict"].includes(item.state)).length,
      oldest_at: unsent.length > 0 ? Math.min(...unsent.map((item) => item.frozen_at)) : null,
      drafts: drafts.filter(mine).length,
      others: [...queue, ...drafts].filter((each) => !mine(each)).length,
      full: this.#state.full,
      sign_in: Boolean(device?.sign_in),
      clock_off_ms: device?.clock_off_ms ?? 0,
      new_version: Boolean(device?.shell && device.shell !== version),
      synced_at: device?.beat_at ?? null,
    };
    if (device?.offset_ms !== undefined) setServerOffset(device.offset_ms);
    this.#badge(unsent.length);
    this.#say({ state: true });
  }

  #hear(news) {
    if (news.online !== undefined) this.#online = news.online;
    if (news.beat) this.#online = true;
    if (news.full) this.#state.full = true;
    if (news.saved) this.#state.full = false;
    if (news.flush) this.drafts.flush();
    if (news.queue) this.outbox.hear();
    this.#say(news);
    if (news.queue) this.#refreshSoon();
    else if (news.drafts) this.#countDrafts();
  }

  /** While somebody types, a draft is saved every second; nothing else has changed, and a long queue is not read for it. */
  async #countDrafts() {
    this.#state.drafts = (await look(["drafts"], (records) => records.keys("drafts", this.#me.person_id))).length;
    this.#say({ state: true });
  }

  #refreshing = 0;

  /** Many things change at once while a queue is being sent; they are counted once. */
  #refreshSoon() {
    if (this.#refreshing !== 0) return;
    this.#refreshing = setTimeout(() => {
      this.#refreshing = 0;
      if (!this.#ended.signal.aborted) this.refresh();
    }, 100);
  }

  #say(news) {
    for (const listener of this.#listeners) listener(news);
  }

  #poke() {
    this.#online = navigator.onLine;
    return this.outbox.send({ urgent: true }).catch(() => {});
  }

  #tick() {
    if (!document.hidden) this.outbox.send().catch(() => {});
  }

  /** Let go of copies and receipts whose time is over; it looks at all there is, so nobody who opens the app waits for it. */
  async tidy() {
    await this.shelf.tidy();
    const old = (await all("receipts", this.#me.person_id)).filter((each) => each.purge_at < Date.now());
    await change(["receipts"], async (records) => {
      for (const each of old) await records.remove("receipts", each.id);
    });
  }

  #badge(count) {
    const shown = count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.();
    shown?.catch(() => {});
  }
}
