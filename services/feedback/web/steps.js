// The days of a due date one by one, each with what was decided about it and by which source.
import { fullDay, h, language, named } from "./shared/kit.js";

/** The list of a trace as the server tells it. */
export function steps(trace) {
  return h(
    "ol",
    { class: "steps" },
    trace.map((step) =>
      h(
        "li",
        { class: `step ${step.decision}` },
        h("span", { class: "step-number number", "aria-hidden": "true" }, mark(step)),
        h(
          "div",
          {},
          h("p", {}, h("strong", { class: "number" }, fullDay(step.date)), ` · ${stepWords(step)}`),
          step.decision !== "counted" && h("p", { class: "small" }, step[language]),
          step.source[language] && h("p", { class: "quiet small" }, step.source[language]),
        ),
      ),
    ),
  );
}

function stepWords(step) {
  return step.decision === "counted" ? step[language] : named("decision", step.decision);
}

function mark(step) {
  return { counted: step.number, skipped: "–", rolled: "→", ends: "■", extended: "+" }[step.decision] ?? "0";
}
