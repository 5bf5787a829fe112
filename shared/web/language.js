// Vietnamese first, English for who asks: its words come only then. Numbers and dates keep their Vietnamese form in both.
import vi from "./vi.js";

const KEY = "fv.language";
const words = {};

export const language = localStorage.getItem(KEY) === "en" ? "en" : "vi";
document.documentElement.lang = language;
await addWords({ vi, en: () => import("./en.js") });

/** Add a page's own words to those in common: `await addWords({ vi, en: () => import("./en.js") })`. */
export async function addWords(more) {
  const own = more[language];
  Object.assign(words, typeof own === "function" ? (await own()).default : own);
}

/** The words for a key; `{name}` stands for a value. A plural is its own function of the values. */
export function t(key, values = {}) {
  const found = words[key];
  if (found === undefined) throw new Error(`no words for ${key}`);
  if (typeof found === "function") return found(values);
  return found.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The words for one of many values; a value this page does not know yet is shown as it came. */
export function named(group, value) {
  return words[`${group}.${value}`] ?? String(value);
}

/** Read everything again in the other language. */
export function switchLanguage() {
  localStorage.setItem(KEY, language === "vi" ? "en" : "vi");
  location.reload();
}
