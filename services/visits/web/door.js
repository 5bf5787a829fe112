// On the doorstep: the second proof, or the first way in of who was invited.
import { api, field, h, notice, show, t } from "./shared/kit.js";
import { deviceName, makePasskey, passkeysWork, usePasskey } from "./passkey.js";

const WRITERS = ["committee_member", "permanent_board", "standing_committee", "follower"];

/** What is asked of who stands there; `back` begins again. */
export function atDoor(main, doors, { done, back }) {
  const { door, passkey_host: host } = doors;
  const said = h("div", {});
  const steps = { enrol: choose, code: () => typeCode(t("code-about")), passkey: showPasskey };
  const body = h("div", { class: "stack" });
  show(
    main,
    h(
      "div",
      { class: "stack sign-in" },
      h("div", { class: "close" }, h("h1", {}, t("greeting", { name: door.full_name }))),
      said,
      body,
      h("button", { class: "button plain", type: "button", onclick: back }, t("begin-again")),
    ),
  );
  steps[door.step]();

  function choose() {
    const works = passkeysWork(host);
    const passkey = button(t("make-passkey"), async () => {
      await entered(main, await makePasskey("/visits/api/doorstep/passkey", deviceName()), done);
    });
    passkey.classList.add("first", "big");
    show(
      body,
      works && h("div", { class: "close sheet" }, h("h2", {}, t("passkey")), h("p", {}, t("passkey-about")), passkey),
      button(works ? t("rather-password") : t("use-password"), door.has_password ? setUpApp : setPassword),
    );
  }

  function setPassword() {
    const password = h("input", { class: "box", type: "password", autocomplete: "new-password", required: true });
    show(
      body,
      form(t("next"), [field(t("new-password"), password, { hint: t("new-password-hint") })], async () => {
        await api("/visits/api/doorstep/password", { method: "PUT", body: { password: password.value } });
        await setUpApp();
      }),
    );
    password.focus();
  }

  async function setUpApp() {
    const offer = await api("/visits/api/doorstep/authenticator", { method: "POST" });
    typeCode(t("app-about"), shownOffer(offer));
  }

  function showPasskey() {
    const use = button(t("sign-in-passkey"), async () => entered(main, await usePasskey(), done));
    use.classList.add("first");
    show(body, h("p", {}, t("passkey-second")), use);
  }

  function typeCode(about, offer) {
    const code = codeBox();
    const hint = offer ? undefined : t("code-hint");
    show(
      body,
      h("p", {}, about),
      offer,
      form(t("confirm-code"), [field(t("code"), code, { hint })], async () => {
        const body = { code: code.value.trim() };
        await entered(main, await api("/visits/api/doorstep/code", { method: "POST", body }), done);
      }),
    );
    code.focus();
  }

  function button(words, work) {
    const made = h("button", { class: "button wide", type: "button" }, words);
    made.addEventListener("click", () => tried(made, work));
    return made;
  }

  function form(words, fields, work) {
    const send = h("button", { class: "button first wide", type: "submit" }, words);
    const made = h("form", { class: "stack sheet" }, fields, send);
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      tried(send, work);
    });
    return made;
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

/** A session is open: recovery codes are shown once, and a phone gets what it needs to send on its own. */
export async function entered(main, session, done) {
  if (session.roles.some((role) => WRITERS.includes(role))) {
    await api("/visits/api/devices/token", { method: "POST", body: { carrier: "cookie" } });
  }
  if (session.recovery_codes.length > 0) showRecoveryCodes(main, session.recovery_codes, done);
  else await done();
}

export function showRecoveryCodes(main, codes, done) {
  show(
    main,
    h(
      "div",
      { class: "stack sign-in" },
      h("h1", {}, t("recovery-title")),
      h("p", {}, t("recovery-about")),
      h("ol", { class: "codes sheet" }, codes.map((code) => h("li", {}, code))),
      h("button", { class: "button first wide", type: "button", onclick: done }, t("recovery-kept")),
    ),
  );
}

/** A secret for an authenticator app: scanned, or typed. */
export function shownOffer({ qr, secret }) {
  return h(
    "div",
    { class: "sheet close" },
    h("img", { class: "qr", src: qr, alt: t("qr-of-app") }),
    h("p", {}, t("or-type"), " ", h("code", { class: "secret" }, secret.match(/.{1,4}/g).join(" "))),
  );
}

export function codeBox() {
  return h("input", { class: "box", name: "code", autocomplete: "one-time-code", autocapitalize: "off", required: true });
}
