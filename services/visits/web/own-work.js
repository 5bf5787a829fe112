// One's own work as the server told it last, read in one answer and kept: what every view of a member stands on.
import { addWords, clockTime, dayText, h, localDay, named, onServersClock, t } from "./shared/kit.js";
import vi from "./today-vi.js";
import { newForm } from "./visit-form.js";

await addWords({ vi, en: () => import("./today-en.js") });

export const OWN_WORK = "/visits/api/phone";
export const REASONS = "/feedback/api/phone";

/** `{value, as_of, stale}`, or null where nothing was ever read and nobody answers. Throws Problem for a refusal. */
export async function ownWork(phone) {
  return readOrCopy(phone, OWN_WORK);
}

/** What is at a path now, else what was; null where there is neither. Throws Problem where the server refuses. */
export async function readOrCopy(phone, path) {
  try {
    return await phone.read(path);
  } catch (problem) {
    const copy = await phone.shelf.peek(path);
    if (copy) return copy;
    if (problem.mayPass) return null;
    throw problem;
  }
}

/** The evening on which cells meet next, as last heard; nothing where that was never heard. */
export async function nextEvening(phone) {
  return (await phone.shelf.peek(OWN_WORK))?.value.next_evening ?? "";
}

/** When these figures are from, where they are not from now. */
export function asOf(reading) {
  if (!reading?.stale) return null;
  const at = onServersClock(reading.as_of);
  return h("p", { class: "quiet small as-of" }, t("as-of", { at: clockTime(at), day: dayText(localDay(at)).slice(0, 5) }));
}

/** What is frozen and not received yet, each with what it is about. */
export function unsent(phone) {
  return phone.outbox.waiting();
}

/** A mark beside something that has a frozen act of its own waiting. */
export function waits(item) {
  return item && h("p", {}, h("a", { class: "state soon", href: `#outbox=${item.id}` }, t("waits-to-be-sent")));
}

/** `Dự sinh hoạt chi bộ: Chi bộ khu phố 3, ngày 03/11/2026` */
export function visitText(visit, unit) {
  return t("from-visit", { kind: named("visit", visit.kind), unit: unit?.name ?? "", day: dayText(localDay(visit.started_at)) });
}

/** Begin a visit that knows already where it is, and go there. Nobody is in it yet, so a restart does not open it. */
export async function writeAt(phone, { unit_id, name }, known = {}) {
  const form = newForm({ unit_id, name }, null, await nextEvening(phone));
  const draft = await phone.drafts.begin({ ...form, ...known, place: { ...form.place, open: false } });
  draft.save(draft.form);
  await draft.close();
  location.hash = `#log=${draft.id}`;
}
