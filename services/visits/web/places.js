// Where one may go and who may be competent: the committee's units, read once and kept for when there is no network.
import { fold, localDay, serverNow } from "./shared/kit.js";

const AT_ONCE = 500;

/**
 * `{units, agencies, portfolios}`: the units that stand, the assigned ones known and first, each with its name
 * folded for search. `member`: for whom an assistant writes. What cannot be read now is as it was read last, and empty where it never was.
 */
export async function placesToGo(phone, member = null) {
  const whose = member?.person_id ?? phone.person.person_id;
  const [units, assignments, me] = await Promise.all([
    allUnits(phone),
    readOr(phone, `/visits/api/assignments?person_id=${whose}`, { assignments: [] }),
    member ?? readOr(phone, "/visits/api/me", { portfolios: [] }),
  ]);
  const today = localDay(serverNow());
  const stands = (each) => (!each.valid_from || each.valid_from <= today) && (!each.valid_to || each.valid_to >= today);
  const assigned = new Set(assignments.assignments.filter(stands).map((each) => each.unit_id));
  const standing = units.filter((unit) => !unit.valid_to || unit.valid_to >= today);
  return {
    units: standing.filter((unit) => unit.kind !== "agency").map((unit) => searchable(unit, assigned)),
    agencies: standing.filter((unit) => unit.kind === "agency").map((unit) => searchable(unit, assigned)),
    portfolios: me.portfolios,
  };
}

/** The value at a path, or what it was, or this instead. */
export async function readOr(phone, path, instead) {
  try {
    return (await phone.read(path)).value;
  } catch {
    return (await phone.shelf.peek(path))?.value ?? instead;
  }
}

async function allUnits(phone) {
  const found = [];
  let cursor = "";
  do {
    const next = cursor && `&cursor=${encodeURIComponent(cursor)}`;
    const page = await readOr(phone, `/visits/api/units?limit=${AT_ONCE}${next}`, { units: [], next_cursor: null });
    found.push(...page.units);
    cursor = page.next_cursor;
  } while (cursor);
  return found;
}

function searchable(unit, assigned) {
  return { ...unit, assigned: assigned.has(unit.unit_id), folded: fold(`${unit.name} ${unit.code}`) };
}

/** Words in an agency's name that tell of a field of work. The member may choose another, and the office decides. */
const SPEAKS_OF = {
  environment: ["moi truong", "do thi", "ha tang"],
  transport: ["giao thong", "ha tang", "do thi"],
  electricity_water: ["dien luc", "cap nuoc", "nuoc sach"],
  land: ["dia chinh", "tai nguyen", "dat dai", "do thi"],
  security: ["cong an", "quan su"],
  education_health: ["y te", "giao duc", "van hoa - xa hoi"],
  culture: ["van hoa"],
  economy: ["kinh te"],
  party_work: ["ban to chuc", "ban xay dung dang", "van phong dang uy"],
  other: ["ubnd", "uy ban nhan dan"],
};

/** The agency whose name speaks of this field, the likelier word first; null when none does. */
export function suggestedAgency(agencies, field) {
  for (const words of [...(SPEAKS_OF[field] ?? []), ...SPEAKS_OF.other]) {
    const found = agencies.find((agency) => agency.folded.includes(words));
    if (found) return found;
  }
  return null;
}
