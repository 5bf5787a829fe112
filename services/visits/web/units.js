// Finding a unit by typing a few letters, with or without marks.
import { fold, h, newId, show, t } from "./shared/kit.js";

const SHOWN = 8;
const REST = 700;

/** The units that hold every word typed; those with the very marks first, the assigned before the rest. */
export function matching(units, typed) {
  const words = fold(typed).split(/\s+/).filter(Boolean);
  const exact = typed.trim().normalize("NFC").toLowerCase();
  return units
    .filter((unit) => words.every((word) => unit.folded.includes(word)))
    .map((unit, order) => ({ unit, order, exact: exact !== "" && unit.name.toLowerCase().includes(exact) }))
    .sort((a, b) => b.exact - a.exact || b.unit.assigned - a.unit.assigned || a.order - b.order)
    .map(({ unit }) => unit);
}

/** A combobox over the units; calls `chosen` with a unit, or with null while none is. */
export function unitBox(units, current, chosen) {
  const listId = newId();
  const list = h("ul", { class: "options", role: "listbox", id: listId, "aria-label": t("units"), hidden: true });
  const input = h("input", {
    class: "box",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": listId,
    placeholder: t("unit-placeholder"),
    value: current?.name ?? "",
    oninput,
    oncompositionend: oninput,
    onkeydown,
    onfocus: () => input.select(),
    onblur: () => close(),
  });
  let found = [];
  let active = -1;
  let resting = 0;

  /** A syllable that is still being composed is no word to search for, until it ends or the thumb rests. */
  function oninput(event) {
    clearTimeout(resting);
    if (event.isComposing) resting = setTimeout(search, REST);
    else search();
  }

  function search() {
    chosen(null);
    found = matching(units, input.value).slice(0, SHOWN);
    render(found.length > 0 ? 0 : -1);
  }

  function onkeydown(event) {
    if (event.isComposing || list.hidden || found.length === 0) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) render((active + step + found.length) % found.length);
    else if (event.key === "Enter") choose(found[active]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  }

  function render(place) {
    active = place;
    show(list, found.length > 0 ? found.map(option) : h("li", { class: "none", role: "option" }, t("no-unit")));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    if (active < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[active].id);
  }

  function option(unit, place) {
    return h(
      "li",
      {
        role: "option",
        id: `${listId}-${place}`,
        "aria-selected": place === active ? "true" : "false",
        onpointerdown: (event) => {
          event.preventDefault();
          choose(unit);
        },
      },
      unit.name,
      unit.assigned && h("span", { class: "quiet small" }, ` · ${t("assigned-to-you")}`),
    );
  }

  function choose(unit) {
    input.value = unit.name;
    chosen(unit);
    close();
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  return { input, list };
}
