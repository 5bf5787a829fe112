// Signs that a text speaks of a person, told while it can still be changed. The server looks for the same
// (shared/text.py); both are held to one table of examples (tests/data/personal_hints.json).
const DIGIT_RUN = /\+?[0-9](?:[ .-]?[0-9]){8,}/g;
const PHONE_NUMBER = /^(?:\+?84|0)(?:[35789][0-9]{8}|2[0-9]{9})$/;
const COMRADE = /(?<![\p{L}\p{N}_])(?:đồng chí|đ\/c)\s+(\p{L}+)/giu;
const POSTS = new Set(["bí", "phó", "chủ", "ủy", "uỷ", "trưởng", "thường", "chi", "đảng"]);
const IDENTITY_DIGITS = 12;

/** The hints in one text: `identity-number`, `phone-number`, `named-comrade`. */
export function personalHints(text) {
  const tidy = text.normalize("NFC").trim();
  const found = new Set();
  for (const [run] of tidy.matchAll(DIGIT_RUN)) {
    const digits = run.replaceAll(/\D/g, "");
    if (digits.length === IDENTITY_DIGITS) found.add("identity-number");
    if (PHONE_NUMBER.test((run.startsWith("+") ? "+" : "") + digits)) found.add("phone-number");
  }
  for (const [, word] of tidy.matchAll(COMRADE)) if (isName(word)) found.add("named-comrade");
  return [...found].sort();
}

/** Everything to look at again in a form: `{step, pointer, hint}`. */
export function cautionsIn(form) {
  const texts = [
    ["said", "/notes", form.notes],
    ...form.issues.flatMap((issue, place) => [
      ["said", `/issues/${place}/title`, issue.title],
      ["said", `/issues/${place}/detail`, issue.detail],
    ]),
    ["check", "/report/summary", form.report ? form.summary : ""],
  ];
  return texts.flatMap(([step, pointer, text]) => personalHints(text).map((hint) => ({ step, pointer, hint })));
}

function isName(word) {
  const first = [...word][0];
  return first !== first.toLowerCase() && !POSTS.has(word.toLowerCase());
}
