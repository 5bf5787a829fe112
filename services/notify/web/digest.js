// The week of the committee and one's own month in figures, above the messages, with a way to each duty.
import { dayText, dueText, h, momentText, numberText, t } from "./shared/kit.js";

const WAYS = { committee: "/feedback/#register=status:overdue", own: "/visits/" };

export function digestCard({ scope, period, as_of: at, late, soon, oldest_due_at: oldest }) {
  return h(
    "section",
    { class: "sheet close digest" },
    h("h2", {}, t(`digest-${scope}`, { from: dayText(period), month: period.slice(5, 7) + "/" + period.slice(0, 4) })),
    h("p", {}, t("digest-figures", { late: numberText(late), soon: numberText(soon) })),
    oldest && h("p", { class: "quiet" }, t("digest-oldest", { due: dueText({ due_at: oldest }) })),
    h("p", { class: "quiet small number" }, t("digest-as-of", { at: momentText(at) })),
    h("p", {}, h("a", { class: "button", href: WAYS[scope] }, t(`digest-open-${scope}`))),
  );
}
