// What waits for this person's own word, above the first page. On most days nothing does, and nothing more is fetched.

/** Visits that were written for this member and wait to be approved. */
export const waitingOf = (person) => `/visits/api/visits?state=waiting&limit=50&member_id=${person.person_id}`;

/** Visits that a cell has called into question: a member's own; whoever reads the committee reads them all. */
export function disputedOf(person) {
  const all = "/visits/api/visits?state=disputed&limit=50";
  return person.may.includes("file_report") ? `${all}&member_id=${person.person_id}` : all;
}

const CARDS = [
  { rule: "approve_own", path: waitingOf, card: async (n) => (await import("./waiting.js")).waitingCard(n) },
  { rule: "answer_dispute", path: disputedOf, card: async (n) => (await import("./disputes.js")).disputesCard(n) },
];

/** The cards there are, each a way to its view. */
export async function wantedCards(phone, person) {
  const asked = CARDS.filter(({ rule }) => person.may.includes(rule)).map(async ({ path, card }) => {
    const found = await phone.read(path(person)).catch(() => null);
    const count = found?.value.visits.length ?? 0;
    return count > 0 && card(count);
  });
  return Promise.all(asked);
}
