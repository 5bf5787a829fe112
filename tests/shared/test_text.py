"""Vietnamese text is stored, found and sorted the way a Vietnamese reader expects."""

import json
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.text import Flaw, flaw, fold, person_sort_key, personal_hints, sort_key, tidy

PERSONAL_HINTS = Path(__file__).parents[1] / "data" / "personal_hints.json"
"""What a text says of a person, for the server and the page alike."""


@given(st.text())
def test_a_decomposed_text_is_stored_composed(text: str) -> None:
    """A phone that types NFD and one that types NFC store the same bytes."""
    decomposed = unicodedata.normalize("NFD", text)

    assert tidy(decomposed) == tidy(unicodedata.normalize("NFC", text))


def test_line_ends_and_edges_do_not_make_another_text() -> None:
    """A register saved on Windows says the same as one saved elsewhere."""
    assert tidy(" một\r\nhai\rba\u00a0") == "một\nhai\nba"


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Đảng ủy", "dang uy"),
        ("Đảng uỷ", "Đảng ủy"),
        ("hoà", "hòa"),
        (unicodedata.normalize("NFD", "Đường trục khu phố"), "ĐƯỜNG TRỤC KHU PHỐ"),
        ("Nguyễn Thế Ước", "nguyen the uoc"),
    ],
)
def test_search_forgets_case_and_marks(written: str, typed: str) -> None:
    """Whoever types without marks, or places the tone the other way, finds the word."""
    assert fold(typed) == fold(written)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    """What is stored folded may be folded again by a query."""
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    "ordered",
    [
        ["An", "Ánh", "Ân"],
        ["ma", "mà", "mả", "mã", "má", "mạ", "man"],
        ["Da", "Dũng", "Đạt", "Em", "Êm"],
        ["o", "ô", "ơ", "p", "u", "ư", "v"],
        ["An", "An Bình", "Anh"],
        ["Chi bộ Đông Ngàn 2", "Chi bộ Đông Ngàn 9", "Chi bộ Đông Ngàn 10", "Chi bộ Đông Ngàn 13"],
        ["", "10", "An", "日本"],
    ],
)
def test_words_stand_in_the_order_of_the_vietnamese_alphabet(ordered: list[str]) -> None:
    """Letters decide before tones, đ follows d, and numbers count rather than spell."""
    keys = [sort_key(text) for text in ordered]

    assert keys == sorted(set(keys))


def test_both_placements_of_a_tone_sort_as_one() -> None:
    """`Hòa` and `Hoà` are one name."""
    assert sort_key("Hòa") == sort_key("Hoà")


@given(st.text(), st.text())
def test_a_sort_key_compares_by_bytes_as_it_does_in_python(left: str, right: str) -> None:
    """PostgreSQL compares the stored key byte by byte under collation "C", and can store it."""
    left_key, right_key = sort_key(left), sort_key(right)

    assert (left_key < right_key) == (left_key.encode() < right_key.encode())
    assert "\0" not in left_key


def test_people_stand_by_given_name_then_family_then_middle() -> None:
    """A list of comrades reads as it does on paper."""
    ordered = ["", "Cao Văn An", "Bùi Thị Án", "Lê Thị Bình", "Lê Văn Bình", "Trần An Bình", "Đỗ Văn Ước"]

    keys = [person_sort_key(name) for name in ordered]

    assert keys == sorted(set(keys))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Đường ngập khi mưa", None),
        ("=HYPERLINK(1)", None),
        ("hai\ndòng\tvà cột", None),
        ("👨‍👩‍👧 ở nhà văn hóa", None),
        (unicodedata.normalize("NFD", "Điện áp yếu giờ ngỗng"), None),
        ("", Flaw.BLANK),
        (" \u00a0\n", Flaw.BLANK),
        ("   ", Flaw.BLANK),
        ("\u200b\u200d\ufeff", Flaw.BLANK),
        ("\u3164", Flaw.BLANK),
        ("tin\0nhắn", Flaw.CONTROL),
        ("\x1b[31mđỏ", Flaw.CONTROL),
        ("\ud800", Flaw.CONTROL),
        ("a" + "\u0301" * 50, Flaw.MARKS),
        ("a" * 101, Flaw.TOO_LONG),
        ("ế" * 101, Flaw.TOO_LONG),
        (unicodedata.normalize("NFD", "ế" * 100), None),
    ],
)
def test_a_text_unfit_to_store_is_told_why(text: str, expected: Flaw | None) -> None:
    """Nothing the database or a reader would choke on gets in, and nothing else is refused."""
    assert flaw(text, limit=100) == expected


def test_a_bomb_of_marks_is_refused_at_once() -> None:
    """A megabyte of stacked marks costs the server no more than a glance."""
    started = time.perf_counter()

    assert flaw("a" + "\u0301\u0323" * 500_000, limit=500) is Flaw.TOO_LONG
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(("text", "expected"), json.loads(PERSONAL_HINTS.read_text("utf-8")))
def test_a_text_about_a_person_warns_its_writer(text: str, expected: list[str]) -> None:
    """We record the matter, not the speaker; posts and quantities are not people. The page is held to the same."""
    assert sorted(personal_hints(text)) == expected
