// A paper on the screen: what its file will hold, and the files.
import { addWords, h, t } from "./shared/kit.js";
import vi from "./reports-vi.js";

await addWords({ vi, en: () => import("./reports-en.js") });

const FORMATS = ["pdf", "docx", "xlsx", "csv"];

/** A link for each form; `asked` is what the paper itself was asked with. */
export function fileLinks(path, asked) {
  return FORMATS.map((format) => {
    const query = new URLSearchParams(asked);
    query.set("format", format);
    return h("a", { class: "button", href: `${path}?${query}`, download: "" }, t(`paper-${format}`));
  });
}

export function paperOf({ title, about, parts, notes }) {
  return [
    h("div", { class: "tight" }, h("h2", {}, title), h("p", { class: "quiet" }, about)),
    ...parts.map((part) =>
      h("section", { class: "close", "aria-label": part.name }, h("h3", {}, part.name), part.about && h("p", { class: "quiet" }, part.about), table(part)),
    ),
    ...notes.map((note) => h("p", { class: "quiet small" }, note)),
  ];
}

function table({ head, rows }) {
  if (rows.length === 0) return h("p", { class: "notice" }, t("reports-empty"));
  return h(
    "table",
    { class: "duties" },
    h("thead", {}, h("tr", {}, head.map((words) => h("th", { scope: "col" }, words)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((words, n) => h("td", { class: "number", "data-label": head[n] }, words || "–"))))),
  );
}
