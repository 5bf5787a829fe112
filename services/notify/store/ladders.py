"""The ladders that committees decided, dated and numbered; the default stands below them all as version 0."""

import json
from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from services.notify.domain.ladder import (
    DEFAULT_LADDER,
    OWNER,
    Ladder,
    LadderPolicy,
    Target,
    parse_ladder,
)
from shared import directory
from shared.uow import UnitOfWork

DEFAULT_BASIS = "Đề xuất của hệ thống: chưa có văn bản nào quy định bậc thang nhắc việc."


async def in_force(tx: UnitOfWork, committee_ids: Collection[UUID], today: date) -> dict[UUID, Ladder]:
    """The ladder in force for each of the committees."""
    rows = await tx.all(
        """
        SELECT DISTINCT ON (committee_id) committee_id, ladder FROM ladder_policy
        WHERE committee_id = ANY(:ids) AND valid_from <= :today
        ORDER BY committee_id, valid_from DESC, version DESC
        """,
        ids=list(committee_ids),
        today=today,
    )
    own = {row.committee_id: stored_ladder(row.ladder) for row in rows}
    return {committee_id: own.get(committee_id, DEFAULT_LADDER) for committee_id in committee_ids}


async def reaches(tx: UnitOfWork, committee_id: UUID, target: Target, at: date) -> bool:
    """Whether somebody would be told on that date; an owner is always somebody."""
    for role in target.roles:
        if role == OWNER or await directory.holders(tx, role, committee_id, at=at):
            return True
    return False


async def turning_points(tx: UnitOfWork, committee_id: UUID, first: date, last: date) -> list[date]:
    """The days from the first to the last on which posts or the ladder may be others than the day before."""
    rows = await tx.all(
        """
        SELECT CAST(:first AS date) AS day
        UNION SELECT valid_from FROM directory_post WHERE committee_id = :committee_id
        UNION SELECT valid_to + 1 FROM directory_post WHERE committee_id = :committee_id
        UNION SELECT valid_from FROM ladder_policy WHERE committee_id = :committee_id
        """,
        committee_id=committee_id,
        first=first,
    )
    return sorted(row.day for row in rows if row.day is not None and first <= row.day <= last)


async def of_committee(tx: UnitOfWork, committee_id: UUID) -> list[LadderPolicy]:
    """Every version that counts for a committee or will, the newest first, the default at the end."""
    rows = await tx.all(
        """
        SELECT valid_from, basis, ladder, decided_by, recorded_at FROM ladder_policy
        WHERE committee_id = :committee_id ORDER BY version DESC
        """,
        committee_id=committee_id,
    )
    own = [
        LadderPolicy(
            committee_id=committee_id,
            valid_from=row.valid_from,
            basis=row.basis,
            ladder=stored_ladder(row.ladder),
            decided_by=row.decided_by,
            recorded_at=row.recorded_at,
        )
        for row in rows
    ]
    default = LadderPolicy(
        committee_id=committee_id, valid_from=None, basis=DEFAULT_BASIS, ladder=DEFAULT_LADDER
    )
    return [*own, default]


async def find(tx: UnitOfWork, committee_id: UUID, version: int) -> LadderPolicy | None:
    """One version of a committee's ladder."""
    known = await of_committee(tx, committee_id)
    return next((policy for policy in known if policy.ladder.version == version), None)


async def lock(tx: UnitOfWork) -> None:
    """Let writers of ladders wait for each other; they are rare. Readers go on."""
    await tx.execute("LOCK TABLE ladder_policy IN SHARE ROW EXCLUSIVE MODE")


async def write(tx: UnitOfWork, policy: LadderPolicy) -> None:
    """Write a version, or write it anew."""
    await tx.execute(
        """
        INSERT INTO ladder_policy (committee_id, version, valid_from, basis, ladder, decided_by, recorded_at)
        VALUES (:committee_id, :version, :valid_from, :basis, CAST(:ladder AS jsonb), :decided_by, :now)
        ON CONFLICT (committee_id, version) DO UPDATE SET
            valid_from = excluded.valid_from, basis = excluded.basis, ladder = excluded.ladder,
            decided_by = excluded.decided_by, recorded_at = excluded.recorded_at
        """,
        committee_id=policy.committee_id,
        version=policy.ladder.version,
        valid_from=policy.valid_from,
        basis=policy.basis,
        ladder=json.dumps(policy.ladder.dump()),
        decided_by=policy.decided_by,
        now=tx.now,
    )


def stored_ladder(stored: Any) -> Ladder:
    """The ladder of a column; the same text is read once."""
    return _parsed_ladder(stored if isinstance(stored, str) else json.dumps(stored))


@lru_cache(maxsize=256)
def _parsed_ladder(text: str) -> Ladder:
    return parse_ladder(json.loads(text))
