// The same trouble from other cells: what is merged with this matter, and the acts of merging and taking apart.
import { api, dayText, field, h, localDay, newUuid, show, t } from "./shared/kit.js";

/** What belongs to this matter's trouble; the office may change it. A restricted matter has none. */
export function mergedWith({ issue, merged }, person, done) {
  const office = person.may.includes("forward_issue");
  if (issue.access_class !== "normal" || (merged.length === 0 && !office)) return null;
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("merged")),
    merged.length > 0 && h("p", { class: "quiet small" }, t("merged-hint")),
    merged.length > 0 && h("ul", { class: "close" }, merged.map((each) => line(each.issue, office && ["take-out", () => leave(each.issue)]))),
    office && merged.length > 1 && h("button", { class: "button", type: "button", onclick: () => leave(issue) }, t("take-this-out")),
    office && search(),
  );

  async function leave({ cluster_id: cluster, issue_id: id }) {
    await api(`/feedback/api/clusters/${cluster}/issues/${id}`, { method: "DELETE" });
    await done();
  }

  /** Into the cluster that either of them stands in; of two clusters the service says that one is to be left first. */
  async function join(other) {
    const cluster = (merged.length > 0 && issue.cluster_id) || other.cluster_id || newUuid();
    for (const { issue_id: id } of [issue, other]) {
      await api(`/feedback/api/clusters/${cluster}/issues/${id}`, { method: "PUT" });
    }
    await done();
  }

  function search() {
    const typed = h("input", { class: "box", type: "search", maxlength: "100", required: true });
    const found = h("div", { role: "status" });
    return h(
      "details",
      { class: "fold" },
      h("summary", {}, t("merge")),
      h("form", { class: "stack", onsubmit: look }, field(t("filter-text"), typed), h("button", { class: "button", type: "submit" }, t("find"))),
      found,
    );

    async function look(event) {
      event.preventDefault();
      const { issues } = await api(`/feedback/api/issues?${new URLSearchParams({ q: typed.value, limit: 20 })}`);
      const known = new Set([issue.issue_id, ...merged.map((each) => each.issue.issue_id)]);
      const others = issues.filter((each) => each.access_class === "normal" && !known.has(each.issue_id));
      show(
        found,
        others.length === 0
          ? h("p", {}, t("found-none"))
          : h("ul", { class: "close" }, others.map((each) => line(each, ["merge-this", () => join(each)]))),
      );
    }
  }
}

function line(issue, act) {
  return h(
    "li",
    { class: "between" },
    h(
      "div",
      { class: "tight" },
      h("a", { href: `#issue=${issue.issue_id}` }, issue.title ?? t("unknown")),
      h("p", { class: "quiet small" }, `${issue.unit_name ?? t("unknown")} · ${dayText(localDay(issue.raised_at))}`),
    ),
    act && h("button", { class: "button", type: "button", "aria-label": `${t(act[0])}: ${issue.unit_name ?? ""}`, onclick: act[1] }, t(act[0])),
  );
}
