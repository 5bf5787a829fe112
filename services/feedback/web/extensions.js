// Requests for more days that wait for the permanent board, the duty that is due first at the head.
import { api, dueText, dutyState, fullDay, h, lastDayOf, named, numberText, show, t } from "./shared/kit.js";
import { request } from "./more-days.js";

const AT_ONCE = 25;

/** `#extensions`: what has been decided here stays on the page until it is asked again. */
export async function extensionsView({ place, person, signal }) {
  const count = h("p", { class: "quiet number", role: "status" });
  const rows = h("ol", { class: "rows stack" });
  const more = h("button", { class: "button wide", type: "button", hidden: true, onclick: load }, t("more"));
  let last = "";
  show(
    place,
    h("div", { class: "between" }, h("h1", {}, t("tab.extensions")), count),
    h("p", { class: "quiet" }, t("extensions-about")),
    rows,
    more,
  );
  return load();

  async function load() {
    const asked = new URLSearchParams({ limit: AT_ONCE, ...(last && { after: last }) });
    const { waiting, total } = await api(`/feedback/api/extensions?${asked}`);
    if (signal.aborted) return;
    rows.append(...waiting.map((each) => row(each, person)));
    last = waiting.at(-1)?.duty.duty_id ?? last;
    more.hidden = rows.childElementCount >= total;
    show(count, total === 0 ? t("extensions-none") : t("how-many", { n: numberText(total) }));
  }
}

function row({ duty, extensions, asked_by: names }, person) {
  return h(
    "li",
    { class: "sheet close" },
    h(
      "div",
      { class: "between" },
      h("h2", {}, h("a", { href: `#duty=${duty.duty_id}` }, named("duty", duty.kind))),
      h("p", {}, dutyState(duty)),
    ),
    duty.title && h("p", {}, duty.title),
    h("p", { class: "quiet small" }, [duty.owner_name, duty.unit_name].filter(Boolean).join(" · ")),
    h("p", { class: "small" }, t("due-by", { due: dueText(duty) }), duty.first_due_at !== duty.due_at && ` · ${t("first-due")}: ${fullDay(lastDayOf(duty.first_due_at))}`),
    extensions.map((each) => request(each, duty, person, names[each.asked_by])),
  );
}
