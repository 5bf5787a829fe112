// The desk while it is open: it hears of changes and asks again, and says when it has not heard for a while.
import { clockTime, h, serverNow, setServerTime, show, t } from "./shared/kit.js";

const AT_MOST_EVERY = 1_000;
const FIRST_WORD_WITHIN = 500;

/**
 * A line that tells whether the page is live; calls `again` when something has changed, one call at a time. What is
 * asked after `begun` misses no change; where the first word is late, nobody waits for it and `again` makes it good.
 */
export function liveLine(again) {
  const line = h("p", { class: "live quiet small", "aria-live": "off" }, t("live-connecting"));
  const stream = new EventSource("/feedback/api/live");
  let begin;
  const begun = new Promise((resolve) => (begin = resolve));
  let asking = false;
  let behind = false;
  let wanted = false;

  stream.addEventListener("message", heard);
  stream.addEventListener("change", (event) => {
    heard(event);
    look();
  });
  stream.addEventListener("error", () => tell(stream.readyState === EventSource.CLOSED ? "live-ended" : "live-lost", "late"));
  window.addEventListener("pagehide", () => stream.close());
  const tooLate = setTimeout(() => {
    behind = true;
    begin();
  }, FIRST_WORD_WITHIN);
  return { line, begun };

  function heard({ data }) {
    const missed = behind || line.classList.contains("late");
    behind = false;
    clearTimeout(tooLate);
    begin();
    setServerTime(JSON.parse(data).now);
    tell("live", "good");
    if (missed) look();
  }

  /** What changes while the page is asking is asked for once more afterwards. */
  async function look() {
    wanted = true;
    if (asking) return;
    asking = true;
    while (wanted) {
      wanted = false;
      await again().catch(() => tell("live-lost", "late"));
      await new Promise((done) => setTimeout(done, AT_MOST_EVERY));
    }
    asking = false;
  }

  function tell(key, tone) {
    line.setAttribute("aria-live", tone === "late" ? "polite" : "off"); // the minutes of a calm day are not read aloud
    line.classList.toggle("late", tone === "late");
    show(line, t(key, { at: clockTime(serverNow()) }));
  }
}
