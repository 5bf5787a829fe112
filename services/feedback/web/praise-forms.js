// Writing what was commended and what others should do alike; each form opens in place.
import { api, chips, dayText, field, h, localDay, newUuid, notice, readDay, select, show, showErrors, t, toast } from "./shared/kit.js";

const ORIGINS = 50;

export function commendForm({ units, members }, done) {
  const id = newUuid();
  const subject = h("div", {});
  const reason = area(2000);
  const body = line(200);
  const number = h("input", { class: "box", maxlength: "100", autocomplete: "off" });
  const day = h("input", { class: "box", inputmode: "numeric", autocomplete: "off", required: true });
  let key = "unit_id";
  let chosen = null;
  pick("unit_id");
  return form("commend", done, [
    h("div", { class: "close" }, chips(t("commend-whom"), [["unit_id", t("commend-unit")], ["person_id", t("commend-member")]], key, pick), subject),
    field(t("commend-reason"), reason, { hint: t("commend-reason-hint"), pointer: "/reason" }),
    h("div", { class: "fields" }, field(t("commend-body"), body, { hint: t("commend-body-hint"), pointer: "/deciding_body" }), field(t("commend-number"), number, { pointer: "/document_number" })),
    field(t("commend-day"), day, { hint: t("commend-day-hint"), pointer: "/decided_on" }),
  ], () => {
    const decided = readDay(day.value);
    if (!decided) throw wrong("/decided_on", t("commend-day-wrong"));
    return put(`/feedback/api/commendations/${id}`, {
      [key]: chosen.value,
      reason: reason.value.trim(),
      deciding_body: body.value.trim(),
      document_number: number.value.trim(),
      decided_on: decided,
    });
  });

  function pick(which) {
    key = which;
    chosen = names(which === "unit_id" ? units : members, "");
    show(subject, field(t(which === "unit_id" ? "commend-unit" : "commend-member"), chosen, { pointer: `/${which}` }));
  }
}

export function revokeForm({ id }, done) {
  const reason = area(2000);
  return form("revoke", done, [field(t("revoke-why"), reason, { hint: t("revoke-about"), pointer: "/reason" })], () =>
    put(`/feedback/api/commendations/${id}/revocation`, { reason: reason.value.trim() }),
  );
}

/** A new one, or the next version of `known`. */
export function practiceForm({ units }, done, known) {
  const id = known?.id ?? newUuid();
  const kept = known?.issue_id ? `issue_id:${known.issue_id}` : known?.visit_id ? `visit_id:${known.visit_id}` : "";
  const unit = names(units, known?.unit_id ?? "");
  const title = line(200, known?.title);
  const body = area(4000, known?.text);
  const origin = h("div", {});
  let from = origins([]);
  unit.addEventListener("change", ask);
  show(origin, field(t("practice-origin"), from, { hint: t("practice-origin-hint"), pointer: "/visit_id /issue_id" }));
  return form(known ? "practice-edit" : "practice-new", done, [
    field(t("practice-unit"), unit, { pointer: "/unit_id" }),
    field(t("practice-title"), title, { pointer: "/title" }),
    field(t("practice-body"), body, { hint: t("commend-reason-hint"), pointer: "/body" }),
    origin,
  ], () => {
    const [key, source] = from.value.split(":");
    return put(`/feedback/api/good-practices/${id}/versions/${(known?.version ?? 0) + 1}`, {
      unit_id: unit.value,
      title: title.value.trim(),
      body: body.value.trim(),
      ...(key && { [key]: source }),
    });
  });

  function origins(found) {
    return select([["", t("practice-origin-none")], ...(kept ? [[kept, t("practice-origin-kept")]] : []), ...found.filter(([value]) => value !== kept)], { value: kept });
  }

  /** Visits and matters of the unit, when one was chosen. */
  async function ask() {
    const asked = unit.value;
    const found = asked ? await originsAt(asked) : [];
    if (asked !== unit.value) return;
    from = origins(found);
    show(origin, field(t("practice-origin"), from, { hint: t("practice-origin-hint"), pointer: "/visit_id /issue_id" }));
  }
}

/** Pairs of value and words: what happened at a unit lately; restricted matters are not offered. */
async function originsAt(unit) {
  const [{ duties }, { issues }] = await Promise.all([
    api(`/feedback/api/duties?kind=report&unit=${unit}&limit=${ORIGINS}`),
    api(`/feedback/api/issues?unit=${unit}&limit=${ORIGINS}`),
  ]);
  const visits = duties.map((each) => [each.anchor, [`visit_id:${each.visit_id}`, t("practice-origin-visit", { day: dayText(each.anchor), name: each.owner_name ?? t("unknown") })]]);
  const matters = issues
    .filter((each) => each.access_class === "normal" && each.title)
    .map((each) => [localDay(each.raised_at), [`issue_id:${each.issue_id}`, t("practice-origin-issue", { day: dayText(localDay(each.raised_at)), title: each.title })]]);
  return [...visits, ...matters].sort(([one], [other]) => other.localeCompare(one)).map(([, pair]) => pair);
}

/** Sent again it is the same act: its id was made with the form. */
function form(title, done, fields, send) {
  const said = h("div", {});
  const made = h("form", { class: "stack", onsubmit: submit }, fields, said, h("button", { class: "button first", type: "submit" }, t("praise-save")));
  return h("details", { class: "fold" }, h("summary", {}, t(title)), made);

  async function submit(event) {
    event.preventDefault();
    try {
      const { warnings } = await send();
      await done(warnings);
      toast(t("praise-saved"));
    } catch (problem) {
      const errors = problem.errors ?? [];
      const homeless = showErrors(made, errors);
      if (homeless.length > 0 || errors.length === 0) show(said, notice("wrong", problem.message));
    }
  }
}

function wrong(pointer, message) {
  return Object.assign(new Error(message), { errors: [{ pointer, message }] });
}

function put(path, body) {
  return api(path, { method: "PUT", body });
}

function names(pairs, value) {
  return select([["", t("commend-pick")], ...pairs.map(({ id, name }) => [id, name])], { value, required: true });
}

function line(maxlength, value = "") {
  return h("input", { class: "box", maxlength: String(maxlength), required: true, autocomplete: "off", value });
}

function area(maxlength, value = "") {
  return h("textarea", { class: "box", rows: "4", maxlength: String(maxlength), required: true, value });
}
