// More days for a duty: asked for with a reason, decided by the permanent board. Asking stops no clock.
import { addWords, api, field, fullDay, h, lastDayOf, momentText, newUuid, notice, numberText, show, showErrors, t } from "./shared/kit.js";
import vi from "./extensions-vi.js";

await addWords({ vi, en: () => import("./extensions-en.js") });

/** In the drawer of a duty: what waits for a word, or the way to ask; nothing for what is closed. */
export function moreDays({ duty, extensions }, person) {
  if (duty.closed_at) return null;
  const waiting = extensions.filter((each) => each.granted === null);
  if (waiting.length > 0) return h("section", { class: "close" }, waiting.map((each) => request(each, duty, person)));
  return mayAsk(duty, person) && askForm(duty);
}

function mayAsk(duty, { person_id: own, roles, may }) {
  return duty.owner_person_id === own || (duty.kind === "answer" && roles.includes("agency")) || may.includes("record_extension");
}

/** One request with its reason, and for whoever decides the two answers to it. `name`: who asked. */
export function request(extension, duty, person, name) {
  const about = t("asked-days", { n: numberText(extension.days) });
  const block = h("div", { class: "notice warn close" });
  return show(
    block,
    h("p", {}, h("strong", {}, about)),
    h("p", { class: "lines" }, extension.reason),
    h("p", { class: "quiet small" }, [name, momentText(extension.asked_at)].filter(Boolean).join(" · ")),
    person.may.includes("grant_extension") && decision(extension, duty, block),
  );
}

function decision(extension, duty, block) {
  const note = h("input", { class: "box", maxlength: "2000", autocomplete: "off" });
  const said = h("div", {});
  const answer = (granted) => h("button", { class: `button ${granted ? "first" : ""}`, type: "submit", value: String(granted) }, t(granted ? "grant" : "refuse"));
  const form = h(
    "form",
    { class: "close", onsubmit: decide },
    field(t("decision-note"), note, { pointer: "/note" }),
    said,
    h("div", { class: "buttons" }, answer(true), answer(false)),
  );
  return form;

  async function decide(event) {
    event.preventDefault();
    const granted = event.submitter.value === "true";
    try {
      const path = `/feedback/api/duties/${duty.duty_id}/extensions/${extension.extension_id}/decision`;
      await api(path, { method: "PUT", body: { granted, note: note.value.trim() } });
      show(block, h("p", {}, h("strong", {}, t(granted ? "granted" : "refused"))), granted && h("p", { class: "small" }, t("first-date-stays", { day: fullDay(lastDayOf(duty.first_due_at)) })));
      block.className = "notice good close";
    } catch (problem) {
      const homeless = showErrors(form, problem.errors);
      if (homeless.length > 0 || problem.errors.length === 0) show(said, notice("wrong", problem.message));
    }
  }
}

function askForm(duty) {
  const id = newUuid();
  const days = h("input", { class: "box", inputmode: "numeric", pattern: "[0-9]+", maxlength: "3", required: true, value: "2" });
  const reason = h("textarea", { class: "box", maxlength: "2000", required: true });
  const said = h("div", {});
  const form = h(
    "form",
    { class: "stack", onsubmit: send },
    field(t("ask-days"), days, { hint: t(duty.rule === "working_days" ? "ask-working-hint" : "ask-hint"), pointer: "/days" }),
    field(t("ask-reason"), reason, { pointer: "/reason" }),
    said,
    h("button", { class: "button", type: "submit" }, t("ask-send")),
  );
  return h("details", { class: "fold" }, h("summary", {}, t("ask-more-days")), form);

  async function send(event) {
    event.preventDefault();
    try {
      const body = { days: Number(days.value), reason: reason.value.trim() };
      await api(`/feedback/api/duties/${duty.duty_id}/extensions/${id}`, { method: "PUT", body });
      show(form, notice("good", t("asked-sent")));
    } catch (problem) {
      const homeless = showErrors(form, problem.errors);
      if (homeless.length > 0 || problem.errors.length === 0) show(said, notice("wrong", problem.message));
    }
  }
}
