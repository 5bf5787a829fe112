// What an agency that is late has promised: beside its due date, which no promise moves.
import { dayText, h, numberText, t } from "./shared/kit.js";

export function hasPromises(duty) {
  return duty.promised_on !== null || duty.broken_promises > 0;
}

/** The day it stands by, and how many days it let go by; of a duty without promises nothing. */
export function promise(duty) {
  return (
    hasPromises(duty) &&
    h(
      "div",
      {},
      duty.promised_on && h("p", { class: "promised" }, t("promise-until", { day: dayText(duty.promised_on) })),
      duty.broken_promises > 0 && h("p", { class: "small" }, t("promises-broken", { n: numberText(duty.broken_promises) })),
    )
  );
}
