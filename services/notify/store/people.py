"""How people can be reached, and what they said of it: addresses by channel, acknowledgements."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from services.notify.domain.message import EMAIL, PUSH
from shared.uow import UnitOfWork


async def addresses(tx: UnitOfWork, person_ids: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """For each person the address on every channel that is on.

    E-mail comes from the directory if need be; the address of a person's phones is the person.
    """
    rows = await tx.all(
        """
        SELECT person_id, channel, coalesce(own.address, listed.address) AS address
        FROM (SELECT person_id, CAST(:email AS text) AS channel, email AS address
              FROM directory_person WHERE person_id = ANY(:ids)
              UNION
              SELECT person_id, :push, CAST(person_id AS text)
              FROM push_subscription WHERE person_id = ANY(:ids)) AS listed
        FULL JOIN (SELECT * FROM contact_channel WHERE person_id = ANY(:ids)) AS own
            USING (person_id, channel)
        WHERE coalesce(own.enabled, true) AND coalesce(own.address, listed.address) IS NOT NULL
        """,
        ids=list(person_ids),
        email=EMAIL,
        push=PUSH,
    )
    found: dict[UUID, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row.person_id, {})[row.channel] = row.address
    return found


async def listed_email(tx: UnitOfWork, person_id: UUID) -> str | None:
    """The address that the directory has for a person."""
    value: str | None = await tx.scalar(
        "SELECT email FROM directory_person WHERE person_id = :id", id=person_id
    )
    return value


async def set_channel(
    tx: UnitOfWork, person_id: UUID, channel: str, *, enabled: bool, address: str | None
) -> None:
    await tx.execute(
        """
        INSERT INTO contact_channel (person_id, channel, enabled, address, changed_at)
        VALUES (:person_id, :channel, :enabled, :address, :now)
        ON CONFLICT (person_id, channel) DO UPDATE
            SET enabled = excluded.enabled, address = excluded.address, changed_at = excluded.changed_at
        """,
        person_id=person_id,
        channel=channel,
        enabled=enabled,
        address=address,
        now=tx.now,
    )


async def acknowledge(tx: UnitOfWork, duty_id: UUID, person_id: UUID, until: date) -> None:
    await tx.execute(
        """
        INSERT INTO acknowledgement (duty_id, person_id, until, acknowledged_at)
        VALUES (:duty_id, :person_id, :until, :now)
        ON CONFLICT (duty_id, person_id) DO UPDATE
            SET until = excluded.until, acknowledged_at = excluded.acknowledged_at
        """,
        duty_id=duty_id,
        person_id=person_id,
        until=until,
        now=tx.now,
    )


async def acknowledged(
    tx: UnitOfWork, duty_ids: Collection[UUID], today: date
) -> dict[tuple[UUID, UUID], date]:
    """Per duty and person the last day of an acknowledgement that still holds."""
    rows = await tx.all(
        "SELECT duty_id, person_id, until FROM acknowledgement WHERE duty_id = ANY(:ids) AND until >= :today",
        ids=list(duty_ids),
        today=today,
    )
    return {(row.duty_id, row.person_id): row.until for row in rows}
