"""What notify's HTTP interface takes and gives. No model here has a field for a name or an issue's text."""

from datetime import date, time
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from services.notify.domain.digest import Scope
from services.notify.domain.ladder import FIRST_OFFSET, LAST_OFFSET, Whom
from shared.contracts.feedback import DutyKind
from shared.contracts.notify import MessageState
from shared.http import Day, Input, Line


class InboxMessage(BaseModel):
    """A message as its reader sees it: Vietnamese first, then English, in one text.

    `on_it_until`: until when "I am on it" would hold, said now; null where the reader does not owe the duty.
    """

    message_id: UUID
    duty_id: UUID
    notice: str
    rung: str
    duty_kind: DutyKind
    due_at: AwareDatetime
    due_text: str
    provisional: bool
    subject: str
    body: str
    delivered_at: AwareDatetime
    read: bool
    on_it_until: date | None


class InboxPage(BaseModel):
    """The newest messages; ask for the next page with `after` = the last id."""

    unread: int
    messages: list[InboxMessage]


class DigestOut(BaseModel):
    """Figures as of one morning. `committee`: the week of the whole committee; `own`: the reader's month.

    `soon` are those that a reminder has told of and that are not late; `oldest_due_at` is of what is late.
    """

    scope: Scope
    period: Day
    as_of: AwareDatetime
    late: int
    soon: int
    oldest_due_at: AwareDatetime | None


class DigestList(BaseModel):
    digests: list[DigestOut]


class LedgerMessage(BaseModel):
    """One message of the ledger: which rung told which person by which channel, what became of it, and why."""

    message_id: UUID
    version: int
    duty_id: UUID
    due_version: int
    duty_kind: DutyKind
    rung: str
    notice: str
    skipped: list[str]
    person_id: UUID
    channel: str
    state: MessageState
    reason: str
    attempts: int
    written_at: AwareDatetime
    send_at: AwareDatetime
    sent_at: AwareDatetime | None
    changed_at: AwareDatetime


class LedgerPage(BaseModel):
    messages: list[LedgerMessage]


class AcknowledgementIn(Input):
    """Say "I am on it" until the end of this local date."""

    until: Day


class Acknowledgement(BaseModel):
    """The owner is not told again before `resumes_at`, unless the duty is done by then."""

    duty_id: UUID
    until: date
    resumes_at: AwareDatetime


class EmailIn(Input):
    """`address` null means the address of the directory."""

    enabled: bool
    address: Annotated[str, Line(254)] | None = None


class ChannelsIn(Input):
    email: EmailIn


class Email(BaseModel):
    """`available`: this installation has a mail server. `chosen`: the person gave this address themselves."""

    available: bool
    enabled: bool
    address: str | None
    chosen: bool


class Channels(BaseModel):
    email: Email


class SubscriptionKeysIn(Input):
    """A browser's own public keys, base64url, as it gives them."""

    p256dh: Annotated[str, Line(200)]
    auth: Annotated[str, Line(100)]


class SubscriptionIn(Input):
    """What `pushManager.subscribe` gave, and what its owner calls the phone."""

    endpoint: Annotated[str, Line(1000)]
    keys: SubscriptionKeysIn
    label: Annotated[str, Line(80)]


class SubscriptionKept(BaseModel):
    subscription_id: UUID


class Phone(BaseModel):
    """A browser that rings. `here`: it was switched on in the session that asks.

    `mark` begins the SHA-256 of its endpoint, by which a page knows whether it is this browser.
    """

    subscription_id: UUID
    mark: str
    label: str
    created_at: AwareDatetime
    last_ok_at: AwareDatetime | None
    here: bool


class Phones(BaseModel):
    """`key` null: this installation rings no phones."""

    key: str | None
    phones: list[Phone]


class PhoneTried(BaseModel):
    """Whether the push service took it; `reason` is its answer as a short code where it did not."""

    accepted: bool
    reason: str | None


HourOfDay = Annotated[str, Field(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$")]


class QuietHoursIn(Input):
    """From `starts` to just before `ends`, `HH:MM` in Viet Nam; over midnight when `ends` is the earlier one."""

    starts: HourOfDay
    ends: HourOfDay

    @property
    def times(self) -> tuple[time, time]:
        return time.fromisoformat(self.starts), time.fromisoformat(self.ends)


class QuietHours(BaseModel):
    starts: HourOfDay
    ends: HourOfDay


RungName = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$")]
Told = Literal["owner", "office_clerk", "permanent_board", "standing_committee", "inspector"]
"""Who owes a duty, and the roles that may open every duty of the committee; nobody is told of what they cannot see."""
Channel = Literal["webpush", "email"]
"""What can ring; every message stands in the inbox anyway."""


class TargetIn(Input):
    """A role to tell, and the roles to tell instead when nobody holds it. `owner` is who owes the duty."""

    role: Told
    fallback: Annotated[tuple[Told, ...], Field(max_length=5)] = ()


class AlarmIn(Input):
    """Raised at once when an urgent duty opens."""

    name: RungName
    targets: Annotated[list[TargetIn], Field(min_length=1, max_length=10)]
    channels: list[Channel]


class RungIn(AlarmIn):
    """Reached when the working day `offset` begins; 0 is the last day on which the duty is on time."""

    offset: Annotated[int, Field(ge=FIRST_OFFSET, le=LAST_OFFSET)]


class LadderIn(Input):
    """A ladder that holds from a date on, and the document that decides it. Offsets grow from rung to rung."""

    valid_from: Day
    basis: Annotated[str, Line(300)]
    alarm: AlarmIn
    rungs: Annotated[list[RungIn], Field(min_length=1, max_length=20)]


class Target(BaseModel):
    role: Whom
    fallback: list[Whom]


class Rung(BaseModel):
    """`offset` null is the alarm."""

    name: str
    offset: int | None
    targets: list[Target]
    channels: list[str]


class Ladder(BaseModel):
    """A version of the committee's ladder. Version 0 is the default: no date, nobody decided it."""

    version: int
    valid_from: date | None
    basis: str
    decided_by: UUID | None
    recorded_at: AwareDatetime | None
    alarm: Rung | None
    rungs: list[Rung]


class Ladders(BaseModel):
    """Every version, the newest first, and the one that duties get today."""

    in_force: int
    ladders: list[Ladder]


class Gap(BaseModel):
    """A step of a version that would tell nobody on these days, both included: none of the roles is held then."""

    version: int
    rung: str
    roles: list[Whom]
    first: date
    last: date


class Reachability(BaseModel):
    """From today to a day, by the posts and ladders that are known for them; without gaps every step reaches somebody."""

    first: date
    last: date
    gaps: list[Gap]
