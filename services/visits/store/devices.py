"""The browsers people signed in with, and the sessions that were opened on each."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from shared.uow import UnitOfWork


async def known(tx: UnitOfWork, token_sha256: str) -> Row[Any] | None:
    """The device with this token, unless its person has signed it out for good."""
    return await tx.first(
        "SELECT device_id, person_id FROM device WHERE token_sha256 = :token AND revoked_at IS NULL",
        token=token_sha256,
    )


async def add(
    tx: UnitOfWork, device_id: UUID, *, person_id: UUID, token_sha256: str, name: str, seen: date
) -> None:
    await tx.execute(
        """
        INSERT INTO device (device_id, person_id, token_sha256, name, first_seen, last_seen)
        VALUES (:device_id, :person_id, :token_sha256, :name, :seen, :seen)
        """,
        device_id=device_id,
        person_id=person_id,
        token_sha256=token_sha256,
        name=name,
        seen=seen,
    )


async def attach(tx: UnitOfWork, session_id: UUID, device_id: UUID) -> None:
    """Remember on which device a session was opened."""
    await tx.execute(
        "INSERT INTO device_session (session_id, device_id) VALUES (:session_id, :device_id)",
        session_id=session_id,
        device_id=device_id,
    )


async def seen(tx: UnitOfWork, session_id: UUID, day: date) -> None:
    """The device of this session was in use on that day."""
    await tx.execute(
        """
        UPDATE device SET last_seen = :day FROM device_session AS opened
        WHERE opened.session_id = :session_id AND device.device_id = opened.device_id AND last_seen < :day
        """,
        session_id=session_id,
        day=day,
    )


async def of_session(tx: UnitOfWork, session_id: UUID) -> UUID | None:
    device_id: UUID | None = await tx.scalar(
        "SELECT device_id FROM device_session WHERE session_id = :session_id", session_id=session_id
    )
    return device_id


async def sessions_on(tx: UnitOfWork, device_id: UUID) -> Sequence[UUID]:
    rows = await tx.execute(
        "SELECT session_id FROM device_session WHERE device_id = :device_id", device_id=device_id
    )
    return rows.scalars().all()


async def of_person(tx: UnitOfWork, person_id: UUID) -> Sequence[Row[Any]]:
    """The devices that are known, the last used first, each with whether somebody is signed in there."""
    return await tx.all(
        """
        SELECT device_id, name, first_seen, last_seen,
               coalesce(bool_or(NOT session.device_only), false) AS signed_in,
               coalesce(bool_or(session.device_only), false) AS sends
        FROM device
             LEFT JOIN device_session AS opened USING (device_id)
             LEFT JOIN directory_session AS session
                    ON session.session_id = opened.session_id AND closed_at IS NULL AND expires_at > :now
        WHERE device.person_id = :person_id AND revoked_at IS NULL
        GROUP BY device.device_id
        ORDER BY last_seen DESC, device_id DESC
        """,
        person_id=person_id,
        now=tx.now,
    )


async def revoke(tx: UnitOfWork, person_id: UUID, device_id: UUID) -> bool:
    revoked = await tx.execute(
        """
        UPDATE device SET revoked_at = :now
        WHERE device_id = :device_id AND person_id = :person_id AND revoked_at IS NULL
        """,
        device_id=device_id,
        person_id=person_id,
        now=tx.now,
    )
    return revoked.rowcount == 1


async def revoke_all(tx: UnitOfWork, person_id: UUID) -> None:
    await tx.execute(
        "UPDATE device SET revoked_at = :now WHERE person_id = :person_id AND revoked_at IS NULL",
        person_id=person_id,
        now=tx.now,
    )
