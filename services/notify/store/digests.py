"""Digests: which periods are done, whose figures they were, and what became of each letter."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.notify.domain.digest import Digest, Figures, Scope
from services.notify.store.ledger import days_of
from shared.uow import UnitOfWork

DIGESTS = "notify.digest"
"""What a transaction touched, for those who wait for it after its commit."""


async def committees(tx: UnitOfWork) -> list[UUID]:
    """The committees that have people."""
    rows = await tx.all("SELECT DISTINCT committee_id FROM directory_person ORDER BY committee_id")
    return [row.committee_id for row in rows]


async def known(tx: UnitOfWork, committee_id: UUID, scope: Scope) -> bool:
    """Whether a digest of this scope ever had its turn in a committee."""
    return bool(
        await tx.scalar(
            "SELECT EXISTS (SELECT FROM digest_run WHERE committee_id = :id AND scope = :scope)",
            id=committee_id,
            scope=scope.value,
        )
    )


async def begin(tx: UnitOfWork, committee_id: UUID, scope: Scope, period: date) -> bool:
    """Whether this transaction is the one that writes the digests of a period."""
    made = await tx.execute(
        """
        INSERT INTO digest_run (committee_id, scope, period, ran_at) VALUES (:committee_id, :scope, :period, :now)
        ON CONFLICT DO NOTHING
        """,
        committee_id=committee_id,
        scope=scope.value,
        period=period,
        now=tx.now,
    )
    return made.rowcount == 1


async def calendars(tx: UnitOfWork, committee_id: UUID) -> list[frozenset[date]]:
    """The working days that the committee's open duties name."""
    rows = await tx.all(
        "SELECT DISTINCT days FROM escalation WHERE committee_id = :id AND stopped_reason IS NULL",
        id=committee_id,
    )
    return [days_of(row.days) for row in rows]


_COUNTS = """
    count(*) FILTER (WHERE due_at <= :now) AS late, count(*) FILTER (WHERE due_at > :now) AS soon,
    min(due_at) FILTER (WHERE due_at <= :now) AS oldest_due_at
"""


async def of_committee(tx: UnitOfWork, committee_id: UUID) -> Figures:
    """What is open in a committee; matters of restricted classes are in no figure."""
    row = await tx.first(
        f"""
        SELECT {_COUNTS} FROM escalation
        WHERE committee_id = :id AND stopped_reason IS NULL AND NOT restricted
        """,
        id=committee_id,
        now=tx.now,
    )
    return Figures(**row._asdict()) if row else Figures()


async def of_members(tx: UnitOfWork, committee_id: UUID) -> dict[UUID, Figures]:
    """What each member has open, who knows of their own."""
    rows = await tx.all(
        f"""
        SELECT owner_person_id, {_COUNTS} FROM escalation
        WHERE committee_id = :id AND stopped_reason IS NULL AND owner_person_id IS NOT NULL
        GROUP BY owner_person_id
        """,
        id=committee_id,
        now=tx.now,
    )
    return {
        row.owner_person_id: Figures(late=row.late, soon=row.soon, oldest_due_at=row.oldest_due_at)
        for row in rows
    }


async def write(tx: UnitOfWork, digests: Sequence[tuple[Digest, bool]], send_at: datetime) -> None:
    """Put digests into people's inboxes; those marked so leave by e-mail as well. What is a year old goes."""
    await tx.execute(
        f"""
        INSERT INTO digest ({_COLUMNS}, digest_id, state, send_at, attempts)
        SELECT {_COLUMNS}, digest_id, state, :send_at, 0
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row ({_SHAPE}, digest_id uuid, state text)
        ON CONFLICT DO NOTHING
        """,
        rows=json.dumps([_row(digest, by_mail=by_mail) for digest, by_mail in digests], default=str),
        send_at=send_at,
    )
    await tx.execute(
        "DELETE FROM digest WHERE as_of < CAST(:now AS timestamptz) - interval '1 year'", now=tx.now
    )
    tx.touched.add(DIGESTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """A digest whose letter is under way, under a lease."""

    digest: Digest
    attempts: int
    lease: UUID


async def claim(tx: UnitOfWork, lease: UUID, seconds: float) -> Leaving | None:
    """The digest that has waited longest for its letter; those another sender holds are passed over."""
    row = await tx.first(
        f"""
        UPDATE digest SET attempts = attempts + 1, lease = :lease,
            lease_until = clock_timestamp() + make_interval(secs => :seconds)
        WHERE digest_id = (
            SELECT digest_id FROM digest WHERE state = 'pending' AND send_at <= :now
              AND (lease_until IS NULL OR lease_until < clock_timestamp())
            ORDER BY send_at, digest_id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING {_COLUMNS}, attempts
        """,
        lease=lease,
        seconds=seconds,
        now=tx.now,
    )
    if row is None:
        return None
    facts = row._asdict()
    return Leaving(attempts=facts.pop("attempts"), lease=lease, digest=_digest(facts))


async def settle(tx: UnitOfWork, leaving: Leaving, state: str, *, again_at: datetime | None = None) -> None:
    """What became of a letter: `sent`, `failed`, or `pending` until `again_at`. A lost lease changes nothing."""
    await tx.execute(
        """
        UPDATE digest SET state = :state, send_at = coalesce(:again_at, send_at), lease = NULL, lease_until = NULL
        WHERE digest_id = :id AND lease = :lease
        """,
        state=state,
        again_at=again_at,
        id=leaving.digest.digest_id,
        lease=leaving.lease,
    )


async def next_letter(tx: UnitOfWork) -> datetime | None:
    """When the next letter wants to leave."""
    value: datetime | None = await tx.scalar("SELECT min(send_at) FROM digest WHERE state = 'pending'")
    return value


async def newest(tx: UnitOfWork, person_id: UUID, wanted: Sequence[tuple[Scope, date]]) -> list[Digest]:
    """A person's digests of these periods."""
    rows = await tx.all(
        f"""
        SELECT {_COLUMNS} FROM digest
             JOIN unnest(CAST(:scopes AS text[]), CAST(:periods AS date[])) AS asked (scope, period)
             USING (scope, period)
        WHERE person_id = :person_id ORDER BY scope
        """,
        person_id=person_id,
        scopes=[scope.value for scope, _ in wanted],
        periods=[period for _, period in wanted],
    )
    return [_digest(row._asdict()) for row in rows]


_COLUMNS = "committee_id, person_id, scope, period, late, soon, oldest_due_at, as_of"
_SHAPE = """
    committee_id uuid, person_id uuid, scope text, period date, late int, soon int, oldest_due_at timestamptz,
    as_of timestamptz
"""


def _row(digest: Digest, *, by_mail: bool) -> dict[str, object]:
    figures = digest.figures
    return {
        "digest_id": digest.digest_id,
        "committee_id": digest.committee_id,
        "person_id": digest.person_id,
        "scope": digest.scope.value,
        "period": digest.period,
        "late": figures.late,
        "soon": figures.soon,
        "oldest_due_at": figures.oldest_due_at,
        "as_of": digest.as_of,
        "state": "pending" if by_mail else "shown",
    }


def _digest(facts: dict[str, object]) -> Digest:
    figures = Figures(**{name: facts.pop(name) for name in ("late", "soon", "oldest_due_at")})  # type: ignore[arg-type]
    return Digest(**facts | {"scope": Scope(str(facts["scope"]))}, figures=figures)  # type: ignore[arg-type]
