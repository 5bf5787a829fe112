"""Extensions asked for and what was decided on them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """More days for one duty, asked for with a reason; `granted` is None until somebody decides."""

    extension_id: UUID
    duty_id: UUID
    days: int
    reason: str
    asked_by: UUID
    asked_at: datetime
    granted: bool | None = None
    note: str | None = None
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    due_version: int | None = None


async def find(tx: UnitOfWork, extension_id: UUID) -> Extension | None:
    row = await tx.first(
        "SELECT * FROM extension WHERE extension_id = :extension_id", extension_id=extension_id
    )
    return Extension(**row._mapping) if row else None  # noqa: SLF001  # Row's documented mapping


async def of_duty(tx: UnitOfWork, duty_id: UUID) -> list[Extension]:
    rows = await tx.all(
        "SELECT * FROM extension WHERE duty_id = :duty_id ORDER BY asked_at, extension_id", duty_id=duty_id
    )
    return [Extension(**row._mapping) for row in rows]  # noqa: SLF001  # Row's documented mapping


async def waiting(tx: UnitOfWork, duty_ids: Collection[UUID]) -> list[Extension]:
    """The requests about these duties that nobody has decided, the oldest first."""
    rows = await tx.all(
        """
        SELECT * FROM extension WHERE duty_id = ANY(CAST(:ids AS uuid[])) AND granted IS NULL
        ORDER BY asked_at, extension_id
        """,
        ids=list(duty_ids),
    )
    return [Extension(**row._mapping) for row in rows]  # noqa: SLF001  # Row's documented mapping


async def insert(tx: UnitOfWork, extension: Extension) -> None:
    await tx.execute(
        """
        INSERT INTO extension (extension_id, duty_id, days, reason, asked_by, asked_at)
        VALUES (:extension_id, :duty_id, :days, :reason, :asked_by, :asked_at)
        """,
        extension_id=extension.extension_id,
        duty_id=extension.duty_id,
        days=extension.days,
        reason=extension.reason,
        asked_by=extension.asked_by,
        asked_at=extension.asked_at,
    )


async def decide(tx: UnitOfWork, extension: Extension) -> None:
    await tx.execute(
        """
        UPDATE extension
        SET granted = :granted, note = :note, decided_by = :decided_by, decided_at = :decided_at,
            due_version = :due_version
        WHERE extension_id = :extension_id AND granted IS NULL
        """,
        extension_id=extension.extension_id,
        granted=extension.granted,
        note=extension.note,
        decided_by=extension.decided_by,
        decided_at=extension.decided_at,
        due_version=extension.due_version,
    )
