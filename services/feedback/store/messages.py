"""What notify did about duties, for their timelines; the newest state of a message wins."""

from collections.abc import Sequence

from shared.contracts.notify import MessageChanged
from shared.uow import UnitOfWork


async def record(tx: UnitOfWork, messages: Sequence[MessageChanged]) -> None:
    await tx.execute(
        """
        INSERT INTO duty_message (message_id, version, duty_id, due_version, rung, person_id, channel, state,
                                  reason, at)
        SELECT * FROM unnest(
            CAST(:message_id AS uuid[]), CAST(:version AS int[]), CAST(:duty_id AS uuid[]),
            CAST(:due_version AS int[]), CAST(:rung AS text[]), CAST(:person_id AS uuid[]),
            CAST(:channel AS text[]), CAST(:state AS text[]), CAST(:reason AS text[]),
            CAST(:at AS timestamptz[]))
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
