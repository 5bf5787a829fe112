"""People, posts and units for tests, and the machinery's schema in a fresh database."""

import tempfile
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from uuid import UUID

from shared.contracts.visits import BodyChanged, PersonChanged, PostHeld, Role, UnitChanged
from shared.db import migrate
from shared.ids import uuid7


async def machinery(dsn: str) -> None:
    """Only the tables that every service has."""
    with tempfile.TemporaryDirectory() as none:
        await migrate(dsn, Path(none))


def post(role: Role, unit_id: UUID, *, since: date | None = None, until: date | None = None) -> PostHeld:
    return PostHeld(
        post_id=uuid7(),
        role=role,
        body="executive_committee",
        title="Ủy viên",
        unit_id=unit_id,
        valid_from=since,
        valid_to=until,
    )


def person(
    committee_id: UUID,
    *posts: PostHeld,
    person_id: UUID | None = None,
    version: int = 1,
    code: str = "P1",
    full_name: str = "Nguyễn Thị Hồng",
) -> PersonChanged:
    return PersonChanged(
        person_id=person_id or uuid7(),
        version=version,
        committee_id=committee_id,
        code=code,
        full_name=full_name,
        posts=posts,
    )


def unit(
    committee_id: UUID,
    code: str,
    name: str,
    *,
    unit_id: UUID | None = None,
    version: int = 1,
    parent_id: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
    successors: Iterable[UUID] = (),
) -> UnitChanged:
    return UnitChanged(
        unit_id=unit_id or uuid7(),
        version=version,
        committee_id=committee_id,
        code=code,
        name=name,
        kind="party_cell",
        parent_id=parent_id,
        valid_from=since,
        valid_to=until,
        successor_ids=tuple(successors),
    )


def body(
    committee_id: UUID,
    code: str,
    name: str,
    *,
    body_id: UUID | None = None,
    version: int = 1,
    since: date | None = None,
    until: date | None = None,
    successors: Iterable[UUID] = (),
) -> BodyChanged:
    return BodyChanged(
        body_id=body_id or uuid7(),
        version=version,
        committee_id=committee_id,
        code=code,
        name=name,
        valid_from=since,
        valid_to=until,
        successor_ids=tuple(successors),
    )
