"""Accounts with their passwords, one-time links, tries at the door, and the sessions behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from shared.contracts.visits import SessionChanged
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    person_id: UUID
    password_hash: str | None


async def accounts_named(tx: UnitOfWork, login: str) -> Sequence[Account]:
    """The accounts of people with this code, or with `committee/code` where two committees share a code."""
    rows = await tx.all(
        """
        SELECT person_id, password_hash
        FROM directory_person AS person JOIN account USING (person_id)
             JOIN directory_unit AS committee ON committee.unit_id = person.committee_id
        WHERE (person.code = :login OR committee.code || '/' || person.code = :login) AND closed_at IS NULL
        """,
        login=login,
    )
    return [Account(**row._asdict()) for row in rows]


async def has_password(tx: UnitOfWork, person_id: UUID) -> bool:
    return bool(
        await tx.scalar(
            "SELECT password_hash IS NOT NULL FROM account WHERE person_id = :person_id", person_id=person_id
        )
    )


async def is_closed(tx: UnitOfWork, person_id: UUID) -> bool:
    """Whether the office closed this account; nobody who is on the way in gets further."""
    return bool(
        await tx.scalar(
            "SELECT closed_at IS NOT NULL FROM account WHERE person_id = :person_id", person_id=person_id
        )
    )


async def close_account(tx: UnitOfWork, person_id: UUID) -> None:
    """No way in is left: the password, passkeys, authenticator and links of the person go."""
    await tx.execute(
        """
        INSERT INTO account (person_id, password_hash, changed_at, closed_at)
        VALUES (:person_id, NULL, :now, :now)
        ON CONFLICT (person_id) DO UPDATE SET
            password_hash = NULL, changed_at = excluded.changed_at, closed_at = excluded.closed_at
        """,
        person_id=person_id,
        now=tx.now,
    )
    for table in (
        "passkey",
        "authenticator",
        "recovery_code",
        "doorstep",
        "provider_subject",
        "sign_in_link",
    ):
        await tx.execute(f"DELETE FROM {table} WHERE person_id = :person_id", person_id=person_id)


async def reopen_account(tx: UnitOfWork, person_id: UUID) -> None:
    """The office invited this person again."""
    await tx.execute("UPDATE account SET closed_at = NULL WHERE person_id = :person_id", person_id=person_id)


async def set_password(tx: UnitOfWork, person_id: UUID, password_hash: str) -> None:
    await tx.execute(
        """
        INSERT INTO account (person_id, password_hash, changed_at) VALUES (:person_id, :password_hash, :now)
        ON CONFLICT (person_id) DO UPDATE SET
            password_hash = excluded.password_hash, changed_at = excluded.changed_at
        """,
        person_id=person_id,
        password_hash=password_hash,
        now=tx.now,
    )


async def begin_try(tx: UnitOfWork, who: str) -> datetime | None:
    """Count a try, before it is judged. The time to wait for when it comes too early, else None.

    Four tries are free, then each doubles the pause up to a minute; a quarter of an hour forgives all.
    """
    counted = await tx.first(
        """
        INSERT INTO sign_in_try AS known (who, tries, last_at, not_before) VALUES (:who, 1, :now, :now)
        ON CONFLICT (who) DO UPDATE SET
            tries = CASE WHEN known.last_at < :forgiven THEN 1 ELSE known.tries + 1 END,
            last_at = :now,
            not_before = :now + CASE WHEN known.last_at < :forgiven OR known.tries < 4 THEN interval '0'
                                     ELSE make_interval(secs => least(60, 2 ^ least(known.tries - 3, 6))) END
        WHERE known.not_before <= :now
        RETURNING tries
        """,
        who=who,
        now=tx.now,
        forgiven=tx.now - timedelta(minutes=15),
    )
    if counted is not None:
        return None
    not_before: datetime = await tx.scalar("SELECT not_before FROM sign_in_try WHERE who = :who", who=who)
    return not_before


async def forgive_tries(tx: UnitOfWork, who: str) -> None:
    """Forget the tries of who has got in, and those nobody came back to."""
    await tx.execute(
        "DELETE FROM sign_in_try WHERE who = :who OR last_at < :old", who=who, old=tx.now - timedelta(days=1)
    )


async def add_link(tx: UnitOfWork, token_sha256: str, person_id: UUID, expires_at: datetime) -> None:
    await tx.execute(
        "INSERT INTO sign_in_link (token_sha256, person_id, expires_at) VALUES (:token, :person_id, :expires_at)",
        token=token_sha256,
        person_id=person_id,
        expires_at=expires_at,
    )


async def use_link(tx: UnitOfWork, token_sha256: str) -> UUID | None:
    """Use a link up; None when there is none, it has been used, or its time is over."""
    person_id: UUID | None = await tx.scalar(
        """
        UPDATE sign_in_link SET used_at = :now
        WHERE token_sha256 = :token AND used_at IS NULL AND expires_at > :now RETURNING person_id
        """,
        token=token_sha256,
        now=tx.now,
    )
    return person_id


async def lock_sessions(
    tx: UnitOfWork, *, person_id: UUID, session_ids: Sequence[UUID] | None = None
) -> list[SessionChanged]:
    """The open sessions of a person, or those of them that are named, locked for a change."""
    rows = await tx.all(
        """
        SELECT session_id, version, token_sha256, person_id, opened_at, expires_at, closed_at, device_only,
               fresh_until
        FROM directory_session
        WHERE person_id = :person_id AND closed_at IS NULL AND expires_at > :now
          AND (CAST(:session_ids AS uuid[]) IS NULL OR session_id = ANY(CAST(:session_ids AS uuid[])))
        ORDER BY session_id FOR UPDATE
        """,
        person_id=person_id,
        session_ids=session_ids,
        now=tx.now,
    )
    return [SessionChanged(**row._asdict()) for row in rows]


async def session_with(tx: UnitOfWork, token_sha256: str) -> Row[Any] | None:
    """Whose session a token opens, if it opens one."""
    return await tx.first(
        "SELECT session_id, person_id FROM directory_session WHERE token_sha256 = :token AND closed_at IS NULL",
        token=token_sha256,
    )
