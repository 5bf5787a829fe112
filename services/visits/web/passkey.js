// The browser's half of a passkey: our question in, its answer out, nothing kept.
import { api, Problem, t } from "./shared/kit.js";

/** Whether a passkey for this host can be made or used on this page. */
export function passkeysWork(host) {
  const ours = location.hostname === host || location.hostname.endsWith(`.${host}`);
  return ours && Boolean(window.PublicKeyCredential?.parseCreationOptionsFromJSON);
}

/** A new passkey, asked for at `path` and told there under a name; the service's answer. */
export async function makePasskey(path, name) {
  const { options } = await api(`${path}/options`, { method: "POST" });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await answered(() => navigator.credentials.create({ publicKey }));
  return api(path, { method: "POST", body: { name, credential } });
}

/** Sign in by one of the person's passkeys; the session. */
export async function usePasskey() {
  const path = "/visits/api/session/passkey";
  const { options } = await api(`${path}/options`, { method: "POST" });
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await answered(() => navigator.credentials.get({ publicKey }));
  return api(path, { method: "POST", body: { credential } });
}

async function answered(ask) {
  try {
    return (await ask()).toJSON();
  } catch {
    throw new Problem({ status: 400, title: t("passkey-stopped") });
  }
}

/** What a person would call this device. */
export function deviceName() {
  const agent = navigator.userAgent;
  const known = [["iPhone", /iPhone/], ["iPad", /iPad/], ["Android", /Android/], ["Windows", /Windows/], ["Mac", /Macintosh/]];
  return known.find(([, mark]) => mark.test(agent))?.[0] ?? t("this-device");
}
