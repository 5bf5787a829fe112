"""JSON with one meaning, wherever it comes from: a phone, the bus, a receipt.

Two readers of one text must never understand two things, so duplicate keys, NaN, numbers beyond what JSON
readers agree on, lone surrogates and foreign encodings are refused before a model sees them, and so is the
NUL that no database stores.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.errors import SHOWN, Invalid, Unreadable, invalid, pointer

M = TypeVar("M", bound=BaseModel)

_SAFE_DIGITS = 16  # 2^53 has sixteen
_SUSPECT_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def read_json_text(raw: bytes, model: type[M]) -> M:
    """These bytes as a `model`. Raises Unreadable, Invalid for what cannot be stored, or ValidationError."""
    _check_meaning(_text_of(raw))
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        if error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid":
            raise _too_deep() from None  # only its nesting limit is narrower than ours
        raise


def _check_meaning(text: str) -> None:
    try:
        document = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"JSON sai ở dòng {error.lineno}, cột {error.colno}.",
            f"The JSON is wrong at line {error.lineno}, column {error.colno}.",
        ) from None
    except RecursionError:
        raise _too_deep() from None
    if _SUSPECT_ESCAPE.search(text):
        _refuse_unstorable(document)


def _text_of(raw: bytes) -> str:
    if not raw:
        raise Unreadable("Không có nội dung.", "The body is empty.")
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")) or b"\x00" in raw:
        raise Unreadable(
            "Nội dung phải là UTF-8, không có BOM; không nhận UTF-16, UTF-32.",
            "The body must be UTF-8 without a byte order mark; UTF-16 and UTF-32 are not accepted.",
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable(
            f"Byte thứ {error.start} không phải UTF-8.", f"Byte {error.start} is not UTF-8."
        ) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(
            f"Khóa {twice[:SHOWN]!a} có hai lần trong một đối tượng.",
            f"The key {twice[:SHOWN]!a} stands twice in one object.",
        )
    return found


def _constant(name: str) -> float:
    raise Unreadable(f"JSON không có {name}.", f"{name} is not JSON.")


def _float(digits: str) -> float:
    if not math.isfinite(value := float(digits)):
        raise _too_big()
    return value


def _int(digits: str) -> int:
    if len(digits) > _SAFE_DIGITS + 1 or abs(value := int(digits)) > 2**53:
        raise _too_big()
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


def _too_big() -> Unreadable:
    return Unreadable("Có số quá lớn.", "A number is too large.")


def _too_deep() -> Unreadable:
    return Unreadable("JSON lồng nhau quá sâu.", "The JSON is nested too deeply.")
