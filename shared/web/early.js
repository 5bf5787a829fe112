// Who is looking is asked before the rest of the page has come: on a slow line the answer is there when it is wanted.

let asked = ask();

/** The answer on its way, once; null when it was taken, or when there is a session to end first. */
export function earlyViewer() {
  const once = asked;
  asked = null;
  return once;
}

function ask() {
  if (localStorage.getItem("fv.left")) return null;
  const [, service] = location.pathname.split("/");
  return fetch(`/${service}/api/viewer`, { cache: "no-store" }).catch(() => null);
}
