// Messages by e-mail too, or not. The inbox here gets them in any case.
import { api, field, h, notice, show, showErrors, t, tick } from "./shared/kit.js";

export function emailSheet(email) {
  if (!email.available)
    return h("section", { class: "sheet close" }, h("h2", {}, t("by-email")), h("p", { class: "quiet" }, t("no-mail-server")));
  const enabled = h("input", { type: "checkbox", checked: email.enabled });
  const address = h("input", { class: "box", type: "email", autocomplete: "email", value: email.address ?? "" });
  const said = h("div", {});
  const form = h(
    "form",
    { class: "sheet close", novalidate: true, onsubmit: submit },
    h("h2", {}, t("by-email")),
    tick(t("email-on"), enabled, { pointer: "/email/enabled" }),
    field(t("email-address"), address, { hint: t("email-hint"), pointer: "/email/address" }),
    said,
    h("button", { class: "button", type: "submit" }, t("save")),
  );
  return form;

  async function submit(event) {
    event.preventDefault();
    try {
      const body = { email: { enabled: enabled.checked, address: address.value.trim() || null } };
      const saved = await api("/notify/api/channels", { method: "PUT", body });
      address.value = saved.email.address ?? "";
      showErrors(form, []);
      show(said, notice("good", t("saved")));
    } catch (problem) {
      const homeless = showErrors(form, problem.errors ?? []);
      const words = problem.errors?.length > 0 ? homeless.map((each) => each.message) : [problem.message];
      show(said, words.length > 0 && notice("wrong", ...words));
    }
  }
}
