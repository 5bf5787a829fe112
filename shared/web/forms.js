// Fields with a label, a hint and a place for what is wrong with them.
import { h, newId, show } from "./dom.js";

/** A labelled control, and what else belongs to it. `pointer` is where the server's problems name it. */
export function field(label, control, { hint, pointer, also } = {}) {
  const id = (control.id ||= newId());
  const hintId = hint && newId();
  const wrong = h("p", { class: "wrong", id: newId(), hidden: true });
  control.setAttribute("aria-describedby", [hintId, wrong.id].filter(Boolean).join(" "));
  return h(
    "div",
    { class: "field", "data-pointer": pointer },
    h("label", { for: id }, label),
    hint && h("p", { class: "hint", id: hintId }, hint),
    control,
    also,
    wrong,
  );
}

/** A box to tick, its words beside it. */
export function tick(label, input, { pointer } = {}) {
  const wrong = h("p", { class: "wrong", hidden: true });
  return h("div", { class: "field", "data-pointer": pointer }, h("label", { class: "tick" }, input, label), wrong);
}

/** A list to choose one from; `options` are pairs of value and words. */
export function select(options, attributes) {
  const { value, ...rest } = attributes;
  const box = h(
    "select",
    { class: "box", ...rest },
    options.map(([each, words]) => h("option", { value: each }, words)),
  );
  box.value = value;
  return box;
}

/** Show each error at its field; returns those that belong to none. The first field gets the focus. */
export function showErrors(form, errors) {
  for (const wrong of form.querySelectorAll(".field > .wrong")) wrong.hidden = true;
  for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
  const homeless = errors.filter((error) => !showError(form, error));
  form.querySelector("[aria-invalid]")?.focus();
  return homeless;
}

function showError(form, { pointer, message }) {
  const fields = [...form.querySelectorAll("[data-pointer]")];
  const home = fields.find((each) => each.dataset.pointer.split(" ").includes(pointer));
  const wrong = home?.querySelector(":scope > .wrong");
  if (!wrong) return false;
  show(wrong, message).hidden = false;
  for (const control of home.querySelectorAll("input, select, textarea")) control.setAttribute("aria-invalid", "true");
  return true;
}

/** Whether somebody is in the middle of writing in here: what comes meanwhile is drawn later. */
export function isTyping(element) {
  return element.querySelector("form:focus-within, input:focus, textarea:focus") !== null;
}
