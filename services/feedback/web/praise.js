// What is commended, and good practices for others to do alike: one list, the newest first; nobody is ranked.
import { addWords, api, chips, dayText, field, h, momentText, named, notice, numberText, select, show, showAgain, t } from "./shared/kit.js";
import vi from "./praise-vi.js";
import { commendForm, practiceForm, revokeForm } from "./praise-forms.js";

await addWords({ vi, en: () => import("./praise-en.js") });

const KINDS = ["commendation", "good_practice"];
const SHOWN = 25;
const MOST_SHOWN = 200;
const PAUSE_IN_TYPING = 250;

/** `#praise`, `#praise=good_practice:<unit>`: either may be left out. */
export async function praiseView({ place, person, id, settle, signal }) {
  const choice = choiceOf(id);
  const names = await api("/feedback/api/praise/names");
  const may = person.may.includes("record_praise");
  const count = h("p", { class: "quiet number", role: "status" });
  const list = h("div", { class: "stack" });
  const forms = h("section", { class: "sheet close", "aria-label": t("praise-title"), hidden: !may });
  const said = h("div", { class: "close" });
  let shown = SHOWN;
  let asked = 0;

  async function load() {
    shown = SHOWN;
    await refresh();
  }

  async function refresh() {
    const mine = (asked += 1);
    const page = await found(choice, shown);
    if (mine !== asked || signal.aborted) return;
    show(count, page.total > 0 && t("praise-count", { n: numberText(page.total) }));
    showAgain(
      list,
      page.entries.length === 0
        ? h("p", { class: "notice" }, t(narrowed(choice) ? "praise-none-found" : "praise-none"))
        : h("ol", { class: "rows stack" }, page.entries.map((each) => entry(each, { may, names, done }))),
      page.total > page.entries.length && h("button", { class: "button wide", type: "button", "data-key": "more", onclick: more }, t("more")),
    );
  }

  function more() {
    shown += SHOWN;
    return refresh();
  }

  /** What was written is in the list, with what its writer should look at again; the forms are empty, with new ids. */
  function done(warnings) {
    show(said, warnings.map(({ message }) => notice("warn", message)));
    if (may) show(forms, commendForm(names, done), practiceForm(names, done));
    return load();
  }

  function take(changes) {
    Object.assign(choice, changes);
    settle(addressOf(choice), true);
    return load();
  }

  await done([]);
  if (signal.aborted) return undefined;
  show(
    place,
    h("div", { class: "between" }, h("div", { class: "tight" }, h("h1", {}, t("praise-title")), h("p", { class: "quiet" }, t("praise-about"))), count),
    forms,
    said,
    h("div", { class: "sheet close" }, filters(choice, names, { take, load })),
    list,
  );
  /** What is being typed is not to vanish because something happened elsewhere. */
  return () => (list.querySelector("details[open]") ? undefined : refresh());
}

function choiceOf(address) {
  const [kind, unit = ""] = (address ?? "").split(":");
  return { kind: KINDS.includes(kind) ? kind : "", unit, q: "" };
}

function addressOf({ kind, unit }) {
  return unit ? `${kind}:${unit}` : kind;
}

function narrowed({ kind, unit, q }) {
  return Boolean(kind || unit || q.trim());
}

/** The first so many, by pages, and how many there are in all. */
async function found(choice, shown) {
  const entries = [];
  let total = 0;
  do {
    const limit = Math.min(shown - entries.length, MOST_SHOWN);
    const wanted = Object.entries({ ...choice, limit, after: entries.at(-1)?.id }).filter(([, value]) => value);
    const page = await api(`/feedback/api/praise?${new URLSearchParams(wanted)}`);
    entries.push(...page.entries);
    total = page.total;
    if (page.entries.length < limit) break;
  } while (entries.length < shown);
  return { entries, total };
}

function filters(choice, { units }, { take, load }) {
  let later = 0;
  return h(
    "form",
    { class: "close", onsubmit: (event) => event.preventDefault() },
    chips(t("praise-kind"), [["", t("all")], ...KINDS.map((each) => [each, named("praise", each)])], choice.kind, (kind) => take({ kind })),
    h(
      "div",
      { class: "filters" },
      field(t("praise-search"), h("input", { class: "box", type: "search", maxlength: "100", oninput: typed, oncompositionend: typed })),
      field(
        t("praise-unit"),
        select([["", t("all")], ...units.map(({ id, name }) => [id, name])], { value: choice.unit, onchange: ({ target }) => take({ unit: target.value }) }),
      ),
    ),
  );

  function typed(event) {
    if (event.isComposing) return; // half a letter of Telex finds the wrong words
    choice.q = event.target.value;
    clearTimeout(later);
    later = setTimeout(load, PAUSE_IN_TYPING);
  }
}

function entry(praise, { may, names, done }) {
  const commended = praise.kind === "commendation";
  const subject = praise.unit_name ?? praise.person_name ?? t("unknown");
  return h(
    "li",
    { class: "sheet close" },
    h(
      "div",
      { class: "tight" },
      h("p", { class: "quiet small" }, [named("praise", praise.kind), t(commended ? "praise-decided" : "praise-recorded", { day: dayText(praise.day) })].join(" · ")),
      h("h2", {}, commended ? subject : praise.title),
    ),
    h("p", { class: "lines" }, praise.text),
    h("p", { class: "quiet small" }, (commended ? [decided(praise)] : [subject, praise.recorded_by_name && t("praise-writer", { name: praise.recorded_by_name }), changed(praise)]).filter(Boolean).join(" · ")),
    praise.revoked_at && notice("warn", t("praise-revoked", { at: momentText(praise.revoked_at), why: praise.revocation })),
    origin(praise),
    praise.version > 1 && history(praise.id, praise.version),
    may && commended && !praise.revoked_at && revokeForm(praise, done),
    may && !commended && practiceForm(names, done, praise),
  );
}

function decided({ deciding_body: body, document_number: number }) {
  return number ? t("praise-decided-by", { body, number }) : body;
}

function changed({ version, changed_at: at }) {
  return version > 1 && t("praise-version", { n: numberText(version), at: momentText(at) });
}

function origin({ visit_id: visit, issue_id: issue }) {
  return (
    visit &&
    h(
      "p",
      { class: "buttons" },
      h("a", { href: `/visits/#visit=${visit}` }, t("praise-visit")),
      issue && h("a", { href: `#issue=${issue}` }, t("praise-issue")),
    )
  );
}

/** Asked for when somebody wants to see it. */
function history(id, newest) {
  const inside = h("div", { class: "close" });
  const fold = h("details", { class: "fold", ontoggle: fill }, h("summary", {}, t("praise-history")), inside);
  return fold;

  async function fill() {
    if (!fold.open || inside.hasChildNodes()) return;
    try {
      const { versions } = await api(`/feedback/api/good-practices/${id}`);
      show(
        inside,
        h(
          "ol",
          { class: "ruled" },
          versions
            .filter(({ version }) => version < newest)
            .map((each) =>
              h(
                "li",
                { class: "tight" },
                h("p", { class: "quiet small" }, [t("praise-version-first", { n: numberText(each.version), at: momentText(each.recorded_at) }), each.recorded_by_name].filter(Boolean).join(" · ")),
                h("p", {}, h("strong", {}, each.title)),
                h("p", { class: "lines" }, each.body),
              ),
            ),
        ),
      );
    } catch (problem) {
      show(inside, notice("wrong", problem.message));
    }
  }
}
