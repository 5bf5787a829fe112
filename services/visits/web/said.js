// What was said of one record: who wrote it for the member, the member's word, the cell's word, and the answer to it.
import { addWords, fullDay, h, localDay, named, t } from "./shared/kit.js";
import behalfVi from "./behalf-vi.js";
import cellVi from "./cell-vi.js";

await addWords({ vi: behalfVi, en: () => import("./behalf-en.js") });
await addWords({ vi: cellVi, en: () => import("./cell-en.js") });

const TONES = { waiting: "soon", approved: "good", rejected: "late" };

/** A part of the page of a visit; nothing where nobody wrote for the member and nobody said anything. */
export function saidOfRecord(visit, mine) {
  if (!visit.written_by && visit.remarks.length === 0) return null;
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("said-of-record")),
    visit.written_by &&
      h("p", {}, t("written-by", { name: visit.written_by.full_name }), " · ", h("span", { class: `state ${TONES[visit.approval]}` }, named("approval", visit.approval))),
    visit.remarks.map((remark) => h("p", {}, remarkText(remark, visit.names))),
    mine && visit.approval === "waiting" && h("a", { class: "button wide", href: "#waiting" }, t("look-now")),
    mine && visit.disputed_at && h("a", { class: "button wide", href: "#disputes" }, t("dispute-answer")),
  );
}

export function remarkText(remark, names) {
  const day = fullDay(localDay(remark.said_at));
  return [t(`said-${remark.kind}`, { name: names[remark.said_by] ?? "", day }), remark.words].filter(Boolean).join(": ");
}
