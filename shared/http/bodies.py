"""Reading a JSON body: bounded while it streams, one meaning only, then into a strict model.

Two readers of one text must never understand two things, so duplicate keys, NaN, numbers beyond
what JSON readers agree on, lone surrogates and foreign encodings are refused before the model sees them.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from shared.errors import Invalid, TooLarge, Unreadable, WrongMediaType, invalid
from shared.http.messages import pointer
from shared.http.problems import invalid_input

M = TypeVar("M", bound=BaseModel)

BODY_LIMIT = 64 * 1024
_SAFE_DIGITS = 16  # 2^53 has sixteen
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


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


def parse_json(raw: bytes, model: type[M]) -> M:
    """These bytes as a `model`. Raises Unreadable or Invalid."""
    text = _text_of(raw)
    try:
        document = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise _unreadable(
            f"JSON sai ở dòng {error.lineno}, cột {error.colno}.",
            f"The JSON is wrong at line {error.lineno}, column {error.colno}.",
        ) from None
    except RecursionError:
        raise _too_deep() from None
    if _SUSPECT_ESCAPE.search(text):
        _refuse_unstorable(document)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        details = error.errors(include_url=False)
        if details[0]["type"] == "json_invalid":  # only its nesting limit is narrower than ours
            raise _too_deep() from None
        raise invalid_input(details) from None


def _check_media_type(request: Request) -> None:
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() != "application/json" or charset not in {"", "utf-8"}:
        raise WrongMediaType(
            "Nội dung phải là application/json, UTF-8.", "The body must be application/json in UTF-8."
        )
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


def _text_of(raw: bytes) -> str:
    if not raw:
        raise _unreadable("Không có nội dung.", "The body is empty.")
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) or b"\x00" in raw:
        raise _unreadable(
            "Nội dung phải là UTF-8, không có BOM; không nhận UTF-16, UTF-32.",
            "The body must be UTF-8 without a byte order mark; UTF-16 and UTF-32 are not accepted.",
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(
            f"Byte thứ {error.start} không phải UTF-8.", f"Byte {error.start} is not UTF-8."
        ) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(
            f"Khóa {twice[:80]!a} có hai lần trong một đối tượng.",
            f"The key {twice[:80]!a} stands twice in one object.",
        )
    return found


def _constant(name: str) -> float:
    raise _unreadable(f"JSON không có {name}.", f"{name} is not JSON.")


def _float(digits: str) -> float:
    if not math.isfinite(value := float(digits)):
        raise _unreadable("Có số quá lớn.", "A number is too large.")
    return value


def _int(digits: str) -> int:
    if len(digits) > _SAFE_DIGITS + 1 or abs(value := int(digits)) > 2**53:
        raise _unreadable("Có số quá lớn.", "A number is too large.")
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_int
)


def _refuse_unstorable(document: Any) -> None:
    for path, text in _strings(document):
        if found := _UNSTORABLE.search(text):
            raise _unstorable(path, found.group())


def _strings(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    match value:
        case str():
            yield path, value
        case dict():
            for name, inner in value.items():
                yield path, name
                yield from _strings(inner, (*path, name))
        case list():
            for place, inner in enumerate(value):
                yield from _strings(inner, (*path, place))


def _unstorable(path: tuple[str | int, ...], character: str) -> Invalid:
    rule = "control-character" if character == "\x00" else "lone-surrogate"
    return invalid(
        pointer(path),
        rule,
        vi=f"Có ký tự U+{ord(character):04X} không lưu được.",
        en=f"Holds the character U+{ord(character):04X}, which cannot be stored.",
    )


def _unreadable(vi: str, en: str) -> Unreadable:
    return Unreadable(vi, en)


def _too_deep() -> Unreadable:
    return Unreadable("JSON lồng nhau quá sâu.", "The JSON is nested too deeply.")


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(
        f"Nội dung lớn quá {max_bytes // 1024} KiB.", f"The body is larger than {max_bytes // 1024} KiB."
    )
