// A choice of the register, in its three forms: the address that can be shared, the query, and what is kept under a name.
// `#register=status:overdue+late,kind:report,due:2026-11-16..2026-11-22`: names and values, `+` between several.

import { asOf } from "./as-of.js";

const NOTHING = { status: "", kind: "", owner: "", unit: "", field: "", urgency: "", due: "", restricted: "", q: "" };
const EVERYTHING = "all";

/** All that is late: what the register shows to whoever chose nothing. */
export const LATE = { ...NOTHING, status: "overdue" };

/** The choice an address tells; what it does not know is left out. */
export function choiceOf(address) {
  if (!address) return { ...LATE };
  const choice = { ...NOTHING };
  for (const part of address.split(",")) {
    const [name, value] = part.split(":");
    if (name in NOTHING && value && value !== EVERYTHING) choice[name] = decoded(value);
  }
  return choice;
}

/** The same way back: `status:overdue`. Every state is said, so that it is not taken for no choice. */
export function addressOf(choice) {
  return Object.entries({ ...choice, status: choice.status || EVERYTHING })
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}:${name === "q" ? encodeURIComponent(value) : value}`)
    .join(",");
}

/** The link to a register narrowed like this. */
export function registerLink(choice) {
  return `#register=${addressOf({ ...NOTHING, ...choice })}`;
}

/** What the interface is asked, with what else belongs to the question. */
export function queryOf(choice, more) {
  const { status, kind, due, restricted, ...rest } = choice;
  const [from, to] = due.split("..");
  const asked = {
    ...rest,
    status: status.replaceAll("+", ","),
    kind: kind.replaceAll("+", ","),
    due_from: from,
    due_to: to,
    restricted: restricted && "false",
    ...asOf(),
    ...more,
  };
  return new URLSearchParams(Object.entries(asked).filter(([, value]) => value));
}

/** What is kept under a name. */
export function keptForm({ status, kind, due, restricted, q, ...rest }) {
  const [from, to] = due.split("..");
  const said = Object.fromEntries(Object.entries({ ...rest, due_from: from, due_to: to }).filter(([, value]) => value));
  return { ...said, status: several(status), kind: several(kind), restricted: !restricted, q };
}

/** What was kept, as a choice again. */
export function choiceKept({ status, kind, due_from: from, due_to: to, restricted, ...rest }) {
  const texts = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, value ?? ""]));
  return {
    ...NOTHING,
    ...texts,
    status: status.join("+"),
    kind: kind.join("+"),
    due: from || to ? `${from ?? ""}..${to ?? ""}` : "",
    restricted: restricted ? "" : "no",
  };
}

function several(value) {
  return value ? value.split("+") : [];
}

function decoded(value) {
  try {
    return decodeURIComponent(value);
  } catch {
    return ""; // half an escape, cut off by whoever passed the link on
  }
}
