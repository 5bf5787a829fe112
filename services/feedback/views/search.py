"""What somebody types into a list: each word is looked for among people, units and matters, without marks.

People and units are few, and a part of a name is enough; a matter is found by the beginnings of its words.
A matter of a restricted class has no words here to be found by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.text import fold, words
from shared.uow import UnitOfWork

MOST_WORDS = 6
LAST = "\U0010ffff"
"""Stands after everything that a word may go on with."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word, and who and where bears it. `beginnings`: what it is made of, for the words of matters; none bears it without."""

    people: list[UUID]
    units: list[UUID]
    beginnings: list[str]


async def words_of(tx: UnitOfWork, committee_id: UUID, typed: str) -> list[Word]:
    """The words of a search; what comes after the sixth is not looked at."""
    return [await _word(tx, committee_id, each) for each in fold(typed).split()[:MOST_WORDS]]


def spoken_of(
    said: Sequence[Word], *, people: Sequence[str], units: Sequence[str], issue: str
) -> tuple[str, dict[str, list[UUID] | str]]:
    """The condition that every word names one of the people or units or the matter, and its values.

    `people`, `units` and `issue` are the columns of ids in the query that the condition goes into.
    """
    conditions, values = [], dict[str, list[UUID] | str]()
    for number, word in enumerate(said):
        ways = list[str]()
        # Words of matters never stand alone: alone they would be joined to the duties, which takes longer than looking up.
        if word.people or word.beginnings:
            ways += [f"{column} = ANY(CAST(:people{number} AS uuid[]))" for column in people]
            values[f"people{number}"] = word.people
        if word.units or word.beginnings:
            ways += [f"{column} = ANY(CAST(:units{number} AS uuid[]))" for column in units]
            values[f"units{number}"] = word.units
        if word.beginnings:
            places = [f"{number}_{place}" for place in range(len(word.beginnings))]
            ways.append("(" + " AND ".join(_BEGINS.format(place=each, issue=issue) for each in places) + ")")
            for place, beginning in zip(places, word.beginnings, strict=True):
                values |= {f"from{place}": beginning, f"to{place}": beginning + LAST}
        conditions.append("(" + (" OR ".join(ways) or "false") + ")")
    return " AND ".join(conditions) or "true", values


async def _word(tx: UnitOfWork, committee_id: UUID, word: str) -> Word:
    beginnings = sorted(words(word), key=len, reverse=True)
    longest = beginnings[0] if beginnings else LAST
    row = await tx.first(
        _FIND, committee_id=committee_id, like=f"%{_literal(word)}%", begin=longest, end=longest + LAST
    )
    if row is None:
        raise AssertionError("arrays always make a row")
    return Word(row.people, row.units, beginnings if row.in_matters else [])


def _literal(word: str) -> str:
    """A word for LIKE in which nothing stands for anything else."""
    return word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


_FIND = """
SELECT ARRAY(SELECT person_id FROM directory_person
             WHERE committee_id = :committee_id AND folded LIKE :like) AS people,
       ARRAY(SELECT unit_id FROM directory_unit
             WHERE committee_id = :committee_id AND folded LIKE :like) AS units,
       EXISTS (SELECT FROM issue_word
               WHERE committee_id = :committee_id AND word >= :begin AND word < :end) AS in_matters
"""
_BEGINS = """EXISTS (
    SELECT FROM issue_word
    WHERE committee_id = :committee_id AND word >= :from{place} AND word < :to{place}
      AND issue_word.issue_id = {issue})"""
