"""What somebody types into the register: each word is looked for among people, units and matters, without marks.

Words are resolved to ids first, in tables that are small, so that the register itself is read by its indexes.
A matter of a restricted class has no words here to be found by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.text import fold
from shared.uow import UnitOfWork

MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Word:
    """One word, and who and what bears it."""

    people: list[UUID]
    units: list[UUID]
    issues: list[UUID]


async def words_of(tx: UnitOfWork, committee_id: UUID, typed: str) -> list[Word]:
    """The words of a search; what comes after the sixth is not looked at."""
    return [await _word(tx, committee_id, each) for each in fold(typed).split()[:MOST_WORDS]]


def spoken_of(words: Sequence[Word], visits: str, issues: str) -> tuple[str, dict[str, list[UUID]]]:
    """The condition that every word names the visitor, the unit or the matter, and its values.

    `visits` and `issues` are the names of the rows that hold `visitor_id` and `unit_id`, and `issue_id`.
    """
    conditions, values = [], dict[str, list[UUID]]()
    for number, word in enumerate(words):
        conditions.append(
            f"""AND ({visits}.unit_id = ANY(CAST(:units{number} AS uuid[]))
                 OR {visits}.visitor_id = ANY(CAST(:people{number} AS uuid[]))
                 OR {issues}.issue_id = ANY(CAST(:issues{number} AS uuid[])))"""
        )
        values |= {
            f"units{number}": word.units,
            f"people{number}": word.people,
            f"issues{number}": word.issues,
        }
    return " ".join(conditions), values


async def _word(tx: UnitOfWork, committee_id: UUID, word: str) -> Word:
    like = f"%{_literal(word)}%"
    row = await tx.first(_FIND, committee_id=committee_id, like=like)
    if row is None:
        raise AssertionError("arrays always make a row")
    return Word(row.people, row.units, row.issues)


def _literal(word: str) -> str:
    """A word for LIKE in which nothing stands for anything else."""
    return word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


_FIND = """
SELECT ARRAY(SELECT person_id FROM directory_person
             WHERE committee_id = :committee_id AND folded LIKE :like) AS people,
       ARRAY(SELECT unit_id FROM directory_unit
             WHERE committee_id = :committee_id AND folded LIKE :like) AS units,
       ARRAY(SELECT issue_id FROM issue JOIN visit USING (visit_id)
             WHERE visit.committee_id = :committee_id AND issue.folded LIKE :like
               AND issue.access_class = 'normal' AND NOT issue.removed) AS issues
"""
