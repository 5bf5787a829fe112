"""What a register said the last time, and every import of one with what it changed."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared.uow import UnitOfWork


class Part(StrEnum):
    """What a row of a register became. An issue belongs to its visit."""

    UNIT = "unit"
    BODY = "body"
    PERSON = "person"
    VISIT = "visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an import did to one record."""

    part: Part
    row_id: UUID
    code: str
    version: int
    """The record's version after it: a higher one means that somebody went on from there."""
    content_hash: str | None = None
    """What the register said; a body has no row in it."""
    previous_hash: str | None = None
    previous: Mapping[str, Any] | None = None
    """What stood before, None when the import added the record. For a visit: the version of its content."""

    @property
    def added(self) -> bool:
        return self.previous is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One taking in of a register, as the office knows it."""

    import_id: UUID
    committee_id: UUID
    digest: str
    files: tuple[str, ...]
    counts: Mapping[str, Any]
    imported_by: UUID | None
    imported_at: datetime
    undone_by: UUID | None
    undone_at: datetime | None


async def register_hashes(tx: UnitOfWork, row_ids: Collection[UUID]) -> dict[UUID, str]:
    """What these rows of a register said the last time."""
    rows = await tx.all(
        "SELECT row_id, content_hash FROM register_row WHERE row_id = ANY(CAST(:ids AS uuid[]))",
        ids=list(row_ids),
    )
    return {row.row_id: row.content_hash for row in rows}


async def remember_register_rows(tx: UnitOfWork, hashes: Mapping[UUID, str]) -> None:
    await tx.execute(
        """
        INSERT INTO register_row (row_id, content_hash)
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:hashes AS text[]))
        ON CONFLICT (row_id) DO UPDATE SET content_hash = excluded.content_hash
        """,
        ids=list(hashes),
        hashes=list(hashes.values()),
    )


async def forget_register_rows(tx: UnitOfWork, row_ids: Collection[UUID]) -> None:
    await tx.execute("DELETE FROM register_row WHERE row_id = ANY(CAST(:ids AS uuid[]))", ids=list(row_ids))


async def add_import(tx: UnitOfWork, taken_in: Import, changes: Sequence[Change]) -> None:
    """Keep what an import did, for the list and for its undoing."""
    await tx.execute(
        """
        INSERT INTO register_import (import_id, committee_id, digest, files, counts, imported_by, imported_at)
        VALUES (:import_id, :committee_id, :digest, CAST(:files AS text[]), CAST(:counts AS jsonb), :imported_by,
                :imported_at)
        """,
        import_id=taken_in.import_id,
        committee_id=taken_in.committee_id,
        digest=taken_in.digest,
        files=list(taken_in.files),
        counts=json.dumps(taken_in.counts),
        imported_by=taken_in.imported_by,
        imported_at=taken_in.imported_at,
    )
    await tx.execute(
        """
        INSERT INTO register_change (import_id, row_id, part, code, version, content_hash, previous_hash, previous)
        SELECT :import_id, row_id, part, code, version, content_hash, previous_hash, CAST(previous AS jsonb)
        FROM unnest(CAST(:row_ids AS uuid[]), CAST(:parts AS text[]), CAST(:codes AS text[]),
                    CAST(:versions AS int[]), CAST(:hashes AS text[]), CAST(:previous_hashes AS text[]),
                    CAST(:previous AS text[]))
             AS change (row_id, part, code, version, content_hash, previous_hash, previous)
        """,
        import_id=taken_in.import_id,
        row_ids=[each.row_id for each in changes],
        parts=[each.part.value for each in changes],
        codes=[each.code for each in changes],
        versions=[each.version for each in changes],
        hashes=[each.content_hash for each in changes],
        previous_hashes=[each.previous_hash for each in changes],
        previous=[None if each.previous is None else json.dumps(each.previous) for each in changes],
    )


async def imports(tx: UnitOfWork, committee_id: UUID, *, limit: int) -> list[Import]:
    """The newest imports first."""
    rows = await tx.all(
        "SELECT * FROM register_import WHERE committee_id = :committee_id"
        " ORDER BY imported_at DESC, import_id DESC LIMIT :limit",
        committee_id=committee_id,
        limit=limit,
    )
    return [_import(row) for row in rows]


async def find_import(tx: UnitOfWork, import_id: UUID) -> Import | None:
    row = await tx.first("SELECT * FROM register_import WHERE import_id = :id", id=import_id)
    return _import(row) if row else None


async def changes_of(tx: UnitOfWork, import_id: UUID) -> list[Change]:
    """What an import did, in the order of the parts and of the codes."""
    rows = await tx.all(
        """
        SELECT part, row_id, code, version, content_hash, previous_hash, previous FROM register_change
        WHERE import_id = :id
        ORDER BY array_position(CAST(ARRAY['unit', 'body', 'person', 'visit'] AS text[]), part), code
        """,
        id=import_id,
    )
    return [Change(**row._asdict() | {"part": Part(row.part)}) for row in rows]


async def mark_undone(tx: UnitOfWork, import_id: UUID, *, by: UUID) -> None:
    """What stood before is back where it stood, and is kept here no longer."""
    await tx.execute(
        "UPDATE register_import SET undone_by = :by, undone_at = :now WHERE import_id = :id",
        id=import_id,
        by=by,
        now=tx.now,
    )
    await tx.execute(
        "UPDATE register_change SET previous = '{}' WHERE import_id = :id AND previous IS NOT NULL",
        id=import_id,
    )


async def forget_before(tx: UnitOfWork, instant: datetime) -> int:
    """Keep no former content of imports older than this; how many records that were."""
    gone = await tx.execute(
        """
        UPDATE register_change SET previous = '{}'
        WHERE previous <> '{}' AND import_id IN (SELECT import_id FROM register_import WHERE imported_at < :instant)
        """,
        instant=instant,
    )
    return gone.rowcount


# --- Whether somebody went on from what an import recorded ---------------------------------------------


async def revisions(tx: UnitOfWork, visit_ids: Collection[UUID]) -> dict[UUID, int]:
    rows = await tx.all(
        "SELECT visit_id, revision FROM visit WHERE visit_id = ANY(CAST(:ids AS uuid[]))", ids=list(visit_ids)
    )
    return {row.visit_id: row.revision for row in rows}


async def worked_on(tx: UnitOfWork, visit_ids: Collection[UUID]) -> set[UUID]:
    """The visits on whose issues or reports somebody has worked, beyond what came with the register itself."""
    rows = await tx.execute(
        """
        SELECT visit_id FROM issue_way AS way JOIN issue USING (issue_id, visit_id)
        WHERE visit_id = ANY(CAST(:ids AS uuid[]))
          AND (replied_at IS NOT NULL OR judged_at IS NOT NULL
               OR EXISTS (SELECT FROM jsonb_array_elements(way.forwardings) AS sent
                          WHERE issue.forwarded_at IS NULL
                             OR CAST(sent ->> 'sent_at' AS timestamptz) <> issue.forwarded_at
                             OR sent ->> 'acknowledged_at' IS NOT NULL
                             OR CAST(sent ->> 'answered_at' AS timestamptz) IS DISTINCT FROM issue.answered_at))
        UNION SELECT visit_id FROM report_return WHERE visit_id = ANY(CAST(:ids AS uuid[]))
        UNION SELECT visit_id FROM extension_copy WHERE visit_id = ANY(CAST(:ids AS uuid[]))
        UNION SELECT visit_id FROM remark WHERE visit_id = ANY(CAST(:ids AS uuid[]))
        UNION SELECT visit_id FROM visit_photo WHERE visit_id = ANY(CAST(:ids AS uuid[]))
        """,
        ids=list(visit_ids),
    )
    return set(rows.scalars())


async def known_people(tx: UnitOfWork, person_ids: Collection[UUID], imported: Collection[UUID]) -> set[UUID]:
    """Those who have a way in, a duty, a plan or a visit beyond the visits of the import itself."""
    rows = await tx.execute(
        """
        SELECT person_id FROM invitation WHERE person_id = ANY(CAST(:ids AS uuid[]))
        UNION SELECT person_id FROM passkey WHERE person_id = ANY(CAST(:ids AS uuid[]))
        UNION SELECT person_id FROM authenticator WHERE person_id = ANY(CAST(:ids AS uuid[]))
        UNION SELECT person_id FROM device WHERE person_id = ANY(CAST(:ids AS uuid[]))
        UNION SELECT person_id FROM assignment WHERE person_id = ANY(CAST(:ids AS uuid[]))
        UNION SELECT person_id FROM plan WHERE person_id = ANY(CAST(:ids AS uuid[]))
        UNION SELECT visitor_id FROM standing_visit WHERE visitor_id = ANY(CAST(:ids AS uuid[]))
              AND NOT visit_id = ANY(CAST(:imported AS uuid[]))
        """,
        ids=list(person_ids),
        imported=list(imported),
    )
    return set(rows.scalars())


async def used_units(
    tx: UnitOfWork, unit_ids: Collection[UUID], *, people: Collection[UUID], visits: Collection[UUID]
) -> set[UUID]:
    """Those with units below them, posts, assignments, plans, forwarded issues or visits beyond the import's own."""
    rows = await tx.execute(
        """
        SELECT parent_id FROM directory_unit WHERE parent_id = ANY(CAST(:ids AS uuid[]))
               AND NOT unit_id = ANY(CAST(:ids AS uuid[])) AND (valid_to IS NULL OR valid_to >= valid_from)
        UNION SELECT unit_id FROM directory_post
              WHERE unit_id = ANY(CAST(:ids AS uuid[])) AND NOT person_id = ANY(CAST(:people AS uuid[]))
        UNION SELECT unit_id FROM assignment WHERE unit_id = ANY(CAST(:ids AS uuid[]))
        UNION SELECT unit_id FROM plan WHERE unit_id = ANY(CAST(:ids AS uuid[]))
        UNION SELECT unit_id FROM standing_visit WHERE unit_id = ANY(CAST(:ids AS uuid[]))
              AND NOT visit_id = ANY(CAST(:visits AS uuid[]))
        UNION SELECT CAST(sent ->> 'agency_unit_id' AS uuid)
              FROM issue_way, jsonb_array_elements(forwardings) AS sent
              WHERE CAST(sent ->> 'agency_unit_id' AS uuid) = ANY(CAST(:ids AS uuid[]))
                AND NOT visit_id = ANY(CAST(:visits AS uuid[]))
        """,
        ids=list(unit_ids),
        people=list(people),
        visits=list(visits),
    )
    return set(rows.scalars())


async def used_bodies(tx: UnitOfWork, body_ids: Collection[UUID], *, people: Collection[UUID]) -> set[UUID]:
    """Those in which somebody else holds a post by now."""
    rows = await tx.execute(
        """
        SELECT body_id FROM directory_body AS body
        WHERE body_id = ANY(CAST(:ids AS uuid[]))
          AND EXISTS (SELECT FROM directory_post AS post
                      WHERE post.committee_id = body.committee_id AND post.body = body.code
                        AND NOT person_id = ANY(CAST(:people AS uuid[])))
        """,
        ids=list(body_ids),
        people=list(people),
    )
    return set(rows.scalars())


async def withdrawn(tx: UnitOfWork, visit_ids: Collection[UUID]) -> set[UUID]:
    """Which of these were recorded once and taken back."""
    rows = await tx.execute(
        "SELECT visit_id FROM visit WHERE visit_id = ANY(CAST(:ids AS uuid[])) AND withdrawn_at IS NOT NULL",
        ids=list(visit_ids),
    )
    return set(rows.scalars())


def _import(row: Any) -> Import:
    return Import(**row._asdict() | {"files": tuple(row.files)})
