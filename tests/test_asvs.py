"""`docs/asvs.md` is whole: sixty items, each with tests that exist or a reason why it does not apply."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")

_ITEM = re.compile(
    r"^\*\*(\d+)\. ([^*]+)\*\* \(([\d., ]+)\)\.(.*?)(?=^\*\*\d+\. |^## |\Z)", re.MULTILINE | re.DOTALL
)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ITEMS = {int(number): (ids, text) for number, _, ids, text in _ITEM.findall(PAGE)}


def test_all_sixty_are_there_in_their_order() -> None:
    """Each with the numbers that the standard gives it."""
    assert list(ITEMS) == list(range(1, 61))
    for number, (ids, _) in ITEMS.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+(, \d+\.\d+\.\d+)*", ids), number


@pytest.mark.parametrize("number", range(1, 61))
def test_an_item_has_tests_or_a_reason(number: int) -> None:
    """Every test that is named exists; whoever renames one reads this page."""
    _, text = ITEMS[number]
    named = _TEST.findall(text)

    assert named or re.search(r"Does not apply: .+ It would with .+", text)
    assert text.count("::") == len(named), "a test is written in another form"
    assert [f"{path}::{name}" for path, name in named if name not in _tests_of(path)] == []


@cache
def _tests_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
