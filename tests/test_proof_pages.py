"""Pages of proof are whole: each of their items, in its order, has tests that exist or a written reason.

An item begins `**ID. what it is**`; its tests stand in its text as `path::name`. Whoever renames a test reads here
which promise hung on it.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

_ITEM = re.compile(r"^\*\*(\w+)\. ([^*\n]+)\*\*(.*?)(?=^\*\*\w+\. |^## |\Z)", re.MULTILINE | re.DOTALL)
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of `docs/`, what it has to name, and how it says why an item has no test.

    `named_by_tests`: one of an item's tests at least says the item's id in its docstring, or its module's does.
    """

    name: str
    ids: tuple[str, ...]
    reason: str
    named_by_tests: bool = False

    @property
    def text(self) -> str:
        return (ROOT / "docs" / self.name).read_text(encoding="utf-8")


def _numbered(prefix: str, numbers: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"{prefix}{number}" for number in numbers)


_LATER = frozenset({26, 31, 32, 40, 41, 42, 43, 44, 46, 48, 51, 54, 61, 63, 64})
"""Practices that were put off, and one that is none of ours."""

ASVS = Page("asvs.md", _numbered("", range(1, 61)), r"Does not apply: .+ It would with .+")
FEATURES = Page("features.md", _numbered("F", range(1, 75)), r"Not built: .+", named_by_tests=True)
PRACTICES = Page(
    "practices.md",
    _numbered("", (number for number in range(1, 65) if number not in _LATER)),
    r"Not built: .+",
)
PEERS = Page(
    "peers.md",
    _numbered("L", range(1, 16)) + _numbered("D", range(1, 15)) + _numbered("E", range(1, 18)),
    r"Does not apply: .+",
)
PAGES = (ASVS, FEATURES, PRACTICES, PEERS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_item_is_there_once_in_its_order(page: Page) -> None:
    """Nothing promised was left out, and nothing stands there twice."""
    assert [identity for identity, _, _ in _ITEM.findall(page.text)] == list(page.ids)


@pytest.mark.parametrize(
    ("page", "identity"),
    [pytest.param(page, each, id=f"{page.name}-{each}") for page in PAGES for each in page.ids],
)
def test_an_item_has_tests_or_a_reason(page: Page, identity: str) -> None:
    """Every test that is named exists, and where the page promises so it names the item itself."""
    text = _items(page).get(identity, "")
    named = _TEST.findall(text)

    assert named or re.search(page.reason, text)
    assert text.count("::") == len(named), "a test is written in another form"
    assert [f"{path}::{name}" for path, name in named if name not in _docstrings(path)] == []
    if page.named_by_tests and named:
        said = [_docstrings(path)[name] for path, name in named]
        assert any(re.search(rf"\b{identity}\b", each) for each in said), f"none of its tests says {identity}"


def test_an_item_of_the_standard_has_its_numbers() -> None:
    """Those that ASVS gives it: whoever audits looks for them."""
    for identity, text in _items(ASVS).items():
        assert re.match(r" \(\d+\.\d+\.\d+(, \d+\.\d+\.\d+)*\)\.", text), identity


def _items(page: Page) -> dict[str, str]:
    return {identity: text for identity, _, text in _ITEM.findall(page.text)}


@cache
def _docstrings(path: str) -> dict[str, str]:
    """What each function of a module says of itself, with what the module says of all of them."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    module = ast.get_docstring(tree) or ""
    return {
        node.name: f"{module}\n{ast.get_docstring(node) or ''}"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
