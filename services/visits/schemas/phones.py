"""What phones and the server say to each other beside the visits themselves."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.visits.domain.unheld import UnheldOutcome, UnheldReason, UnheldVisit
from services.visits.schemas.common import AtUnit, Code, PersonName, UnitName
from services.visits.schemas.visits import DeviceIn
from services.visits.store.phones import DeviceReport
from shared.contracts.visits import VisitKind
from shared.http import Id, Input, Instant, Line

Many = Annotated[int, Field(ge=0, le=100_000)]
Numbers = Annotated[tuple[Annotated[int, Field(ge=1, le=100_000)], ...], Field(max_length=1_000)]


class DeviceKeyIn(Input):
    """Which device of the person asks: an id it made for itself."""

    device_id: Code


class DeviceKeyOut(BaseModel):
    """32 bytes in base64. A phone imports them as a key no script can read, and forgets them."""

    key: str


class HeartbeatIn(Input):
    """How full a phone's queue is. `asking`: the visits of which it would like to know that the committee has them."""

    device_id: Code
    drafts: Many
    ready: Many
    failed: Many
    refused: Many
    highest_seq: Many
    unsent: Numbers = ()
    let_go: Numbers = ()
    oldest_unsent_at: Instant | None = None
    free_bytes: Annotated[int, Field(ge=0, le=2**53)] | None = None
    app_version: Annotated[str, Line(40)]
    device_time: Instant
    server_offset_ms: Annotated[int, Field(ge=-(4 * 10**12), le=4 * 10**12)] | None = None
    asking: Annotated[tuple[Id, ...], Field(max_length=200)] = ()

    def as_report(self) -> DeviceReport:
        return DeviceReport(
            drafts=self.drafts,
            ready=self.ready,
            failed=self.failed,
            refused=self.refused,
            highest_seq=self.highest_seq,
            unsent=self.unsent,
            let_go=self.let_go,
            oldest_unsent_at=self.oldest_unsent_at,
            free_bytes=self.free_bytes,
            app_version=self.app_version,
            device_at=self.device_time,
            offset_ms=self.server_offset_ms,
        )


class HeartbeatOut(BaseModel):
    """The server's time and version of the pages, the numbers it lacks, the visits that the committee has."""

    now: Instant
    shell: str
    missing: list[int]
    seen: list[UUID]


class UnheldIn(AtUnit):
    """A visit that was planned and did not take place."""

    kind: VisitKind
    planned_at: Instant
    outcome: UnheldOutcome
    reason: UnheldReason
    device: DeviceIn
    on_behalf_of: Id | None = None
    """The member an assistant writes for."""

    def as_visit(self) -> UnheldVisit:
        return UnheldVisit(
            kind=self.kind,
            unit=self.unit,
            planned_at=self.planned_at,
            outcome=self.outcome,
            reason=self.reason,
            device=self.device.as_device(),
        )


class UnheldOut(BaseModel):
    """What stands of it; the same for the same content, however often it is sent."""

    unheld_id: UUID
    receipt_number: str
    accepted_at: Instant
    content_hash: str


class UnheldLine(BaseModel):
    """A visit that did not take place, in a list."""

    unheld_id: UUID
    kind: VisitKind
    unit: UnitName
    visitor: PersonName
    planned_at: Instant
    outcome: UnheldOutcome
    reason: UnheldReason
    accepted_at: Instant


class UnheldList(BaseModel):
    unheld: list[UnheldLine]


class QueuedIn(Input):
    """One frozen act as the phone would have sent it, byte for byte, with what the bytes hash to."""

    id: Id
    kind: Annotated[str, Line(40)]
    method: Literal["PUT", "POST"]
    path: Annotated[str, Line(300)]
    seq: Annotated[int, Field(ge=1, le=2**53)] | None = None
    frozen_at: Instant
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    body: str


class QueueFileIn(Input):
    """The queue of a phone as a file."""

    format: Literal["field-visits-queue-1"]
    person_id: Id
    device_id: Code
    exported_at: Instant
    items: Annotated[tuple[QueuedIn, ...], Field(max_length=500)]


class ImportedOut(BaseModel):
    """What became of one act. `message` says why where it did not land."""

    id: UUID
    kind: str
    outcome: Literal["accepted", "repeated", "conflict", "refused"]
    receipt_number: str | None = None
    message: str | None = None


class ImportOut(BaseModel):
    person: PersonName
    items: list[ImportedOut]


class PhoneLine(BaseModel):
    """What a phone said last. `gaps`: numbers neither here, nor on the phone, nor let go."""

    person: PersonName
    reported_at: Instant
    drafts: int
    unsent: int
    refused: int
    gaps: int
    oldest_unsent_at: Instant | None
    app_version: str


class PhoneList(BaseModel):
    phones: list[PhoneLine]
