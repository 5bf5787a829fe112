"""What visits publishes: the directory, sessions, and each visit as it now stands.

Payloads of the directory carry names, because screens need them; subjects, logs and metrics never do.
A restricted issue leaves as its id and class only (I12).
"""

from datetime import date
from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.envelope import Event, Snapshot


class VisitKind(StrEnum):
    FIELD_TRIP = "field_trip"
    MEETING_ATTENDANCE = "meeting_attendance"


class Period(StrEnum):
    """What a quota counts in: months and quarters of Viet Nam's calendar."""

    MONTH = "month"
    QUARTER = "quarter"


class AbsenceReason(StrEnum):
    """Why a member is excused, by a code that can be counted: no text in which an illness could be told."""

    TRAINING = "training"
    DUTY_TRAVEL = "duty_travel"
    LEAVE = "leave"
    OTHER_TASK = "other_task"


class MeetingKind(StrEnum):
    REGULAR = "regular"
    THEMATIC = "thematic"
    COMBINED = "combined"


class IssueKind(StrEnum):
    OPINION = "opinion"
    PETITION = "petition"
    PROPOSAL = "proposal"
    REFLECTION = "reflection"
    CONCERN = "concern"


class IssueField(StrEnum):
    ENVIRONMENT = "environment"
    CULTURE = "culture"
    TRANSPORT = "transport"
    EDUCATION_HEALTH = "education_health"
    ELECTRICITY_WATER = "electricity_water"
    PARTY_WORK = "party_work"
    LAND = "land"
    SECURITY = "security"
    ECONOMY = "economy"
    OTHER = "other"


class Urgency(StrEnum):
    NORMAL = "normal"
    URGENT = "urgent"


class AccessClass(StrEnum):
    """`ideology` and `about_named_official` are restricted (domain.md 2.5)."""

    NORMAL = "normal"
    IDEOLOGY = "ideology"
    ABOUT_NAMED_OFFICIAL = "about_named_official"

    @property
    def is_restricted(self) -> bool:
        return self is not AccessClass.NORMAL


class Role(StrEnum):
    """What a post lets its holder do; rights follow the posts held as of now."""

    COMMITTEE_MEMBER = "committee_member"
    FOLLOWER = "follower"
    """Staff, or a head of a department or of the Front, who goes to units without sitting on the committee."""
    ASSISTANT = "assistant"
    OFFICE_CLERK = "office_clerk"
    PERMANENT_BOARD = "permanent_board"
    STANDING_COMMITTEE = "standing_committee"
    CELL_SECRETARY = "cell_secretary"
    AGENCY = "agency"
    INSPECTOR = "inspector"
    OPS = "ops"


class Approval(StrEnum):
    """The member's word on a visit that an assistant recorded. Nobody else's, and never by waiting."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"


FOCUS = "focus"
"""The `attention` of a cell that a decision chose to be built up: whoever goes there was asked to."""


class UnitChanged(Event):
    """A unit of the directory as it now stands: Party organisation, cell or agency."""

    subject: ClassVar[str] = "visits.directory.unit_changed.v1"

    unit_id: UUID
    version: int
    committee_id: UUID
    """The unit whose committee keeps this directory: the root of the tree."""
    code: str
    name: str
    kind: str
    parent_id: UUID | None = None
    cell_type: str | None = None
    attention: str | None = None
    recognition: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    successor_ids: tuple[UUID, ...] = ()


class BodyChanged(Event):
    """A body of a committee as it now stands, such as Thường trực or Ban Thường vụ; `valid_to` is its last day."""

    subject: ClassVar[str] = "visits.directory.body_changed.v1"

    body_id: UUID
    version: int
    committee_id: UUID
    code: str
    """The word by which posts and policies name it; it never changes."""
    name: str
    valid_from: date | None = None
    valid_to: date | None = None
    successor_ids: tuple[UUID, ...] = ()


class PostHeld(Snapshot):
    """A post of a person, dated; `valid_to` is the last day, None while it is held."""

    post_id: UUID
    role: Role
    body: str = ""
    """The code of the committee's body in which the person sits; empty for a post at the unit itself."""
    title: str
    unit_id: UUID
    valid_from: date | None = None
    valid_to: date | None = None
    serves: tuple[UUID, ...] = ()
    """The members for whom an assistant acts while the post is held; empty for every other role."""


class PersonChanged(Event):
    """A person of the directory with all posts, as they now stand."""

    subject: ClassVar[str] = "visits.directory.person_changed.v1"

    person_id: UUID
    version: int
    committee_id: UUID
    code: str
    full_name: str
    email: str | None = None
    portfolios: tuple[str, ...] = ()
    posts: tuple[PostHeld, ...] = ()


class SessionChanged(Event):
    """A signed-in session was opened or closed. The token itself never leaves the browser's cookie."""

    subject: ClassVar[str] = "visits.session.session_changed.v1"

    session_id: UUID
    version: int
    token_sha256: str
    person_id: UUID
    opened_at: AwareDatetime
    expires_at: AwareDatetime
    closed_at: AwareDatetime | None = None
    device_only: bool = False
    """Opened by a phone for its queue: good for few things, never for its person."""
    fresh_until: AwareDatetime | None = None
    """Until then the person counts as having just proved who they are."""


class RegisterFacts(Snapshot):
    """What a paper register already says of an issue's way: where it went and when it came back."""

    forwarded_to: UUID | None = None
    forwarded_at: AwareDatetime | None = None
    answered_at: AwareDatetime | None = None


class IssueSnapshot(Snapshot):
    """An issue as raised. Text fields are None for restricted classes."""

    issue_id: UUID
    access_class: AccessClass = AccessClass.NORMAL
    kind: IssueKind | None = None
    field: IssueField | None = None
    title: str | None = None
    detail: str | None = None
    urgency: Urgency = Urgency.NORMAL
    resolved_on_spot: bool = False
    paper: RegisterFacts | None = None


class ReportSnapshot(Snapshot):
    """The report on a visit. `filed_at` is the first filing, by the server's clock; `claimed_at` the phone's."""

    version: int
    filed_at: AwareDatetime
    claimed_at: AwareDatetime | None = None


class VisitRecorded(Event):
    """A visit as it now stands, with its issues and its report; `version` grows with every change."""

    subject: ClassVar[str] = "visits.visit.recorded.v1"

    visit_id: UUID
    version: int
    committee_id: UUID
    unit_id: UUID
    visitor_id: UUID
    recorded_by: UUID
    kind: VisitKind
    meeting_kind: MeetingKind | None = None
    started_at: AwareDatetime
    ended_at: AwareDatetime
    accepted_at: AwareDatetime
    nothing_raised: bool = False
    history: bool = False
    """From a register of the past: it counts in the figures and opens no duties."""
    from_register: bool = False
    """Written down from a paper register: what it owes began when the register says, not when it was told."""
    issues: tuple[IssueSnapshot, ...] = ()
    report: ReportSnapshot | None = None
    approval: Approval | None = None
    """None: the member wrote this content."""
    disputed: bool = False
    """The cell says that this record is not right, and nobody has answered yet."""
    erased_at: AwareDatetime | None = None
    """Since when its texts are gone everywhere; what is left counts."""
    withdrawn_at: AwareDatetime | None = None
    """Since when it counts nowhere and owes nothing: it was taken in by mistake. A newer version without it stands."""


class PlanChanged(Event):
    """Where somebody means to go, as it now stands; with `cancelled`, why it does not take place."""

    subject: ClassVar[str] = "visits.plan.changed.v1"

    plan_id: UUID
    version: int
    committee_id: UUID
    person_id: UUID
    unit_id: UUID
    kind: VisitKind
    day: date
    cancelled: str | None = None


class UnheldRecorded(Event):
    """A visit that did not take place: it fills no quota and owes no report. Why stays at home: it may be an illness."""

    subject: ClassVar[str] = "visits.unheld.recorded.v1"

    unheld_id: UUID
    version: int
    committee_id: UUID
    person_id: UUID
    unit_id: UUID
    kind: VisitKind
    day: date


class QuotaChanged(Event):
    """At least `min_count` visits of one kind in every period, from `valid_from` until the next quota of the kind."""

    subject: ClassVar[str] = "visits.quota.changed.v1"

    quota_id: UUID
    version: int
    committee_id: UUID
    kind: VisitKind
    period: Period
    min_count: int
    valid_from: date


class AssignmentChanged(Event):
    """Who is asked to go where, as it now stands; `valid_to` is its last day, None while it has no end."""

    subject: ClassVar[str] = "visits.assignment.changed.v1"

    assignment_id: UUID
    version: int
    committee_id: UUID
    person_id: UUID
    unit_id: UUID
    duty: str
    """`field_trip`, `attend_meeting`, or `in_charge_of` for both."""
    valid_from: date
    valid_to: date | None = None


class AbsenceChanged(Event):
    """A member is excused for whole months, `first` to `last`; `withdrawn`: it no longer holds."""

    subject: ClassVar[str] = "visits.absence.changed.v1"

    absence_id: UUID
    version: int
    committee_id: UUID
    person_id: UUID
    first: date
    last: date
    reason: AbsenceReason
    withdrawn: bool = False


class ObjectionMade(Event):
    """What a member says to what the system holds of a period; erased with the texts of its time, it says nothing."""

    subject: ClassVar[str] = "visits.objection.made.v1"

    objection_id: UUID
    version: int
    """1 as it was said, 2 without its text."""
    committee_id: UUID
    person_id: UUID
    period: str
    """`2026`, `2026-Q4` or `2026-11`."""
    first_day: date
    body: str
    made_at: AwareDatetime


class EveningChanged(Event):
    """In one month the cells of a committee meet on another day than the third; `withdrawn`: they do not after all."""

    subject: ClassVar[str] = "visits.evening.changed.v1"

    evening_id: UUID
    version: int
    committee_id: UUID
    month: date
    """The first day of the month whose meetings are meant."""
    day: date
    withdrawn: bool = False


class ConflictSettled(Event):
    """Two edits had changed the same, and a person chose: per field `recorded` or `received`, never a text."""

    subject: ClassVar[str] = "visits.conflict.settled.v1"

    visit_id: UUID
    version: int
    """The version that was made of both edits, and stood provisionally."""
    committee_id: UUID
    settled_in: int
    """The version that says what was chosen."""
    settled_by: UUID
    settled_at: AwareDatetime
    choices: dict[str, Literal["recorded", "received"]]


class VisitErased(Event):
    """The texts of a visit are gone: whoever holds a copy erases it, in whatever order events come.

    `visit` is what remains, so that who never saw the visit still learns what counts.
    """

    subject: ClassVar[str] = "visits.visit.erased.v1"

    visit: VisitRecorded


class DeviceSeen(Event):
    """What a member's phone said last of what it has not sent, told when that changes or an hour has passed.

    `phone_id` stands for the pair of person and device, and tells nothing of either.
    """

    subject: ClassVar[str] = "visits.device.seen.v1"

    phone_id: UUID
    version: int
    committee_id: UUID
    person_id: UUID
    seen_at: AwareDatetime
    drafts: int
    unsent: int
    """Frozen and waiting to be sent, the refused ones too."""
    oldest_unsent_at: AwareDatetime | None = None


VISITS_EVENTS: tuple[type[Event], ...] = (
    UnitChanged,
    BodyChanged,
    PersonChanged,
    SessionChanged,
    VisitRecorded,
    VisitErased,
    ConflictSettled,
    PlanChanged,
    DeviceSeen,
    UnheldRecorded,
    QuotaChanged,
    AssignmentChanged,
    AbsenceChanged,
    ObjectionMade,
    EveningChanged,
)
