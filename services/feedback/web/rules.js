// Rules and calendar: how long what may take and by which document, the days off by the notices that decided them.
import { addWords, api, h, show, t } from "./shared/kit.js";
import { calendarYear } from "./calendar-year.js";
import { ladderOf } from "./ladder.js";
import { policiesOf } from "./policies.js";
import { proposeForm } from "./propose.js";
import { revisionsOf } from "./revisions.js";
import vi from "./rules-vi.js";

await addWords({ vi, en: () => import("./rules-en.js") });

/** `#rules`; what is written here is asked for again in its place. */
export async function rulesView({ place, person, signal }) {
  await draw();

  async function draw() {
    const [policies, revisions, ladder] = await Promise.all([api("/feedback/api/policies"), api("/feedback/api/calendar/revisions"), ladderOf(person)]);
    if (signal.aborted) return;
    const inForce = revisions.find((each) => each.status === "approved");
    show(
      place,
      h("div", { class: "between" }, h("h1", {}, t("tab.rules")), h("a", { class: "button", href: "#what-if" }, t("what-if"))),
      policiesOf(policies, person, draw),
      ladder,
      revisionsOf(revisions, inForce, person, draw),
      person.may.includes("propose_calendar") && proposeForm(revisions, inForce, draw),
      calendarYear(revisions, inForce),
    );
  }
}
