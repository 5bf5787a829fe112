"""The import desk: files of a register as they come in, what they would do, and what was done."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Base64Bytes, BaseModel, Field

from services.visits.handlers.undo import Reason
from services.visits.schemas.common import PersonName
from services.visits.store.registers import Part
from shared.http import Id, Input, Line


class FileIn(Input):
    """A workbook or a CSV file, its bytes in base64."""

    name: Annotated[str, Line(200)]
    content: Base64Bytes


Files = Annotated[tuple[FileIn, ...], Field(min_length=1, max_length=8)]


class PreviewIn(Input):
    """What the office means to import."""

    files: Files


class ImportIn(Input):
    """The files of a preview once more, and what the preview showed. Nothing is kept of them in between."""

    import_id: Id
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    files: Files


class FindingOut(BaseModel):
    """A fault or a note: `place` is where it is, as one reads it aloud."""

    place: str
    file: str
    line: int | None
    column: str | None
    cell: str | None
    value: str | None
    rule: str
    message: str


class CountedOut(BaseModel):
    """What becomes of the rows of one part."""

    added: int
    changed: int
    unchanged: int


class NewsOut(BaseModel):
    """A row that says something new. `columns` are the headings of what changed; none when the row is new."""

    part: Part
    code: str
    title: str
    added: bool
    columns: list[str]


class EffectOut(BaseModel):
    """What an import would do. `history`: its visits owe no report. `undoable`: whether it could be undone after."""

    digest: str
    units: CountedOut
    people: CountedOut
    visits: CountedOut
    issues: int
    history: bool
    undoable: bool
    news: list[NewsOut]
    news_total: int


class PreviewOut(BaseModel):
    """Either faults, the first of them and how many in all, or an effect."""

    faults: list[FindingOut]
    faults_total: int
    notes: list[FindingOut]
    effect: EffectOut | None


class ChangedOut(BaseModel):
    """How many records an import added and changed."""

    added: int
    changed: int


class ObstacleOut(BaseModel):
    """A record that somebody has gone on from; the import itself when it has no code."""

    part: Part | None
    code: str | None
    reason: Reason


class ImportOut(BaseModel):
    """One import. `undoable_until`: the moment after which it stands for good."""

    import_id: UUID
    files: list[str]
    units: ChangedOut
    people: ChangedOut
    visits: ChangedOut
    history: bool
    imported_at: datetime
    imported_by: PersonName | None
    undoable_until: datetime
    undone_at: datetime | None
    undone_by: PersonName | None


class ImportList(BaseModel):
    """The newest imports first."""

    imports: list[ImportOut]


class ImportDetail(ImportOut):
    """With what keeps it from being undone, the first of it and how much in all; nothing once it is undone."""

    obstacles: list[ObstacleOut]
    obstacles_total: int
