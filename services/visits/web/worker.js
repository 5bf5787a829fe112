// The worker that keeps the app for when there is no network: put in place once, renewed when its person says so.

const ADDRESS = "/visits/sw.js";
const SYNC = "send-queue";
const SETTLED = 2_000;
let registration = null;
let syncWanted = false;
let reloading = false;

/** Put the worker in place when the page has settled; `renewed` is called when a newer version lies ready. */
export function startWorker(renewed) {
  if (!navigator.serviceWorker) return;
  setTimeout(() => register(renewed).catch(() => {}), SETTLED); // without it the app works, with a network
}

/** Ask the browser to send the queue when there is a connection, page or no page. */
export async function askForSync() {
  syncWanted = true;
  await registration?.sync?.register(SYNC).catch(() => {}); // not every browser can, or is allowed to
}

/** Go over to the new version; `keep` writes down whatever was typed until then. */
export function takeNewVersion(keep) {
  const waiting = registration?.waiting;
  if (!waiting) return location.reload();
  navigator.serviceWorker.addEventListener("controllerchange", async () => {
    if (reloading) return;
    reloading = true;
    await keep();
    location.reload();
  });
  return waiting.postMessage("take-over");
}

async function register(renewed) {
  registration = await navigator.serviceWorker.register(scriptAddress(), { updateViaCache: "none" });
  if (registration.waiting) renewed();
  if (syncWanted) await askForSync();
  registration.addEventListener("updatefound", () => {
    const coming = registration.installing;
    coming.addEventListener("statechange", () => {
      if (coming.state === "installed" && navigator.serviceWorker.controller) renewed();
    });
  });
}

/** Look whether there is a newer worker: the server has told of another version of the pages. */
export async function lookForNewVersion() {
  await registration?.update().catch(() => {});
}

/** The content policy wants scripts by address from who may name them: this one address. */
function scriptAddress() {
  if (!globalThis.trustedTypes) return ADDRESS;
  const policy = trustedTypes.createPolicy("worker", {
    createScriptURL(address) {
      if (address !== ADDRESS) throw new TypeError(`not a worker of ours: ${address}`);
      return address;
    },
  });
  return policy.createScriptURL(ADDRESS);
}
