"""What notify did about duties, for their timelines; the newest state of a message wins."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from shared.contracts.notify import DutyAcknowledged, MessageChanged
from shared.uow import UnitOfWork


async def record(tx: UnitOfWork, messages: Sequence[MessageChanged]) -> None:
    await tx.execute(
        """
        INSERT INTO duty_message (message_id, version, duty_id, due_version, rung, person_id, channel, state,
                                  reason, at, first_at)
        SELECT *, at FROM unnest(
            CAST(:message_id AS uuid[]), CAST(:version AS int[]), CAST(:duty_id AS uuid[]),
            CAST(:due_version AS int[]), CAST(:rung AS text[]), CAST(:person_id AS uuid[]),
            CAST(:channel AS text[]), CAST(:state AS text[]), CAST(:reason AS text[]),
            CAST(:at AS timestamptz[])) AS told (message_id, version, duty_id, due_version, rung, person_id, channel,
                                                 state, reason, at)
        ON CONFLICT (message_id) DO UPDATE SET
            version = excluded.version, due_version = excluded.due_version, rung = excluded.rung,
            person_id = excluded.person_id, channel = excluded.channel, state = excluded.state,
            reason = excluded.reason, at = excluded.at
        WHERE duty_message.version < excluded.version
        """,
        message_id=[each.message_id for each in messages],
        version=[each.version for each in messages],
        duty_id=[each.duty_id for each in messages],
        due_version=[each.due_version for each in messages],
        rung=[each.rung for each in messages],
        person_id=[each.person_id for each in messages],
        channel=[each.channel for each in messages],
        state=[each.state.value for each in messages],
        reason=[each.reason for each in messages],
        at=[each.at for each in messages],
    )


async def begun(tx: UnitOfWork, first_at: Mapping[UUID, datetime]) -> None:
    """Keep the earliest moment at which each message was told of, whichever version came first."""
    await tx.execute(
        """
        UPDATE duty_message SET first_at = told.at
        FROM unnest(CAST(:ids AS uuid[]), CAST(:at AS timestamptz[])) AS told (message_id, at)
        WHERE duty_message.message_id = told.message_id AND duty_message.first_at > told.at
        """,
        ids=list(first_at),
        at=list(first_at.values()),
    )


async def record_acknowledgements(tx: UnitOfWork, said: Sequence[DutyAcknowledged]) -> None:
    """Keep what each owner said last of each duty; `said` names each pair once."""
    await tx.execute(
        """
        INSERT INTO duty_acknowledgement (duty_id, person_id, until, at)
        SELECT * FROM unnest(CAST(:duty_id AS uuid[]), CAST(:person_id AS uuid[]), CAST(:until AS date[]),
                             CAST(:at AS timestamptz[]))
        ON CONFLICT (duty_id, person_id) DO UPDATE SET until = excluded.until, at = excluded.at
        WHERE duty_acknowledgement.at < excluded.at
        """,
        duty_id=[each.duty_id for each in said],
        person_id=[each.person_id for each in said],
        until=[each.until for each in said],
        at=[each.at for each in said],
    )


async def committees_of(tx: UnitOfWork, duty_ids: Collection[UUID]) -> list[UUID]:
    """Whose these duties are, as far as they are known."""
    rows = await tx.execute(
        "SELECT DISTINCT committee_id FROM duty WHERE duty_id = ANY(CAST(:ids AS uuid[]))",
        ids=list(duty_ids),
    )
    return list(rows.scalars())
