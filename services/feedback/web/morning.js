// The first look: four figures, and below them what is late.
import { h, show, t } from "./shared/kit.js";
import { figureRow } from "./figures.js";
import { register } from "./register.js";

export async function morningView({ place, signal }) {
  const [figures, list] = await Promise.all([figureRow(), register({ wide: true, agency: false })]);
  if (signal.aborted) return undefined;
  show(place, h("h1", {}, t("desk")), figures.section, list.section);
  return () => Promise.all([figures.refresh(), list.refresh()]);
}
