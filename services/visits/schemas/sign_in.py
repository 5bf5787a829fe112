"""What signing in asks and answers. A token stands in a body once, when it is made; never in an answer to a GET."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.visits.handlers import Step
from shared.contracts.visits import Role
from shared.http import Input, Line

Password = Annotated[str, Field(max_length=4096)]
Token = Annotated[str, Field(min_length=43, max_length=43, pattern=r"^[A-Za-z0-9_-]{43}$")]
Code = Annotated[str, Line(60)]
Name = Annotated[str, Line(60)]


class SignInIn(Input):
    """`login` is the person's code, or `committee/code` where two committees use one code."""

    login: Annotated[str, Line(130)]
    password: Annotated[str, Field(min_length=1, max_length=4096)]

    @model_validator(mode="before")
    @classmethod
    def _either_name(cls, data: Any) -> Any:
        if isinstance(data, dict) and "person_code" in data and "login" not in data:
            return {"login" if name == "person_code" else name: value for name, value in data.items()}
        return data


class InvitationIn(Input):
    """The part of an invitation's link behind the `=`."""

    token: Token


class PasswordIn(Input):
    password: Password


class CodeIn(Input):
    """Six digits of the authenticator app, or a recovery code."""

    code: Code


class CredentialIn(Input):
    """What the browser's `credential.toJSON()` gave."""

    credential: dict[str, Any]


class NewPasskeyIn(Input):
    """The same for a new passkey, with the name its person will know it by."""

    name: Name
    credential: dict[str, Any]


class DeviceTokenIn(Input):
    """`cookie` for our own page, which never sees the token; `bearer` for a program, which gets it once."""

    carrier: Literal["cookie", "bearer"] = "cookie"


class SubjectIn(Input):
    """Who a person is to the outside provider."""

    subject: Annotated[str, Line(255)]


class SessionOut(BaseModel):
    """Who is signed in."""

    person_id: UUID
    full_name: str
    committee_id: UUID
    roles: list[Role]


class SignedInOut(SessionOut):
    """Who is signed in, and the recovery codes if they were made just now."""

    recovery_codes: list[str] = []


class DoorOut(BaseModel):
    """Who stands at the door, and what is asked of them."""

    full_name: str
    came_by: Literal["invitation", "password"]
    step: Step
    has_password: bool


class DoorsOut(BaseModel):
    """The ways in, and whether this browser stands at one of them."""

    passkey_host: str
    provider: bool
    door: DoorOut | None


class OptionsOut(BaseModel):
    """What the browser's `PublicKeyCredential.parse…OptionsFromJSON` takes."""

    options: dict[str, Any]


class AuthenticatorOut(BaseModel):
    """A secret to set an authenticator app up with, typed or scanned; shown this once."""

    secret: str
    uri: str
    qr: str


class RecoveryCodesOut(BaseModel):
    """Shown this once."""

    recovery_codes: list[str]


class JourneyOut(BaseModel):
    """Where to go to sign in with the outside provider."""

    location: str


class PasskeyOut(BaseModel):
    passkey_id: UUID
    name: str
    added_at: datetime
    last_used_at: datetime | None


class AccountOut(BaseModel):
    """The ways in that a person has."""

    passkey_host: str
    passkeys: list[PasskeyOut]
    has_password: bool
    authenticator: bool
    recovery_codes_left: int


class DeviceOut(BaseModel):
    """A browser this person signed in with. `sends`: it may send its queue without its person."""

    device_id: UUID
    name: str
    first_seen: date
    last_seen: date
    signed_in: bool
    sends: bool
    current: bool


class DeviceList(BaseModel):
    devices: list[DeviceOut]


class DeviceTokenOut(BaseModel):
    """When the phone's own token ends; the token itself only for who asked to carry it."""

    ends_at: datetime
    token: str | None


class InvitationOut(BaseModel):
    """A new invitation. Link and QR code are shown this once."""

    invitation_id: UUID
    person_id: UUID
    link: str
    qr: str
    expires_at: datetime


class InvitationLine(BaseModel):
    """An invitation that still lets somebody in."""

    invitation_id: UUID
    person_id: UUID
    code: str
    full_name: str
    issued_at: datetime
    expires_at: datetime


class InvitationList(BaseModel):
    invitations: list[InvitationLine]
