// Instants as people in Viet Nam write them, whatever zone or locale the device is set to.
import { language, t } from "./language.js";

const PARTS = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Ho_Chi_Minh",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const NUMBER = new Intl.NumberFormat("vi-VN");
const WEEKDAYS = {
  vi: ["Chủ nhật", "thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy"],
  en: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"],
};
const QUARTERS = ["I", "II", "III", "IV"];
const DAY = 86_400_000;
let ahead = 0;

/** The server's time rules: a phone may be wrong, and in a rehearsal everybody's watch is. */
export function setServerTime(now) {
  ahead = Date.parse(now) - Date.now();
}

/** The same without a server: by how much it was ahead of this device the last time it said. */
export function setServerOffset(milliseconds) {
  ahead = milliseconds;
}

/** A moment of this device's clock as the server's clock shows it. */
export function onServersClock(instant) {
  return instant + ahead;
}

export function serverNow() {
  return new Date(Date.now() + ahead);
}

/** The local date of an instant: `2026-11-23`. */
export function localDay(instant) {
  const at = parts(instant);
  return `${at.year}-${at.month}-${at.day}`;
}

/** `19:00` */
export function clockTime(instant) {
  const at = parts(instant);
  return `${at.hour}:${at.minute}`;
}

/** `23/11/2026`, from a local date. */
export function dayText(day) {
  const [year, month, date] = day.split("-");
  return `${date}/${month}/${year}`;
}

/** `thứ Hai, 23/11/2026`, from a local date. */
export function fullDay(day) {
  return `${WEEKDAYS[language][new Date(`${day}T00:00:00Z`).getUTCDay()]}, ${dayText(day)}`;
}

/** `23/11/2026 19:00` */
export function momentText(instant) {
  return `${dayText(localDay(instant))} ${clockTime(instant)}`;
}

/** The instant of a local date and time as a form gives them. */
export function instantOf(day, time) {
  return `${day}T${time}:00+07:00`;
}

/** How many days from one local date to another. */
export function daysBetween(from, to) {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY);
}

/** The last day of a duty: what is due at midnight may still be done on the day before. */
export function lastDayOf(dueAt) {
  return localDay(Date.parse(dueAt) - 1);
}

/** `tháng 11` or `quý IV`, from the first day of the period. */
export function periodText(period, firstDay) {
  const month = Number(firstDay.slice(5, 7));
  return period === "quarter"
    ? t("quarter", { n: QUARTERS[Math.floor((month - 1) / 3)] })
    : t("month", { n: month });
}

/** 2.480 */
export function numberText(value) {
  return NUMBER.format(value);
}

function parts(instant) {
  const found = {};
  for (const { type, value } of PARTS.formatToParts(new Date(instant))) found[type] = value;
  return found;
}
