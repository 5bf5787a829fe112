// Filing the report on a visit that has none yet. What is typed is a draft like any other, and frozen like one.
import { backLink, field, fullDay, h, localDay, named, notice, serverNow, show, t } from "./shared/kit.js";
import { StorageFull } from "./phone.js";

export async function reportView({ main, phone, signal, id: visitId }) {
  let visit;
  try {
    visit = (await phone.read(`/visits/api/visits/${encodeURIComponent(visitId)}`)).value;
  } catch (problem) {
    show(main, notice("wrong", problem.message), backLink());
    return;
  }
  const draft = (await phone.drafts.reportOn(visitId)) ?? (await phone.drafts.begin({ report_of: visitId, summary: "" }));
  signal.addEventListener("abort", () => draft.close());
  if (signal.aborted) return;
  const summary = h("textarea", {
    class: "box",
    maxlength: "10000",
    value: draft.form.summary,
    oninput: () => draft.save({ ...draft.form, summary: summary.value }),
  });
  const said = h("div", {});
  const send = h("button", { class: "button first wide", type: "submit" }, t("file-report"));
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
      h(
        "form",
        { class: "sheet stack", onsubmit: submit },
        field(t("report-summary"), summary, { hint: t("matter-not-speaker"), pointer: "/summary /claimed_at" }),
        said,
        send,
      ),
    ),
  );

  async function submit(event) {
    event.preventDefault();
    send.disabled = true;
    const body = { summary: summary.value, claimed_at: serverNow().toISOString() };
    const about = { unit: visit.unit.name, day: localDay(visit.started_at) };
    const path = `/visits/api/visits/${visitId}/report`;
    try {
      const id = await draft.freeze(body, about, { kind: "report", path });
      location.replace(`#outbox=${id}`);
    } catch (error) {
      send.disabled = false;
      if (!(error instanceof StorageFull)) throw error;
      show(said, notice("wrong", t("storage-full")));
    }
  }
}
