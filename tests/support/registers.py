"""The registers that the tests bring along, and the figures that must come out of them."""

import json
from pathlib import Path
from typing import Any

from services.demo import demo_register

REGISTERS = Path(__file__).parents[1] / "data" / "registers"
WARD = Path(str(demo_register()))
TERM = REGISTERS / "tu_son_2015_2020"
TERM_DAYS = ("--from", "2015-08-01", "--to", "2020-07-31")


def expected_figures(name: str) -> dict[str, Any]:
    """What `stats --json` must say of a register, key by key."""
    return dict(json.loads((REGISTERS / name / "expected.json").read_text(encoding="utf-8")))
