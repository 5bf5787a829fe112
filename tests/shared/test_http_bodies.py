"""What the edge accepts as a body: one spelling, one instant, one type; the corpus has what it refuses."""

import json
import unicodedata
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import DomainError
from shared.http import parse_json
from tests.support.edge import GOOD, VISIT_PATH, VisitIn, client_of, put, tiny_service, visit


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
