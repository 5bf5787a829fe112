// The office takes in the queue of a phone that cannot send, and sees which phones still hold something.
import { addWords, api, field, h, momentText, named, notice, numberText, show, t } from "./shared/kit.js";
import { ageText } from "./phone-bar.js";
import vi from "./import-vi.js";

await addWords({ vi, en: () => import("./import-en.js") });

const LARGEST = 8 * 1024 * 1024;
const TONES = { accepted: "good", repeated: "good", conflict: "late", refused: "late" };

export async function importView({ main, signal }) {
  const { phones } = await api("/visits/api/phones");
  if (signal.aborted) return;
  const box = h("input", { class: "box", type: "file", accept: "application/json,.json", required: true });
  const send = h("button", { class: "button first wide", type: "submit" }, t("take-in"));
  const became = h("div", { class: "close", role: "status" });
  show(
    main,
    h(
      "div",
      { class: "stack log" },
      h("p", {}, h("a", { class: "button plain back", href: "#" }, "‹ ", t("back"))),
      h("h1", {}, t("import-title")),
      h("p", { class: "quiet" }, t("import-about")),
      h("form", { class: "sheet stack", onsubmit: submit }, field(t("file"), box, { hint: t("file-hint") }), send),
      became,
      waiting(phones),
    ),
  );

  async function submit(event) {
    event.preventDefault();
    send.disabled = true;
    show(became);
    try {
      show(became, outcome(await api("/visits/api/imports/queue", { method: "POST", body: await read(box.files[0]) })));
    } catch (problem) {
      show(became, notice("wrong", problem.message));
    }
    send.disabled = false;
  }
}

async function read(file) {
  if (file.size > LARGEST) throw new Error(t("too-large"));
  try {
    return JSON.parse(await file.text());
  } catch {
    throw new Error(t("not-a-queue"));
  }
}

function outcome({ person, items }) {
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("taken-in", { name: person.full_name })),
    items.length === 0 && h("p", {}, t("empty-file")),
    h(
      "ul",
      { class: "rows" },
      items.map((item) =>
        h(
          "li",
          { class: "between" },
          h("p", {}, named("act", item.kind), item.receipt_number && ` · ${item.receipt_number}`, item.message && h("span", { class: "quiet" }, ` ${item.message}`)),
          h("span", { class: `state ${TONES[item.outcome]}` }, named("landed", item.outcome)),
        ),
      ),
    ),
  );
}

function waiting(phones) {
  const holding = phones.filter((phone) => phone.unsent + phone.refused + phone.gaps > 0);
  return h(
    "section",
    { class: "sheet close" },
    h("h2", {}, t("phones-title")),
    holding.length === 0 && h("p", { class: "quiet" }, t("phones-none")),
    h(
      "ul",
      { class: "rows" },
      holding.map((phone) =>
        h(
          "li",
          { class: "tight" },
          h("p", {}, h("strong", {}, phone.person.full_name)),
          h("p", {}, t("phone-holds", { unsent: numberText(phone.unsent), refused: numberText(phone.refused) })),
          phone.gaps > 0 && notice("wrong", t("phone-gaps", { n: numberText(phone.gaps) })),
          h("p", { class: "quiet" }, t("phone-heard", { at: momentText(phone.reported_at) }), phone.oldest_unsent_at && ` ${t("phone-oldest", { age: ageText(Date.parse(phone.oldest_unsent_at)) })}`),
        ),
      ),
    ),
  );
}
