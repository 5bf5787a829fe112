// Talking to the services: JSON out and in, and every refusal as one Problem with words a person can act on.
import { language, t } from "./language.js";

/** What went wrong. Status 0: nobody answered, so it is not known whether anything was recorded. */
export class Problem extends Error {
  constructor({ status, title, detail, errors = [], body = {} }) {
    super(detail || title);
    if (status === 500 && body.instance) this.message += ` (${body.instance.split("/").at(-1)})`;
    this.status = status;
    this.errors = errors;
    this.body = body;
  }

  /** Whether the same request may still succeed, or may have succeeded already. */
  get mayPass() {
    return this.status === 0 || [401, 408, 425, 429].includes(this.status) || this.status >= 500;
  }
}

/** Headers that every request of this page carries: which version of the app asks, and on whose behalf. */
export const everyRequest = {};

/** What `api` returns when the server still says what is known here by its tag. */
export const UNCHANGED = Symbol("unchanged");

/**
 * The answer to one request, perhaps one that has `begun`. After `timeout` milliseconds nobody answers. `known` is
 * the tag of a copy that is here; `tagged` is told the tag of a new one. Throws Problem.
 */
export async function api(path, { method = "GET", body, timeout, begun, known, tagged } = {}) {
  const response = await send(path, method, body, { timeout, begun, known });
  if (response.status === 304) return UNCHANGED;
  const answer = await json(response);
  if (response.ok) {
    tagged?.(response.headers.get("etag"));
    return answer;
  }
  throw new Problem({
    status: response.status,
    title: answer?.title ?? t("failed"),
    detail: answer?.detail,
    errors: answer?.errors,
    body: answer ?? {},
  });
}

async function send(path, method, body, { timeout, begun, known }) {
  const headers = { "accept-language": language, ...everyRequest };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (known) headers["if-none-match"] = known;
  const signal = timeout && AbortSignal.timeout(timeout);
  try {
    const early = begun && (await Promise.race([begun, signal ? ended(signal) : begun]));
    if (early) return early;
    return await fetch(path, { method, headers, body: body && JSON.stringify(body), cache: "no-store", signal });
  } catch {
    throw new Problem({ status: 0, title: t("no-answer") });
  }
}

function ended(signal) {
  return new Promise((_, fail) => signal.addEventListener("abort", () => fail(signal.reason)));
}

async function json(response) {
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch {
    return null;
  }
}
