// Photographs of issues: each under its own id, sealed, beside the visit and never in it. With the draft of their
// visit they are frozen, copied or thrown away; they are sent after it (courier.js), and leave with their proof.
import { all, change, get, isFull } from "./store.js";
import { sealBytes, sha256, unsealBytes } from "./vault.js";
import { tell } from "./courier.js";

const PER_ISSUE = 3;
const PER_VISIT = 12;

export class Photos {
  #me;
  #room;

  /** `room` makes some, when this browser is full. */
  constructor(me, { room }) {
    this.#me = me;
    this.#room = room;
  }

  /** Those of one issue of the visit that is being written, the first one first. */
  async of(visitId, issueId) {
    return (await this.#all()).filter((photo) => photo.visit_id === visitId && photo.issue_id === issueId);
  }

  /** Those that are frozen and have no proof yet, the first one first. */
  async waiting() {
    return (await this.#all()).filter((photo) => photo.state !== "draft");
  }

  /** How many more an issue may have. */
  async left(visitId, issueId) {
    const there = (await this.#all()).filter((photo) => photo.visit_id === visitId);
    const here = there.filter((photo) => photo.issue_id === issueId);
    return Math.max(0, Math.min(PER_ISSUE - here.length, PER_VISIT - there.length));
  }

  /** Keep a JPEG for an issue of the draft. Throws what the browser throws when it is full. */
  async add(id, { visitId, issueId }, bytes) {
    const photo = {
      id,
      kind: "photo",
      method: "PUT",
      person_id: this.#me.person_id,
      visit_id: visitId,
      issue_id: issueId,
      state: "draft",
      reason: null,
      tries: 0,
      next_at: 0,
      taken_at: Date.now(),
      size: bytes.byteLength,
      hash: await sha256(bytes),
      sealed: await sealBytes(this.#me.key, `photos/${id}`, bytes),
    };
    const work = (records) => records.put("photos", photo);
    await change(["photos"], work).catch(async (error) => {
      if (!isFull(error)) throw error;
      await this.#room();
      await change(["photos"], work);
    });
  }

  /** The picture itself; null when it is gone or cannot be opened. */
  async picture(id) {
    const photo = await get("photos", id);
    if (photo?.person_id !== this.#me.person_id) return null;
    const bytes = await unsealBytes(this.#me.key, `photos/${id}`, photo.sealed).catch(() => null);
    return bytes && new Blob([bytes], { type: "image/jpeg" });
  }

  async remove(id) {
    await change(["photos"], (records) => records.remove("photos", id));
    tell({ queue: true });
  }

  /** All of one issue, which was taken out of the draft. */
  async removeOf(visitId, issueId) {
    for (const { id } of await this.of(visitId, issueId)) await this.remove(id);
  }

  /** Send it again, although it was set aside. */
  async retry(id) {
    await change(["photos"], async (records) => {
      const photo = await records.get("photos", id);
      if (photo) await records.put("photos", { ...photo, state: "ready", next_at: 0 });
    });
    tell({ queue: true });
  }

  async #all() {
    return (await all("photos", this.#me.person_id)).sort((a, b) => a.taken_at - b.taken_at);
  }
}

/** In the transaction that freezes a draft: from here on its photographs wait. What is no visit takes none along. */
export async function freezePhotos(records, personId, visitId, kind) {
  for (const photo of await ofVisit(records, personId, visitId)) {
    if (kind === "visit") await records.put("photos", { ...photo, state: "ready", frozen_at: Date.now() });
    else await records.remove("photos", photo.id);
  }
}

/** In the transaction that copies a visit to a new draft: they go along, under the new ids of `issues` (old to new). */
export async function copyPhotos(records, personId, visitId, copyId, issues) {
  for (const photo of await ofVisit(records, personId, visitId)) {
    const moved = { visit_id: copyId, issue_id: issues.get(photo.issue_id) ?? photo.issue_id };
    await records.put("photos", { ...photo, ...moved, state: "draft", reason: null, tries: 0, next_at: 0 });
  }
}

/** In the transaction that throws a draft or a visit away. */
export async function dropPhotos(records, personId, visitId) {
  for (const { id } of await ofVisit(records, personId, visitId)) await records.remove("photos", id);
}

async function ofVisit(records, personId, visitId) {
  return (await records.all("photos", personId)).filter((photo) => photo.visit_id === visitId);
}
