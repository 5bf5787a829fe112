// Who is not signed in gets this form, or uses a link that the office gave.
import { api, field, goOn, h, notice, show, t } from "./shared/kit.js";

export function signIn(main) {
  const login = h("input", { class: "box", name: "login", autocomplete: "username", required: true });
  const password = h("input", {
    class: "box",
    name: "password",
    type: "password",
    autocomplete: "current-password",
    required: true,
  });
  const said = h("div", {});
  const send = h("button", { class: "button first wide", type: "submit" }, t("sign-in"));
  const form = h(
    "form",
    { class: "stack sheet", onsubmit: submit },
    field(t("person-code"), login, { hint: t("person-code-hint") }),
    field(t("password"), password),
    said,
    send,
  );
  show(
    main,
    h(
      "div",
      { class: "stack sign-in" },
      h("div", { class: "close" }, h("h1", {}, t("sign-in-title")), h("p", { class: "quiet" }, t("sign-in-about"))),
      form,
      h("p", { class: "notice" }, t("one-time-link")),
    ),
  );

  async function submit(event) {
    event.preventDefault();
    send.disabled = true;
    show(said);
    try {
      await api("/visits/api/session", {
        method: "POST",
        body: { login: login.value.trim(), password: password.value },
      });
      goOn();
    } catch (problem) {
      show(said, notice("wrong", problem.message));
      send.disabled = false;
    }
  }
}
