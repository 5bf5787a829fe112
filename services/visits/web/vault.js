// The key of one person on this device, and what is sealed with it. The server keeps the key; here it is a
// CryptoKey that no script can read out, and it lies in the store only while its person is signed in, so that
// the app opens without a network. Without it, what lies here is noise.
import { all, change, get } from "./store.js";

const CIPHER = "AES-GCM";
const IV_BYTES = 12;
const OPEN_STORES = ["keys", "shelf", "receipts"];

/** Who is signed in on this device, as it knows by itself: their id, their key, and who they are. */
export async function remembered() {
  const [record] = await all("keys");
  if (!record) return null;
  return { ...record, person: await unseal(record.key, `keys/${record.person_id}`, record.sealed) };
}

/** Keep the key of this person, and let nobody else's lie beside it. */
export async function remember(person, key) {
  const place = `keys/${person.person_id}`;
  const sealed = await seal(key, place, person);
  const others = (await all("keys")).filter((each) => each.person_id !== person.person_id);
  for (const other of others) await lock(other.person_id);
  await change(["keys"], (records) => records.put("keys", { person_id: person.person_id, key, sealed }));
}

export async function keyOf(personId) {
  return (await get("keys", personId))?.key ?? null;
}

/** The person has left: the key goes, and all but what they have not sent. That stays, sealed, for their return. */
export async function lock(personId) {
  await change(OPEN_STORES, async (records) => {
    await records.remove("keys", personId);
    await records.removeAll("shelf", personId);
    await records.removeAll("receipts", personId);
  });
}

/** 32 bytes from the server as a key; the bytes are wiped. */
export async function importKey(bytes) {
  const key = await crypto.subtle.importKey("raw", bytes, CIPHER, false, ["encrypt", "decrypt"]);
  bytes.fill(0);
  return key;
}

/** A value for one place in the store: sealed there, it opens nowhere else. */
export async function seal(key, place, value) {
  return sealBytes(key, place, new TextEncoder().encode(JSON.stringify(value)));
}

export async function unseal(key, place, sealed) {
  return JSON.parse(new TextDecoder().decode(await unsealBytes(key, place, sealed)));
}

export async function sealBytes(key, place, plain) {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  return { iv, data: await crypto.subtle.encrypt(cipher(iv, place), key, plain) };
}

export async function unsealBytes(key, place, { iv, data }) {
  return crypto.subtle.decrypt(cipher(iv, place), key, data);
}

export async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function cipher(iv, place) {
  return { name: CIPHER, iv, additionalData: new TextEncoder().encode(place) };
}
