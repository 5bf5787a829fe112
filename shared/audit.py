"""The audit: who did what to which record, when and from which session; append-only, each row chained to the one before.

An act leaves with its transaction or not at all. A row holds ids, codes, states, numbers, days and digests:
a value that could be a name or a sentence is refused where it is noted. Its hash covers the hash before it,
so that whoever changes, drops or slips in a row breaks the chain from there on (`broken_links`). The head's
lock gives out places as the outbox's gives out numbers; both are taken by one statement, the last before the
commit.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from shared.acting import Acting

if TYPE_CHECKING:
    from sqlalchemy import Row

    from shared.uow import UnitOfWork

Facts = Mapping[str, Any]
GENESIS = hashlib.sha256(b"field-visits audit").digest()
"""What the first row is chained to."""
_WORD = re.compile(r"[A-Za-z0-9_.:/+@-]{0,80}")
_PAGE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One row before it has its place. `was` and `became` are canonical JSON objects."""

    committee_id: UUID | None
    person_id: UUID | None
    session_id: UUID | None
    machine: str | None
    request_id: str | None
    act: str
    kind: str
    record_id: str
    was: str | None
    became: str | None


def noted(
    act: str, kind: str, record_id: object, who: Acting, *, was: Facts | None, became: Facts | None
) -> Act:
    """An act as a row. Raises ValueError for a value that has no place in an audit."""
    return Act(
        committee_id=who.committee_id,
        person_id=who.person_id,
        session_id=who.session_id,
        machine=who.machine,
        request_id=who.request_id,
        act=_word(act),
        kind=_word(kind),
        record_id=_word(str(record_id)),
        was=_canonical(was),
        became=_canonical(became),
    )


def digest(text: str) -> str:
    """Stands for a text in the audit: shows that it was the same or another, and not what it said."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _canonical(facts: Facts | None) -> str | None:
    if facts is None:
        return None
    plain = {_word(name): _plain(value) for name, value in facts.items()}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def _plain(value: object) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, str):
        return _word(value)
    if isinstance(value, list | tuple | set | frozenset):
        plain = [_plain(each) for each in value]
        return sorted(plain, key=str) if isinstance(value, set | frozenset) else plain
    raise ValueError(f"a {type(value).__name__} has no place in the audit")


def _word(text: str) -> str:
    """An id, a code, a state: one word of ASCII. What a person wrote is none."""
    if not _WORD.fullmatch(text):
        raise ValueError("a text has no place in the audit; note its id, its code or its digest")
    return str(text)


# --- Writing -------------------------------------------------------------------------------------

# `audit_links` gives the hash of each row; PostgreSQL repeats SET on the newest row when it had to wait.
LINK = """
    link AS (
        UPDATE audit_head
        SET last_seq = last_seq + :acts, links = audit_links(links[array_upper(links, 1)], last_seq, :bodies)
        RETURNING last_seq - :acts AS base, links
    ),
    audited AS (
        INSERT INTO audit (seq, at, committee_id, person_id, session_id, machine, request_id,
                           act, kind, record_id, was, became, hash)
        SELECT link.base + a.n, :now, a.committee_id, a.person_id, a.session_id, a.machine, a.request_id,
               a.act, a.kind, a.record_id, a.was, a.became, link.links[a.n]
        FROM link, unnest(
            CAST(:committee_id AS uuid[]), CAST(:person_id AS uuid[]), CAST(:session_id AS uuid[]),
            CAST(:machine AS text[]), CAST(:request_id AS text[]), CAST(:act AS text[]), CAST(:kind AS text[]),
            CAST(:record_id AS text[]), CAST(:was AS text[]), CAST(:became AS text[])
        ) WITH ORDINALITY AS a (committee_id, person_id, session_id, machine, request_id,
                                act, kind, record_id, was, became, n)
    )
"""
"""Part of a statement that begins with WITH: chains `acts` rows to the head."""

APPEND = f"WITH {LINK} SELECT"

_COLUMNS = tuple(field.name for field in fields(Act))


def values(acts: Sequence[Act], now: datetime) -> dict[str, Any]:
    """The parameters of LINK."""
    columns = {name: [getattr(act, name) for act in acts] for name in _COLUMNS}
    return columns | {"acts": len(acts), "bodies": [body(act, now) for act in acts], "now": now}


def body(act: "Act | Row[Any]", at: datetime) -> str:
    """What is hashed of a row, beside its place and the hash before it."""
    return json.dumps(
        [
            at.astimezone(UTC).isoformat(timespec="microseconds"),
            *(_shown(getattr(act, name)) for name in _COLUMNS),
        ],
        separators=(",", ":"),
    )


def _shown(value: object) -> str | None:
    return None if value is None else str(value)


def link(previous: bytes, seq: int, row_body: str) -> bytes:
    """The hash of row `seq`; the database's `audit_links` reckons the same."""
    return hashlib.sha256(previous + f"{seq}\n{row_body}".encode()).digest()


# --- Proving -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chain:
    """What a walk along the chain found. `broken` names the first row that does not hold, and why."""

    length: int
    head: str
    broken: str | None


async def proven(tx: "UnitOfWork") -> Chain:
    """Walk the whole chain of one service, from the first row to the head. Read it in one moment (`read`)."""
    seq, previous = 0, GENESIS
    while rows := await tx.all(_WALK, after=seq, limit=_PAGE):
        for row in rows:
            broken = _fault(row, seq + 1, previous)
            if broken is not None:
                return Chain(seq, previous.hex(), broken)
            seq, previous = row.seq, bytes(row.hash)
    head = await tx.first("SELECT last_seq, links[array_upper(links, 1)] AS hash FROM audit_head")
    return Chain(seq, previous.hex(), _fault_of_head(head, seq, previous))


def _fault(row: "Row[Any]", expected: int, previous: bytes) -> str | None:
    if row.seq != expected:
        return f"row {expected} is missing; the next one there is row {row.seq}"
    if link(previous, row.seq, body(row, row.at)) != bytes(row.hash):
        return f"row {row.seq} ({row.act} {row.kind} {row.record_id}): its content or its hash is not what was chained"
    return None


def _fault_of_head(head: "Row[Any] | None", seq: int, previous: bytes) -> str | None:
    if head is None:
        return "the head is missing"
    if head.last_seq != seq:
        return (
            f"row {seq + 1} is missing: the head names row {head.last_seq}, the last one there is row {seq}"
        )
    if bytes(head.hash) != previous:
        return f"row {seq}: the head names another hash than this last row has"
    return None


_WALK = f"SELECT seq, at, {', '.join(_COLUMNS)}, hash FROM audit WHERE seq > :after ORDER BY seq LIMIT :limit"


# --- Reading -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a reader looks for; None asks for nothing."""

    person_id: UUID | None = None
    act: str | None = None
    kind: str | None = None
    record_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


_LISTED = """
SELECT seq, at, person_id, session_id, machine, request_id, act, kind, record_id, was, became
FROM audit
WHERE committee_id = :committee_id
  AND (CAST(:before AS bigint) IS NULL OR seq < :before)
  AND (CAST(:person_id AS uuid) IS NULL OR person_id = :person_id)
  AND (CAST(:act AS text) IS NULL OR act = :act)
  AND (CAST(:kind AS text) IS NULL OR kind = :kind)
  AND (CAST(:record_id AS text) IS NULL OR record_id = :record_id)
  AND (CAST(:since AS timestamptz) IS NULL OR at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR at < :until)
ORDER BY seq DESC LIMIT :limit
"""


async def listed(
    tx: "UnitOfWork", committee_id: UUID, filters: Filters, *, before: int | None, limit: int
) -> list["Row[Any]"]:
    """Rows of one committee, the newest first."""
    asked = {field.name: getattr(filters, field.name) for field in fields(Filters)}
    return list(await tx.all(_LISTED, committee_id=committee_id, before=before, limit=limit, **asked))
