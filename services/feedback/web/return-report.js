// A filed report goes back with a comment; what was done stays done. The report itself is read where visits are.
import { api, field, h, momentText, newUuid, notice, show, showErrors, t } from "./shared/kit.js";

/** The returns so far, and for the office the way to one more; nothing for what is no filed report. */
export function returnsOf({ duty, returns }, person) {
  if (duty.kind !== "report" || duty.closure !== "done") return null;
  const waits = returns.some((each) => !each.answered);
  return h(
    "section",
    { class: "close" },
    person.may.includes("read_visits") && h("p", {}, h("a", { href: `/visits/#visit=${duty.visit_id}` }, t("read-report"))),
    returns.map((each) =>
      h(
        "div",
        { class: `notice ${each.answered ? "" : "warn"} tight` },
        h("p", {}, h("strong", {}, t(each.answered ? "returned-answered" : "returned-waits"))),
        each.comment && h("p", { class: "lines" }, each.comment),
        h("p", { class: "quiet small number" }, momentText(each.returned_at)),
      ),
    ),
    person.may.includes("return_report") && !waits && form(duty),
  );
}

function form(duty) {
  const id = newUuid();
  const comment = h("textarea", { class: "box", maxlength: "2000", required: true });
  const said = h("div", {});
  const sheet = h(
    "form",
    { class: "stack", onsubmit: submit },
    field(t("what-to-correct"), comment, { hint: t("clock-stays"), pointer: "/comment" }),
    said,
    h("button", { class: "button", type: "submit" }, t("return-report")),
  );
  return h("details", { class: "more" }, h("summary", {}, t("return-report")), sheet);

  async function submit(event) {
    event.preventDefault();
    try {
      const path = `/feedback/api/duties/${duty.duty_id}/returns/${id}`;
      await api(path, { method: "PUT", body: { comment: comment.value.trim() } });
      show(sheet, notice("good", t("returned")));
    } catch (problem) {
      const homeless = showErrors(sheet, problem.errors ?? []);
      if (homeless.length > 0 || !problem.errors?.length) show(said, notice("wrong", problem.message));
    }
  }
}
