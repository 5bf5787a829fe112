// "Còn 3 ngày, vì sao?": the sentence and the days behind a due date, opened in place and kept for when there is no
// network. One answer explains all of one's own open duties.
import { dueText, dutyState, fullDay, h, language, lastDayOf, show, t } from "./shared/kit.js";
import { REASONS, readOrCopy } from "./own-work.js";

/** `opened` is a set of the duties whose reasons are shown; it outlives what is drawn. */
export function why(phone, duty, opened = new Set()) {
  const body = h("div", { class: "close why-body" });
  const details = h("details", { class: "why", open: opened.has(duty.duty_id), ontoggle: follow }, summary(duty), body);
  if (details.open) fill();
  return details;

  function follow() {
    if (!details.open) return opened.delete(duty.duty_id);
    opened.add(duty.duty_id);
    return body.childElementCount === 0 && fill();
  }

  async function fill() {
    show(body, h("p", { class: "quiet" }, t("loading")));
    const found = await explained(phone, duty.duty_id).catch(() => null);
    show(body, found ? reasons(found, duty) : h("p", { class: "quiet" }, t("why-later")));
  }
}

/** `còn 3 ngày` `vì sao?`, and below `Hạn: hết ngày …` */
function summary(duty) {
  return h("summary", {}, dutyState(duty), h("span", { class: "asked" }, t("why")), h("span", { class: "due small" }, t("due-by", { due: dueText(duty) })));
}

/** The reasons of one duty: among those of all open ones, or asked for alone; null where nobody can tell now. */
async function explained(phone, dutyId) {
  const all = await readOrCopy(phone, REASONS);
  const found = all?.value.duties.find((each) => each.duty_id === dutyId);
  return found ?? (await readOrCopy(phone, `/feedback/api/duties/${dutyId}`))?.value ?? null;
}

function reasons({ due, citation, due_dates: dates }, duty) {
  return [
    h("p", { class: "notice" }, due.explanation[language]),
    h("ol", { class: "days" }, due.trace.map(day)),
    dates.length > 1 && h("p", { class: "small" }, t("first-due", { day: fullDay(lastDayOf(duty.first_due_at)) })),
    citation && h("p", { class: "quiet small" }, t("citation", { citation })),
  ];
}

function day(step) {
  return h("li", { class: step.decision }, h("strong", { class: "number" }, fullDay(step.date)), ` · ${step[language]}`);
}
