// Filing the report on a visit that has none yet.
import { api, field, fullDay, h, localDay, momentText, notice, named, serverNow, show, showErrors, t } from "./shared/kit.js";

/** What was signed is kept until it is filed, so that a second try says the very same. */
class Signed {
  #key;

  constructor(personId, visitId) {
    this.#key = `fv.report.${personId}.${visitId}`;
  }

  read() {
    return JSON.parse(localStorage.getItem(this.#key) ?? '{"summary": ""}');
  }

  write(report) {
    localStorage.setItem(this.#key, JSON.stringify(report));
  }

  forget() {
    localStorage.removeItem(this.#key);
  }
}

export async function reportView({ main, person, signal }, visitId) {
  const signed = new Signed(person.person_id, visitId);
  let visit;
  try {
    visit = await api(`/visits/api/visits/${encodeURIComponent(visitId)}`);
  } catch (problem) {
    show(main, notice("wrong", problem.message), backLink());
    return;
  }
  if (signal.aborted) return;
  const summary = h("textarea", {
    class: "box",
    maxlength: "10000",
    value: signed.read().summary,
    oninput: () => signed.write({ summary: summary.value }),
  });
  const said = h("div", {});
  const send = h("button", { class: "button first wide", type: "submit" }, t("file-report"));
  const form = h(
    "form",
    { class: "sheet stack", onsubmit: submit },
    field(t("report-summary"), summary, { hint: t("matter-not-speaker"), pointer: "/summary /claimed_at" }),
    said,
    send,
  );
  show(
    main,
    h(
      "div",
      { class: "stack log" },
      h(
        "div",
        { class: "close" },
        backLink(),
        h("h1", {}, t("report-title")),
        h("p", {}, `${named("visit", visit.kind)}, ${visit.unit.name}`),
        h("p", { class: "quiet" }, fullDay(localDay(visit.started_at))),
      ),
      form,
    ),
  );

  async function submit(event) {
    event.preventDefault();
    send.disabled = true;
    const report = { claimed_at: serverNow().toISOString(), ...signed.read(), summary: summary.value };
    signed.write(report);
    try {
      const filed = await api(`/visits/api/visits/${visitId}/report`, { method: "PUT", body: report });
      signed.forget();
      show(form, notice("good", h("p", {}, t("report-filed", { at: momentText(filed.filed_at) }))));
      form.append(...filed.warnings.map((warning) => notice("warn", warning.message)));
      form.append(h("a", { class: "button first wide", href: "#" }, t("to-today")));
    } catch (problem) {
      if (!problem.mayPass) signed.write({ summary: summary.value });
      const homeless = showErrors(form, problem.errors ?? []);
      const words = problem.errors?.length > 0 ? homeless.map((each) => each.message) : [problem.message];
      show(said, words.length > 0 && notice("wrong", ...words));
      send.disabled = false;
    }
  }
}

function backLink() {
  return h("p", {}, h("a", { class: "button plain back", href: "#" }, "‹ ", t("back")));
}
