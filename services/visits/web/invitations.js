// The office lets people in: a link or a QR code for one person, once.
import { api, field, fold, h, momentText, notice, show, t } from "./shared/kit.js";
import { surely } from "./sign-in.js";

const SHOWN = 8;

export async function invitationsView({ main, person, signal }) {
  const { invitations } = await api("/visits/api/invitations");
  if (signal.aborted) return;
  const said = h("div", {});
  const found = h("ul", { class: "rows" });
  const search = h("input", { class: "box", type: "search", autocomplete: "off", oninput: look });
  show(
    main,
    h(
      "div",
      { class: "stack log" },
      h("a", { class: "button plain back", href: "#account" }, "‹ ", t("back")),
      h("h1", {}, t("invitations")),
      h("p", { class: "quiet" }, t("invitations-about")),
      said,
      h("section", { class: "sheet close" }, field(t("whom"), search, { hint: t("whom-hint") }), found),
      openOnes(),
    ),
  );

  const again = () => invitationsView({ main, person, signal });

  async function look() {
    const words = search.value.trim();
    if (fold(words).length < 2) return show(found);
    const { people } = await api(`/visits/api/people?q=${encodeURIComponent(words)}&limit=${SHOWN}`);
    if (search.value.trim() !== words) return undefined;
    return show(found, people.map(personRow));
  }

  function personRow({ code, full_name: name, person_id: id }) {
    const invite = h("button", { class: "button", type: "button", "aria-label": `${t("invite")}: ${name}` }, t("invite"));
    invite.addEventListener("click", () =>
      tried(invite, async () => {
        const path = `/visits/api/people/${id}/invitations`;
        const made = await surely(main, () => api(path, { method: "POST" }), again);
        if (made) handOver(name, made);
      }),
    );
    return h("li", { class: "between" }, h("p", {}, `${code} · ${name}`), invite);
  }

  function handOver(name, { link, qr, expires_at: until }) {
    const box = h("input", { class: "box", readonly: true, value: link, onclick: () => box.select() });
    show(
      main,
      h(
        "div",
        { class: "stack log" },
        h("h1", {}, t("invitation-for", { name })),
        h("p", {}, t("invitation-give", { until: momentText(until) })),
        h("img", { class: "qr", src: qr, alt: t("qr-of-invitation") }),
        field(t("link"), box),
        h("button", { class: "button wide", type: "button", onclick: again }, t("done")),
      ),
    );
  }

  function openOnes() {
    return h(
      "section",
      { class: "sheet close" },
      h("h2", {}, t("invitations-open")),
      invitations.length === 0 && h("p", { class: "quiet" }, t("invitations-none")),
      h("ul", { class: "rows" }, invitations.map(openRow)),
    );
  }

  function openRow({ invitation_id: id, code, full_name: name, expires_at: until }) {
    const revoke = h("button", { class: "button", type: "button", "aria-label": `${t("revoke")}: ${name}` }, t("revoke"));
    revoke.addEventListener("click", () =>
      tried(revoke, async () => {
        await api(`/visits/api/invitations/${id}`, { method: "DELETE" });
        await again();
      }),
    );
    return h(
      "li",
      { class: "between" },
      h("div", { class: "tight" }, h("p", {}, `${code} · ${name}`), h("p", { class: "quiet" }, t("until", { until: momentText(until) }))),
      revoke,
    );
  }

  async function tried(control, work) {
    control.disabled = true;
    show(said);
    try {
      await work();
    } catch (problem) {
      show(said, notice("wrong", problem.message));
    }
    control.disabled = false;
  }
}
