"""What phones said last of what they have not sent, and the bell that lets open desks ask anew."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from shared.contracts.visits import DeviceSeen
from shared.uow import UnitOfWork

LATELY: Final = timedelta(days=30)

_IN_POST = """EXISTS (
    SELECT FROM directory_post AS post
    WHERE post.person_id = person.person_id
      AND role IN ('committee_member', 'permanent_board', 'standing_committee')
      AND (valid_from IS NULL OR valid_from <= :today) AND (valid_to IS NULL OR valid_to >= :today))"""


async def record(tx: UnitOfWork, seen: Sequence[DeviceSeen]) -> None:
    """Keep the newest word of each phone; `seen` names each once."""
    await tx.execute(
        """
        INSERT INTO phone_seen (phone_id, version, committee_id, person_id, seen_at, drafts, unsent, oldest_unsent_at)
        SELECT * FROM unnest(
            CAST(:phone_id AS uuid[]), CAST(:version AS int[]), CAST(:committee_id AS uuid[]),
            CAST(:person_id AS uuid[]), CAST(:seen_at AS timestamptz[]), CAST(:drafts AS int[]),
            CAST(:unsent AS int[]), CAST(:oldest_unsent_at AS timestamptz[]))
        ON CONFLICT (phone_id) DO UPDATE SET
            version = excluded.version, committee_id = excluded.committee_id, person_id = excluded.person_id,
            seen_at = excluded.seen_at, drafts = excluded.drafts, unsent = excluded.unsent,
            oldest_unsent_at = excluded.oldest_unsent_at
        WHERE phone_seen.version < excluded.version
        """,
        phone_id=[each.phone_id for each in seen],
        version=[each.version for each in seen],
        committee_id=[each.committee_id for each in seen],
        person_id=[each.person_id for each in seen],
        seen_at=[each.seen_at for each in seen],
        drafts=[each.drafts for each in seen],
        unsent=[each.unsent for each in seen],
        oldest_unsent_at=[each.oldest_unsent_at for each in seen],
    )


async def unsent(tx: UnitOfWork, committee_id: UUID, today: date) -> int:
    """How many frozen records the phones of members in post have not sent, as far as they said lately.

    What a phone held that was not heard of for `LATELY` is not expected any more; who it is stays in the list.
    """
    return int(
        await tx.scalar(
            f"""
            SELECT coalesce(sum(unsent), 0) FROM phone_seen AS person
            WHERE committee_id = :committee_id AND seen_at > CAST(:since AS timestamptz) AND {_IN_POST}
            """,
            committee_id=committee_id,
            today=today,
            since=tx.now - LATELY,
        )
    )


async def by_member(tx: UnitOfWork, committee_id: UUID, today: date) -> Sequence[Row[Any]]:
    """Every member in post with what their phones said last, by name; without a phone the numbers are zero."""
    return await tx.all(
        f"""
        SELECT person.person_id, person.full_name, count(phone_id) AS phones, max(seen_at) AS seen_at,
               CAST(coalesce(sum(drafts), 0) AS int) AS drafts, CAST(coalesce(sum(unsent), 0) AS int) AS unsent,
               min(oldest_unsent_at) AS oldest_unsent_at
        FROM directory_person AS person LEFT JOIN phone_seen USING (person_id)
        WHERE person.committee_id = :committee_id AND {_IN_POST}
        GROUP BY person.person_id ORDER BY sort_key, person.person_id
        """,
        committee_id=committee_id,
        today=today,
    )


async def ring(tx: UnitOfWork, committee_ids: Collection[UUID]) -> None:
    """Let the open desks of these committees ask anew; the last statement of a batch, in one order of locks."""
    await tx.execute(
        """
        INSERT INTO committee_bell (committee_id, rung)
        SELECT each, 1 FROM unnest(CAST(:ids AS uuid[])) AS each ORDER BY each
        ON CONFLICT (committee_id) DO UPDATE SET rung = committee_bell.rung + 1
        """,
        ids=sorted(set(committee_ids)),
    )
