"""The bad-input corpus: one line a case in `tests/data/corpus`, with what must come of it.

`no` is the row of the catalogue the case belongs to (0: ours alone). `expect` is R (refused with a reason,
nothing stored), A (accepted and given back as it was), S (the same, for text that looks dangerous), I (the
same answer as the first time), Q (to quarantine), X (does not start). A case is asked as it stands, or names
the test that holds it (`held_by`), or says why we have no such thing (`not_here`).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.ids import uuid7

FOLDER = Path(__file__).parents[1] / "data" / "corpus"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A line of the corpus."""

    file: str
    line: int
    row: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line} {self.row['case']}"

    @property
    def asked(self) -> bool:
        return "held_by" not in self.row and "not_here" not in self.row

    def __getattr__(self, name: str) -> Any:
        return self.row.get(name)

    def raw(self) -> bytes:
        """The body as bytes, for what is no JSON."""
        return (
            bytes.fromhex(self.row["hex"]) if "hex" in self.row else str(written(self.row["body"])).encode()
        )


def cases(file: str) -> list[Case]:
    """All lines of one file."""
    lines = (FOLDER / file).read_text(encoding="utf-8").splitlines()
    return [Case(file, number, json.loads(line)) for number, line in enumerate(lines, 1)]


def catalogue() -> Iterator[Case]:
    """All lines of all files."""
    for path in sorted(FOLDER.glob("*.jsonl")):
        yield from cases(path.name)


def written(value: Any) -> Any:
    """A value with what is too long to write down written out."""
    found = value
    match value:
        case {"$repeat": [str(text), int(times)]}:
            found = text * times
        case {"$join": list(parts)}:
            found = "".join(written(part) for part in parts)
        case {"$issues": int(many)}:
            found = [issue() for _ in range(many)]
        case {"$issue": dict(facts)}:
            found = issue() | facts
        case {"$list": int(many)}:
            found = [meeting() for _ in range(many)]
        case dict():
            found = {name: written(inner) for name, inner in value.items()}
        case list():
            found = [written(inner) for inner in value]
    return found


def changed(body: Json, change: Mapping[str, Any]) -> Json:
    """The body with the values at these pointers replaced."""
    for pointer, value in change.items():
        *way, last = pointer.removeprefix("/").split("/")
        place: Any = body
        for step in way:
            place = place[int(step) if isinstance(place, list) else step]
        place[int(last) if isinstance(place, list) else last] = written(value)
    return body


def sent(body: Json) -> bytes:
    """As a phone would write it; `-0` is a number that Python does not write."""
    return json.dumps(body, ensure_ascii=False).replace('"$-0"', "-0").encode()


def at(body: Any, pointer: str) -> Any:
    """What stands there."""
    for step in pointer.removeprefix("/").split("/"):
        body = body[int(step) if isinstance(body, list) else step]
    return body


def issue() -> Json:
    return {
        "id": str(uuid7()),
        "kind": "petition",
        "field": "environment",
        "title": "Rãnh thoát nước bị tắc",
        "detail": "",
        "urgency": "normal",
        "access_class": "normal",
        "resolved_on_spot": False,
    }


def meeting() -> Json:
    """A meeting as a phone sends it, two days before the ward's today."""
    return {
        "kind": "meeting_attendance",
        "unit_code": "C001",
        "started_at": "2026-11-18T08:00:00+07:00",
        "ended_at": "2026-11-18T10:00:00+07:00",
        "device": {"id": "phone-1", "seq": 1, "recorded_at": "2026-11-18T10:05:00+07:00"},
        "meeting": {"kind": "regular", "summoned": 22, "present": 20, "excused": 2},
        "notes": "",
        "nothing_raised": False,
        "issues": [issue()],
    }
