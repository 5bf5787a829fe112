// One quiet strip above every view: what is not sent yet, and what keeps it from going, with what to do about it.
import { addWords, h, notice, numberText, show, t, tellUnsent } from "./shared/kit.js";
import { askForSync, lookForNewVersion, takeNewVersion } from "./worker.js";
import vi from "./phone-vi.js";

const HOUR = 3_600_000;
const MINUTE = 60_000;

await addWords({ vi, en: () => import("./phone-en.js") });

/** `{element, offerNewVersion}`; the element follows the phone by itself. */
export function phoneBar(phone) {
  const element = h("aside", { class: "phone-bar close", "aria-live": "polite", "aria-label": t("this-device") });
  let renewed = false;
  let looked = false;
  let shown = h("div", {});

  function render() {
    const { state } = phone;
    if (state.unsent > 0) askForSync();
    if (state.new_version && !looked) {
      looked = true;
      lookForNewVersion();
    }
    tellUnsent(state.unsent);
    const said = h("div", {}, unsent(state), troubles(state), renewed && newVersion());
    if (said.isEqualNode(shown)) return; // what is said again is not drawn again, under somebody's finger or focus
    shown = said.cloneNode(true);
    show(element, ...said.childNodes);
    element.hidden = element.childElementCount === 0;
  }

  function newVersion() {
    return notice("", t("new-version"), " ", h("button", { class: "button", type: "button", onclick: renew }, t("take-new-version")));
  }

  /** Nothing that is being typed is lost to it. */
  async function renew() {
    await phone.drafts.flush();
    if (!phone.state.full) takeNewVersion(() => phone.drafts.flush());
  }

  phone.subscribe(render);
  render();
  return {
    element,
    offerNewVersion() {
      renewed = true;
      render();
    },
  };
}

/** `3 mục chưa gửi, lâu nhất từ 2 giờ trước`: the way to the list. */
function unsent({ unsent: count, oldest_at: oldest, set_aside: aside, nag }) {
  if (count === 0) return null;
  const words = [t("unsent", { n: numberText(count), age: ageText(oldest) }), aside > 0 && t("set-aside", { n: numberText(aside) })];
  return h("a", { class: `notice ${nag || aside > 0 ? "warn" : ""}`, href: "#outbox" }, words.filter(Boolean).join(" "));
}

function troubles({ sign_in: signIn, full, clock_off_ms: off, others, nag, online }) {
  return [
    signIn && notice("warn", t("sign-in-to-send"), " ", h("a", { class: "whole", href: "#sign-in" }, t("sign-in"))),
    full && notice("wrong", t("storage-full")),
    off !== 0 && notice("warn", t("clock-off", { n: spanText(Math.abs(off)) })),
    nag && online && notice("warn", t("nag")),
    others > 0 && notice("", t("others-unsent", { n: numberText(others) })),
  ].filter(Boolean);
}

/** How long ago, in the largest unit that fits. */
export function ageText(since) {
  return t("ago", { n: spanText(Math.max(0, Date.now() - since)) });
}

export function spanText(milliseconds) {
  if (milliseconds < HOUR) return t("minutes", { n: numberText(Math.max(1, Math.round(milliseconds / MINUTE))) });
  if (milliseconds < 48 * HOUR) return t("hours", { n: numberText(Math.round(milliseconds / HOUR)) });
  return t("days", { n: numberText(Math.round(milliseconds / (24 * HOUR))) });
}
