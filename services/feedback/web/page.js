// The desk: what is given, due, done and late; the register with the late ones first; one duty explained.
import { addWords, h, open, show, t } from "./shared/kit.js";
import vi from "./vi.js";
import { dutyPanel } from "./duty-panel.js";
import { figureRow } from "./figures.js";
import { liveLine } from "./live.js";
import { register } from "./register.js";

const SEES_THE_WHOLE = ["office_clerk", "permanent_board", "standing_committee", "inspector"];

await addWords({ vi, en: () => import("./en.js") });
open("feedback", page);

async function page(main, person) {
  const wide = person.roles.some((role) => SEES_THE_WHOLE.includes(role));
  const panel = dutyPanel(person);
  const figures = wide ? await figureRow() : null;
  const list = await register({ wide, agency: person.roles.includes("agency") });
  show(
    main,
    h(
      "div",
      { class: "stack" },
      h("div", { class: "between" }, h("h1", {}, t(wide ? "desk" : "my-desk")), liveLine(again)),
      figures?.section,
      list.section,
    ),
    panel.dialog,
  );

  async function again() {
    await Promise.all([figures?.refresh(), list.refresh()]);
  }

  async function go() {
    const [name, id] = location.hash.slice(1).split("=");
    if (name === "duty" && id) await panel.open(id);
    else panel.close();
  }

  window.addEventListener("hashchange", go);
  await go();
}
