"""Phones that ring, and the hours in which they must not.

A subscription is one browser of one person. Its endpoint and keys are sealed before they get here; the digest
of the endpoint finds the browser again, whoever had it before. `Rung` is what the channel knows of all this:
it has transactions of its own, because a phone is rung outside of any.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.notify.channels.push_crypto import PushKey, Receiver
from services.notify.channels.webpush import Phone
from services.notify.domain.window import QUIET, Quiet
from shared.uow import Database, UnitOfWork

MOST = 10
"""Browsers of one person; beyond them the one that was switched on first is forgotten."""


def endpoint_sha256(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode("ascii")).hexdigest()


async def keep(
    tx: UnitOfWork,
    receiver: Receiver,
    key: PushKey,
    *,
    new_id: UUID,
    person_id: UUID,
    session_id: UUID,
    label: str,
) -> tuple[UUID, bool]:
    """Let a browser ring for this person and nobody else any more; its id, and whether it is new to the person."""
    digest = endpoint_sha256(receiver.endpoint)
    await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(:digest, 0))", digest=digest)
    had = await tx.first(
        "SELECT subscription_id, person_id FROM push_subscription WHERE endpoint_sha256 = :digest",
        digest=digest,
    )
    if had is not None and had.person_id == person_id:
        await tx.execute(
            """
            UPDATE push_subscription SET sealed = :sealed, session_id = :session_id, label = :label
            WHERE subscription_id = :id
            """,
            id=had.subscription_id,
            sealed=key.seal(had.subscription_id, receiver),
            session_id=session_id,
            label=label,
        )
        return had.subscription_id, False
    await tx.execute("DELETE FROM push_subscription WHERE endpoint_sha256 = :digest", digest=digest)
    await tx.execute(
        """
        INSERT INTO push_subscription
            (subscription_id, person_id, session_id, endpoint_sha256, sealed, label, created_at)
        VALUES (:id, :person_id, :session_id, :digest, :sealed, :label, :now)
        """,
        id=new_id,
        person_id=person_id,
        session_id=session_id,
        digest=digest,
        sealed=key.seal(new_id, receiver),
        label=label,
        now=tx.now,
    )
    await tx.execute(
        """
        DELETE FROM push_subscription WHERE subscription_id IN (
            SELECT subscription_id FROM push_subscription WHERE person_id = :person_id
            ORDER BY created_at DESC, subscription_id DESC OFFSET :most)
        """,
        person_id=person_id,
        most=MOST,
    )
    return new_id, True


async def of_person(tx: UnitOfWork, person_id: UUID) -> Sequence[Row[Any]]:
    """A person's phones, the newest first."""
    return await tx.all(
        """
        SELECT subscription_id, session_id, endpoint_sha256, sealed, label, created_at, last_ok_at, failures
        FROM push_subscription WHERE person_id = :person_id ORDER BY created_at DESC, subscription_id
        """,
        person_id=person_id,
    )


async def forget(tx: UnitOfWork, person_id: UUID, subscription_id: UUID) -> bool:
    """Ring this phone no more; False when it is not one of this person's."""
    gone = await tx.execute(
        "DELETE FROM push_subscription WHERE subscription_id = :id AND person_id = :person_id",
        id=subscription_id,
        person_id=person_id,
    )
    return gone.rowcount == 1


async def forget_sessions(tx: UnitOfWork, session_ids: Collection[UUID]) -> None:
    """Whoever signed out, or was signed out from elsewhere, is not rung there any more."""
    await tx.execute("DELETE FROM push_subscription WHERE session_id = ANY(:ids)", ids=sorted(session_ids))


async def forget_leavers(database: Database, today: date) -> int:
    """The job of the night: phones and quiet hours of people who hold no post any more, and phones long unused."""

    async def leave(tx: UnitOfWork) -> int:
        gone = await tx.execute(
            f"DELETE FROM push_subscription AS own WHERE {_NO_POST} OR {_UNUSED}",
            today=today,
            long_ago=tx.now - UNUSED,
        )
        await tx.execute(f"DELETE FROM quiet_hours AS own WHERE {_NO_POST}", today=today)
        return gone.rowcount

    return await database.run(leave)


UNUSED = timedelta(days=180)
"""A phone rings on after its session has ended by itself, because who looks seldom needs it most; not for ever."""
_NO_POST = """
    NOT EXISTS (SELECT FROM directory_post AS post WHERE post.person_id = own.person_id
                AND coalesce(valid_from, '-infinity') <= :today AND coalesce(valid_to, 'infinity') >= :today)
"""
_UNUSED = """
    EXISTS (SELECT FROM directory_session AS session
            WHERE session.session_id = own.session_id AND expires_at <= :long_ago)
"""


async def take_turn(
    tx: UnitOfWork, person_id: UUID, subscription_id: UUID, pause: timedelta
) -> Row[Any] | None:
    """The phone, if it is this person's and was not tried out within `pause`; that it is now is noted."""
    return await tx.first(
        """
        UPDATE push_subscription SET tried_at = :now
        WHERE subscription_id = :id AND person_id = :person_id AND (tried_at IS NULL OR tried_at <= :before)
        RETURNING subscription_id, sealed
        """,
        id=subscription_id,
        person_id=person_id,
        now=tx.now,
        before=tx.now - pause,
    )


async def quiet_of(tx: UnitOfWork, person_id: UUID) -> Quiet:
    row = await tx.first("SELECT starts, ends FROM quiet_hours WHERE person_id = :id", id=person_id)
    return QUIET if row is None else Quiet(row.starts, row.ends)


async def set_quiet(tx: UnitOfWork, person_id: UUID, quiet: Quiet) -> None:
    await tx.execute(
        """
        INSERT INTO quiet_hours (person_id, starts, ends, changed_at) VALUES (:person_id, :starts, :ends, :now)
        ON CONFLICT (person_id) DO UPDATE
            SET starts = excluded.starts, ends = excluded.ends, changed_at = excluded.changed_at
        """,
        person_id=person_id,
        starts=quiet.starts,
        ends=quiet.ends,
        now=tx.now,
    )


async def count(tx: UnitOfWork) -> int:
    return int(await tx.scalar("SELECT count(*) FROM push_subscription"))


class Rung:
    """The phones of a service's database, for the channel that rings them."""

    def __init__(self, database: Database, key: PushKey) -> None:
        self._database = database
        self._key = key

    async def of_person(self, person_id: UUID) -> Sequence[Phone]:
        """Those that can be rung; what another key sealed is bound to that key, and dead."""
        async with self._database.read() as tx:
            rows = await of_person(tx, person_id)
        opened = ((row.subscription_id, self._key.open(row.subscription_id, row.sealed)) for row in rows)
        return [Phone(subscription_id=each, receiver=found) for each, found in opened if found is not None]

    async def worked(self, subscription_id: UUID) -> None:
        await self._note(
            "UPDATE push_subscription SET last_ok_at = :now, failures = 0 WHERE subscription_id = :id",
            subscription_id,
            now=self._database.clock.now(),
        )

    async def failed(self, subscription_id: UUID) -> None:
        await self._note(
            "UPDATE push_subscription SET failures = failures + 1 WHERE subscription_id = :id",
            subscription_id,
        )

    async def gone(self, subscription_id: UUID) -> None:
        await self._note("DELETE FROM push_subscription WHERE subscription_id = :id", subscription_id)

    async def _note(self, statement: str, subscription_id: UUID, **values: Any) -> None:
        async with self._database.begin() as tx:
            await tx.execute(statement, id=subscription_id, **values)
