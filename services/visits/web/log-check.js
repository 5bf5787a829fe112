// The last step: everything once more as it will stand, what should be looked at again, and the report with it.
import { field, fullDay, h, named, notice, numberText, t, tick } from "./shared/kit.js";
import { cautionsIn } from "./cautions.js";
import { COUNTS, isInFuture } from "./visit-form.js";

export function checkStep({ form, places, changed, go }) {
  const cautions = h("div", { class: "close" });
  tellCautions();
  return h(
    "div",
    { class: "stack" },
    cautions,
    h("section", { class: "sheet close" }, h("h2", {}, named("visit", form.kind)), facts(form)),
    form.outcome === "held" && heard(form, places.agencies),
    form.outcome === "held" && report(),
    h("p", { class: "quiet" }, t("frozen-about")),
  );

  function tellCautions() {
    const found = cautionsIn(form).map((each) => caution(each, () => go(each)));
    if (isInFuture(form)) found.unshift(caution({ hint: "in-future" }, () => go({ step: "where", pointer: "/started_at" })));
    cautions.replaceChildren(...found);
    cautions.hidden = found.length === 0;
  }

  function report() {
    const summary = field(
      t("report-summary"),
      h("textarea", {
        class: "box",
        maxlength: "10000",
        value: form.summary,
        oninput: ({ target }) => put("summary", target.value),
        onchange: tellCautions,
      }),
      { pointer: "/report/summary /report/claimed_at /report" },
    );
    summary.hidden = !form.report;
    const box = h("input", {
      type: "checkbox",
      checked: form.report,
      onchange: ({ target }) => {
        put("report", target.checked);
        summary.hidden = !target.checked;
      },
    });
    return h(
      "section",
      { class: "sheet stack" },
      tick(t(form.member ? "report-draft-now" : "report-now"), box),
      h("p", { class: "quiet small" }, t(form.member ? "report-draft-hint" : "report-now-hint")),
      summary,
    );
  }

  function put(name, value) {
    form[name] = value;
    changed();
  }
}

function caution({ hint }, fix) {
  return notice("warn", t(`caution-${hint}`), " ", h("button", { class: "button", type: "button", onclick: fix }, t("edit")));
}

function facts(form) {
  const held = form.outcome === "held";
  const when = held ? `${form.from} – ${form.to}` : form.from;
  const counts = form.kind === "meeting_attendance" ? COUNTS.filter((name) => form.meeting[name]) : [];
  return h(
    "dl",
    { class: "facts" },
    form.member && fact(t("written-for"), h("strong", {}, form.member.full_name)),
    fact(t("unit"), h("strong", {}, form.unit?.name)),
    fact(t("day"), h("strong", {}, form.day && fullDay(form.day)), h("br"), when),
    !held && fact(t("what-happened"), `${named("outcome", form.outcome)}: ${named("unheld", form.reason)}`),
    held && counts.map((name) => fact(t(`count-${name}`), numberText(Number(form.meeting[name].replaceAll(".", ""))))),
    held && form.did.length > 0 && fact(t("what-i-did"), form.did.map((each) => named("did", each)).join("; ")),
    held && form.notes && fact(t("notes"), form.notes),
  );
}

function heard(form, agencies) {
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("issues")),
    form.issues.length === 0 && h("p", {}, form.nothing_raised ? t("nothing-raised") : t("nothing-said")),
    h(
      "ol",
      { class: "close raised" },
      form.issues.map((issue) =>
        h(
          "li",
          { class: "tight" },
          h("p", {}, h("strong", {}, issue.title), issue.urgent && [" ", h("span", { class: "state late" }, named("urgency", "urgent"))]),
          h("p", { class: "quiet" }, about(issue, agencies)),
        ),
      ),
    ),
  );
}

function about(issue, agencies) {
  return [
    named("kind", issue.kind),
    named("field", issue.field),
    issue.access_class !== "normal" && named("access", issue.access_class),
    issue.resolved_on_spot && t("resolved-on-spot"),
    agencies.find((agency) => agency.unit_id === issue.agency)?.name,
  ]
    .filter(Boolean)
    .join(" · ");
}

function fact(name, ...value) {
  return [h("dt", {}, name), h("dd", {}, value)];
}
