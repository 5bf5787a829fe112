// Elements without HTML in strings: whatever a person typed can only ever become text.

/** `h("a", {href: "#", onclick: go}, "Mở")`; false, null and undefined make no attribute and no child. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  append(element, children);
  return element;
}

/** Put these children in place of what stands there. */
export function show(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** The same for what is drawn again while somebody uses it: the focus stays on the control that is still there. */
export function showAgain(element, ...children) {
  const held = element.contains(document.activeElement) ? placeOf(element, document.activeElement) : null;
  show(element, ...children);
  if (held) alike(element, held.key)[held.nth]?.focus({ preventScroll: true });
  return element;
}

let lastId = 0;

/** An id nobody else on this page has. */
export function newId() {
  lastId += 1;
  return `e${lastId}`;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "value" || name === "checked") element[name] = value;
  else element.setAttribute(name, value === true ? "" : value);
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

const CONTROLS = "a, button, input, select, textarea, summary, [data-key]";

/** By what a control is known when it has been made anew: its key, where it leads, or what it says but for its numbers. */
function keyOf(control) {
  return control.dataset.key ?? control.getAttribute("href") ?? `${control.localName} ${control.name ?? ""} ${control.textContent.replace(/\d+/g, "")}`;
}

function alike(element, key) {
  return [...element.querySelectorAll(CONTROLS)].filter((each) => keyOf(each) === key);
}

function placeOf(element, control) {
  const key = keyOf(control);
  return { key, nth: alike(element, key).indexOf(control) };
}
