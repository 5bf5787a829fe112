// The register: every duty within one's reach, late ones first and never gone until they are done.
import { addWords, api, h, numberText, show, showAgain, t } from "./shared/kit.js";
import vi from "./register-vi.js";
import { LATE, addressOf, choiceOf, queryOf } from "./choice.js";
import { chaseBar } from "./register-chase.js";
import { filters } from "./register-filters.js";
import { isLate, table } from "./register-rows.js";
import { savedViews } from "./saved-views.js";

const KINDS = ["report", "forward", "answer", "reply_to_cell"];
const SHOWN = 25;
const MOST_SHOWN = 200;

await addWords({ vi, en: () => import("./register-en.js") });

/**
 * `#register`: the whole page of it; for who sees no more than their own, their first page. What is chosen stands in
 * the address, so that it can be passed on and Back goes to what was chosen before.
 */
export async function registerView({ place, person, whole, id, settle, signal }) {
  const choice = choiceOf(id);
  const kept = person.may.includes("keep_views") && (await savedViews(choice));
  const list = await register({ choice, person, wide: whole, also: kept.fold, settle: (push) => settle(addressOf(choice), push) });
  if (signal.aborted) return undefined;
  show(place, h("h1", {}, t(whole ? "register" : "my-desk")), kept.names, list.section);
  return list.refresh;
}

/** The section with its filters, and with what belongs to them, and how to fetch its rows again; each choice is asked of the server anew. */
export async function register({ choice = { ...LATE }, person, wide, settle, also, atFirst = SHOWN }) {
  const count = h("p", { class: "quiet number", role: "status" });
  const list = h("div", { class: "close" });
  const files = h("p", { class: "buttons files" });
  const chosen = settle && person.may.includes("chase_duties") ? new Set() : null;
  const chase = chosen && chaseBar(chosen, refresh);
  let shown = atFirst;
  let asked = 0;

  async function load() {
    shown = atFirst;
    await refresh();
  }

  /** The same choice as it stands now; an answer that a later question has overtaken is let go. */
  async function refresh() {
    const mine = (asked += 1);
    const page = await found(choice, shown);
    if (mine === asked) render(page);
  }

  function render({ duties, counted }) {
    const all = Object.values(counted).reduce((sum, n) => sum + n, 0);
    chase?.tell(duties.filter(isLate));
    show(count, howMany(counted, all));
    showAgain(files, all > 0 && ["xlsx", "csv"].map((format) => fileLink(choice, format)));
    showAgain(
      list,
      duties.length === 0
        ? h("p", { class: "notice good" }, t(addressOf(choice) === addressOf(LATE) ? "none-late" : "none-found"))
        : table(duties, { chosen, told: chase?.counted }),
      all > duties.length && h("button", { class: "button wide", type: "button", "data-key": "more", onclick: showMore }, t("more")),
    );
  }

  function showMore() {
    shown += SHOWN;
    return refresh();
  }

  async function changed(decided) {
    settle?.(decided);
    await load();
  }

  const section = h(
    "section",
    { class: "sheet stack register", "aria-label": t("register") },
    h("div", { class: "between" }, h("h2", {}, t(wide ? "register" : "my-register")), count),
    filters(choice, { agency: person.roles.includes("agency"), more: Boolean(settle), changed }),
    also,
    list,
    chase?.element,
    files,
  );
  await load();
  return { section, refresh };
}

/** `233 việc: 72 báo cáo, 42 chuyển ý kiến, …`: what a figure counts and what it leaves out can be seen. */
function howMany(counted, all) {
  const parts = KINDS.filter((kind) => counted[kind]).map((kind) => t(`count-${kind}`, { n: numberText(counted[kind]) }));
  return t("how-many", { n: numberText(all) }) + (parts.length > 1 ? `: ${parts.join(", ")}` : "");
}

function fileLink(choice, format) {
  const href = `/feedback/api/register?${queryOf(choice, { format })}`;
  return h("a", { class: "button", href, download: "" }, t(`file-${format}`));
}

/** The first so many of a choice, by pages, and how many there are in all. */
async function found(choice, shown) {
  const duties = [];
  let counted = {};
  do {
    const limit = Math.min(shown - duties.length, MOST_SHOWN);
    const page = await api(`/feedback/api/duties?${queryOf(choice, { limit, after: duties.at(-1)?.duty_id })}`);
    duties.push(...page.duties);
    counted = page.counted;
    if (page.duties.length < limit) break;
  } while (duties.length < shown);
  return { duties, counted };
}
