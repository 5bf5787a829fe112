// The parts that views are put together from, each with its names for who listens and its style in base.css/.
import { h, newId, show } from "./dom.js";
import { clockTime, numberText } from "./dates.js";
import { icon } from "./icons.js";
import { t } from "./language.js";

const TOAST_STAYS = 6_000;

/** Where one is in a form: `stepBar(["Ở đâu", "Nghe gì", "Gửi"], 1)`; `go(n)` makes the steps behind a way back. */
export function stepBar(names, current, go) {
  const about = t("step-of", { n: numberText(current + 1), all: numberText(names.length) });
  return h(
    "ol",
    { class: "stages", "aria-label": about },
    names.map((name, n) =>
      h(
        "li",
        { class: n < current ? "done" : null, "aria-current": n === current ? "step" : null },
        n < current && go ? h("button", { type: "button", onclick: () => go(n) }, name) : name,
      ),
    ),
  );
}

/** The way back to where one came from. */
export function backLink(href = "#") {
  return h("p", {}, h("a", { class: "button plain back", href }, "‹ ", t("back")));
}

/** So many of so many, in words and as a bar. */
export function meter({ label, done, required, words }) {
  const enough = done >= required;
  const most = Math.max(required, 1);
  return h(
    "div",
    { class: `tight meter ${enough ? "good" : ""}` },
    h(
      "div",
      { class: "between" },
      h("h3", {}, label),
      h("p", { class: "number" }, h("strong", {}, numberText(done)), ` / ${numberText(required)}`),
    ),
    h("progress", { max: most, value: Math.min(done, most), "aria-label": label }),
    words && h("p", { class: enough ? "enough" : "quiet" }, words),
  );
}

/** `Đã lưu trên máy lúc 19:05.`: `tell(at)` after each save; it is read aloud once a minute at most. */
export function savedLine() {
  const element = h("p", { class: "saved", role: "status" });
  let told = "";
  return {
    element,
    tell(at) {
      const words = t("saved-here", { at: clockTime(at) });
      if (words !== told) show(element, icon("check"), words);
      told = words;
    },
  };
}

/** Said in passing; whoever listens hears it too. */
export function toast(words, mark = "check") {
  const place = document.querySelector(".toasts") ?? document.body.appendChild(h("div", { class: "toasts", role: "status" }));
  const said = h("p", { class: "toast" }, icon(mark), words);
  place.append(said);
  setTimeout(() => said.remove(), TOAST_STAYS);
}

/** A question with two answers; whether it was yes. `grave`: what is done cannot be taken back. */
export function ask({ title, about, yes, no = t("no-stay"), grave = false }) {
  return new Promise((answered) => {
    const titleId = newId();
    const box = h(
      "dialog",
      { class: "ask", "aria-labelledby": titleId, onclose: close },
      h("h2", { id: titleId }, title),
      about && h("p", {}, about),
      h(
        "form",
        { method: "dialog", class: "buttons" },
        h("button", { class: `button ${grave ? "grave" : "first"}`, value: "yes" }, yes),
        h("button", { class: "button", value: "no", autofocus: true }, no),
      ),
    );
    document.body.append(box);
    box.showModal();

    function close() {
      answered(box.returnValue === "yes");
      box.remove();
    }
  });
}

/** Choices that narrow a list: pairs of value and words; `chosen(value)` when another is taken. */
export function chips(label, options, current, chosen) {
  const buttons = options.map(([value, words]) =>
    h("button", { class: "chip", type: "button", "aria-pressed": String(value === current), onclick: () => take(value) }, words),
  );

  function take(value) {
    options.forEach(([each], n) => buttons[n].setAttribute("aria-pressed", String(each === value)));
    chosen(value);
  }

  return h("div", { class: "chips", role: "group", "aria-label": label }, buttons);
}
