// One field of a visit by its pointer: its name in words, its value on a side, and that value as it is shown.
import { h, momentText, named, t } from "./shared/kit.js";

const ISSUE = /^\/issues\/([^/]+)(?:\/(\w+))?$/;

/** `Ghi chú chung`, `Ý kiến “Đèn đường hỏng”: nội dung chính` */
export function fieldText(pointer, ...sides) {
  const issue = ISSUE.exec(pointer);
  if (!issue) return t(`field-${pointer.slice(1).replace("/", "-")}`);
  const title = sides.map((content) => content?.issues.find((each) => each.id === issue[1])?.title).find(Boolean) ?? "";
  return issue[2] ? t("field-of-issue", { title, field: t(`issue-field-${issue[2]}`) }) : t("field-issue", { title });
}

/** What a content says there; undefined where it says nothing. */
export function valueAt(content, pointer) {
  const issue = ISSUE.exec(pointer);
  if (issue) {
    const found = content?.issues.find((each) => each.id === issue[1]);
    return issue[2] && found ? { name: issue[2], value: found[issue[2]] } : { name: "issue", value: found?.title };
  }
  const [, name, inner] = pointer.split("/");
  return { name, value: inner ? content?.[name]?.[inner] : content?.[name] };
}

/** A value as a person reads it. */
export function sideValue({ name, value }) {
  return h("span", { class: "lines value" }, text(name, value));
}

function text(name, value) {
  if (value === undefined || value === null || value === "") return t("says-nothing");
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (name === "started_at" || name === "ended_at") return momentText(value);
  if (name === "did") return value.map((each) => named("did", each)).join(", ") || t("says-nothing");
  if (["kind", "field", "urgency"].includes(name)) return named(name, value);
  if (name === "access_class") return named("access", value);
  if (typeof value === "object") return t("says-something");
  return String(value);
}
