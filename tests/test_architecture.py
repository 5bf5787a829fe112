"""The directions of the house hold: who may import whom."""

import os
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parent.parent


def test_no_module_imports_against_the_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services never import each other, shared imports no service, rules open nothing."""
    monkeypatch.chdir(ROOT)

    assert lint_imports(no_cache=True) == os.EX_OK
