"""The outside provider: journeys there and back, and whom its subjects are here."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """What we sent with somebody to the provider, to be recognised on the way back."""

    token_sha256: str
    state_sha256: str
    nonce: str
    verifier: str


async def begin(tx: UnitOfWork, journey: Journey, *, expires_at: datetime) -> None:
    await tx.execute("DELETE FROM provider_journey WHERE expires_at <= :now", now=tx.now)
    await tx.execute(
        """
        INSERT INTO provider_journey (token_sha256, state_sha256, nonce, verifier, expires_at)
        VALUES (:token_sha256, :state_sha256, :nonce, :verifier, :expires_at)
        """,
        token_sha256=journey.token_sha256,
        state_sha256=journey.state_sha256,
        nonce=journey.nonce,
        verifier=journey.verifier,
        expires_at=expires_at,
    )


async def end(tx: UnitOfWork, token_sha256: str, state_sha256: str) -> Journey | None:
    """The journey of this browser with this state, which is over by being asked for."""
    row = await tx.first(
        """
        DELETE FROM provider_journey
        WHERE token_sha256 = :token AND state_sha256 = :state AND expires_at > :now
        RETURNING token_sha256, state_sha256, nonce, verifier
        """,
        token=token_sha256,
        state=state_sha256,
        now=tx.now,
    )
    return Journey(**row._asdict()) if row else None


async def link(tx: UnitOfWork, issuer: str, subject: str, person_id: UUID, *, by: UUID) -> bool:
    """Say who a subject is; False when it is somebody else already."""
    await tx.execute(
        "DELETE FROM provider_subject WHERE issuer = :issuer AND person_id = :person_id",
        issuer=issuer,
        person_id=person_id,
    )
    linked = await tx.execute(
        """
        INSERT INTO provider_subject (issuer, subject, person_id, linked_by, linked_at)
        VALUES (:issuer, :subject, :person_id, :by, :now) ON CONFLICT DO NOTHING
        """,
        issuer=issuer,
        subject=subject,
        person_id=person_id,
        by=by,
        now=tx.now,
    )
    return linked.rowcount == 1


async def person_of(tx: UnitOfWork, issuer: str, subject: str) -> UUID | None:
    person_id: UUID | None = await tx.scalar(
        "SELECT person_id FROM provider_subject WHERE issuer = :issuer AND subject = :subject",
        issuer=issuer,
        subject=subject,
    )
    return person_id


async def people_with_code(tx: UnitOfWork, code: str) -> list[UUID]:
    """Who bears a code in this installation, plain or with the committee's before it."""
    rows = await tx.execute(
        """
        SELECT person_id FROM directory_person AS person
             JOIN directory_unit AS committee ON committee.unit_id = person.committee_id
        WHERE person.code = :code OR committee.code || '/' || person.code = :code
        """,
        code=code,
    )
    return list(rows.scalars())
