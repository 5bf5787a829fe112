"""Every refusal looks alike: `application/problem+json` (RFC 9457), in the reader's language.

`type` is stable per kind of problem, `instance` is the request's id, `errors` name field, rule and
value. A problem never shows a trace, a query, a path of the machine, or more than 80 characters of
what was sent.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import (
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    SignInRequired,
    TooLarge,
    TooMany,
    Unavailable,
    WrongMediaType,
)
from shared.http.messages import field_errors

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER = 2


class MethodNotAllowed(DomainError):
    """The resource knows no such method; the answer's Allow header names those it knows."""

    status, code = 405, "method-not-allowed"
    title_vi, title_en = "Không dùng được cách gọi này", "Method not allowed"


class Unexpected(DomainError):
    """A fault of ours; the log has it under the request's id."""

    status, code = 500, "unexpected"
    title_vi, title_en = "Hệ thống gặp lỗi", "Something went wrong on our side"


class BadRequest(DomainError):
    """The request is not well formed."""

    status, code = 400, "bad-request"
    title_vi, title_en = "Yêu cầu không hợp lệ", "Bad request"


def wants_vietnamese(accept_language: str | None) -> bool:
    """Vietnamese unless the reader asks for English first."""
    if not accept_language:
        return True
    weights = {"vi": 0.0, "en": 0.0}
    for choice in accept_language.split(","):
        language, _, rest = choice.strip().partition(";")
        primary = language.strip().lower().partition("-")[0]
        if primary in weights:
            weights[primary] = max(weights[primary], _weight(rest))
    return weights["vi"] >= weights["en"]


def render(error: DomainError, *, vietnamese: bool, request_id: str) -> bytes:
    """The body of the answer."""
    problem: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": error.title_vi if vietnamese else error.title_en,
        "status": error.status,
        "detail": error.vi if vietnamese else error.en,
        "instance": f"/requests/{request_id}",
    }
    if error.errors:
        problem["errors"] = [
            {
                "pointer": wrong.pointer,
                "rule": wrong.rule,
                "message": wrong.vi if vietnamese else wrong.en,
                **({} if wrong.value is None else {"value": wrong.value[:80]}),
            }
            for wrong in error.errors
        ]
    return json.dumps(problem, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def problem_response(
    request: Request, error: DomainError, *, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer to a request that failed with `error`."""
    extra = dict(headers or {})
    if error.retry_after is not None:
        extra["Retry-After"] = str(error.retry_after)
    body = render(
        error,
        vietnamese=wants_vietnamese(request.headers.get("accept-language")),
        request_id=request.scope.get("state", {}).get("request_id", ""),
    )
    return Response(body, error.status, headers=extra, media_type=MEDIA_TYPE)


def unavailable() -> Unavailable:
    """The database does not answer; nothing was recorded, so the sender keeps what it has and tries again."""
    return Unavailable(
        "Hệ thống tạm thời gián đoạn, chưa ghi nhận gì. Xin thử lại sau ít giây.",
        "The service is interrupted and has recorded nothing. Please try again in a few seconds.",
        retry_after=_RETRY_AFTER,
    )


def unexpected() -> Unexpected:
    return Unexpected(
        "Hệ thống gặp lỗi ngoài dự kiến. Xin báo mã yêu cầu này cho người quản trị.",
        "Something went wrong on our side. Please give this request's id to the administrator.",
    )


async def domain_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, DomainError):
        raise error
    return problem_response(request, error)


async def validation_error(request: Request, error: Exception) -> Response:
    """Parameters of path, query and header that FastAPI could not read."""
    if not isinstance(error, RequestValidationError):
        raise error
    wrong: Sequence[Any] = error.errors()
    return problem_response(request, invalid_input(wrong))


async def http_error(request: Request, error: Exception) -> Response:
    """What routing refuses: unknown path, wrong method."""
    if not isinstance(error, HTTPException):
        raise error
    return problem_response(request, _of_status(error.status_code), headers=error.headers)


def invalid_input(details: Sequence[Any]) -> Invalid:
    """One problem for all the details of a pydantic error."""
    return Invalid(
        "Có trường chưa đúng, xem từng mục trong errors.",
        "Some fields are wrong, see the entries of errors.",
        errors=field_errors(details),
    )


def _of_status(status: int) -> DomainError:
    if status in _BY_STATUS:
        kind, vi, en = _BY_STATUS[status]
        return kind(vi, en)
    if status == 503:
        return unavailable()
    return (
        unexpected()
        if status >= 500
        else BadRequest("Yêu cầu không hợp lệ.", "The request is not well formed.")
    )


_BY_STATUS: Mapping[int, tuple[type[DomainError], str, str]] = {
    401: (SignInRequired, "Đồng chí cần đăng nhập.", "Sign in first."),
    403: (Forbidden, "Không được phép.", "Not allowed."),
    404: (NotFound, "Không tìm thấy.", "There is no such thing."),
    405: (MethodNotAllowed, "Địa chỉ này không nhận cách gọi đó.", "This resource has no such method."),
    413: (TooLarge, "Nội dung gửi lên quá lớn.", "The body is too large."),
    415: (WrongMediaType, "Nội dung phải là application/json.", "The body must be application/json."),
    422: (Invalid, "Dữ liệu chưa đúng.", "The data breaks a rule."),
    429: (TooMany, "Gửi quá nhiều lần, xin chờ.", "Too many requests, please wait."),
}


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
