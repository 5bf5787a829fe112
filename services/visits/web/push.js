// Reminders in this browser: whether it can, whether it may, and switching them on and off.
import { api } from "./shared/kit.js";
import { deviceName } from "./passkey.js";

const SCOPE = "/visits/";

/** `ready`, `on`, or why not: `blocked`, `home-screen` (an iPhone outside of it), `cannot`. */
export async function pushState() {
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
    return isApple() && !standsAlone() ? "home-screen" : "cannot";
  }
  if (Notification.permission === "denied") return "blocked";
  return (await subscription()) && Notification.permission === "granted" ? "on" : "ready";
}

/** The mark under which the server knows this browser; null when it has no subscription. */
export async function ownMark() {
  const there = await subscription();
  if (!there) return null;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(there.endpoint));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("").slice(0, 16);
}

/** Ask for the permission, subscribe, and tell the server. Called by a tap only: browsers want it so, and people too. */
export async function switchOn(key) {
  if ((await Notification.requestPermission()) !== "granted") return false;
  const { pushManager } = await navigator.serviceWorker.ready;
  const there = (await pushManager.getSubscription()) ?? (await subscribed(pushManager, key));
  await keep(there);
  return true;
}

/** Tell the server of this browser again: after a new sign-in it belongs to the new session. */
export async function renew() {
  const there = await subscription();
  if (there) await keep(there);
}

/** End the subscription here; what the server knows of it is removed by its list. */
export async function switchOff() {
  await (await subscription())?.unsubscribe();
}

async function keep(there) {
  const { endpoint, keys } = there.toJSON();
  await api("/notify/api/phones", { method: "PUT", body: { endpoint, keys, label: deviceName() } });
}

function subscribed(pushManager, key) {
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
}

async function subscription() {
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  return (await registration?.pushManager.getSubscription()) ?? null;
}

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function isApple() {
  return /iPhone|iPad/.test(navigator.userAgent);
}

function standsAlone() {
  return matchMedia("(display-mode: standalone)").matches;
}
