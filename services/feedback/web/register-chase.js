// Late duties are asked for by hand: several at once, with one sentence; each owner hears of all theirs in one letter.
import { api, field, h, newUuid, notice, numberText, show, showErrors, t } from "./shared/kit.js";

const MOST = 200; // as many as one request takes

/** The bar under the list; `tell(shown)` when other rows are shown, `after()` when something was sent. */
export function chaseBar(chosen, after) {
  const count = h("p", { "aria-live": "polite" });
  const all = h("button", { class: "button", type: "button", onclick: chooseAll }, t("choose-all"));
  const note = h("input", { class: "box", type: "text", maxlength: "300" });
  const send = h("button", { class: "button first", type: "submit" }, t("chase"));
  const said = h("div", { class: "close" });
  const form = h(
    "form",
    { class: "close chase", onsubmit: submit, "aria-label": t("chase") },
    h("div", { class: "between" }, count, all),
    h("div", { class: "chase-note" }, field(t("chase-note"), note, { hint: t("chase-hint"), pointer: "/note" }), send),
  );
  let late = [];
  let id = newUuid();
  const element = h("section", { class: "close chase-bar", hidden: true }, form, said);
  return { element, tell, counted };

  function tell(shown) {
    late = shown;
    for (const each of chosen) if (!late.some((duty) => duty.duty_id === each)) chosen.delete(each);
    counted();
  }

  function counted() {
    element.hidden = late.length === 0 && !said.hasChildNodes();
    form.hidden = late.length === 0;
    element.classList.toggle("ready", chosen.size > 0);
    show(count, t("chosen", { n: numberText(chosen.size) }));
    send.disabled = chosen.size === 0;
    show(all, t(chosen.size === Math.min(late.length, MOST) ? "choose-none" : "choose-all"));
  }

  async function chooseAll() {
    const none = chosen.size === Math.min(late.length, MOST);
    chosen.clear();
    if (!none) for (const duty of late.slice(0, MOST)) chosen.add(duty.duty_id);
    await after();
  }

  async function submit(event) {
    event.preventDefault();
    send.disabled = true;
    try {
      const body = { duty_ids: [...chosen], note: note.value.trim() };
      show(said, ...told(await api(`/feedback/api/chases/${id}`, { method: "PUT", body })));
      id = newUuid();
      note.value = "";
      chosen.clear();
      await after();
    } catch (problem) {
      const homeless = showErrors(form, problem.errors ?? []);
      if (homeless.length > 0 || !problem.errors?.length) show(said, notice("wrong", problem.message));
      counted();
    }
  }
}

function told({ chased, skipped, warnings }) {
  const lately = skipped.filter(({ why }) => why === "chased_lately").length;
  const other = skipped.length - lately;
  return [
    chased.length > 0 && notice("good", t("chase-sent", { n: numberText(chased.length) })),
    lately > 0 && notice("warn", t("chase-lately", { n: numberText(lately) })),
    other > 0 && notice("warn", t("chase-not-late", { n: numberText(other) })),
    ...warnings.map(({ message }) => notice("warn", message)),
  ];
}
