// One's own ways in and devices; for the office, the way to invite others.
import { api, dayText, field, h, localDay, notice, show, t } from "./shared/kit.js";
import { codeBox, showRecoveryCodes, shownOffer } from "./door.js";
import { deviceName, makePasskey, passkeysWork } from "./passkey.js";
import { surely } from "./sign-in.js";

export async function accountView({ main, person, signal }) {
  const [account, { devices }] = await Promise.all([api("/visits/api/account"), api("/visits/api/devices")]);
  if (signal.aborted) return;
  const said = h("div", {});
  show(
    main,
    h(
      "div",
      { class: "stack log" },
      h("a", { class: "button plain back", href: "#" }, "‹ ", t("back")),
      h("h1", {}, t("account")),
      said,
      h("a", { class: "button wide", href: "#reminders" }, t("reminders-link")),
      person.may.includes("manage_accounts") && h("a", { class: "button wide", href: "#invitations" }, t("invitations")),
      h("a", { class: "button wide", href: "#own-data" }, t("own-data-link")),
      passkeys(),
      password(),
      app(),
      deviceList(),
    ),
  );

  const again = () => accountView({ main, person, signal });

  function passkeys() {
    return h(
      "section",
      { class: "sheet close" },
      h("h2", {}, t("passkeys")),
      account.passkeys.length === 0 && h("p", { class: "quiet" }, t("no-passkeys")),
      h("ul", { class: "rows" }, account.passkeys.map(passkeyRow)),
      passkeysWork(account.passkey_host) &&
        button(t("add-passkey"), () => makePasskey("/visits/api/account/passkeys", deviceName())),
    );
  }

  function passkeyRow({ passkey_id: id, name, added_at: added }) {
    const words = t("passkey-added", { name, day: dayText(localDay(added)) });
    return h("li", { class: "between" }, h("p", {}, words), remove(words, `/visits/api/account/passkeys/${id}`));
  }

  function password() {
    const box = h("input", { class: "box", type: "password", autocomplete: "new-password", required: true });
    return h(
      "section",
      { class: "sheet close" },
      h("h2", {}, t("password")),
      h("p", { class: "quiet" }, t(account.has_password ? "password-set" : "password-not-set")),
      form(t("change-password"), [field(t("new-password"), box, { hint: t("new-password-hint") })], () =>
        api("/visits/api/account/password", { method: "PUT", body: { password: box.value } }),
      ),
    );
  }

  function app() {
    const place = h("div", { class: "stack" });
    return h(
      "section",
      { class: "sheet close" },
      h("h2", {}, t("app")),
      h("p", { class: "quiet" }, account.authenticator ? t("app-set", { n: account.recovery_codes_left }) : t("app-not-set")),
      place,
      plain(t(account.authenticator ? "app-new" : "app-set-up"), () => surely(main, () => offerApp(place), again)),
      account.authenticator && remove(t("app"), "/visits/api/account/authenticator"),
    );
  }

  async function offerApp(place) {
    const offer = await api("/visits/api/account/authenticator", { method: "POST" });
    const code = codeBox();
    const confirm = form(t("confirm-code"), [field(t("code"), code)], async () => {
      const body = { code: code.value.trim() };
      const made = await api("/visits/api/account/authenticator/confirm", { method: "POST", body });
      showRecoveryCodes(main, made.recovery_codes, again);
      return true;
    });
    show(place, h("p", {}, t("app-about")), shownOffer(offer), confirm);
  }

  function deviceList() {
    return h(
      "section",
      { class: "sheet close" },
      h("h2", {}, t("devices")),
      h("ul", { class: "rows" }, devices.map(deviceRow)),
    );
  }

  function deviceRow({ device_id: id, name, first_seen: first, last_seen: last, signed_in: open, current }) {
    return h(
      "li",
      { class: "between" },
      h(
        "div",
        { class: "tight" },
        h("p", {}, h("strong", {}, name), current && ` · ${t("device-here")}`),
        h("p", { class: "quiet" }, t("device-seen", { first: dayText(first), last: dayText(last) }), !open && ` · ${t("signed-out")}`),
      ),
      !current && remove(name, `/visits/api/devices/${id}`, t("sign-out-there")),
    );
  }

  function remove(what, path, words = t("remove")) {
    const made = button(words, () => api(path, { method: "DELETE" }));
    made.setAttribute("aria-label", `${words}: ${what}`);
    made.classList.remove("wide");
    return made;
  }

  function button(words, work) {
    return plain(words, () => changed(work));
  }

  function plain(words, work) {
    const made = h("button", { class: "button wide", type: "button" }, words);
    made.addEventListener("click", () => tried(made, work));
    return made;
  }

  function form(words, fields, work) {
    const send = h("button", { class: "button wide", type: "submit" }, words);
    const made = h("form", { class: "stack" }, fields, send);
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      tried(send, () => changed(work));
    });
    return made;
  }

  /** Do it, freshly proved, and show how things stand then, unless `work` shows something itself. */
  async function changed(work) {
    const outcome = await surely(main, async () => ({ shown: await work() }), again);
    if (outcome && outcome.shown !== true) await again();
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
