// Whose phone holds what was not sent, and who has not been heard of for a day: a figure is only as fresh as that.
import { api, h, momentText, numberText, serverNow, show, showAgain, t } from "./shared/kit.js";

const A_DAY = 86_400_000;

export async function freshness() {
  const summary = h("summary", {});
  const body = h("div", { class: "close" });
  const section = h("section", { class: "sheet", "aria-label": t("fresh-title") }, h("details", { class: "fold" }, summary, body));
  await refresh();
  return { section, refresh };

  async function refresh() {
    const { members, as_of: asOf } = await api("/feedback/api/freshness");
    const waiting = members.filter(({ unsent, drafts }) => unsent + drafts > 0);
    const silent = members.filter((member) => member.seen_at && serverNow() - Date.parse(member.seen_at) > A_DAY);
    const told = members.filter((member) => waiting.includes(member) || silent.includes(member));
    show(summary, members.every(({ phones }) => phones === 0) ? t("fresh-nobody") : words(waiting, silent));
    showAgain(
      body,
      told.length > 0 && h("ul", { class: "moments" }, told.map(line)),
      h("p", { class: "quiet small" }, t("fresh-without", { n: numberText(members.filter(({ phones }) => phones === 0).length) })),
      h("p", { class: "quiet small" }, t("fresh-about", { at: momentText(asOf) })),
    );
  }
}

function words(waiting, silent) {
  if (waiting.length + silent.length === 0) return t("fresh-none");
  const records = waiting.reduce((sum, { unsent, drafts }) => sum + unsent + drafts, 0);
  const parts = [
    waiting.length > 0 && t("fresh-waiting", { n: numberText(waiting.length), records: numberText(records) }),
    silent.length > 0 && t("fresh-silent", { n: numberText(silent.length) }),
  ];
  return `${t("fresh-title")}: ${parts.filter(Boolean).join("; ")}`;
}

function line(member) {
  const held = [
    member.unsent > 0 && t("fresh-unsent", { n: numberText(member.unsent) }),
    member.drafts > 0 && t("fresh-drafts", { n: numberText(member.drafts) }),
  ].filter(Boolean);
  return h(
    "li",
    { class: "tight" },
    h("p", {}, h("strong", {}, member.full_name), held.length > 0 && `: ${held.join(", ")}`),
    h(
      "p",
      { class: "quiet small number" },
      t("fresh-seen", { at: momentText(member.seen_at) }),
      member.oldest_unsent_at && `; ${t("fresh-oldest", { at: momentText(member.oldest_unsent_at) })}`,
    ),
  );
}
