// The import desk: the office's registers come in from spreadsheets, seen through first, undone as a whole.
import { addWords, api, ask, dayText, field, h, localDay, momentText, named, newUuid, notice, numberText, show, t, toast } from "./shared/kit.js";
import { surely } from "./sign-in.js";
import vi from "./registers-vi.js";

await addWords({ vi, en: () => import("./registers-en.js") });

const LARGEST = 8 * 1024 * 1024;
const DESK = "/visits/api/imports/registers";
const PARTS = ["units", "people", "visits"];

/** `#registers`: choose, see, import; below it what was imported. `#registers=ID`: one import, with its undoing. */
export async function registersView({ main, id, signal }) {
  return id ? oneImport(main, id, signal) : desk(main, signal);
}

async function desk(main, signal) {
  const chosen = { files: null, seen: null };
  const outcome = h("div", { class: "stack", "aria-live": "polite" });
  const past = h("section", { class: "sheet close" });

  async function draw() {
    const { imports } = await api(DESK);
    if (signal.aborted) return;
    show(past, h("h2", {}, t("registers-past")), pastImports(imports));
    show(
      main,
      h(
        "div",
        { class: "stack log" },
        h("p", {}, h("a", { class: "button plain back", href: "#" }, "‹ ", t("back"))),
        h("h1", {}, t("registers-title")),
        h("p", { class: "quiet" }, t("registers-about")),
        h("p", {}, h("a", { class: "button", href: `${DESK}/template`, download: "" }, t("registers-template"))),
        chooser(look),
        outcome,
        past,
      ),
    );
    show(outcome, chosen.seen && seen(chosen.seen, confirm));
  }

  async function look(files) {
    chosen.seen = null;
    chosen.files = await Promise.all(files.map(asSent));
    chosen.id = newUuid();
    chosen.seen = await api(`${DESK}/preview`, { method: "POST", body: { files: chosen.files } });
    if (!signal.aborted) show(outcome, seen(chosen.seen, confirm));
  }

  async function confirm() {
    const body = { import_id: chosen.id, digest: chosen.seen.effect.digest, files: chosen.files };
    const done = await surely(main, () => api(DESK, { method: "POST", body }), draw);
    if (!done) return;
    toast(t("registers-done"));
    Object.assign(chosen, { files: null, seen: null });
    await draw();
  }

  await draw();
}

async function asSent(file) {
  if (file.size > LARGEST) throw new Error(t("registers-too-large", { name: file.name }));
  const url = await new Promise((read, fail) => {
    const reader = new FileReader();
    reader.onload = () => read(reader.result);
    reader.onerror = () => fail(new Error(t("registers-unreadable", { name: file.name })));
    reader.readAsDataURL(file);
  });
  return { name: file.name, content: url.slice(url.indexOf(",") + 1) };
}

function chooser(look) {
  const box = h("input", { class: "box", type: "file", multiple: true, required: true, accept: ".xlsx,.csv,text/csv" });
  const send = h("button", { class: "button first wide", type: "submit" }, t("registers-look"));
  const said = h("div", { role: "status" });
  return h("form", { class: "sheet stack", onsubmit: submit }, field(t("registers-files"), box, { hint: t("registers-files-hint") }), send, said);

  async function submit(event) {
    event.preventDefault();
    await tried(send, said, () => look([...box.files]));
  }
}

async function tried(button, said, work) {
  button.disabled = true;
  show(said);
  try {
    await work();
  } catch (problem) {
    show(said, notice("wrong", problem.message));
  }
  button.disabled = false;
}

function seen({ faults, faults_total: total, notes, effect }, confirm) {
  return h(
    "section",
    { class: "sheet stack", "aria-label": t("registers-preview") },
    h("h2", {}, t("registers-preview")),
    total > 0 && notice("wrong", t("registers-faults", { n: numberText(total) })),
    total > 0 && findings(t("registers-faults-title"), faults),
    total > faults.length && h("p", { class: "quiet" }, t("registers-more-faults", { n: numberText(total - faults.length) })),
    effect && whatItDoes(effect),
    notes.length > 0 && findings(t("registers-notes"), notes),
    effect && (effect.news_total > 0 ? confirmation(effect, confirm) : h("p", {}, t("registers-nothing-new"))),
  );
}

function findings(words, found) {
  return h(
    "section",
    { class: "close" },
    h("h3", {}, words),
    h("ul", { class: "rows" }, found.map(({ place, message }) => h("li", { class: "tight" }, h("p", {}, h("strong", {}, place)), h("p", {}, message)))),
  );
}

function whatItDoes(effect) {
  return h(
    "div",
    { class: "close" },
    counts(effect, ["added", "changed", "unchanged"]),
    h("p", { class: "quiet" }, t(effect.history ? "registers-history" : "registers-live", { issues: numberText(effect.issues) })),
    effect.news.length > 0 && news(effect),
  );
}

function counts(of, columns) {
  return h(
    "table",
    { class: "outcome" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("registers-part")), columns.map((each) => h("th", { scope: "col", class: "number" }, t(`registers-${each}`))))),
    h("tbody", {}, PARTS.map((part) => h("tr", {}, h("th", { scope: "row" }, t(`registers-${part}`)), columns.map((each) => h("td", { class: "number" }, numberText(of[part][each])))))),
  );
}

function news({ news: rows, news_total: total }) {
  return h(
    "details",
    { class: "fold" },
    h("summary", {}, t("registers-news", { n: numberText(total) })),
    h(
      "ul",
      { class: "rows" },
      rows.map((row) =>
        h(
          "li",
          { class: "between" },
          h("p", {}, h("strong", {}, row.code), ` · ${row.title}`, row.columns.length > 0 && h("span", { class: "quiet" }, ` (${row.columns.join(", ")})`)),
          h("span", { class: `state${row.added ? " good" : ""}` }, t(row.added ? "registers-new" : "registers-altered")),
        ),
      ),
    ),
    total > rows.length && h("p", { class: "quiet" }, t("registers-more-news", { n: numberText(total - rows.length) })),
  );
}

function confirmation(effect, confirm) {
  const said = h("div", { role: "status" });
  const button = h("button", { class: "button first wide", type: "button" }, t("registers-import"));
  button.addEventListener("click", () => tried(button, said, confirm));
  return h("div", { class: "close" }, h("p", {}, t(effect.undoable ? "registers-undoable" : "registers-for-good")), button, said);
}

function pastImports(imports) {
  if (imports.length === 0) return h("p", { class: "quiet" }, t("registers-none"));
  return h(
    "ul",
    { class: "rows" },
    imports.map((each) =>
      h(
        "li",
        { class: "between" },
        h(
          "div",
          { class: "tight" },
          h("p", {}, h("a", { href: `#registers=${each.import_id}` }, momentText(each.imported_at)), each.imported_by && ` · ${each.imported_by.full_name}`),
          h("p", { class: "quiet" }, each.files.join(", ")),
        ),
        each.undone_at && h("span", { class: "state" }, t("registers-undone")),
      ),
    ),
  );
}

async function oneImport(main, id, signal) {
  const said = h("div", { role: "status" });

  async function draw() {
    const found = await api(`${DESK}/${id}`);
    if (signal.aborted) return;
    show(
      main,
      h(
        "div",
        { class: "stack log" },
        h("p", {}, h("a", { class: "button plain back", href: "#registers" }, "‹ ", t("registers-title"))),
        h("h1", {}, t("registers-one", { at: momentText(found.imported_at) })),
        h(
          "section",
          { class: "sheet close" },
          found.imported_by && h("p", {}, t("registers-by", { name: found.imported_by.full_name })),
          h("p", { class: "quiet" }, found.files.join(", ")),
          counts(found, ["added", "changed"]),
          found.history && h("p", { class: "quiet" }, t("registers-was-history")),
        ),
        undoing(found),
      ),
    );
  }

  function undoing(found) {
    if (found.undone_at) {
      const words = { at: momentText(found.undone_at), name: found.undone_by?.full_name ?? "" };
      return notice("", t("registers-undone-by", words));
    }
    if (found.obstacles_total > 0) return hindered(found);
    const button = h("button", { class: "button grave wide", type: "button" }, t("registers-undo"));
    button.addEventListener("click", () => tried(button, said, undo));
    return h(
      "section",
      { class: "sheet close" },
      h("h2", {}, t("registers-undo")),
      h("p", {}, t("registers-undo-about", { day: dayText(localDay(found.undoable_until)) })),
      button,
      said,
    );
  }

  async function undo() {
    if (!(await ask({ title: t("registers-undo-sure"), about: t("registers-undo-sure-about"), yes: t("registers-undo-yes"), grave: true }))) return;
    const done = await surely(main, () => api(`${DESK}/${id}/undo`, { method: "POST" }), draw);
    if (!done) return;
    toast(t("registers-undone"));
    await draw();
  }

  await draw();
}

function hindered({ obstacles, obstacles_total: total }) {
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("registers-stands")),
    h("p", {}, t("registers-stands-about")),
    h(
      "ul",
      { class: "rows" },
      obstacles.map(({ part, code, reason }) => h("li", { class: "tight" }, h("p", {}, code && h("strong", {}, `${named("registers-one-part", part)} ${code}: `), named("registers-why", reason)))),
    ),
    total > obstacles.length && h("p", { class: "quiet" }, t("registers-more-obstacles", { n: numberText(total - obstacles.length) })),
  );
}
