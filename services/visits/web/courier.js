// Sends what is frozen: the oldest first, one at a time, the very bytes that were frozen, until a receipt is here.
// Photographs go last of all and one by one: whatever becomes of one, no record waits for it.
// The page and the service worker both come to this module; a lock lets one of them work at a time. Whatever
// happens to one record, the next one goes on, and nothing leaves the queue before its receipt.
import { all, change, get } from "./store.js";
import { seal, sha256, unseal, unsealBytes } from "./vault.js";

export const CHANNEL = "field-visits";
const LOCK = "field-visits-outbox";
const TIME_OUT = 30_000;
const PHOTO_TIME_OUT = 60_000;
const SHORTEST_PAUSE = 1_000;
const LONGEST_PAUSE = 300_000;
const HOLD_FOR = 24 * 3_600_000;
const KEPT_FOR = 90 * 24 * 3_600_000;
const ASKED_AT_ONCE = 200;
const TOLD_AT_ONCE = 1_000;
const TO_SEND = ["ready", "sending", "failed"];
const BUSY = [408, 425, 429, 502, 503, 504];

/**
 * One round: everything that can go now. `urgent`: a person or a new connection asks, so pauses are over.
 * `me` is `{person_id, key, version}`. Tells how it ended: `idle`, `busy` (somebody else sends), `trouble`.
 */
export async function deliver(me, { urgent = false } = {}) {
  if (!globalThis.navigator?.locks) return round(me, urgent);
  return navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? round(me, urgent) : "busy"));
}

/** What every request of the app says of itself: which version it is, and on whose behalf it speaks. */
export function signature({ person_id: personId, version }) {
  return { "x-app-version": version, "x-person-id": personId };
}

/** Tell every open page and the worker that something here has changed. */
export function tell(what) {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(what);
  channel.close();
}

/** A question to a queue: whether an item waits for an earlier one of its visit. A child never overtakes its parent. */
export function heldIn(queue) {
  const first = new Map();
  for (const { visit_id: visit, order } of queue) first.set(visit, Math.min(order, first.get(visit) ?? order));
  return (item) => item.visit_id !== null && first.get(item.visit_id) < item.order;
}

export function pauseAfter(tries) {
  const full = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** tries);
  return Math.max(SHORTEST_PAUSE, full * (0.5 + Math.random() / 2));
}

async function round(me, urgent) {
  const tried = new Set();
  let touched = false;
  for (;;) {
    const device = await get("device", me.person_id);
    if (isPaused(device.trouble, urgent)) return "trouble";
    const item = (await nextItem(me.person_id, device, { urgent, tried })) ?? (await nextPhoto(me.person_id, { urgent, tried }));
    if (!item) break;
    tried.add(item.id);
    touched = true;
    const outcome = await attempt(item, me);
    await settle(item, outcome, me);
    tell({ queue: true });
    if (outcome.stops) return "trouble";
  }
  await heartbeat(me, { due: touched || urgent });
  return "idle";
}

/** A pause the server itself asked for holds for everybody. */
function isPaused(trouble, urgent) {
  return trouble?.until > Date.now() && (!urgent || trouble.asked);
}

/** The oldest that may go. What brought the last round to its end goes last, so that it never blocks the rest. */
async function nextItem(personId, device, { urgent, tried }) {
  const queue = await all("queue", personId);
  const isHeld = heldIn(queue);
  const last = device.trouble?.item;
  return queue
    .filter((item) => TO_SEND.includes(item.state) && !tried.has(item.id) && !isHeld(item))
    .filter((item) => urgent || item.next_at <= Date.now())
    .sort((a, b) => (a.id === last) - (b.id === last) || a.order - b.order)[0];
}

/** The first that was taken; never before its visit has its receipt. */
async function nextPhoto(personId, { urgent, tried }) {
  const photos = (await all("photos", personId))
    .filter((photo) => TO_SEND.includes(photo.state) && !tried.has(photo.id))
    .filter((photo) => urgent || photo.next_at <= Date.now());
  if (photos.length === 0) return undefined;
  const coming = (await all("queue", personId)).filter((item) => item.kind === "visit").map((item) => item.visit_id);
  return photos.filter((photo) => !coming.includes(photo.visit_id)).sort((a, b) => a.taken_at - b.taken_at)[0];
}

function storeOf({ kind }) {
  return kind === "photo" ? "photos" : "queue";
}

async function attempt(item, me) {
  const there = await change([storeOf(item)], (records) => update(records, item, { state: "sending" }));
  if (!there) return { state: "gone" };
  tell({ queue: true });
  if (item.kind === "photo") return attemptPhoto(item, me);
  const frozen = await unseal(me.key, `queue/${item.id}`, item.sealed).catch(() => null);
  if (frozen === null || (await sha256(new TextEncoder().encode(frozen.body))) !== item.hash) {
    return { state: "refused", reason: "damaged" };
  }
  return judge(item, await send(item.path, item.method, frozen.body, me));
}

async function attemptPhoto(photo, me) {
  const bytes = await unsealBytes(me.key, `photos/${photo.id}`, photo.sealed).catch(() => null);
  if (bytes === null || (await sha256(bytes)) !== photo.hash) return { state: "refused", reason: "photo-damaged" };
  const path = `/visits/api/visits/${photo.visit_id}/issues/${photo.issue_id}/photos/${photo.id}`;
  return judge(photo, await send(path, photo.method, bytes, me, { type: "image/jpeg", limit: PHOTO_TIME_OUT }));
}

/** The answer, whatever it is; status 0 when there is none, and then perhaps it was recorded. */
async function send(path, method, body, me, { type = "application/json", limit = TIME_OUT } = {}) {
  const headers = { "content-type": type, "accept-language": me.language ?? "vi", ...signature(me) };
  try {
    const response = await fetch(path, {
      method,
      headers,
      body,
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(limit),
    });
    const text = await response.text();
    const retry = Number(response.headers.get("retry-after"));
    return {
      status: response.status,
      answer: parsed(text, response.headers.get("content-type") ?? ""),
      date: response.headers.get("date"),
      retryAfter: retry > 0 ? retry * 1_000 : 0,
    };
  } catch (error) {
    return { status: 0, answer: null, date: null, retryAfter: 0, slow: error.name === "TimeoutError" };
  }
}

function parsed(text, type) {
  if (!/^application\/(problem\+)?json\b/.test(type)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What an answer means for the record: `stops` ends the round, because the next one would fare no better. */
export function judge(item, { status, answer, retryAfter, slow }) {
  const said = answer && { message: answer.detail ?? answer.title, errors: answer.errors ?? [] };
  if (status === 0) return { state: "failed", reason: slow ? "time-out" : "no-answer", stops: true };
  if (BUSY.includes(status)) return { state: "failed", reason: "busy", stops: true, retryAfter };
  if (status >= 500) return { state: "failed", reason: "server-error", said };
  if (status === 401) return { state: "ready", reason: "sign-in", stops: true };
  if (status === 204) return { state: "accepted", receipt: {} };
  if (status >= 200 && status < 300) {
    if (isReceipt(item, answer)) return { state: "accepted", receipt: answer };
    return { state: "failed", reason: "not-our-server", stops: true };
  }
  if (answer === undefined) return { state: "failed", reason: "not-our-server", stops: true };
  if (status === 404 && item.visit_id && Date.now() - item.frozen_at < HOLD_FOR) {
    return { state: "failed", reason: "visit-unknown", said };
  }
  if (status === 409) return { state: "conflict", reason: "conflict", said: { ...said, recorded: answer.recorded } };
  if (status === 422 && onlyUnknownFields(said.errors)) return { state: "failed", reason: "old-server", said };
  return { state: "refused", reason: "refused", said };
}

/** A page of a hotel's network also answers 200; only the server's own words end the wait. */
function isReceipt(item, answer) {
  if (typeof answer !== "object" || answer === null) return false;
  if (item.kind === "visit" || item.kind === "version") {
    return Boolean(answer.receipt_number && answer.visit_id === item.visit_id && answer.content_hash);
  }
  return item.kind !== "photo" || (answer.photo_id === item.id && answer.sha256 === item.hash);
}

/** A server that has not been renewed yet does not know what a newer app says; that passes. */
function onlyUnknownFields(errors) {
  return errors.length > 0 && errors.every((error) => error.rule === "unknown-field");
}

/** Write down what became of it. A receipt and the end of the waiting are one transaction. */
async function settle(item, outcome, me) {
  const now = Date.now();
  const tries = item.tries + 1;
  const { state, reason = null, receipt } = outcome;
  if (state === "gone") return;
  if (state === "accepted" && item.kind === "photo") {
    await change(["photos", "device"], async (records) => {
      await records.remove("photos", item.id);
      await amend(records, me.person_id, { sign_in: false });
    });
    return;
  }
  if (state === "accepted") {
    const frozen = await unseal(me.key, `queue/${item.id}`, item.sealed);
    const sealed = await seal(me.key, `receipts/${item.id}`, { ...frozen, receipt });
    await change(["queue", "receipts", "device"], async (records) => {
      await records.remove("queue", item.id);
      await records.put("receipts", done({ ...item, tries }, sealed, "accepted", now));
      await amend(records, me.person_id, { trouble: null, sign_in: false });
    });
    return;
  }
  const pause = Math.max(outcome.retryAfter ?? 0, pauseAfter(item.tries));
  const said = outcome.said ? await seal(me.key, `said/${item.id}`, outcome.said) : item.said;
  const store = storeOf(item);
  await change([store, "device"], async (records) => {
    const counted = reason === "sign-in" ? item.tries : tries;
    await update(records, item, { state, reason, said, tries: counted, next_at: now + pause });
    if (reason === "sign-in") await amend(records, me.person_id, { sign_in: true });
    else if (outcome.stops && store === "queue") await trouble(records, me.person_id, item.id, outcome.retryAfter ?? 0);
  });
}

/** A record that waits no more: kept for a while, so that it can be shown and, should the server lose it, sent again. */
export function done(item, sealed, state, now) {
  const { id, person_id, order, seq, kind, method, path, visit_id, hash, tries, frozen_at } = item;
  const kept = { id, person_id, order, seq, kind, method, path, visit_id, hash, tries, frozen_at };
  return { ...kept, state, sealed, done_at: now, seen_at: null, purge_at: now + KEPT_FOR };
}

async function trouble(records, personId, itemId, retryAfter) {
  const device = await records.get("device", personId);
  const tries = (device.trouble?.tries ?? 0) + 1;
  const asked = Math.min(retryAfter, LONGEST_PAUSE);
  const until = Date.now() + Math.max(asked, pauseAfter(tries - 1));
  await records.put("device", { ...device, trouble: { tries, until, item: itemId, asked: asked > 0 } });
}

/** A record that its person let go of meanwhile does not come back; whether it is still there. */
async function update(records, item, facts) {
  const store = storeOf(item);
  const there = await records.get(store, item.id);
  if (!there) return false;
  await records.put(store, { ...there, ...facts });
  return true;
}

async function amend(records, personId, facts) {
  await records.put("device", { ...(await records.get("device", personId)), ...facts });
}

// --- how full the phone is

const HEARTBEAT_EVERY = 5 * 60_000;
const AWAITING_EVERY = 10_000;
const AWAITED_FOR = 10 * 60_000;
const CLOCK_OFF = 10 * 60_000;

/** Tell the server what is still here, and learn what it has, what it misses, and what time it is. */
async function heartbeat(me, { due }) {
  const device = await get("device", me.person_id);
  const [queue, drafts, kept] = await Promise.all([
    all("queue", me.person_id),
    all("drafts", me.person_id),
    all("receipts", me.person_id),
  ]);
  const awaited = kept.filter((each) => each.state === "accepted" && each.visit_id);
  if (!due && Date.now() - (device.beat_at ?? 0) < pauseBetween(awaited)) return;
  const state = await stateOf(device, queue, drafts, me);
  const asking = [...new Set(awaited.map((each) => each.visit_id))].slice(-ASKED_AT_ONCE);
  const before = Date.now();
  const heard = await send("/visits/api/devices/heartbeat", "PUT", JSON.stringify({ ...state, asking }), me);
  if (heard.status === 401) {
    await change(["device"], (records) => amend(records, me.person_id, { sign_in: true }));
    tell({ queue: true });
  }
  if (heard.status !== 200 || !heard.answer?.now) return;
  await learn(me, heard, (before + Date.now()) / 2);
  await sawThem(me.person_id, awaited, new Set(heard.answer.seen));
  await sendAgain(me, kept, new Set(heard.answer.missing));
  tell({ queue: true, beat: true });
}

/** What has just arrived is asked after until the committee has it. */
function pauseBetween(awaited) {
  const fresh = awaited.some((each) => Date.now() - each.done_at < AWAITED_FOR);
  return fresh ? AWAITING_EVERY : HEARTBEAT_EVERY;
}

async function stateOf(device, queue, drafts, me) {
  const counted = (...states) => queue.filter((item) => states.includes(item.state)).length;
  const unsent = queue.filter((item) => item.seq !== null).map((item) => item.seq);
  const estimate = await globalThis.navigator?.storage?.estimate?.().catch(() => null);
  return {
    device_id: device.device_id,
    drafts: drafts.length,
    ready: counted("ready", "sending"),
    failed: counted("failed"),
    refused: counted("refused", "conflict"),
    highest_seq: device.seq,
    unsent: unsent.slice(0, TOLD_AT_ONCE),
    let_go: (device.let_go ?? []).slice(-TOLD_AT_ONCE),
    oldest_unsent_at: queue.length > 0 ? instant(Math.min(...queue.map((item) => item.frozen_at))) : null,
    free_bytes: estimate?.quota === undefined ? null : Math.max(0, Math.floor(estimate.quota - (estimate.usage ?? 0))),
    app_version: me.version,
    device_time: instant(Date.now()),
    server_offset_ms: device.offset_ms ?? null,
  };
}

/** Only an answer that was just made tells the time; a copy from somewhere on the way would blame the clock. */
async function learn(me, { answer, date }, midway) {
  const off = date === null ? 0 : Date.parse(date) - midway;
  await change(["device"], (records) =>
    amend(records, me.person_id, {
      offset_ms: Math.round(Date.parse(answer.now) - midway),
      clock_off_ms: Math.abs(off) > CLOCK_OFF ? Math.round(off) : 0,
      shell: answer.shell,
      beat_at: Date.now(),
      sign_in: false,
    }),
  );
}

async function sawThem(personId, awaited, seen) {
  const news = awaited.filter((each) => seen.has(each.visit_id));
  if (news.length === 0) return;
  await change(["receipts"], async (records) => {
    for (const each of news) {
      const record = await records.get("receipts", each.id);
      if (record) await records.put("receipts", { ...record, state: "seen", seen_at: Date.now() });
    }
  });
}

/** The server gave a receipt and has lost the record since, with a restored backup perhaps: it gets it again. */
async function sendAgain(me, kept, missing) {
  for (const record of kept) {
    if (record.seq === null || !missing.has(record.seq) || !["accepted", "seen"].includes(record.state)) continue;
    const frozen = await unseal(me.key, `receipts/${record.id}`, record.sealed);
    const sealed = await seal(me.key, `queue/${record.id}`, frozen);
    await change(["receipts", "queue"], async (records) => {
      await records.remove("receipts", record.id);
      await records.put("queue", { ...record, sealed, state: "ready", reason: "lost-there", next_at: 0 });
    });
  }
}

function instant(at) {
  return new Date(at).toISOString();
}
