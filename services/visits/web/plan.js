// Planning a visit, moving it, dropping it with a reason. Who else is there on that day is said before it is kept.
import { addWords, backLink, dayText, field, fullDay, h, localDay, named, newUuid, notice, select, serverNow, show, t } from "./shared/kit.js";
import { StorageFull } from "./phone.js";
import { ownWork, readOrCopy } from "./own-work.js";
import { placesToGo } from "./places.js";
import { unitBox } from "./units.js";
import logVi from "./log-vi.js";
import vi from "./matters-vi.js";

await addWords({ vi: logVi, en: () => import("./log-en.js") });
await addWords({ vi, en: () => import("./matters-en.js") });

const DAYS_AHEAD = 92;
const DAY = 86_400_000;
const REASONS = ["rescheduled", "called_away", "illness", "weather", "other"];

/** `#plan` makes one, `#plan=new.<unit>.<day>` one that is half said, `#plan=<id>` changes one. */
export async function planView(context) {
  const { main, phone, signal, id } = context;
  const [{ units }, own] = await Promise.all([placesToGo(phone), ownWork(phone).catch(() => null)]);
  if (signal.aborted) return;
  const plans = own?.value.plans ?? [];
  const known = plans.find((plan) => plan.plan_id === id);
  const plan = known ? of(known) : fresh(id, units, own?.value.next_evening);
  const said = h("div", {});
  const others = h("div", { "aria-live": "polite" });
  const box = unitBox(units, plan.unit, (unit) => {
    plan.unit = unit && { unit_id: unit.unit_id, name: unit.name };
    look();
  });
  const place = field(t("unit"), box.input, { hint: t("unit-hint"), pointer: "/unit_id" });
  place.append(box.list);
  const day = select(daysAhead(plan.day), { value: plan.day, onchange: ({ target }) => ((plan.day = target.value), look()) });
  show(
    main,
    h(
      "form",
      { class: "stack log", novalidate: true, onsubmit: (event) => (event.preventDefault(), keep(null)) },
      h("div", { class: "close" }, backLink(), h("h1", {}, t(known ? "change-plan" : "add-plan"))),
      h("section", { class: "sheet stack" }, place, kindChoice(plan), field(t("day"), day, { pointer: "/day" }), others),
      said,
      h("button", { class: "button first wide big", type: "submit" }, t("keep-plan")),
      known && dropping(keep),
    ),
  );
  look();

  /** Two at one cell on one evening, or one person at two: said, never refused. */
  async function look() {
    const words = plan.unit ? await alsoThere(phone, plan, plans) : [];
    if (!signal.aborted) show(others, words.length > 0 && notice("warn", words.map((each) => h("p", {}, each))));
  }

  async function keep(reason) {
    if (!plan.unit) return show(said, notice("wrong", t("missing-unit")));
    const body = { version: plan.version, unit_id: plan.unit.unit_id, kind: plan.kind, day: plan.day, cancelled: reason };
    try {
      await phone.outbox.add({ kind: "plan", method: "PUT", path: `/visits/api/plans/${plan.plan_id}`, body, about: { unit: plan.unit.name, day: plan.day } });
      location.hash = "";
    } catch (error) {
      if (!(error instanceof StorageFull)) throw error;
      show(said, notice("wrong", t("storage-full")));
    }
    return undefined;
  }
}

function of(known) {
  return { plan_id: known.plan_id, version: known.version + 1, unit: known.unit, kind: known.kind, day: known.day };
}

function fresh(id, units, evening) {
  const [, unitId, day] = /^new\.([0-9a-f-]{36})(?:\.(\d{4}-\d\d-\d\d))?$/.exec(id ?? "") ?? [];
  const unit = units.find((each) => each.unit_id === unitId);
  return { plan_id: newUuid(), version: 1, unit: unit ? { unit_id: unit.unit_id, name: unit.name } : null, kind: "meeting_attendance", day: day ?? nextEvening(evening) };
}

/** As the server said while that day is ahead; without its word the 3rd, on which all cells of the country meet. */
function nextEvening(said) {
  const today = localDay(serverNow());
  if (said >= today) return said;
  const [year, month, date] = today.split("-").map(Number);
  if (date <= 3) return `${today.slice(0, 8)}03`;
  return month === 12 ? `${year + 1}-01-03` : `${year}-${String(month + 1).padStart(2, "0")}-03`;
}

function daysAhead(current) {
  const days = Array.from({ length: DAYS_AHEAD }, (_, ahead) => localDay(serverNow().getTime() + ahead * DAY));
  return [...new Set([current, ...days])].sort().map((day) => [day, fullDay(day)]);
}

function kindChoice(plan) {
  return h(
    "fieldset",
    { class: "field" },
    h("legend", { class: "label" }, t("visit-kind")),
    h("div", { class: "choice" }, ["meeting_attendance", "field_trip"].map((kind) => h("label", {}, h("input", { type: "radio", name: "kind", value: kind, checked: plan.kind === kind, onchange: () => (plan.kind = kind) }), named("visit", kind)))),
  );
}

async function alsoThere(phone, plan, plans) {
  const place = await readOrCopy(phone, `/visits/api/units/${plan.unit.unit_id}/profile`).catch(() => null);
  const there = (place?.value.planned ?? []).filter((each) => each.day === plan.day && each.person_id !== phone.person.person_id);
  const elsewhere = plans.filter((each) => each.state === "ahead" && each.day === plan.day && each.plan_id !== plan.plan_id && each.kind === "meeting_attendance");
  return [
    ...there.map((each) => t("also-there", { name: each.person_name, day: dayText(each.day) })),
    ...elsewhere.map((each) => t("also-elsewhere", { unit: each.unit.name })),
  ];
}

function dropping(keep) {
  const reason = select([["", t("choose")], ...REASONS.map((each) => [each, named("unheld", each)])], { value: "" });
  const drop = h("button", { class: "button wide", type: "button", onclick: () => reason.value && keep(reason.value) }, t("drop-plan"));
  return h("details", { class: "sheet more" }, h("summary", {}, t("drop-plan")), h("div", { class: "stack" }, field(t("why-dropped"), reason), drop));
}
