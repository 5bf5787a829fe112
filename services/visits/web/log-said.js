// The second step: the meeting in numbers, what one did there, and what was raised; or that nothing was.
import { dayText, field, h, named, notice, select, show, t, tick } from "./shared/kit.js";
import { COUNTS, DID, newIssue } from "./visit-form.js";
import { alike } from "./duplicates.js";
import { issueSheet } from "./issue.js";

const MEETINGS = ["regular", "thematic", "combined"];

export function saidStep({ form, places, known, photosOf, photosGone, changed }) {
  const issues = h("div", { class: "stack" });
  let looks = [];
  known.told = () => looks.forEach((look) => look());
  const nothing = nothingRaised();
  const add = h("button", { class: "button wide add", type: "button", onclick: addIssue }, t("add-issue"));
  renderIssues();
  return h(
    "div",
    { class: "stack" },
    h(
      "section",
      { class: "sheet stack" },
      h("h2", {}, t("issues")),
      h("p", { class: "quiet" }, t("matter-not-speaker")),
      issues,
      h("div", { class: "close" }, add, nothing),
    ),
    form.kind === "meeting_attendance" && meeting(),
    h("section", { class: "sheet stack" }, did(), notes()),
  );

  function put(name, value) {
    form[name] = value;
    changed();
  }

  function renderIssues() {
    looks = [];
    show(issues, form.issues.map(sheetOf));
    nothing.hidden = form.issues.length > 0;
    add.hidden = form.nothing_raised;
  }

  function sheetOf(issue, place) {
    const before = h("div", {});
    const look = () => {
      const found = alike(issue.title, known.visits);
      show(before, found && notice("warn", t("alike", { day: dayText(found.day), title: found.title })));
    };
    look();
    looks.push(look);
    const sheet = issueSheet(issue, place, {
      ...places,
      onBehalf: Boolean(form.member),
      changed,
      named: look,
      photos: photosOf?.(issue),
      remove: () => {
        photosGone(issue);
        form.issues.splice(place, 1);
        changed();
        renderIssues();
      },
    });
    sheet.append(before);
    return sheet;
  }

  function addIssue() {
    form.issues.push(newIssue());
    changed();
    renderIssues();
    issues.lastElementChild.querySelector("input").focus();
  }

  function nothingRaised() {
    const box = h("input", {
      type: "checkbox",
      checked: form.nothing_raised,
      onchange: ({ target }) => {
        put("nothing_raised", target.checked);
        add.hidden = target.checked;
      },
    });
    return tick(t("nothing-raised"), box, { pointer: "/nothing_raised /issues" });
  }

  function meeting() {
    const kinds = MEETINGS.map((kind) => [kind, named("meeting", kind)]);
    return h(
      "section",
      { class: "sheet stack meeting", "data-pointer": "/meeting" },
      h("h2", {}, t("step-meeting")),
      field(
        t("meeting-kind"),
        select(kinds, { value: form.meeting.kind, onchange: ({ target }) => putCount("kind", target.value) }),
        { pointer: "/meeting/kind" },
      ),
      h("p", { class: "quiet small" }, t("counts-hint")),
      h("div", { class: "fields counts" }, COUNTS.map(count)),
    );
  }

  function count(name) {
    const box = h("input", {
      class: "box",
      inputmode: "numeric",
      pattern: "[0-9.]*",
      maxlength: "7",
      value: form.meeting[name] ?? "",
      oninput: ({ target }) => putCount(name, target.value.replaceAll(/[^0-9.]/g, "")),
    });
    return field(t(`count-${name}`), box, { pointer: `/meeting/${name}` });
  }

  function putCount(name, value) {
    form.meeting[name] = value;
    changed();
  }

  function did() {
    return h(
      "fieldset",
      { class: "field close" },
      h("legend", { class: "label" }, t("what-i-did")),
      DID.map((each) =>
        tick(
          named("did", each),
          h("input", {
            type: "checkbox",
            checked: form.did.includes(each),
            onchange: ({ target }) => put("did", DID.filter((one) => (one === each ? target.checked : form.did.includes(one)))),
          }),
        ),
      ),
    );
  }

  function notes() {
    const box = h("textarea", {
      class: "box",
      maxlength: "10000",
      value: form.notes,
      oninput: ({ target }) => put("notes", target.value),
    });
    return field(t("notes"), box, { hint: t("notes-hint"), pointer: "/notes" });
  }
}
