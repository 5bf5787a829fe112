// One matter raised at a visit: its fields, written straight into the draft.
import { field, h, named, select, t, tick } from "./shared/kit.js";

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

/** `changed` keeps the draft, `remove` takes the matter out of it. */
export function issueSheet(issue, place, { portfolios, changed, remove }) {
  const at = (name) => `/issues/${place}/${name}`;
  const onSpot = h("input", {
    type: "checkbox",
    checked: issue.resolved_on_spot,
    onchange: () => put("resolved_on_spot", onSpot.checked),
  });
  const onSpotTick = tick(t("resolved-on-spot"), onSpot, { pointer: at("resolved_on_spot") });

  function put(name, value) {
    issue[name] = value;
    changed();
  }

  /** Only what one is in charge of can be settled on the spot. */
  function offerOnSpot() {
    const mine = portfolios.includes(issue.field);
    onSpotTick.hidden = !mine;
    if (!mine) put("resolved_on_spot", (onSpot.checked = false));
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
        oninput: (event) => put("title", event.target.value),
      }),
      { hint: t("issue-title-hint"), pointer: at("title") },
    ),
    h(
      "div",
      { class: "fields" },
      field(t("issue-kind"), chooser("kind", "kind", KINDS), { pointer: at("kind") }),
      field(t("issue-field"), chooser("field", "field", FIELDS, offerOnSpot), { pointer: at("field") }),
      field(t("access-class"), chooser("access_class", "access", CLASSES), { pointer: at("access_class") }),
    ),
    field(
      t("issue-detail"),
      h("textarea", {
        class: "box",
        maxlength: "10000",
        value: issue.detail,
        oninput: (event) => put("detail", event.target.value),
      }),
      { pointer: at("detail") },
    ),
    tick(
      t("urgent"),
      h("input", {
        type: "checkbox",
        checked: issue.urgent,
        onchange: (event) => put("urgent", event.target.checked),
      }),
      { pointer: at("urgency") },
    ),
    onSpotTick,
  );
  offerOnSpot();
  return sheet;

  function chooser(name, group, values, then = () => {}) {
    const options = values.map((value) => [value, named(group, value)]);
    if (issue[name] === "") options.unshift(["", t("choose")]);
    return select(options, {
      value: issue[name],
      onchange: (event) => {
        put(name, event.target.value);
        then();
      },
    });
  }
}
