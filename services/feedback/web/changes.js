// What has become of the duties since the minute that is looked at, the newest last, by pages.
import { api, fullDay, h, lastDayOf, momentText, named, numberText, show, t } from "./shared/kit.js";
import { past } from "./as-of.js";

const AT_ONCE = 50;

/** `#changes`: nothing to ask while no past minute is looked at. */
export async function changesView({ place, signal }) {
  const count = h("p", { class: "quiet number", role: "status" });
  const rows = h("ol", { class: "moments" });
  const more = h("button", { class: "button wide", type: "button", hidden: true, onclick: load }, t("more"));
  show(
    place,
    h("div", { class: "between" }, h("h1", {}, t("changes")), count),
    h("p", { class: "quiet" }, past ? t("changes-about", { at: momentText(past) }) : t("changes-choose")),
    h("section", { class: "sheet stack" }, rows, more),
  );
  if (past) await load();

  async function load() {
    const asked = new URLSearchParams({ since: past, skip: rows.childElementCount, limit: AT_ONCE });
    const { changes, total } = await api(`/feedback/api/changes?${asked}`);
    if (signal.aborted) return;
    rows.append(...changes.map(row));
    more.hidden = rows.childElementCount >= total;
    show(count, total > 0 ? t("changes-count", { n: numberText(total) }) : t("changes-none"));
  }
}

function row(change) {
  return h(
    "li",
    { class: "tight" },
    h("p", {}, h("strong", {}, named("change", change.what)), " · ", h("a", { href: `#duty=${change.duty_id}` }, named("duty", change.kind))),
    change.title && h("p", { class: "small" }, change.title),
    change.was && h("p", { class: "small" }, t("change-dates", { was: fullDay(lastDayOf(change.was)), became: fullDay(lastDayOf(change.became)) })),
    h("p", { class: "quiet small" }, [momentText(change.at), change.owner_name, change.unit_name].filter(Boolean).join(" · ")),
  );
}
