"""The corpus as a whole: every row of the catalogue has an end, and whoever is said to hold it exists."""

import ast
from collections import Counter
from pathlib import Path

from tests.support.corpus import Case, catalogue

REPOSITORY = Path(__file__).parents[2]
ROWS = range(1, 169)
ENDS = {"R", "A", "S", "I", "Q", "X"}


def test_every_row_of_the_catalogue_has_a_case() -> None:
    """168 rows: shape, text, values, sessions, uploads, messages, imports, settings, delivery."""
    found = {case.row["no"] for case in catalogue()}

    assert [number for number in ROWS if number not in found] == []


def test_every_case_says_what_must_come_of_it() -> None:
    """One end each, in the words the corpus knows; a case is asked, held elsewhere, or not ours, and says why."""
    odd = [case.name for case in catalogue() if case.row.get("expect") not in ENDS and case.not_here is None]
    twice = [name for name, many in Counter((c.file, c.row["case"]) for c in catalogue()).items() if many > 1]

    assert odd == twice == []


def test_the_tests_that_hold_a_case_exist() -> None:
    """A renamed test would leave its rows to nobody."""
    missing = [case.name for case in catalogue() if case.held_by is not None and not _exists(case)]

    assert missing == []


def _exists(case: Case) -> bool:
    path, _, name = str(case.held_by).partition("::")
    file = REPOSITORY / path
    if not file.is_file():
        return False
    functions = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return any(
        isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name == name for each in functions
    )
