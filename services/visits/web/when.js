// Choosing a day and a time in their Vietnamese form, whatever locale the browser was set up with.
import { dayText, fullDay, h, localDay, readDay, readTime, select, serverNow, t } from "./shared/kit.js";

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

function lastDays() {
  const named = [t("today"), t("yesterday")];
  return Array.from({ length: DAYS_BACK }, (_, back) => {
    const day = localDay(serverNow().getTime() - back * DAY);
    return [day, named[back] ? `${named[back]}, ${dayText(day)}` : fullDay(day)];
  });
}
