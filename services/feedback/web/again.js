// A part of the page that is asked for again while somebody uses it.
import { show } from "./shared/kit.js";

/** Show anew without taking the focus from a link or a box that is still there. */
export function showAgain(element, ...children) {
  const before = element.contains(document.activeElement) ? keyOf(document.activeElement) : null;
  show(element, ...children);
  if (before) [...element.querySelectorAll("a, [data-key]")].find((each) => keyOf(each) === before)?.focus();
}

function keyOf(element) {
  return element.dataset.key ?? element.getAttribute("href");
}
