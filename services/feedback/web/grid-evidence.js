// The visits behind one number of the grid; the office may note there that a member is excused for the period.
import { api, dayText, h, momentText, named, newId, newUuid, notice, periodText, select, show, t, toast } from "./shared/kit.js";

const REASONS = ["training", "duty_travel", "leave", "other_task"];

/** A drawer over the grid: `open({ line, kind, span, cell })`. */
export function evidencePanel(person) {
  const titleId = newId();
  const body = h("div", { class: "stack" });
  const dialog = h("dialog", { class: "panel", "aria-labelledby": titleId, onclick: outside }, body);

  async function open({ line, kind, span, cell }) {
    const period = `${periodText(span.period, span.first)}/${span.first.slice(0, 4)}`;
    const head = [
      h("form", { method: "dialog", class: "panel-close" }, h("button", { class: "button", type: "submit" }, t("close"))),
      h(
        "div",
        { class: "tight" },
        h("p", {}, h("span", { class: `state ${tone(cell.standing)}` }, named("standing", cell.standing))),
        h("h2", { id: titleId, class: "panel-title" }, line.full_name),
        h("p", { class: "quiet" }, `${t(`grid-kind.${kind}`)}, ${period}: ${cell.done} / ${cell.required}`),
      ),
    ];
    show(body, head, h("p", { class: "quiet" }, t("loading")));
    if (!dialog.open) dialog.showModal();
    try {
      const days = new URLSearchParams({ from: span.first, to: span.last });
      const [told, absences] = await Promise.all([
        api(`/feedback/api/grid/${line.person_id}?${days}`),
        mayExcuse(cell) ? absencesOf(line, days) : [],
      ]);
      const visits = told.visits.filter((visit) => visit.kind === kind);
      show(body, head, list(visits, person), mayExcuse(cell) && excuses({ line, span, period, absences, done: close }));
    } catch (problem) {
      show(body, head, notice("wrong", problem.message));
    }
  }

  function mayExcuse({ standing }) {
    return person.may.includes("edit_directory") && !["done", "not_asked"].includes(standing);
  }

  function close() {
    dialog.close();
    toast(t("grid-noted"));
  }

  function outside(event) {
    if (event.target === dialog) dialog.close();
  }

  return { dialog, open };
}

function tone(standing) {
  return { done: "good", late: "late", not_yet: "soon" }[standing] ?? "";
}

async function absencesOf(line, days) {
  const { absences } = await api(`/visits/api/absences?${days}`);
  return absences.filter((each) => each.person_id === line.person_id && !each.withdrawn);
}

function list(visits, person) {
  if (visits.length === 0) return h("p", { class: "notice" }, t("grid-no-visit"));
  return h(
    "ol",
    { class: "ruled" },
    visits.map((visit) => {
      const place = visit.unit_name ?? t("unknown");
      return h(
        "li",
        { class: "tight" },
        person.may.includes("read_visits") ? h("a", { href: `/visits/#visit=${visit.visit_id}` }, place) : place,
        h("p", { class: "quiet small number" }, `${momentText(visit.started_at)} · ${t(visit.assigned ? "grid-assigned" : "grid-chosen")}`),
      );
    }),
  );
}

function excuses({ line, span, period, absences, done }) {
  const said = h("div", {});
  if (absences.length > 0) {
    return h(
      "section",
      { class: "close" },
      absences.map((each) =>
        h(
          "div",
          { class: "between" },
          h("p", {}, t("grid-excused", { reason: named("reason", each.reason) }), ` (${dayText(each.first)} – ${dayText(each.last)})`),
          h("button", { class: "button", type: "button", onclick: () => put(each.absence_id, { ...each, withdrawn: true }) }, t("grid-withdraw")),
        ),
      ),
      said,
    );
  }
  const reason = select(REASONS.map((each) => [each, named("reason", each)]), { value: REASONS[0] });
  const absenceId = newUuid();
  return h(
    "details",
    { class: "fold" },
    h("summary", {}, t("grid-excuse")),
    h(
      "form",
      {
        class: "close",
        onsubmit: (event) => {
          event.preventDefault();
          return put(absenceId, { first: span.first, last: span.last, reason: reason.value });
        },
      },
      h("p", { class: "quiet small" }, t("grid-excuse-about", { period })),
      h("label", { class: "field" }, h("span", { class: "label" }, t("grid-excuse-reason")), reason),
      said,
      h("button", { class: "button first", type: "submit" }, t("grid-excuse")),
    ),
  );

  async function put(id, { first, last, reason: why, withdrawn = false }) {
    try {
      const body = { person_id: line.person_id, first, last, reason: why, withdrawn };
      await api(`/visits/api/absences/${id}`, { method: "PUT", body });
      done();
    } catch (problem) {
      show(said, notice("wrong", problem.message));
    }
  }
}
