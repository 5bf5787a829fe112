// Days and times as people in Viet Nam type them, whatever locale the browser was set up with.

/** `3/11/2026`, `03-11-2026` or `03112026` as `2026-11-03`; "" when it is no day. */
export function readDay(typed) {
  const found = /^\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\s*$/.exec(typed) ?? /^\s*(\d{2})(\d{2})(\d{4})\s*$/.exec(typed);
  if (!found) return "";
  const day = `${found[3]}-${found[2].padStart(2, "0")}-${found[1].padStart(2, "0")}`;
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day) ? day : "";
}

/** `19:30`, `19h30`, `1930` or `19` as `19:30`; "" when it is no time. */
export function readTime(typed) {
  const found = /^\s*(\d{1,2})(?:\s*[:hg.]\s*(\d{2})?|(\d{2}))?\s*$/i.exec(typed);
  if (!found) return "";
  const [hour, minute] = [Number(found[1]), Number(found[2] ?? found[3] ?? 0)];
  return hour < 24 && minute < 60 ? `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}` : "";
}
