// One's own record: what is held, how it stands against the quotas, questions to oneself, and what one says to it.
// The questions are shown to their owner and to nobody else; nothing of them is kept.
import { addWords, backLink, field, h, localDay, momentText, named, newUuid, notice, numberText, periodText, select, serverNow, show, t } from "./shared/kit.js";
import { asOf, readOrCopy, unsent, waits } from "./own-work.js";
import { act } from "./issue-view.js";
import vi from "./matters-vi.js";

await addWords({ vi, en: () => import("./matters-en.js") });

const YEARS_BACK = 4;

export async function recordView({ main, phone, signal, id }) {
  const now = Number(localDay(serverNow()).slice(0, 4));
  const year = Number(id ?? now);
  const [reading, waiting] = await Promise.all([readOrCopy(phone, `/visits/api/me/record?year=${year}`).catch(() => null), unsent(phone)]);
  if (signal.aborted) return;
  const years = Array.from({ length: YEARS_BACK }, (_, back) => [String(now - back), String(now - back)]);
  const choose = select(years, { value: String(year), "aria-label": t("year"), onchange: ({ target }) => (location.hash = `#record=${target.value}`) });
  show(
    main,
    h(
      "div",
      { class: "stack log record" },
      h("div", { class: "close" }, backLink(), h("h1", {}, t("my-record")), h("p", { class: "quiet" }, t("record-about")), choose, asOf(reading)),
      reading ? parts(phone, reading.value, waiting) : notice("warn", t("record-not-here")),
    ),
  );
}

function parts(phone, record, waiting) {
  const said = waiting.filter((item) => item.kind === "objection");
  return [held(record, waiting), quotas(record), questions(record), objections(record, said), objecting(phone, record)];
}

function held({ held: facts }, waiting) {
  const lacking = waiting.filter((item) => item.kind === "visit").length;
  const rows = ["field_trips", "meetings", "units", "issues", "reports", "reports_on_time", "reports_late", "reports_owed", "versions"];
  return h(
    "section",
    { class: "sheet close" },
    h("div", { class: "between" }, h("h2", {}, t("what-is-held")), lacking > 0 && h("a", { class: "state soon unsent-mark", href: "#outbox" }, t("not-sent-yet", { n: numberText(lacking) }))),
    h("dl", { class: "facts" }, rows.map((name) => [h("dt", {}, t(`held-${name}`)), h("dd", { class: "number" }, numberText(facts[name]))])),
    h("p", {}, h("a", { href: "#own-data" }, t("all-that-is-kept"))),
  );
}

/** Every month or quarter that has begun, and the year. */
function quotas(record) {
  const today = localDay(serverNow());
  return h(
    "section",
    { class: "sheet stack" },
    h("h2", {}, t("cadence")),
    ["field_trip", "meeting_attendance"].map((kind) => {
      const begun = record[kind].filter((count) => count.first <= today);
      const done = begun.reduce((sum, count) => sum + count.done, 0);
      const required = begun.reduce((sum, count) => sum + count.required, 0);
      return h(
        "div",
        { class: "close" },
        h("div", { class: "between" }, h("h3", {}, named("visit", kind)), h("p", { class: "number" }, t("in-the-year", { done: numberText(done), required: numberText(required) }))),
        h("ul", { class: "periods" }, begun.map((count) => h("li", { class: count.done < count.required && count.last < today ? "missed" : null }, h("span", {}, periodText(count.period, count.first)), h("strong", { class: "number" }, `${numberText(count.done)} / ${numberText(count.required)}`)))),
      );
    }),
  );
}

function questions({ questions: asked }) {
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("ask-yourself")),
    h("p", { class: "quiet small" }, t("ask-yourself-about")),
    asked.length === 0 && h("p", { class: "notice good" }, t("no-questions")),
    h(
      "ul",
      { class: "rows" },
      asked.map((each) =>
        h(
          "li",
          { class: "close" },
          h("p", {}, t(`question-${each.signal}`, { n: numberText(each.count) })),
          h("p", { class: "quiet small" }, t("asked-from", { n: numberText(each.threshold) }), " ", each.visit_ids.slice(-3).map((id, place) => [place > 0 && ", ", h("a", { href: `#visit=${id}` }, t("visit-n", { n: place + 1 }))])),
        ),
      ),
    ),
  );
}

function objections({ objections: kept }, waiting) {
  if (kept.length + waiting.length === 0) return null;
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("what-i-said")),
    waiting.map((item) => waits(item)),
    h("ul", { class: "rows" }, kept.map((each) => h("li", { class: "tight" }, h("h3", {}, periodWords(each.period)), h("p", { class: "lines" }, each.text || t("texts-erased")), h("p", { class: "quiet small number" }, momentText(each.made_at))))),
  );
}

function objecting(phone, { year }) {
  const text = h("textarea", { class: "box", maxlength: "5000", required: true });
  const period = select(periodsOf(year), { value: periodsOf(year)[0][0] });
  const form = act(null, [field(t("which-period"), period), field(t("my-words"), text, { hint: t("office-reads"), pointer: "/text" })], t("send-words"), () =>
    phone.outbox.add({ kind: "objection", method: "PUT", path: `/visits/api/me/objections/${newUuid()}`, body: { period: period.value, text: text.value.trim() }, about: { day: localDay(serverNow()) } }),
  );
  return h("details", { class: "sheet more" }, h("summary", {}, t("say-something")), form);
}

/** What has begun of the year, the newest first. */
function periodsOf(year) {
  const today = localDay(serverNow());
  const quarters = [4, 3, 2, 1].map((quarter) => [`${year}-Q${quarter}`, `${year}-${String(quarter * 3 - 2).padStart(2, "0")}-01`]);
  const months = Array.from({ length: 12 }, (_, back) => 12 - back).map((month) => [`${year}-${String(month).padStart(2, "0")}`, `${year}-${String(month).padStart(2, "0")}-01`]);
  return [...quarters, ...months, [String(year), `${year}-01-01`]].filter(([, first]) => first <= today).map(([period]) => [period, periodWords(period)]);
}

function periodWords(period) {
  const [year, part] = period.split("-");
  if (!part) return t("whole-year", { year });
  const first = part.startsWith("Q") ? `${year}-${String(Number(part[1]) * 3 - 2).padStart(2, "0")}-01` : `${period}-01`;
  return `${periodText(part.startsWith("Q") ? "quarter" : "month", first)} ${year}`;
}
