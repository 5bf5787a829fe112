"""Reading a body, bounded while it streams: JSON of one meaning only (`shared.json_text`) into a strict model, or a file."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from shared.errors import TooLarge, WrongMediaType
from shared.http.problems import invalid_input
from shared.json_text import read_json_text

M = TypeVar("M", bound=BaseModel)

BODY_LIMIT = 64 * 1024


async def read_json(request: Request, model: type[M], *, max_bytes: int = BODY_LIMIT) -> M:
    """The body as a `model`. Raises WrongMediaType, TooLarge, Unreadable or Invalid."""
    _check_media_type(request)
    return parse_json(await _read(request, max_bytes), model)


class JsonBody(Generic[M]):
    """A dependency that reads the body as a model; OpenAPI documents are made from it."""

    def __init__(self, model: type[M], max_bytes: int) -> None:
        self.model = model
        self.max_bytes = max_bytes

    async def __call__(self, request: Request) -> M:
        return await read_json(request, self.model, max_bytes=self.max_bytes)


def json_body(model: type[M], *, max_bytes: int = BODY_LIMIT) -> JsonBody[M]:
    """`visit: Annotated[VisitIn, Depends(json_body(VisitIn))]`, after the route's rule in its signature."""
    return JsonBody(model, max_bytes)


class RawBody:
    """A dependency that reads the body as it is; what it holds is for the route to find out, whatever it is called."""

    def __init__(self, media_types: Sequence[str], max_bytes: int) -> None:
        self.media_types = media_types
        self.max_bytes = max_bytes

    async def __call__(self, request: Request) -> bytes:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in self.media_types:
            named = ", ".join(self.media_types)
            raise WrongMediaType(f"Nội dung phải là {named}.", f"The body must be one of: {named}.")
        _refuse_packed(request)
        return await _read(request, self.max_bytes)


def raw_body(*media_types: str, max_bytes: int) -> RawBody:
    """`sent: Annotated[bytes, Depends(raw_body("image/jpeg", max_bytes=…))]`, after the route's rule."""
    return RawBody(media_types, max_bytes)


def parse_json(raw: bytes, model: type[M]) -> M:
    """These bytes as a `model`. Raises Unreadable or Invalid."""
    try:
        return read_json_text(raw, model)
    except ValidationError as error:
        raise invalid_input(error.errors(include_url=False)) from None


def _check_media_type(request: Request) -> None:
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() != "application/json" or charset not in {"", "utf-8"}:
        raise WrongMediaType(
            "Nội dung phải là application/json, UTF-8.", "The body must be application/json in UTF-8."
        )
    _refuse_packed(request)


def _refuse_packed(request: Request) -> None:
    if request.headers.get("content-encoding", "identity") != "identity":
        raise WrongMediaType("Không nhận nội dung nén.", "Compressed bodies are not accepted.")


async def _read(request: Request, max_bytes: int) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 12 or int(announced) > max_bytes):
        raise _too_large(max_bytes)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > max_bytes:
            raise _too_large(max_bytes)
        chunks.append(chunk)
    return b"".join(chunks)


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(
        f"Nội dung lớn quá {max_bytes // 1024} KiB.", f"The body is larger than {max_bytes // 1024} KiB."
    )
