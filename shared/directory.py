"""The directory: committees, units, bodies, people, their posts and sessions, the same in every database.

visits keeps the source, the other services a copy; both write through `apply`, so that a copy cannot
differ from its source in anything but age. `apply` takes snapshots in any order, as often as they
come: the newest version of a thing wins, whatever arrived last. What must never break: an older
snapshot changes nothing, and a person's posts always belong to one version of that person.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from shared.contracts.envelope import Event
from shared.contracts.visits import BodyChanged, PersonChanged, Role, SessionChanged, UnitChanged
from shared.errors import NotFound
from shared.text import fold, person_sort_key, sort_key
from shared.uow import UnitOfWork

DirectoryEvent = UnitChanged | BodyChanged | PersonChanged | SessionChanged
DIRECTORY_EVENTS = (UnitChanged, BodyChanged, PersonChanged, SessionChanged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A Party organisation, cell or agency as it now stands. A root is its own committee."""

    unit_id: UUID
    version: int
    committee_id: UUID
    code: str
    name: str
    kind: str
    parent_id: UUID | None
    cell_type: str | None
    attention: str | None
    recognition: str | None
    valid_from: date | None
    valid_to: date | None
    successor_ids: tuple[UUID, ...]

    def stands(self, at: date) -> bool:
        """Whether the unit exists on that date."""
        return _covers(self.valid_from, self.valid_to, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body of a committee as it now stands: posts and policies name it by its code."""

    body_id: UUID
    version: int
    committee_id: UUID
    code: str
    name: str
    valid_from: date | None
    valid_to: date | None
    successor_ids: tuple[UUID, ...]

    def stands(self, at: date) -> bool:
        """Whether the body exists on that date."""
        return _covers(self.valid_from, self.valid_to, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A dated post of a person; `valid_to` is its last day."""

    post_id: UUID
    role: Role
    body: str
    title: str
    unit_id: UUID
    valid_from: date | None
    valid_to: date | None
    serves: tuple[UUID, ...] = ()
    """Whom an assistant serves, while the post is held."""

    def held(self, at: date) -> bool:
        return _covers(self.valid_from, self.valid_to, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person with all posts, past and present."""

    person_id: UUID
    version: int
    committee_id: UUID
    code: str
    full_name: str
    email: str | None
    portfolios: tuple[str, ...]
    posts: tuple[Post, ...]


# --- Taking snapshots in -------------------------------------------------------------------------


async def advance(tx: UnitOfWork, events: Sequence[DirectoryEvent]) -> None:
    """Store the next versions at their source, where each must be newer than what is there.

    One that is not has an id of another committee, which the wall hides. Raises NotFound, as for what is absent.
    """
    if not {_identity(event) for event in events} <= await apply(tx, events):
        raise NotFound("Không tìm thấy.", "There is no such thing.")


async def apply(tx: UnitOfWork, events: Iterable[Event]) -> frozenset[UUID]:
    """Store the directory events among `events`: per thing the newest version, each type in one go.

    Which of the things this changed: an older snapshot, or the same again, changes nothing.
    """
    newest: dict[tuple[type[Event], UUID], DirectoryEvent] = {}
    for event in events:
        if isinstance(event, DirectoryEvent):
            thing = (type(event), _identity(event))
            if thing not in newest or newest[thing].version < event.version:
                newest[thing] = event
    # One order of row locks for all writers, so that two of them never wait for each other.
    chosen = [newest[thing] for thing in sorted(newest, key=lambda thing: thing[1])]
    return frozenset[UUID]().union(
        await _apply_units(tx, [event for event in chosen if isinstance(event, UnitChanged)]),
        await _apply_bodies(tx, [event for event in chosen if isinstance(event, BodyChanged)]),
        await _apply_people(tx, [event for event in chosen if isinstance(event, PersonChanged)]),
        await _apply_sessions(tx, [event for event in chosen if isinstance(event, SessionChanged)]),
    )


async def _apply_units(tx: UnitOfWork, events: Sequence[UnitChanged]) -> Sequence[UUID]:
    rows = [
        event.model_dump(mode="json")
        | {"folded": fold(f"{event.code} {event.name}"), "sort_key": sort_key(event.name)}
        for event in events
    ]
    return await _upserted(tx, _UPSERT_UNITS, rows)


async def _apply_bodies(tx: UnitOfWork, events: Sequence[BodyChanged]) -> Sequence[UUID]:
    return await _upserted(tx, _UPSERT_BODIES, [event.model_dump(mode="json") for event in events])


async def _apply_people(tx: UnitOfWork, events: Sequence[PersonChanged]) -> Sequence[UUID]:
    if not events:
        return ()
    people: list[dict[str, Any]] = []
    posts: list[dict[str, Any]] = []
    for event in events:
        person = event.model_dump(mode="json")
        of_person = {"person_id": person["person_id"], "committee_id": person["committee_id"]}
        posts.extend(post | of_person for post in person.pop("posts"))
        people.append(
            person
            | {
                "folded": fold(f"{event.code} {event.full_name}"),
                "sort_key": person_sort_key(event.full_name),
            }
        )
    newer = await _upserted(tx, _UPSERT_PEOPLE, people)
    # A statement of its own: it must see what a writer that held these rows before us left behind.
    await tx.execute(_REPLACE_POSTS, people=newer, rows=json.dumps(posts))
    tx.touched.update(event.person_id for event in events)
    return newer


async def _apply_sessions(tx: UnitOfWork, events: Sequence[SessionChanged]) -> Sequence[UUID]:
    tx.touched.update(event.token_sha256 for event in events)
    return await _upserted(tx, _UPSERT_SESSIONS, [event.model_dump(mode="json") for event in events])


async def _upserted(tx: UnitOfWork, upsert: str, rows: Sequence[dict[str, Any]]) -> Sequence[UUID]:
    """The ids of the rows that were written because they are newer than what was there."""
    if not rows:
        return ()
    written: Sequence[UUID] = (await tx.execute(upsert, rows=json.dumps(rows))).scalars().all()
    return written


def _identity(event: DirectoryEvent) -> UUID:
    match event:
        case UnitChanged():
            return event.unit_id
        case BodyChanged():
            return event.body_id
        case PersonChanged():
            return event.person_id
        case SessionChanged():
            return event.session_id


def _upsert(table: str, key: str, columns: dict[str, str]) -> str:
    """An insert of the JSON array `:rows` that overwrites only what is older, telling what it wrote."""
    names = ", ".join(columns)
    shapes = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name != key)
    return f"""
        INSERT INTO {table} ({names})
        SELECT {names} FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row ({shapes})
        ON CONFLICT ({key}) DO UPDATE SET {changes} WHERE {table}.version < excluded.version
        RETURNING {key}
    """


_UPSERT_UNITS = _upsert(
    "directory_unit",
    "unit_id",
    {
        "unit_id": "uuid",
        "version": "int",
        "committee_id": "uuid",
        "code": "text",
        "name": "text",
        "kind": "text",
        "parent_id": "uuid",
        "cell_type": "text",
        "attention": "text",
        "recognition": "text",
        "valid_from": "date",
        "valid_to": "date",
        "successor_ids": "uuid[]",
        "folded": "text",
        "sort_key": "text",
    },
)

_UPSERT_BODIES = _upsert(
    "directory_body",
    "body_id",
    {
        "body_id": "uuid",
        "version": "int",
        "committee_id": "uuid",
        "code": "text",
        "name": "text",
        "valid_from": "date",
        "valid_to": "date",
        "successor_ids": "uuid[]",
    },
)

_UPSERT_PEOPLE = _upsert(
    "directory_person",
    "person_id",
    {
        "person_id": "uuid",
        "version": "int",
        "committee_id": "uuid",
        "code": "text",
        "full_name": "text",
        "email": "text",
        "portfolios": "text[]",
        "folded": "text",
        "sort_key": "text",
    },
)

_REPLACE_POSTS = """
WITH incoming AS (
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row (
        person_id uuid, post_id uuid, committee_id uuid, role text, body text, title text, unit_id uuid,
        valid_from date, valid_to date, serves uuid[])
    WHERE person_id = ANY(CAST(:people AS uuid[]))
),
gone AS (
    DELETE FROM directory_post AS old
    WHERE old.person_id = ANY(CAST(:people AS uuid[]))
      AND NOT EXISTS (SELECT FROM incoming
                      WHERE incoming.person_id = old.person_id AND incoming.post_id = old.post_id)
)
INSERT INTO directory_post
    (person_id, post_id, committee_id, role, body, title, unit_id, valid_from, valid_to, serves)
SELECT person_id, post_id, committee_id, role, body, title, unit_id, valid_from, valid_to, serves FROM incoming
ON CONFLICT (person_id, post_id) DO UPDATE SET
    committee_id = excluded.committee_id, role = excluded.role, body = excluded.body,
    title = excluded.title, unit_id = excluded.unit_id,
    valid_from = excluded.valid_from, valid_to = excluded.valid_to, serves = excluded.serves
"""

_UPSERT_SESSIONS = _upsert(
    "directory_session",
    "session_id",
    {
        "session_id": "uuid",
        "version": "int",
        "token_sha256": "text",
        "person_id": "uuid",
        "opened_at": "timestamptz",
        "expires_at": "timestamptz",
        "closed_at": "timestamptz",
        "device_only": "bool",
        "fresh_until": "timestamptz",
    },
)


# --- Reading units -------------------------------------------------------------------------------

_UNIT = """
SELECT unit_id, version, committee_id, code, name, kind, parent_id, cell_type, attention, recognition,
       valid_from, valid_to, successor_ids
FROM directory_unit
"""


async def unit_by_id(tx: UnitOfWork, unit_id: UUID) -> Unit | None:
    row = await tx.first(_UNIT + "WHERE unit_id = :unit_id", unit_id=unit_id)
    return _unit(row) if row else None


async def units_by_ids(tx: UnitOfWork, unit_ids: Collection[UUID]) -> dict[UUID, Unit]:
    """The units that are known among these ids."""
    rows = await tx.all(_UNIT + "WHERE unit_id = ANY(:ids)", ids=list(unit_ids))
    return {row.unit_id: _unit(row) for row in rows}


async def units_by_code(
    tx: UnitOfWork, committee_id: UUID, codes: Collection[str], *, at: date
) -> dict[str, Unit]:
    """Per code the unit that bears it on that date; where none does, the last one that did."""
    rows = await tx.all(
        _UNIT + "WHERE committee_id = :committee_id AND code = ANY(:codes)",
        committee_id=committee_id,
        codes=list(codes),
    )
    found = sorted((_unit(row) for row in rows), key=lambda unit: (*_recency(unit, at), unit.unit_id))
    return {unit.code: unit for unit in found}


async def units(tx: UnitOfWork, committee_id: UUID) -> list[Unit]:
    """Every unit a committee ever had, as a Vietnamese reader would sort them."""
    rows = await tx.all(
        _UNIT + "WHERE committee_id = :committee_id ORDER BY sort_key, unit_id", committee_id=committee_id
    )
    return [_unit(row) for row in rows]


async def find_units(tx: UnitOfWork, committee_id: UUID, text: str, *, limit: int = 50) -> list[Unit]:
    """Units whose code or name contains `text`, whatever its case and marks."""
    rows = await tx.all(
        _UNIT
        + """WHERE committee_id = :committee_id AND folded LIKE '%' || :part || '%'
             ORDER BY sort_key, unit_id LIMIT :limit""",
        committee_id=committee_id,
        part=_literal(fold(text)),
        limit=limit,
    )
    return [_unit(row) for row in rows]


async def committees(tx: UnitOfWork) -> list[Unit]:
    """The roots of all trees in this installation."""
    rows = await tx.all(_UNIT + "WHERE unit_id = committee_id ORDER BY sort_key, unit_id")
    return [_unit(row) for row in rows]


async def subtree(tx: UnitOfWork, unit_id: UUID) -> list[UUID]:
    """The unit and all below it."""
    rows = await tx.execute(
        """
        WITH RECURSIVE below (unit_id) AS (
            SELECT CAST(:unit_id AS uuid)
            UNION
            SELECT child.unit_id FROM directory_unit AS child JOIN below ON child.parent_id = below.unit_id
        )
        SELECT unit_id FROM below
        """,
        unit_id=unit_id,
    )
    return list(rows.scalars())


async def unit_names(tx: UnitOfWork, unit_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await tx.all(
        "SELECT unit_id, name FROM directory_unit WHERE unit_id = ANY(:ids)", ids=list(unit_ids)
    )
    return {row.unit_id: row.name for row in rows}


# --- Reading bodies ------------------------------------------------------------------------------

_BODY = """
SELECT body_id, version, committee_id, code, name, valid_from, valid_to, successor_ids FROM directory_body
"""


async def body_by_id(tx: UnitOfWork, body_id: UUID) -> Body | None:
    row = await tx.first(_BODY + "WHERE body_id = :body_id", body_id=body_id)
    return _body(row) if row else None


async def bodies(tx: UnitOfWork, committee_id: UUID) -> list[Body]:
    """Every body a committee ever had, as a Vietnamese reader would sort them."""
    rows = await tx.all(_BODY + "WHERE committee_id = :committee_id", committee_id=committee_id)
    return sorted(map(_body, rows), key=lambda body: (sort_key(body.name), body.body_id))


async def bodies_by_code(tx: UnitOfWork, committee_id: UUID, *, at: date) -> dict[str, Body]:
    """Per code the body that bears it on that date; where none does, the last one that did."""
    known = await bodies(tx, committee_id)
    return {body.code: body for body in sorted(known, key=lambda body: (*_recency(body, at), body.body_id))}


async def body_names(tx: UnitOfWork, committee_id: UUID, *, at: date) -> dict[str, str]:
    """Per code the name of the body that bears it on that date, or did last."""
    found = await bodies_by_code(tx, committee_id, at=at)
    return {code: body.name for code, body in found.items()}


# --- Reading people ------------------------------------------------------------------------------

_PERSON = """
SELECT person_id, version, committee_id, code, full_name, email, portfolios,
       (SELECT coalesce(jsonb_agg(to_jsonb(post) ORDER BY post.valid_from, post.post_id), '[]')
        FROM directory_post AS post WHERE post.person_id = person.person_id) AS posts
FROM directory_person AS person
"""


async def person_by_id(tx: UnitOfWork, person_id: UUID) -> Person | None:
    row = await tx.first(_PERSON + "WHERE person_id = :person_id", person_id=person_id)
    return _person(row) if row else None


async def people_by_ids(tx: UnitOfWork, person_ids: Collection[UUID]) -> dict[UUID, Person]:
    """The people who are known among these ids."""
    rows = await tx.all(_PERSON + "WHERE person_id = ANY(:ids)", ids=list(person_ids))
    return {row.person_id: _person(row) for row in rows}


async def people_by_code(tx: UnitOfWork, committee_id: UUID, codes: Collection[str]) -> dict[str, Person]:
    rows = await tx.all(
        _PERSON + "WHERE committee_id = :committee_id AND code = ANY(:codes)",
        committee_id=committee_id,
        codes=list(codes),
    )
    return {row.code: _person(row) for row in rows}


async def people(tx: UnitOfWork, committee_id: UUID) -> list[Person]:
    """The people of a committee by given name, as a Vietnamese reader would sort them."""
    rows = await tx.all(
        _PERSON + "WHERE committee_id = :committee_id ORDER BY sort_key, person_id",
        committee_id=committee_id,
    )
    return [_person(row) for row in rows]


async def holders(
    tx: UnitOfWork, role: Role, committee_id: UUID, *, at: date, unit_id: UUID | None = None
) -> list[Person]:
    """Who holds a post with this role on that date, in the whole committee or at one unit."""
    rows = await tx.all(
        _PERSON
        + """
        WHERE person_id IN (
            SELECT person_id FROM directory_post
            WHERE committee_id = :committee_id AND role = :role
              AND (CAST(:unit_id AS uuid) IS NULL OR unit_id = :unit_id)
              AND (valid_from IS NULL OR valid_from <= :at) AND (valid_to IS NULL OR :at <= valid_to))
        ORDER BY sort_key, person_id
        """,
        committee_id=committee_id,
        role=role.value,
        unit_id=unit_id,
        at=at,
    )
    return [_person(row) for row in rows]


async def assistants(
    tx: UnitOfWork, person_ids: Collection[UUID], *, at: date
) -> dict[UUID, tuple[UUID, ...]]:
    """Who serves each of these members on that date; the post of an assistant says so itself."""
    rows = await tx.all(
        """
        SELECT served, array_agg(DISTINCT person_id ORDER BY person_id) AS assistants
        FROM directory_post CROSS JOIN LATERAL unnest(serves) AS served
        WHERE serves && CAST(:ids AS uuid[]) AND served = ANY(CAST(:ids AS uuid[])) AND role = :role
          AND (valid_from IS NULL OR valid_from <= :at) AND (valid_to IS NULL OR :at <= valid_to)
        GROUP BY served
        """,
        ids=list(person_ids),
        role=Role.ASSISTANT.value,
        at=at,
    )
    return {row.served: tuple(row.assistants) for row in rows}


async def person_names(tx: UnitOfWork, person_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await tx.all(
        "SELECT person_id, full_name FROM directory_person WHERE person_id = ANY(:ids)", ids=list(person_ids)
    )
    return {row.person_id: row.full_name for row in rows}


def post_of_json(held: dict[str, Any]) -> Post:
    """A post from a row that PostgreSQL handed over as JSON."""
    return Post(
        post_id=UUID(held["post_id"]),
        role=Role(held["role"]),
        body=held["body"],
        title=held["title"],
        unit_id=UUID(held["unit_id"]),
        valid_from=_date(held["valid_from"]),
        valid_to=_date(held["valid_to"]),
        serves=tuple(map(UUID, held["serves"])),
    )


def _unit(row: Row[Any]) -> Unit:
    values = row._asdict()
    return Unit(**values | {"successor_ids": tuple(values["successor_ids"])})


def _body(row: Row[Any]) -> Body:
    values = row._asdict()
    return Body(**values | {"successor_ids": tuple(values["successor_ids"])})


def _person(row: Row[Any]) -> Person:
    values = row._asdict()
    return Person(
        **values
        | {
            "portfolios": tuple(values["portfolios"]),
            "posts": tuple(post_of_json(held) for held in values["posts"]),
        }
    )


def _covers(first: date | None, last: date | None, at: date) -> bool:
    return (first is None or first <= at) and (last is None or at <= last)


def _recency(bearer: Unit | Body, at: date) -> tuple[bool, date, date]:
    """The best bearer of a code sorts last."""
    return (bearer.stands(at), bearer.valid_from or date.min, bearer.valid_to or date.max)


def _literal(part: str) -> str:
    """The text with what LIKE would read as a wildcard made plain."""
    return part.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
