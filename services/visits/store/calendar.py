"""The secret addresses of people's calendars, and what a calendar shows."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from shared.clock import local_date
from shared.contracts.visits import AccessClass
from shared.uow import UnitOfWork

REMEMBERED = timedelta(days=31)
"""A calendar keeps the days that were planned for so long."""
NOTED_AGAIN = timedelta(hours=1)
"""Telephones read every few minutes; when they last did is written down no more often than this."""


async def of_person(tx: UnitOfWork, person_id: UUID) -> Row[Any] | None:
    return await tx.first(
        "SELECT created_at, last_read_at FROM calendar_feed WHERE person_id = :id", id=person_id
    )


async def publish(tx: UnitOfWork, person_id: UUID, token_sha256: str) -> None:
    """Give a person's calendar an address; the one before is dead."""
    await tx.execute(
        """
        INSERT INTO calendar_feed (person_id, token_sha256, created_at) VALUES (:id, :digest, :now)
        ON CONFLICT (person_id) DO UPDATE
            SET token_sha256 = excluded.token_sha256, created_at = excluded.created_at, last_read_at = NULL
        """,
        id=person_id,
        digest=token_sha256,
        now=tx.now,
    )


async def withdraw(tx: UnitOfWork, person_id: UUID) -> bool:
    gone = await tx.execute("DELETE FROM calendar_feed WHERE person_id = :id", id=person_id)
    return gone.rowcount == 1


async def reader(tx: UnitOfWork, token_sha256: str) -> UUID | None:
    """Whose calendar this address is, if they hold a post today."""
    person_id: UUID | None = await tx.scalar(
        """
        SELECT person_id FROM calendar_feed
        WHERE token_sha256 = :digest AND EXISTS (
            SELECT FROM directory_post AS post WHERE post.person_id = calendar_feed.person_id
            AND coalesce(valid_from, '-infinity') <= :today AND coalesce(valid_to, 'infinity') >= :today)
        """,
        digest=token_sha256,
        today=local_date(tx.now),
    )
    return person_id


async def note_reading(tx: UnitOfWork, person_id: UUID) -> None:
    await tx.execute(
        """
        UPDATE calendar_feed SET last_read_at = :now
        WHERE person_id = :id AND (last_read_at IS NULL OR last_read_at <= :before)
        """,
        id=person_id,
        now=tx.now,
        before=tx.now - NOTED_AGAIN,
    )


async def open_duties(tx: UnitOfWork, person_id: UUID) -> Sequence[Row[Any]]:
    """What a person owes; the unit is unnamed where the matter is of a restricted class."""
    return await tx.all(
        """
        SELECT duty_id, d.version, d.changed_at, d.kind, due_at, provisional,
               CASE WHEN issue.issue_id IS NULL OR issue.access_class = :normal THEN u.name END AS unit_name
        FROM duty_copy AS d
        LEFT JOIN directory_unit AS u USING (unit_id)
        LEFT JOIN issue ON issue.issue_id = d.issue_id
        WHERE owner_person_id = :person_id AND closed_at IS NULL ORDER BY due_at, duty_id LIMIT 500
        """,
        person_id=person_id,
        normal=AccessClass.NORMAL.value,
    )


async def plans(tx: UnitOfWork, person_id: UUID) -> Sequence[Row[Any]]:
    """Where a person means to go, and meant to go in the last weeks; what was called off is gone."""
    return await tx.all(
        """
        SELECT plan_id, plan.version, changed_at, plan.kind, day, u.name AS unit_name
        FROM plan LEFT JOIN directory_unit AS u USING (unit_id)
        WHERE person_id = :person_id AND cancelled IS NULL AND day >= :since ORDER BY day, plan_id LIMIT 500
        """,
        person_id=person_id,
        since=local_date(tx.now) - REMEMBERED,
    )
