// What this browser keeps: one record for each thing, under its own id, with the person it belongs to.
// What a person wrote or read is sealed before it comes here (vault.js); ids, states and times are not.

const NAME = "field-visits";
const VERSION = 2;
const KEYS = {
  drafts: "id",
  queue: "id",
  receipts: "id",
  shelf: "id",
  photos: "id",
  keys: "person_id",
  device: "person_id",
};
const AT_ONCE = 50;
let opening = null;

/** Do `work` in one transaction over these stores: all of it stands afterwards, or nothing. */
export async function change(names, work) {
  return transact(names, "readwrite", work);
}

export async function look(names, work) {
  return transact(names, "readonly", work);
}

export function get(name, key) {
  return look([name], (records) => records.get(name, key));
}

/** All records of a store, or those of one person. */
export function all(name, personId) {
  return look([name], (records) => records.all(name, personId));
}

/** Whether a write failed because this browser has no room left. */
export function isFull(error) {
  return error?.name === "QuotaExceededError";
}

/** The stores inside a transaction. Between its calls nothing but they may be awaited. */
class Records {
  #transaction;

  constructor(transaction) {
    this.#transaction = transaction;
  }

  get(name, key) {
    return answer(this.#transaction.objectStore(name).get(key));
  }

  /** Some at a time: hundreds at once would hold up whoever is typing meanwhile. */
  async all(name, personId) {
    const store = this.#transaction.objectStore(name);
    const found = [];
    let some;
    let after = null;
    do {
      some = await answer(store.getAll(after, AT_ONCE));
      found.push(...some);
      if (some.length > 0) after = IDBKeyRange.lowerBound(some.at(-1)[store.keyPath], true);
    } while (some.length === AT_ONCE);
    return personId === undefined ? found : found.filter((each) => each.person_id === personId);
  }

  keys(name, personId) {
    return answer(this.#transaction.objectStore(name).index("person").getAllKeys(personId));
  }

  put(name, record) {
    return answer(this.#transaction.objectStore(name).put(record));
  }

  remove(name, key) {
    return answer(this.#transaction.objectStore(name).delete(key));
  }

  async removeAll(name, personId) {
    for (const key of await this.keys(name, personId)) await this.remove(name, key);
  }
}

async function transact(names, mode, work) {
  const database = await open();
  const transaction = database.transaction(names, mode, { durability: "strict" });
  const ended = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error ?? new DOMException("the transaction ended", "AbortError"));
  });
  ended.catch(() => {}); // told below, by whichever error came first
  let result;
  try {
    result = await work(new Records(transaction));
  } catch (error) {
    undo(transaction);
    throw transaction.error ?? error;
  }
  await ended;
  return result;
}

function undo(transaction) {
  try {
    transaction.abort();
  } catch {
    // It has ended by itself, because of the error that brought us here.
  }
}

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => build(request.result);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => resolve(guarded(request.result));
  }).catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}

/** A newer page may want to build more; then this one lets go and opens again when it needs to. */
function guarded(database) {
  database.onversionchange = () => {
    database.close();
    opening = null;
  };
  database.onclose = () => {
    opening = null;
  };
  return database;
}

/** What this phone lacks; an older version of the app may have left the rest. */
function build(database) {
  for (const [name, keyPath] of Object.entries(KEYS)) {
    if (database.objectStoreNames.contains(name)) continue;
    const store = database.createObjectStore(name, { keyPath });
    if (keyPath !== "person_id") store.createIndex("person", "person_id");
  }
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
