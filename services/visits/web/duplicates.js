// What was perhaps recorded before: the same visit, or the same matter at the same unit. Shown, never forbidden.
import { fold, localDay } from "./shared/kit.js";
import { readOr } from "./places.js";

const LOOKED_AT = 8;
const ALIKE = 0.5;
const WORD = 2;

/** What was recorded at a unit before, as far as it has come by now; `told` is called when it has. */
export class Known {
  /** `{visit_id, day, issues: [{title, field, day}]}` */
  visits = [];
  told = () => {};
  #asked;

  /** Of this person, or of the member they write for, sent and unsent. Nobody who writes waits for it. */
  async look(phone, unit, ownId, member) {
    const asked = (this.#asked = unit?.unit_id);
    const found = unit ? await Promise.all([unsentAt(phone, asked, member), sentAt(phone, asked, member)]) : [];
    if (this.#asked !== asked) return;
    this.visits = found.flat().filter((visit) => visit.visit_id !== ownId);
    this.told();
  }
}

/** Those of the same day. */
export function sameDay(known, day) {
  return known.filter((visit) => visit.day === day);
}

/** The known issue that says much the same, or null. */
export function alike(title, known) {
  const words = wordsOf(title);
  if (words.size < 2) return null;
  const issues = known.flatMap((visit) => visit.issues.map((issue) => ({ ...issue, day: visit.day })));
  return issues.find((issue) => likeness(words, wordsOf(issue.title)) >= ALIKE) ?? null;
}

async function unsentAt(phone, unitId, member) {
  return (await phone.outbox.bodies("visit"))
    .filter(({ body }) => body.unit_id === unitId && body.on_behalf_of === member?.person_id)
    .map(({ visit_id, body }) => ({ visit_id, day: localDay(body.started_at), issues: body.issues }));
}

async function sentAt(phone, unitId, member) {
  const list = `/visits/api/visits?member_id=${member?.person_id ?? phone.person.person_id}&unit_id=${unitId}&limit=${LOOKED_AT}`;
  const { visits } = await readOr(phone, list, { visits: [] });
  return Promise.all(
    visits.map(async ({ visit_id, started_at }) => {
      const whole = await readOr(phone, `/visits/api/visits/${visit_id}`, { issues: [] });
      return { visit_id, day: localDay(started_at), issues: whole.issues };
    }),
  );
}

function wordsOf(title) {
  return new Set(fold(title).split(/[^\p{L}\p{N}]+/u).filter((word) => word.length >= WORD));
}

/** How many of all the words the two have in common. */
function likeness(one, other) {
  const common = [...one].filter((word) => other.has(word)).length;
  return common / (one.size + other.size - common);
}
