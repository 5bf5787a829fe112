// The first look: figures that open their lists, whose phone has not sent, what is late longest, and how the weeks went.
import { addWords, api, h, show, t } from "./shared/kit.js";
import vi from "./morning-vi.js";
import { past } from "./as-of.js";
import { figureRow } from "./figures.js";
import { freshness } from "./freshness.js";
import { register } from "./register.js";
import { trend } from "./trend.js";

const TOP = 5;

await addWords({ vi, en: () => import("./morning-en.js") });

export async function morningView({ place, person, signal }) {
  const day = await today();
  const whole = { person, wide: true, atFirst: TOP };
  const parts = await Promise.all(past ? [figureRow(day), register(whole)] : [figureRow(day), freshness(), register(whole), trend(day)]);
  if (signal.aborted) return undefined;
  show(place, h("h1", {}, t("desk")), parts.map(({ section }) => section));
  return async () => {
    const now = await today();
    await Promise.all(parts.map(({ refresh }) => refresh(now)));
  };
}

/** What is new this morning; of a past one nothing was kept but what the register and the figures tell. */
async function today() {
  return past ? null : api("/feedback/api/morning");
}
