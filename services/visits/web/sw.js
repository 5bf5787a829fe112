// The app without a network: keeps the shell of one version whole, and sends the queue when no page is open.
// SHELL = {version, files, page} is put in front of this script by the server (shared/shell.py).
import { remembered } from "./vault.js";
import { deliver } from "./courier.js";
import { listenForRings } from "./rings.js";

const CACHE = `shell-${SHELL.version}`;
const SYNC = "send-queue";

// --- the shell

self.addEventListener("install", (event) => event.waitUntil(keepShell()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname === SHELL.page || SHELL.files.includes(pathname)) event.respondWith(fromShell(request, pathname));
});
self.addEventListener("message", (event) => {
  if (event.data === "take-over") self.skipWaiting();
});

/** All files of this version or none: a shell is never a mixture. */
async function keepShell() {
  const cache = await caches.open(CACHE);
  await cache.addAll([SHELL.page, ...SHELL.files].map((path) => new Request(path, { cache: "no-cache" })));
  const first = self.registration.active === null;
  if (first) await self.skipWaiting();
}

async function takeOver() {
  const old = (await caches.keys()).filter((name) => name.startsWith("shell-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function fromShell(request, pathname) {
  const cache = await caches.open(CACHE);
  return (await cache.match(pathname)) ?? fetch(request);
}

// --- the queue

self.addEventListener("sync", (event) => {
  if (event.tag === SYNC) event.waitUntil(sendQueue(event.lastChance));
});

/** With a page open, that page sends; it knows what its person is doing. */
async function sendQueue(isLast) {
  const known = await remembered();
  if (known === null) return;
  const outcome = await deliver({ person_id: known.person_id, key: known.key, version: SHELL.version }, { urgent: true });
  if (outcome === "trouble" && !isLast) throw new Error("not all is sent; the browser tries again later");
}

// --- reminders

listenForRings(self);
