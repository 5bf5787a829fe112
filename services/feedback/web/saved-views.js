// Choices of the register that a person keeps under names of their own.
import { api, ask, field, h, newUuid, notice, show, showErrors, t } from "./shared/kit.js";
import { choiceKept, keptForm, registerLink } from "./choice.js";

/** `names` in a row, each a link and a way to forget it; `fold`, to keep what is chosen at that moment. */
export async function savedViews(choice) {
  const names = h("ul", { class: "views", "aria-label": t("views") });
  const said = h("div", {});
  const name = h("input", { class: "box", type: "text", maxlength: "100", required: true });
  const form = h(
    "form",
    { class: "close", onsubmit: keep },
    field(t("view-name"), name, { pointer: "/name" }),
    h("p", { class: "buttons" }, h("button", { class: "button", type: "submit" }, t("view-keep"))),
    said,
  );
  const fold = h("details", { class: "fold" }, h("summary", {}, t("view-new")), form);
  let id = newUuid();
  await refresh();
  return { names, fold };

  async function refresh() {
    const { views } = await api("/feedback/api/saved-views");
    names.hidden = views.length === 0;
    show(names, views.map((view) => h("li", {}, link(view), remove(view))));
  }

  function link(view) {
    return h("a", { class: "button plain", href: registerLink(choiceKept(view.choice)) }, view.name);
  }

  function remove(view) {
    const about = t("view-forget", { name: view.name });
    return h("button", { class: "button plain", type: "button", "aria-label": about, title: about, onclick: forget }, h("span", { "aria-hidden": "true" }, "✕"));

    async function forget() {
      if (!(await ask({ title: about, yes: t("view-forget-yes") }))) return;
      await api(`/feedback/api/saved-views/${view.view_id}`, { method: "DELETE" });
      await refresh();
    }
  }

  async function keep(event) {
    event.preventDefault();
    show(said);
    try {
      const body = { name: name.value.trim(), choice: keptForm(choice) };
      await api(`/feedback/api/saved-views/${id}`, { method: "PUT", body });
      id = newUuid();
      name.value = "";
      fold.open = false;
      await refresh();
    } catch (problem) {
      const homeless = showErrors(form, problem.errors ?? []);
      if (homeless.length > 0 || !problem.errors?.length) show(said, notice("wrong", problem.message));
    }
  }
}
