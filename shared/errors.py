"""What can be wrong with a request, told to people: problem types of RFC 9457.

DomainError
├── Invalid            422  a value breaks a rule; names field, value and rule
├── Unreadable         400  the body cannot be read at all
├── SignInRequired     401
├── Reauthenticate     401  signed in, but not just now
├── Forbidden          403
├── NotFound           404  also for what the reader may not see (I10)
├── Conflict           409  same id, other content; or a step out of order
├── TooLarge           413
├── WrongMediaType     415
├── TooMany            429
└── Unavailable        503  try again later
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

SHOWN: Final = 80
"""At most so many characters of what was sent are said back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One wrong field. `pointer` is an RFC 6901 JSON pointer, `value` the offending value shortened."""

    pointer: str
    rule: str
    vi: str
    en: str
    value: str | None = None


@dataclass(eq=False)
class DomainError(Exception):
    """A request that cannot be carried out, with its reason in Vietnamese and English."""

    vi: str
    en: str
    errors: tuple[FieldError, ...] = field(default=(), kw_only=True)
    retry_after: int | None = field(default=None, kw_only=True)

    status: ClassVar[int] = 422
    code: ClassVar[str] = "invalid"
    title_vi: ClassVar[str] = "Dữ liệu chưa đúng"
    title_en: ClassVar[str] = "The data breaks a rule"

    def __str__(self) -> str:
        return self.en


class Invalid(DomainError):
    """A value breaks a rule."""


class Unreadable(DomainError):
    """The body cannot be read."""

    status, code = 400, "unreadable"
    title_vi, title_en = "Không đọc được nội dung gửi lên", "The body cannot be read"


class SignInRequired(DomainError):
    """Nobody is signed in, or the session has ended."""

    status, code = 401, "sign-in-required"
    title_vi, title_en = "Cần đăng nhập", "Sign in first"


class Reauthenticate(DomainError):
    """The person is signed in and may do this, once they have proved again who they are."""

    status, code = 401, "reauthenticate"
    title_vi, title_en = "Cần xác nhận lại", "Confirm who you are"


class Forbidden(DomainError):
    """The signed-in person may not do this."""

    status, code = 403, "forbidden"
    title_vi, title_en = "Không có quyền", "Not allowed"


class NotFound(DomainError):
    """There is no such thing, or the reader may not see it; the two answer alike."""

    status, code = 404, "not-found"
    title_vi, title_en = "Không tìm thấy", "Not found"


class Conflict(DomainError):
    """The same id already stands for something else, or the step is out of order."""

    status, code = 409, "conflict"
    title_vi, title_en = "Trùng mã nhưng khác nội dung", "In conflict with what is recorded"


class TooLarge(DomainError):
    """The body is larger than allowed."""

    status, code = 413, "too-large"
    title_vi, title_en = "Nội dung quá lớn", "The body is too large"


class WrongMediaType(DomainError):
    """The body is not JSON."""

    status, code = 415, "wrong-media-type"
    title_vi, title_en = "Sai kiểu nội dung", "Wrong media type"


class TooMany(DomainError):
    """Too many requests in a short time."""

    status, code = 429, "too-many"
    title_vi, title_en = "Gửi quá nhiều lần", "Too many requests"


class Unavailable(DomainError):
    """Something behind the service does not answer; nothing was recorded."""

    status, code = 503, "unavailable"
    title_vi, title_en = "Tạm thời chưa phục vụ được", "Temporarily unavailable"


def invalid(pointer: str, rule: str, *, vi: str, en: str, value: object = None) -> Invalid:
    """One field breaks one rule; the message names both."""
    shown = None if value is None else str(value)[:SHOWN]
    return Invalid(vi, en, errors=(FieldError(pointer=pointer, rule=rule, vi=vi, en=en, value=shown),))


def pointer(location: Sequence[str | int]) -> str:
    """An RFC 6901 JSON pointer; parameters stand below the part of the request they came in."""
    escaped = (str(step).replace("~", "~0").replace("/", "~1") for step in location)
    return "".join(f"/{step[:SHOWN]}" for step in escaped)
