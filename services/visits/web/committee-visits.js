// For those who read visits and write none: the committee's last visits, a page at a time.
import { api, clockTime, fullDay, h, localDay, named, numberText, serverNow, showAgain, t } from "./shared/kit.js";

const AT_ONCE = 6;
const LOOK_AGAIN_AFTER = 20_000;

export async function committeeVisits({ main, person, signal }) {
  let shown = AT_ONCE;

  async function render() {
    const { visits, next_cursor: more } = await api(`/visits/api/visits?limit=${shown}`);
    if (signal.aborted) return;
    showAgain(
      main,
      h(
        "div",
        { class: "stack" },
        h(
          "div",
          { class: "tight" },
          h("p", { class: "quiet" }, fullDay(localDay(serverNow()))),
          h("h1", {}, t("greeting", { name: person.full_name })),
          person.roles.length > 0 && h("p", { class: "quiet" }, person.roles.map((role) => named("role", role)).join(", ")),
        ),
        h(
          "section",
          { class: "sheet close" },
          h("h2", {}, t("last-visits")),
          visits.length === 0 && h("p", { class: "quiet" }, t("no-visits")),
          h("ul", { class: "visits" }, visits.map(visitLine)),
          more && h("button", { class: "button wide", type: "button", onclick: showMore }, t("more")),
        ),
        person.may.includes("read_imports") && takenIn(),
      ),
    );
  }

  async function showMore() {
    shown += AT_ONCE;
    await render();
  }

  await render();
  const timer = setInterval(() => document.hidden || render().catch(() => {}), LOOK_AGAIN_AFTER);
  signal.addEventListener("abort", () => clearInterval(timer));
}

/** What comes to the office from outside: spreadsheets, and phones that cannot send. */
function takenIn() {
  const ways = ["registers", "import"];
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("taken-in-title")),
    h("ul", { class: "links" }, ways.map((way) => h("li", {}, h("a", { class: "row", href: `#${way}` }, t(`way-${way}`))))),
  );
}

function visitLine(visit) {
  const raised = visit.issue_count > 0 ? t("issues-raised", { n: numberText(visit.issue_count) }) : visit.nothing_raised && t("none-raised");
  return h(
    "li",
    { class: "tight" },
    h("p", { class: "quiet number" }, `${fullDay(localDay(visit.started_at))} ${clockTime(visit.started_at)}`),
    h("h3", {}, h("a", { href: `#visit=${visit.visit_id}` }, visit.unit.name)),
    h("p", {}, [named("visit", visit.kind), visit.visitor.full_name, raised].filter(Boolean).join(" · ")),
    h("p", {}, visit.report_filed_at ? h("span", { class: "state good" }, t("reported")) : h("span", { class: "state" }, t("not-reported"))),
  );
}
