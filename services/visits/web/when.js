// Choosing a day and a time in their Vietnamese form, whatever locale the browser was set up with.
import { dayText, fullDay, h, localDay, select, serverNow, t } from "./shared/kit.js";

const DAYS_BACK = 30;
const DAY = 86_400_000;

/** The last month as a list, and any other day typed; calls `chosen` with a local date, or "" for none. */
export function dayBox(current, chosen) {
  const days = lastDays();
  const listed = days.some(([day]) => day === current);
  const other = h("input", {
    class: "box",
    inputmode: "text",
    autocomplete: "off",
    placeholder: t("day-hint"),
    "aria-label": t("other-day"),
    value: listed ? "" : current && dayText(current),
    hidden: listed,
    oninput: () => chosen(readDay(other.value)),
  });
  const list = select([...days, ["other", t("other-day")]], {
    value: listed ? current : "other",
    onchange: () => {
      other.hidden = list.value !== "other";
      chosen(other.hidden ? list.value : readDay(other.value));
      if (!other.hidden) other.focus();
    },
  });
  return { control: list, also: other };
}

/** A time typed as people type it: 19:30, 19h30, 1930, 19; calls `chosen` with `19:30`, or "" for none. */
export function timeBox(current, chosen) {
  return h("input", {
    class: "box",
    inputmode: "text",
    autocomplete: "off",
    maxlength: "5",
    placeholder: t("time-hint"),
    value: current,
    oninput: (event) => chosen(readTime(event.target.value)),
    onchange: (event) => {
      event.target.value = readTime(event.target.value) || event.target.value;
    },
  });
}

/** `3/11/2026`, `03-11-2026` or `03112026` as `2026-11-03`; "" when it is no day. */
export function readDay(typed) {
  const found = /^\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\s*$/.exec(typed) ?? /^\s*(\d{2})(\d{2})(\d{4})\s*$/.exec(typed);
  if (!found) return "";
  const day = `${found[3]}-${found[2].padStart(2, "0")}-${found[1].padStart(2, "0")}`;
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day) ? day : "";
}

export function readTime(typed) {
  const found = /^\s*(\d{1,2})(?:\s*[:hg.]\s*(\d{2})?|(\d{2}))?\s*$/i.exec(typed);
  if (!found) return "";
  const [hour, minute] = [Number(found[1]), Number(found[2] ?? found[3] ?? 0)];
  return hour < 24 && minute < 60 ? `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}` : "";
}

function lastDays() {
  const named = [t("today"), t("yesterday")];
  return Array.from({ length: DAYS_BACK }, (_, back) => {
    const day = localDay(serverNow().getTime() - back * DAY);
    return [day, named[back] ? `${named[back]}, ${dayText(day)}` : fullDay(day)];
  });
}
