// Revisions of the calendar: who proposed and approved each, what one would move, and its approval.
import { api, dayText, dueText, fullDay, h, lastDayOf, momentText, notice, numberText, show, t, tick } from "./shared/kit.js";

const AT_ONCE = 25;

/** The section, the newest revision first; `again` draws the page anew when one has been approved. */
export function revisionsOf(revisions, inForce, person, again) {
  return h(
    "section",
    { class: "sheet stack", "aria-label": t("revisions") },
    h("h2", {}, t("revisions")),
    h("ol", { class: "moments" }, revisions.map((each) => h("li", { class: "close" }, about(each, inForce), worthAPreview(each, inForce) && preview(each, person, again)))),
  );
}

/** A draft, or what is in force while earlier dates wait for a person's word. */
function worthAPreview(revision, inForce) {
  return revision.status === "draft" || (revision === inForce && revision.number > 1 && !revision.earlier_confirmed_at);
}

function about(revision, inForce) {
  const state = revision.status === "draft" ? ["soon", "draft"] : revision === inForce ? ["good", "in_force"] : ["", "replaced"];
  return [
    h(
      "p",
      { class: "between" },
      h("strong", {}, t("revision-title", { n: numberText(revision.number) }), ` · ${revision.notice}`),
      h("span", { class: `state ${state[0]}` }, t(`revision.${state[1]}`)),
    ),
    revision.proposed_at && h("p", { class: "quiet small" }, t("proposed-by", { name: revision.proposed_by_name ?? t("other-committee"), at: momentText(revision.proposed_at) })),
    revision.approved_at && h("p", { class: "quiet small" }, revision.proposed_at ? t("approved-by", { name: revision.approved_by_name ?? t("other-committee"), at: momentText(revision.approved_at) }) : t("came-with-system", { at: momentText(revision.approved_at) })),
  ];
}

function preview(revision, person, again) {
  const place = h("div", { class: "close" });
  return h("details", { class: "fold", ontoggle: open }, h("summary", {}, t("preview")), place);

  async function open({ target }) {
    if (!target.open || place.childElementCount > 0) return;
    show(place, h("p", { class: "quiet" }, t("loading")));
    try {
      const found = await api(`/feedback/api/calendar/revisions/${revision.number}/preview`);
      show(place, counts(found), found.shifts.map((shift) => group(shift, revision)), person.may.includes("approve_calendar") && approval(revision, found, again));
    } catch (problem) {
      show(place, notice("wrong", problem.message));
    }
  }
}

function counts(found) {
  const names = ["moving_later", "moving_earlier", "starting_to_be_late", "stopping_to_be_late", "settled"];
  const parts = names.filter((name) => found[name] > 0).map((name) => t(`preview.${name}`, { n: numberText(found[name]) }));
  return h("p", { class: "notice" }, h("strong", {}, `${parts.length > 0 ? parts.join("; ") : t("preview-none")}.`));
}

/** Duties that move together; which they are is asked for when somebody wants to know. */
function group(shift, revision) {
  const list = h("ul", { class: "told" });
  const more = h("button", { class: "button", type: "button", hidden: true, onclick: load }, t("more"));
  let last = "";
  const dates = { from: fullDay(lastDayOf(shift.from_due_at)), to: fullDay(lastDayOf(shift.to_due_at)) };
  return h(
    "details",
    { class: "fold group", ontoggle: ({ target }) => target.open && !last && load() },
    h("summary", {}, t("preview-group", { n: numberText(shift.duties), day: dayText(shift.anchor) }), ` ${t(shift.direction === "settled" ? "preview-settles" : "preview-moves", dates)}`, shift.lateness !== "unchanged" && ` · ${t(`lateness.${shift.lateness}`)}`),
    list,
    more,
  );

  async function load() {
    const { anchor, rule, days, calendar_revision: by, from_due_at: due, extensions } = shift;
    const asked = new URLSearchParams({ anchor, rule, days, calendar_revision: by, due_at: due, limit: AT_ONCE, ...(last && { after: last }) });
    for (const each of extensions) asked.append("extensions", each);
    const { duties, counted } = await api(`/feedback/api/calendar/revisions/${revision.number}/preview/duties?${asked}`);
    list.append(...duties.map(dutyLine));
    last = duties.at(-1)?.duty_id ?? "none";
    more.hidden = list.childElementCount >= Object.values(counted).reduce((sum, n) => sum + n, 0);
  }
}

function dutyLine(duty) {
  return h("li", { class: "small" }, h("a", { href: `#duty=${duty.duty_id}` }, duty.owner_name ?? t("unknown")), ` · ${[duty.unit_name, duty.title, dueText(duty)].filter(Boolean).join(" · ")}`);
}

function approval(revision, found, again) {
  const earlier = h("input", { type: "checkbox" });
  const said = h("div", {});
  return h(
    "form",
    { class: "close", onsubmit: send },
    found.moving_earlier > 0 && tick(t("confirm-earlier", { n: numberText(found.moving_earlier) }), earlier, { pointer: "/confirm_earlier" }),
    found.moving_earlier > 0 && h("p", { class: "quiet small" }, t("confirm-earlier-about")),
    said,
    h("button", { class: "button first", type: "submit" }, t(revision.status === "draft" ? "approve" : "approve-earlier")),
  );

  async function send(event) {
    event.preventDefault();
    try {
      await api(`/feedback/api/calendar/revisions/${revision.number}/approval`, { method: "PUT", body: { confirm_earlier: earlier.checked } });
      await again();
    } catch (problem) {
      show(said, notice("wrong", problem.message));
    }
  }
}
