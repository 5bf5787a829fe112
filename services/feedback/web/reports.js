// Papers of the committee: the report of a period, and what cells still wait for; on the screen what the file will hold.
import { addWords, api, chips, dayText, field, h, localDay, notice, readDay, select, serverNow, show, showAgain, t } from "./shared/kit.js";
import vi from "./reports-vi.js";
import { asOf } from "./as-of.js";
import { fileLinks, paperOf } from "./paper.js";

await addWords({ vi, en: () => import("./reports-en.js") });

const PACKS = ["period", "follow-up"];
const PERIODS = ["quarter", "last-quarter", "half", "year", "last-year", "whole", "own"];

/** `#reports=period:2026-07-01..2026-09-30`, `#reports=follow-up`; without days the present quarter. */
export async function reportsView({ place, id, settle, signal }) {
  const choice = choiceOf(id);
  const period = h("div", { class: "close" });
  const files = h("p", { class: "buttons files" });
  const paper = h("section", { class: "sheet stack paper", "aria-label": t("reports-paper") });
  let asked = 0;

  async function refresh() {
    const mine = (asked += 1);
    try {
      const told = await api(`/feedback/api/report?${query(choice)}`);
      if (mine !== asked || signal.aborted) return;
      show(files, fileLinks("/feedback/api/report/file", query(choice)));
      showAgain(paper, ...paperOf(told));
    } catch (problem) {
      if (mine === asked) show(paper, notice("wrong", problem.message));
    }
  }

  function take(changes) {
    Object.assign(choice, changes);
    settle(addressOf(choice), true);
    show(period, choice.pack === "period" && periods(choice, take));
    return refresh();
  }

  show(period, choice.pack === "period" && periods(choice, take));
  await refresh();
  if (signal.aborted) return undefined;
  show(
    place,
    h("h1", {}, t("reports-title")),
    h(
      "div",
      { class: "sheet close" },
      chips(t("reports-which"), PACKS.map((each) => [each, t(`reports-${each}`)]), choice.pack, (pack) => take({ pack })),
      period,
      files,
    ),
    paper,
  );
  return refresh;
}

function choiceOf(address) {
  const [pack, days = ""] = (address ?? "").split(":");
  const [first, last] = days.split("..");
  const named = PACKS.includes(pack) ? pack : "period";
  return readable(first) && readable(last) ? { pack: named, period: "own", first, last } : { pack: named, period: "quarter", ...daysOf("quarter") };
}

function readable(day) {
  return /^\d{4}-\d{2}-\d{2}$/.test(day ?? "");
}

function addressOf({ pack, first, last }) {
  return pack === "period" && first ? `${pack}:${first}..${last}` : pack;
}

function query({ pack, first, last }) {
  const days = pack === "period" && first ? { from: first, to: last } : {};
  return new URLSearchParams({ pack, ...days, ...(pack === "period" ? asOf() : {}) });
}

/** The first and the last day of a period that has a name; of the whole time neither. */
function daysOf(period) {
  const [year, month] = localDay(serverNow()).split("-").map(Number);
  const quarter = Math.floor((month - 1) / 3);
  if (period === "quarter") return quarterDays(year, quarter);
  if (period === "last-quarter") return quarter === 0 ? quarterDays(year - 1, 3) : quarterDays(year, quarter - 1);
  if (period === "half") return month <= 6 ? { first: `${year}-01-01`, last: `${year}-06-30` } : { first: `${year}-07-01`, last: `${year}-12-31` };
  if (period === "whole") return { first: "", last: "" };
  const of = period === "last-year" ? year - 1 : year;
  return { first: `${of}-01-01`, last: `${of}-12-31` };
}

function quarterDays(year, quarter) {
  const [first, last] = [["01-01", "03-31"], ["04-01", "06-30"], ["07-01", "09-30"], ["10-01", "12-31"]][quarter];
  return { first: `${year}-${first}`, last: `${year}-${last}` };
}

function periods(choice, take) {
  const named = select(
    PERIODS.map((each) => [each, t(`period-${each}`)]),
    { value: choice.period, onchange: ({ target }) => take(target.value === "own" ? { period: "own" } : { period: target.value, ...daysOf(target.value) }) },
  );
  return h("div", { class: "fields" }, field(t("reports-span"), named), choice.period === "own" && ownDays(choice, take));
}

function ownDays(choice, take) {
  const [first, last] = ["first", "last"].map((end) =>
    h("input", { class: "box", inputmode: "numeric", placeholder: t("reports-day-hint"), value: choice[end] ? dayText(choice[end]) : "" }),
  );
  const said = h("div", {});
  const form = h(
    "form",
    { class: "close", onsubmit: go },
    h("div", { class: "fields" }, field(t("reports-from"), first), field(t("reports-to"), last)),
    said,
    h("button", { class: "button", type: "submit" }, t("reports-show")),
  );
  return form;

  function go(event) {
    event.preventDefault();
    const days = [readDay(first.value), readDay(last.value)];
    if (days.some((day) => !day) || days[0] > days[1]) return show(said, notice("wrong", t("reports-days-wrong")));
    return take({ first: days[0], last: days[1] });
  }
}
