"""What notify shows: a person's inbox, their channels, the ledger and the ladders for those who answer for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from services.notify.domain.ladder import LadderPolicy, Whom
from services.notify.domain.message import EMAIL, Draft
from services.notify.domain.window import next_working_day
from services.notify.store import ladders as ladder_store
from services.notify.store.ledger import KNOWN, days_of, draft_of, knows
from shared.access import Reach
from shared.clock import local_date
from shared.contracts.notify import MessageState
from shared.errors import NotFound
from shared.uow import UnitOfWork

_FACTS = """
    message_id, duty_id, due_version, rung, person_id, channel, committee_id, notice, duty_kind, due_at,
    provisional, skipped, then_channels, state, version, reason, written_at, changed_at, sent_at, send_at, attempts
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A message in somebody's inbox."""

    draft: Draft
    delivered_at: datetime
    read: bool
    on_it_until: date | None
    """Until when "I am on it" would hold, said now; None where the reader does not owe the duty any more."""


async def inbox(
    tx: UnitOfWork, person_id: UUID, restricted: Reach, *, after: UUID | None, limit: int
) -> list[Shown]:
    """The newest messages a person can see, or those after the one seen last."""
    rows = await tx.all(
        f"""
        SELECT {_FACTS},
               (SELECT days FROM escalation WHERE escalation.duty_id = message.duty_id
                AND owner_person_id = message.person_id AND stopped_reason IS NULL) AS own_days
        FROM message
        WHERE person_id = :person_id AND channel = 'inbox' AND state IN ('delivered', 'read') AND {KNOWN}
          AND (CAST(:after AS uuid) IS NULL OR (sent_at, message_id) < (
                SELECT sent_at, message_id FROM message WHERE message_id = :after AND person_id = :person_id))
        ORDER BY sent_at DESC, message_id DESC LIMIT :limit
        """,
        person_id=person_id,
        after=after,
        limit=limit,
        **knows(restricted),
    )
    return [
        Shown(
            draft=draft_of(row),
            delivered_at=row.sent_at,
            read=row.state == MessageState.READ,
            on_it_until=None if row.own_days is None else next_working_day(tx.now, days_of(row.own_days)),
        )
        for row in rows
    ]


async def unread(tx: UnitOfWork, person_id: UUID, restricted: Reach) -> int:
    """How many messages of a person's inbox were never opened."""
    return int(
        await tx.scalar(
            f"""
            SELECT count(*) FROM message
            WHERE person_id = :person_id AND channel = 'inbox' AND state = 'delivered' AND {KNOWN}
            """,
            person_id=person_id,
            **knows(restricted),
        )
    )


async def ledger(
    tx: UnitOfWork,
    reach: Reach,
    restricted: Reach,
    *,
    duty_id: UUID | None,
    person_id: UUID | None,
    channel: str | None,
    state: str | None,
    since: datetime | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """The newest messages of the ledger that this reader may see."""
    return await tx.all(
        f"""
        SELECT {_FACTS} FROM message
        WHERE committee_id = :committee_id AND (:all OR person_id = :reader) AND {KNOWN}
          AND (CAST(:duty_id AS uuid) IS NULL OR duty_id = :duty_id)
          AND (CAST(:person_id AS uuid) IS NULL OR person_id = :person_id)
          AND (CAST(:channel AS text) IS NULL OR channel = :channel)
          AND (CAST(:state AS text) IS NULL OR state = :state)
          AND (CAST(:since AS timestamptz) IS NULL OR written_at >= :since)
          AND (CAST(:after AS uuid) IS NULL OR (written_at, message_id) < (
                SELECT written_at, message_id FROM message
                WHERE message_id = :after AND committee_id = :committee_id
                  AND (:all OR person_id = :reader) AND {KNOWN}))
        ORDER BY written_at DESC, message_id DESC LIMIT :limit
        """,
        committee_id=reach.committee_id,
        all=reach.all,
        reader=reach.person_id,
        duty_id=duty_id,
        person_id=person_id,
        channel=channel,
        state=state,
        since=since,
        after=after,
        limit=limit,
        **knows(restricted),
    )


async def ladders(tx: UnitOfWork, committee_id: UUID) -> tuple[list[LadderPolicy], int]:
    """Every version of a committee's ladder, newest first, and the one in force today."""
    current = await ladder_store.in_force(tx, [committee_id], local_date(tx.now))
    return await ladder_store.of_committee(tx, committee_id), current[committee_id].version


async def ladder(tx: UnitOfWork, committee_id: UUID, version: int) -> LadderPolicy:
    """One version of a committee's ladder. Raises NotFound."""
    found = await ladder_store.find(tx, committee_id, version)
    if found is None:
        raise NotFound(f"Không có bậc thang số {version}.", f"There is no ladder version {version}.")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A step of the ladder that would tell nobody, and the days on which it would not, both included."""

    version: int
    rung: str
    roles: tuple[Whom, ...]
    first: date
    last: date


async def gaps(tx: UnitOfWork, committee_id: UUID, first: date, last: date) -> list[Gap]:
    """Every step that reaches nobody on some day of these, by the ladder and the posts known for it."""
    turns = await ladder_store.turning_points(tx, committee_id, first, last)
    open_: dict[tuple[int, str, tuple[Whom, ...]], Gap] = {}
    found: list[Gap] = []
    for day, following in zip(turns, [*turns[1:], last + timedelta(days=1)], strict=True):
        ladder = (await ladder_store.in_force(tx, [committee_id], day))[committee_id]
        until = following - timedelta(days=1)
        missing: dict[tuple[int, str, tuple[Whom, ...]], Gap] = {}
        for _, rung, target in ladder.targets():
            if not await ladder_store.reaches(tx, committee_id, target, day):
                key = (ladder.version, rung.name, target.roles)
                begun = open_.pop(key, None)
                missing[key] = Gap(
                    version=ladder.version,
                    rung=rung.name,
                    roles=target.roles,
                    first=begun.first if begun else day,
                    last=until,
                )
        found += open_.values()
        open_ = missing
    return sorted([*found, *open_.values()], key=lambda gap: (gap.first, gap.rung))


async def email_of(tx: UnitOfWork, person_id: UUID) -> Row[Any]:
    """Whether a person's e-mail is on, where it goes, and whether they chose the address themselves."""
    row = await tx.first(
        """
        SELECT coalesce(own.enabled, true) AS enabled, coalesce(own.address, listed.email) AS address,
               own.address IS NOT NULL AS chosen
        FROM (SELECT CAST(:person_id AS uuid) AS person_id) AS me
        LEFT JOIN directory_person AS listed USING (person_id)
        LEFT JOIN contact_channel AS own ON own.person_id = me.person_id AND own.channel = :email
        """,
        person_id=person_id,
        email=EMAIL,
    )
    assert row is not None  # noqa: S101  # the left side of the join is always one row
    return row
