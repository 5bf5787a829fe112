"""A visit as it is sent and shown: its content, versions, reports, receipts, and what was said of it."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field

from services.visits.domain.rules import TRANSFERRED_OUT
from services.visits.domain.visit import Device, Did, Issue, Meeting, Report, TransferredKind, Visit
from services.visits.schemas.common import AtUnit, Code, FreeText, PersonName, UnitName, WarningOut
from services.visits.store.remarks import RemarkKind
from shared.contracts.visits import (
    AccessClass,
    Approval,
    IssueField,
    IssueKind,
    MeetingKind,
    Urgency,
    VisitKind,
)
from shared.http import Id, Input, Instant, Line, Text, broken_rule

Count = Annotated[int, Field(ge=0, le=100_000)]

VISIT_BYTES = 512 * 1024

SideName = Literal["recorded", "received"]


def _not_transferred(kind: object) -> object:
    if isinstance(kind, str) and kind in set(TransferredKind):
        vi, en = TRANSFERRED_OUT
        raise broken_rule("transferred-out", vi=vi, en=en)
    return kind


class DeviceIn(Input):
    """Which phone wrote this, its own running number, and what its clock said."""

    id: Code
    seq: Annotated[int, Field(ge=0, le=2**53)]
    recorded_at: Instant
    server_offset_ms: Annotated[int, Field(ge=-(4 * 10**12), le=4 * 10**12)] | None = None
    """By how much the server was ahead of the phone's clock when it last heard from it."""
    app_version: Annotated[str, Line(40)] | None = None
    opened_at: Instant | None = None
    """When its writing was begun, by the same clock as `recorded_at`, which is when it was frozen."""

    def as_device(self) -> Device:
        return Device(
            id=self.id,
            seq=self.seq,
            recorded_at=self.recorded_at,
            offset_ms=self.server_offset_ms,
            app_version=self.app_version,
            opened_at=self.opened_at,
        )


class MeetingIn(Input):
    """The attended meeting, in counts."""

    kind: MeetingKind = MeetingKind.REGULAR
    summoned: Count | None = None
    present: Count | None = None
    excused: Count | None = None
    unexcused: Count | None = None
    speakers: Count | None = None


class IssueIn(Input):
    """One matter raised: the matter, never the speaker. The phone makes the id."""

    id: Id
    kind: Annotated[IssueKind, BeforeValidator(_not_transferred)]
    field: IssueField
    title: Annotated[str, Line(200)]
    detail: FreeText | None = None
    urgency: Urgency = Urgency.NORMAL
    access_class: AccessClass = AccessClass.NORMAL
    resolved_on_spot: bool = False
    suggested_agency_id: Id | None = None


class ReportIn(Input):
    """The report on a visit; `claimed_at` is when the phone says it was signed."""

    summary: FreeText = ""
    claimed_at: Instant

    def as_report(self) -> Report:
        return Report(summary=self.summary, claimed_at=self.claimed_at)


class DraftIn(Input):
    """A report an assistant drafts for the member they name."""

    on_behalf_of: Id
    summary: FreeText = ""


class ApprovalIn(Input):
    """The member's word on the version they looked at."""

    version: Annotated[int, Field(ge=1)]
    approved: bool
    reason: Annotated[str, Text(2000, empty=True)] = ""


class RejectionIn(Input):
    reason: Annotated[str, Text(2000)]


class ConfirmationIn(Input):
    """The cell's word on the version its secretary looked at."""

    version: Annotated[int, Field(ge=1)]
    outcome: Literal["confirmed", "disputed"]
    comment: Annotated[str, Text(2000, empty=True)] = ""


class StatementIn(Input):
    statement: Annotated[str, Text(2000)]


class VisitIn(AtUnit):
    """A visit as the phone froze it. Exactly one of `unit_code` and `unit_id` names the unit."""

    kind: VisitKind
    started_at: Instant
    ended_at: Instant
    device: DeviceIn
    meeting: MeetingIn | None = None
    notes: FreeText | None = None
    nothing_raised: bool = False
    issues: tuple[IssueIn, ...] = ()
    report: ReportIn | None = None
    on_behalf_of: Id | None = None
    """The member an assistant writes for. What they write waits for that member, its report as a draft."""
    did: Annotated[tuple[Did, ...], Field(max_length=10)] = ()

    def as_visit(self) -> Visit:
        return Visit(
            kind=self.kind,
            unit=self.unit,
            started_at=self.started_at,
            ended_at=self.ended_at,
            device=self.device.as_device(),
            meeting=None
            if self.meeting is None
            else Meeting(
                kind=self.meeting.kind,
                summoned=self.meeting.summoned,
                present=self.meeting.present,
                excused=self.meeting.excused,
                unexcused=self.meeting.unexcused,
                speakers=self.meeting.speakers,
            ),
            notes=self.notes or "",
            nothing_raised=self.nothing_raised,
            issues=tuple(
                Issue(
                    issue_id=issue.id,
                    kind=issue.kind,
                    field=issue.field,
                    title=issue.title,
                    detail=issue.detail or "",
                    urgency=issue.urgency,
                    access_class=issue.access_class,
                    resolved_on_spot=issue.resolved_on_spot,
                    suggested_agency_id=issue.suggested_agency_id,
                )
                for issue in self.issues
            ),
            report=None if self.report is None else self.report.as_report(),
            did=tuple(dict.fromkeys(self.did)),
        )


class VersionIn(VisitIn):
    """A correction: the whole content, and the version it was made from."""

    base_version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None


class DecisionIn(Input):
    """For every field in conflict, which side is right: what stood, or what came."""

    choices: dict[Annotated[str, Field(max_length=200)], SideName]


class ReceiptOut(BaseModel):
    """Proof that a content was accepted; the same for the same content, however often it is sent."""

    receipt_number: str
    visit_id: UUID
    version: int
    visitor_id: UUID
    recorded_by: UUID
    accepted_at: Instant
    content_hash: str
    report_filed_at: Instant | None
    device_delay_seconds: float | None
    """Server time minus the phone's claim; negative when the phone's clock runs ahead."""
    warnings: list[WarningOut]
    merged: bool = False
    """Whether another edit had come between, and this version holds both."""
    conflicts: list[str] = []
    """Where both had changed the same: this one stands until a person decides."""


class FiledOut(BaseModel):
    """Proof that a report was filed. `filed_at` is the first filing, which punctuality is judged by."""

    visit_id: UUID
    version: int
    filed_at: Instant
    version_filed_at: Instant
    claimed_at: Instant
    content_hash: str
    warnings: list[WarningOut]


class RemarkOut(BaseModel):
    """One thing said of one version of a visit: by its member, by the cell, or in answer to the cell."""

    version: int
    kind: RemarkKind
    words: str
    said_by: UUID
    said_at: Instant
    warnings: list[WarningOut] = []


class DraftOut(BaseModel):
    """A report drafted by an assistant; `approved` is null while the member has not decided."""

    draft_id: UUID
    visit_id: UUID
    summary: str
    drafted_by: UUID
    drafted_at: Instant
    approved: bool | None
    reason: str
    decided_at: Instant | None
    warnings: list[WarningOut] = []


class VisitLine(BaseModel):
    """A visit in a list."""

    visit_id: UUID
    version: int
    kind: VisitKind
    unit: UnitName
    visitor: PersonName
    started_at: Instant
    ended_at: Instant
    meeting_kind: MeetingKind | None
    nothing_raised: bool
    issue_count: int
    report_filed_at: Instant | None
    history: bool
    approval: Approval | None
    """Null: its member wrote it as it stands."""
    written_by: PersonName | None
    """The assistant who wrote it as it stands, if one did."""
    disputed_at: Instant | None


class VisitList(BaseModel):
    visits: list[VisitLine]
    next_cursor: str | None


class PhotoLine(BaseModel):
    """A photograph of an issue, as it is kept."""

    photo_id: UUID
    size: int
    """Bytes."""
    kept_at: Instant


class PhotoOut(PhotoLine):
    """Proof that a photograph is kept; `sha256` is of the bytes that were sent."""

    issue_id: UUID
    sha256: str


class IssueOut(BaseModel):
    """An issue. One of a restricted class is not there at all for readers who may not know of it."""

    issue_id: UUID
    access_class: AccessClass
    kind: IssueKind
    field: IssueField
    title: str
    detail: str
    urgency: Urgency
    resolved_on_spot: bool
    suggested_agency_id: UUID | None
    photos: list[PhotoLine]


class VersionOut(BaseModel):
    """One accepted content of a visit."""

    version: int
    accepted_at: Instant
    recorded_by: UUID
    content_hash: str
    receipt_number: str
    device_id: str | None
    device_seq: int | None
    device_recorded_at: Instant | None
    """What the phone's clock said."""
    device_corrected_at: Instant | None
    """The same by the server's clock, as far as the phone knew how the two differ."""
    content: dict[str, Any]


class ReportVersionOut(BaseModel):
    version: int
    summary: str
    filed_at: Instant
    claimed_at: Instant
    filed_by: UUID


class MergeOut(BaseModel):
    """Two edits that went past each other; with `fields` they are in conflict, until one is chosen."""

    version: int
    base_version: int
    recorded_version: int
    received_at: Instant
    fields: list[str]
    received: dict[str, Any]
    settled_in: int | None
    settled_by: UUID | None
    settled_at: Instant | None
    choices: dict[str, SideName] | None


class ReturnOut(BaseModel):
    """A report that was returned; `answered` once a newer version was filed."""

    return_id: UUID
    report_version: int
    comment: str
    returned_at: Instant
    answered: bool


class VisitOut(VisitLine):
    """A visit with all that was ever said of it; after `erased_at` without its texts.

    One with `withdrawn_at` was taken in by mistake: it counts nowhere and nothing is done to it.
    """

    accepted_at: Instant
    erased_at: Instant | None
    withdrawn_at: Instant | None
    notes: str
    meeting: dict[str, Any] | None
    did: list[Did]
    issues: list[IssueOut]
    versions: list[VersionOut]
    merges: list[MergeOut]
    reports: list[ReportVersionOut]
    report_drafts: list[DraftOut]
    """For the member and their assistants only: what is drafted is not filed."""
    remarks: list[RemarkOut]
    names: dict[UUID, str]
    """Whoever wrote or said something of this visit."""
    returns: list[ReturnOut]
