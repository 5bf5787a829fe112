// Vietnamese first, English for who asks. Numbers and dates keep their Vietnamese form in both.
import vi from "./vi.js";
import en from "./en.js";

const KEY = "fv.language";
const words = { vi: { ...vi }, en: { ...en } };

export const language = localStorage.getItem(KEY) === "en" ? "en" : "vi";
document.documentElement.lang = language;

/** Add a page's own words to those in common. */
export function addWords(more) {
  Object.assign(words.vi, more.vi);
  Object.assign(words.en, more.en);
}

/** The words for a key; `{name}` stands for a value. A plural is its own function of the values. */
export function t(key, values = {}) {
  const found = words[language][key];
  if (found === undefined) throw new Error(`no words for ${key}`);
  if (typeof found === "function") return found(values);
  return found.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The words for one of many values; a value this page does not know yet is shown as it came. */
export function named(group, value) {
  return words[language][`${group}.${value}`] ?? String(value);
}

/** Read everything again in the other language. */
export function switchLanguage() {
  localStorage.setItem(KEY, language === "vi" ? "en" : "vi");
  location.reload();
}
