"""What the edge accepts as a body, and how it says no: cases 1-31 and 50-63 of the bad-input corpus."""

import json
import unicodedata
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import DomainError
from shared.http import parse_json
from tests.support.edge import GOOD, VISIT_PATH, VisitIn, client_of, put, tiny_service, visit

DEEP = b"[" * 30_000

SHAPES: dict[str, tuple[bytes, int, tuple[str, str] | None]] = {
    "empty body": (b"", 400, None),
    "null": (b"null", 422, ("", "object")),
    "a list": (b"[]", 422, ("", "object")),
    "an empty object": (b"{}", 422, ("/kind", "required")),
    "truncated": (visit()[:-9], 400, None),
    "trailing comma": (b'{"kind": "field_trip",}', 400, None),
    "trailing garbage": (visit() + b"x", 400, None),
    "duplicate key": (b'{"count": 1, "count": 2}', 400, None),
    "duplicate key deep inside": (b'{"issues": [{"id": 1, "id": 1}]}', 400, None),
    "NaN": (b'{"count": NaN}', 400, None),
    "Infinity": (b'{"count": -Infinity}', 400, None),
    "1e400": (b'{"count": 1e400}', 400, None),
    "int 2^63": (b'{"count": 9223372036854775808}', 400, None),
    "int of 5,000 digits": (b'{"count": ' + b"9" * 5_000 + b"}", 400, None),
    "30,000 brackets": (DEEP, 400, None),
    "300 brackets": (b"[" * 300 + b"]" * 300, 400, None),
    "100,000 keys": (
        json.dumps({f"k{n}": 0 for n in range(100_000)}).encode(),
        413,
        None,
    ),
    "BOM": (b"\xef\xbb\xbf" + visit(), 400, None),
    "UTF-16": (visit().decode().encode("utf-16"), 400, None),
    "UTF-16 without BOM": (visit().decode().encode("utf-16-le"), 400, None),
    "invalid UTF-8": (b'{"notes": "\xff"}', 400, None),
    "lone surrogate": (b'{"notes": "a\\ud800"}', 422, ("/notes", "lone-surrogate")),
    "lone surrogate in a key": (b'{"\\udfff": 1}', 422, ("", "lone-surrogate")),
    "NUL": (b'{"notes": "a\\u0000"}', 422, ("/notes", "control-character")),
    "a megabyte": (visit(notes="a" * 1_000_000), 413, None),
}

FIELDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "only spaces": ({"notes": "   "}, "/notes", "blank"),
    "only zero-width": ({"notes": "\u200b\u200d\ufeff"}, "/notes", "blank"),
    "empty": ({"notes": ""}, "/notes", "blank"),
    "limit + 1": ({"notes": "ă" * 2_001}, "/notes", "too-long"),
    "bell": ({"notes": "a\u0007"}, "/notes", "control-character"),
    "ANSI escape": ({"notes": "\x1b[31mđỏ"}, "/notes", "control-character"),
    "1,000 marks": ({"notes": "a" + "\u0301" * 1_000}, "/notes", "too-many-marks"),
    "CR LF in a line": (
        {"issues": [{**GOOD["issues"][0], "title": "Tiêu đề\r\nBcc: x"}]},
        "/issues/0/title",
        "line-break",
    ),
    "not text": ({"notes": 5}, "/notes", "text"),
    "id that is SQL": ({"issues": [{"id": "1 OR 1=1", "title": "a"}]}, "/issues/0/id", "uuid"),
    "unknown field": ({"received_at": "2026-11-22T08:00:00Z"}, "/received_at", "unknown-field"),
    "role": ({"role": "ops"}, "/role", "unknown-field"),
    "no such choice": ({"kind": "holiday"}, "/kind", "choice"),
    "30 February": ({"started_at": "2026-02-30T00:00:00Z"}, "/started_at", "instant"),
    "no zone": ({"started_at": "2026-11-22T08:00:00"}, "/started_at", "time-zone"),
    "year 1": ({"started_at": "0001-01-01T00:00:00+14:00"}, "/started_at", "year-range"),
    "year 9999": ({"started_at": "9999-12-31T23:59:59Z"}, "/started_at", "year-range"),
    "year 10000": ({"started_at": "10000-01-01T00:00:00Z"}, "/started_at", "instant"),
    "epoch seconds": ({"started_at": 1_795_000_000}, "/started_at", "instant"),
    "quoted epoch seconds": ({"started_at": "1795000000"}, "/started_at", "instant"),
    "lunar text": ({"started_at": "mùng 5 Tết"}, "/started_at", "instant"),
    "date with a time": ({"month": "2026-11-22T00:00:00"}, "/month", "date"),
    "date as a number": ({"month": 20_261_122}, "/month", "date"),
    "a boolean for a number": ({"count": False}, "/count", "integer"),
    "a text for a number": ({"count": "5"}, "/count", "integer"),
    "a fraction for a number": ({"count": 5.5}, "/count", "integer"),
    "end before start": ({"ended_at": "2026-11-21T08:00:00Z"}, "", "end-before-start"),
}


@pytest.mark.parametrize("case", SHAPES)
async def test_a_body_of_the_wrong_shape_is_refused_with_its_reason(case: str) -> None:
    """No shape of a body gives anything but a problem that says what is wrong, in Vietnamese."""
    body, status, field = SHAPES[case]

    answer = await put(tiny_service(), body)

    problem = answer.json()
    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert problem["status"] == status
    assert problem["detail"]
    if field is not None:
        assert field == (problem["errors"][0]["pointer"], problem["errors"][0]["rule"])


@pytest.mark.parametrize("case", FIELDS)
async def test_a_wrong_field_is_named_with_the_rule_it_breaks(case: str) -> None:
    """Pointer, rule, a message in both languages, and never more than 80 characters of what was sent."""
    changes, pointer, rule = FIELDS[case]

    answers = [
        await put(tiny_service(), visit(**changes), accept_language=language) for language in ("vi", "en")
    ]

    vietnamese, english = (answer.json()["errors"][0] for answer in answers)
    assert [answer.status_code for answer in answers] == [422, 422]
    assert (pointer, rule) == (vietnamese["pointer"], vietnamese["rule"])
    assert vietnamese["message"] != english["message"]
    assert len(vietnamese.get("value", "")) <= 80


@pytest.mark.parametrize(
    "text",
    [
        "=HYPERLINK(1)",
        "<script>alert(1)</script>",
        "{{7*7}}",
        "'; DROP TABLE visit",
        "%00%0d%0a",
        "nhà 👨‍👩‍👧",
        "\u202eabc",
        "ă" * 2_000,
    ],
)
async def test_harmless_text_is_given_back_as_it_came(text: str) -> None:
    """Whatever looks dangerous elsewhere is text here: stored and shown as it is."""
    answer = await put(tiny_service(), visit(notes=text))

    assert (200, text) == (answer.status_code, answer.json()["notes"])


async def test_decomposed_vietnamese_comes_out_composed() -> None:
    """A phone that types NFD and one that types NFC write the same text."""
    decomposed = unicodedata.normalize("NFD", "  Đường thôn Đồng Kỵ\r\n")

    answer = await put(tiny_service(), visit(notes=decomposed))

    assert answer.json()["notes"] == "Đường thôn Đồng Kỵ"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-22T08:00:00+07:00", "2026-11-22T01:00:00Z"),
        ("2026-11-22T08:00:00+14:00", "2026-11-21T18:00:00Z"),
        ("2028-02-29T08:00Z", "2028-02-29T08:00:00Z"),
    ],
)
async def test_an_instant_is_kept_in_utc(written: str, meant: str) -> None:
    """The same moment written in two zones is one value."""
    answer = await put(tiny_service(), visit(started_at=written))

    assert answer.json()["started_at"] == meant


async def test_an_id_in_capitals_is_the_same_id() -> None:
    """UUIDs are compared as values, not as text."""
    answer = await put(tiny_service(), visit())

    assert answer.json()["issues"][0]["id"] == GOOD["issues"][0]["id"].lower()


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {},
    ],
)
async def test_only_plain_json_is_read(headers: dict[str, str]) -> None:
    """Forms and texts of foreign pages never become a visit, and nothing is unpacked."""
    async with client_of(tiny_service()) as client:
        answer = await client.put(VISIT_PATH, content=visit(), headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/wrong-media-type")


async def test_an_endless_body_is_cut_off_at_the_limit() -> None:
    """Without Content-Length, reading stops as soon as the limit is passed."""
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b" " * 16_384

    async with client_of(tiny_service()) as client:
        answer = await client.put(
            VISIT_PATH, content=_first(endless(), 64), headers={"content-type": "application/json"}
        )

    assert answer.status_code == 413


async def _first(chunks: AsyncIterator[bytes], many: int) -> AsyncIterator[bytes]:
    for _ in range(many):
        yield await anext(chunks)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Nothing but a DomainError ever comes out of reading."""
    with suppress(DomainError):
        parse_json(raw, VisitIn)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(sorted(GOOD)), inner),
        max_leaves=20,
    )
)
def test_any_json_is_read_or_refused(document: object) -> None:
    """The same for whatever JSON writers can write."""
    with suppress(DomainError):
        parse_json(json.dumps(document).encode(), VisitIn)
