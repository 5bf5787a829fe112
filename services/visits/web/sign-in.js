// The ways in: a passkey, a code and password, an outside provider, an invitation. `done` is what comes after.
import { api, field, goOn, h, notice, show, t } from "./shared/kit.js";
import { atDoor, entered } from "./door.js";
import { passkeysWork, usePasskey } from "./passkey.js";

export async function signIn(main, { done = goOn, again = false } = {}) {
  if (invitation()) return invited(main, { done });
  const doors = await api("/visits/api/sign-in");
  if (doors.door && !again) return atDoor(main, doors, { done, back: () => signIn(main, { done, again: true }) });
  const said = h("div", {}, location.hash === "#provider-refused" && notice("wrong", t("provider-refused")));
  show(
    main,
    h(
      "div",
      { class: "stack sign-in" },
      h("div", { class: "close" }, h("h1", {}, t("sign-in-title")), h("p", { class: "quiet" }, t("sign-in-about"))),
      said,
      passkeyDoor(doors),
      passwordDoor(),
      doors.provider && act(t("sign-in-provider"), goToProvider, { first: false }),
      h("p", { class: "notice" }, t("ask-for-invitation")),
    ),
  );

  function passkeyDoor({ passkey_host: host }) {
    if (!passkeysWork(host)) return elsewhere(host);
    return act(t("sign-in-passkey"), async () => entered(main, await usePasskey(), done), { first: true });
  }

  function passwordDoor() {
    const login = h("input", { class: "box", name: "login", autocomplete: "username", required: true });
    const password = h("input", {
      class: "box",
      name: "password",
      type: "password",
      autocomplete: "current-password",
      required: true,
    });
    const send = h("button", { class: "button wide", type: "submit" }, t("sign-in"));
    return h(
      "form",
      { class: "stack sheet", onsubmit: submit },
      field(t("person-code"), login, { hint: t("person-code-hint") }),
      field(t("password"), password),
      send,
    );

    async function submit(event) {
      event.preventDefault();
      await tried(send, async () => {
        const body = { login: login.value.trim(), password: password.value };
        await api("/visits/api/session", { method: "POST", body });
        await signIn(main, { done });
      });
    }
  }

  function act(words, work, { first }) {
    const button = h("button", { class: `button wide${first ? " first" : ""}`, type: "button" }, words);
    button.addEventListener("click", () => tried(button, work));
    return button;
  }

  async function tried(button, work) {
    button.disabled = true;
    show(said);
    try {
      await work();
    } catch (problem) {
      show(said, notice("wrong", problem.message));
    }
    button.disabled = false;
  }
}

/** Do something dangerous; who was not seen for a while proves first who they are, and then it is done. */
export async function surely(main, work, back) {
  try {
    return await work();
  } catch (problem) {
    if (problem.body?.type !== "/problems/reauthenticate") throw problem;
    await signIn(main, { done: back, again: true });
    main.querySelector(".sign-in").prepend(notice("", problem.message));
    return undefined;
  }
}

/** The same as views of the page, for who is signed in already or only by their phone. */
export function signInView({ main }) {
  return signIn(main);
}

export function invitedView({ main }) {
  return invited(main);
}

/** An invitation is accepted by its person, not by whoever opens the link. */
export function invited(main, { done = goOn } = {}) {
  const token = invitation();
  const said = h("div", {});
  const accept = h("button", { class: "button first wide big", type: "button", onclick: go }, t("invitation-accept"));
  show(
    main,
    h(
      "div",
      { class: "stack sign-in" },
      h("div", { class: "close" }, h("h1", {}, t("invitation-title")), h("p", {}, t("invitation-about"))),
      said,
      accept,
    ),
  );

  async function go() {
    accept.disabled = true;
    show(said);
    try {
      await api("/visits/api/invitations/accept", { method: "POST", body: { token } });
      history.replaceState(null, "", location.pathname);
      await signIn(main, { done });
    } catch (problem) {
      show(said, notice("wrong", problem.message));
      accept.disabled = false;
    }
  }
}

export function invitation() {
  return /^#invitation=([\w-]{43})$/.exec(location.hash)?.[1];
}

async function goToProvider() {
  location.assign((await api("/visits/api/session/provider", { method: "POST" })).location);
}

/** On an address that passkeys do not know, the one they do. */
function elsewhere(host) {
  if (host !== "localhost" || location.hostname === host) return null;
  const there = new URL(location.href);
  there.hostname = host;
  return h("p", { class: "notice" }, t("passkey-elsewhere"), " ", h("a", { href: there.href }, there.host));
}
