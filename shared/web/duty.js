// How a duty's time is told, alike on every page: in words, with a colour that only repeats them.
import { h } from "./dom.js";
import { t } from "./language.js";
import { daysBetween, fullDay, lastDayOf, localDay, numberText, serverNow } from "./dates.js";

/** `quá hạn 2 ngày`, `còn 3 ngày`, `hạn hôm nay`, `đã xong`: a mark with its words. */
export function dutyState(duty) {
  const { text, tone } = standing(duty);
  return h("span", { class: `state ${tone}` }, text);
}

/** `hết ngày thứ Hai, 23/11/2026`, with `tạm tính` where the calendar is not settled. */
export function dueText(duty) {
  const text = t("until-end-of", { day: fullDay(lastDayOf(duty.due_at)) });
  return duty.provisional ? `${text} (${t("provisional")})` : text;
}

/** The way to the sentence and the steps that explain a due date. */
export function whyLink(duty) {
  return h("a", { class: "whole", href: `/feedback/#duty=${duty.duty_id}` }, t("why"));
}

function standing(duty) {
  if (duty.closed_at) return closed(duty);
  const left = daysBetween(localDay(serverNow()), lastDayOf(duty.due_at));
  if (left < 0) return { text: lateText(duty, -left), tone: "late" };
  if (left === 0) return { text: t("due-today"), tone: "soon" };
  return { text: t("days-left", { n: numberText(left) }), tone: left <= 2 ? "soon" : "" };
}

/** In the days of the duty's own rule, where the page was told them. */
function lateText(duty, days) {
  const key = duty.rule === "working_days" ? "working-days-late" : "days-late";
  return t(key, { n: numberText(duty.days_late ?? days) });
}

function closed(duty) {
  if (duty.closure === "not_owed") return { text: t("not-owed"), tone: "" };
  const late = Date.parse(duty.closed_at) >= Date.parse(duty.due_at);
  return { text: t(late ? "done-late" : "done"), tone: "good" };
}
