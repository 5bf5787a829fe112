// A reminder that comes while nobody looks: shown as a notification, and answered right from it.
//
// What comes says how many duties wait and gives ids; no name and no text of a matter ever gets here. Receiving
// tells nobody anything. Touching it tells notify that it was seen, so that no e-mail follows; both answers need
// the session of its person. The words are Vietnamese: a worker cannot know which language its pages show.

const LIST = "/notify/";
const ICON = "/visits/web/icons/icon-192.png";
const UNREADABLE = { title: "Có việc cần xem", tag: "unreadable", duties: [] };
const ON_IT = "on-it";

export function listenForRings(worker) {
  const { registration } = worker;
  worker.addEventListener("push", (event) => event.waitUntil(ring(registration, told(event.data))));
  worker.addEventListener("notificationclick", (event) => event.waitUntil(answered(worker, event)));
  worker.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renewed(registration, event)));
}

/** A browser shows something for every push, or it takes the permission away: even what cannot be read. */
function told(data) {
  try {
    return { ...UNREADABLE, ...data.json() };
  } catch {
    return UNREADABLE;
  }
}

function ring(registration, { title, urgent, tag, letter, duties, until }) {
  const actions = [{ action: "open", title: "Mở" }];
  if (duties.length > 0) actions.push({ action: ON_IT, title: "Tôi đang làm" });
  return registration.showNotification(title, {
    body: urgent ? "Cần chỉ đạo ngay. Chạm để mở." : "Chạm để mở.",
    lang: "vi",
    icon: ICON,
    badge: ICON,
    tag,
    renotify: true,
    requireInteraction: Boolean(urgent),
    data: { letter, duties, until },
    actions,
  });
}

async function answered(worker, { notification, action }) {
  const { letter, duties = [], until } = notification.data ?? {};
  notification.close();
  const seen = letter ? put(`/notify/api/letters/${letter}/seen`) : null;
  if (action === ON_IT && (await takenOn(duties, until))) await thank(worker.registration, notification.tag, until);
  else if (notification.data) await show(worker, duties.length === 1 ? `/feedback/#duty=${duties[0]}` : LIST);
  await seen;
}

/** "I am on it" for each; one that is done meanwhile is as good. False where the person has to look for themselves. */
async function takenOn(duties, until) {
  const answers = await Promise.all(duties.map((id) => put(`/notify/api/escalations/${id}/acknowledgement`, { until })));
  return answers.every((status) => status < 300 || status === 404);
}

function thank(registration, tag, until) {
  const day = until.split("-").reverse().join("/");
  return registration.showNotification("Đã ghi: đồng chí đang làm", {
    body: `Hệ thống chỉ nhắc lại nếu sau ngày ${day} việc chưa xong.`,
    lang: "vi",
    icon: ICON,
    tag,
    silent: true,
  });
}

/** The window that is open already, or a new one. */
async function show(worker, path) {
  const address = new URL(path, worker.location.origin).href;
  const windows = await worker.clients.matchAll({ type: "window" });
  const open = windows.find((each) => each.url === address);
  return open ? open.focus() : worker.clients.openWindow(address);
}

/** The browser changed its own address: the new one takes the place of the old, for the same person. */
async function renewed({ pushManager }, { oldSubscription, newSubscription }) {
  const subscription = newSubscription ?? (await pushManager.subscribe(oldSubscription.options));
  const { endpoint, keys } = subscription.toJSON();
  await put("/notify/api/phones", { endpoint, keys, label: "Máy đã bật tin nhắc" });
}

/** The status of the answer; 0 when nobody answered. */
async function put(path, body) {
  const said = body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  try {
    return (await fetch(path, { method: "PUT", ...said })).status;
  } catch {
    return 0;
  }
}
