// Whole visits that wait for a word of their reader: each as a sheet, and asked anew after every decision.
import { backLink, h, notice, show, t } from "./shared/kit.js";

/** `path` lists them, `sheet(visit, done)` shows one and calls `done` when something was decided. */
export async function recordsView({ main, phone, signal }, { title, about, none, path, sheet }) {
  const list = h("div", { class: "stack" });
  show(
    main,
    h(
      "div",
      { class: "stack log" },
      h("div", { class: "close" }, backLink(), h("h1", {}, t(title)), h("p", { class: "quiet" }, t(about))),
      list,
    ),
  );
  let last = render();
  await last;

  /** Not before what is being read has come. */
  function again() {
    last = last.then(render);
    return last;
  }

  async function render() {
    try {
      const { value } = await phone.read(path);
      const whole = await Promise.all(value.visits.map(async ({ visit_id: id }) => (await phone.read(`/visits/api/visits/${id}`)).value));
      if (!signal.aborted) show(list, whole.length === 0 ? notice("good", t(none)) : whole.map((visit) => sheet(visit, again)));
    } catch (problem) {
      show(list, notice("wrong", problem.message));
    }
  }
}
