// One matter raised at a visit: its fields, written straight into the draft.
import { field, h, named, select, show, t, tick } from "./shared/kit.js";
import { suggestedAgency } from "./places.js";

const KINDS = ["opinion", "petition", "proposal", "reflection", "concern"];
const FIELDS = [
  "environment",
  "transport",
  "electricity_water",
  "land",
  "security",
  "education_health",
  "culture",
  "economy",
  "party_work",
  "other",
];
const CLASSES = ["normal", "ideology", "about_named_official"];

/**
 * `changed` keeps the draft, `named` is told of a new title, `remove` takes the matter out of the draft; `photos` is
 * the field of its photographs, where there may be any.
 */
export function issueSheet(issue, place, { portfolios, agencies, onBehalf, changed, named: titled, remove, photos }) {
  const at = (name) => `/issues/${place}/${name}`;
  const onSpot = h("input", {
    type: "checkbox",
    checked: issue.resolved_on_spot,
    onchange: () => {
      put("resolved_on_spot", onSpot.checked);
      follow();
    },
  });
  const onSpotTick = tick(t("resolved-on-spot"), onSpot, { pointer: at("resolved_on_spot") });
  const agency = h("div", {});

  function put(name, value) {
    issue[name] = value;
    changed();
  }

  /** Only what one is in charge of can be settled on the spot; what is not settled may have an agency for it. */
  function follow() {
    const mine = portfolios.includes(issue.field);
    onSpotTick.hidden = !mine;
    if (!mine && issue.resolved_on_spot) put("resolved_on_spot", (onSpot.checked = false));
    agency.hidden = issue.resolved_on_spot || issue.field === "" || agencies.length === 0;
    show(agency, !agency.hidden && agencyField());
  }

  function agencyField() {
    const options = [["", t("agency-by-office")], ...agencies.map((each) => [each.unit_id, each.name])];
    const box = select(options, { value: issue.agency, onchange: ({ target }) => put("agency", target.value) });
    return field(t("suggested-agency"), box, { hint: t("agency-hint"), pointer: at("suggested_agency_id") });
  }

  const sheet = h(
    "fieldset",
    { class: "issue stack" },
    h(
      "div",
      { class: "between" },
      h("legend", {}, h("h3", {}, t("issue-number", { n: place + 1 }))),
      h("button", { class: "button plain", type: "button", onclick: remove }, t("remove-issue")),
    ),
    field(
      t("issue-title"),
      h("input", {
        class: "box",
        maxlength: "200",
        value: issue.title,
        oninput: ({ target }) => put("title", target.value),
        onchange: titled,
      }),
      { hint: t("issue-title-hint"), pointer: at("title") },
    ),
    h(
      "div",
      { class: "fields" },
      field(t("issue-field"), chooser("field", "field", FIELDS, fieldChosen), { pointer: at("field") }),
      field(t("issue-kind"), chooser("kind", "kind", KINDS), { pointer: at("kind") }),
    ),
    agency,
    onSpotTick,
    tick(
      t("urgent"),
      h("input", { type: "checkbox", checked: issue.urgent, onchange: ({ target }) => put("urgent", target.checked) }),
      { pointer: at("urgency") },
    ),
    photos,
    h(
      "details",
      { class: "fold", open: Boolean(issue.detail) || issue.access_class !== "normal" },
      h("summary", {}, t("issue-more")),
      h(
        "div",
        { class: "stack" },
        field(
          t("issue-detail"),
          h("textarea", { class: "box", maxlength: "10000", value: issue.detail, oninput: ({ target }) => put("detail", target.value) }),
          { pointer: at("detail") },
        ),
        // What few may know goes from the member to those few, through nobody's hands.
        !onBehalf && field(t("access-class"), chooser("access_class", "access", CLASSES), { pointer: at("access_class") }),
      ),
    ),
  );
  follow();
  return sheet;

  function fieldChosen() {
    put("agency", suggestedAgency(agencies, issue.field)?.unit_id ?? "");
    follow();
  }

  function chooser(name, group, values, then = () => {}) {
    const options = values.map((value) => [value, named(group, value)]);
    if (issue[name] === "") options.unshift(["", t("choose")]);
    return select(options, {
      value: issue[name],
      onchange: ({ target }) => {
        put(name, target.value);
        then();
      },
    });
  }
}
