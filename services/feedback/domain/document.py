"""A calendar revision as one plain document: what the package ships, the API takes and the database keeps.
Reading a document refuses what it does not understand, and names the row.
"""

import csv
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from importlib import resources
from typing import Any

from services.feedback.domain.calendar import Calendar, Day, Kind, Option, Question
from services.feedback.domain.errors import BadCalendarError
from services.feedback.domain.words import Text


def builtin_calendar() -> Calendar:
    """The table reviewed for this release: 2024-2027 from the notices, 2028-2030 from the law alone."""
    data = resources.files(__package__) / "data"
    document = tomllib.loads((data / "calendar.toml").read_text(encoding="utf-8"))
    rows = csv.DictReader((data / "days.csv").read_text(encoding="utf-8").splitlines())
    days = [row | {key: _flag(row[key]) for key in ("off", "confirmed")} for row in rows]
    return calendar_from_document(document | {"days": days})


def calendar_from_document(document: Mapping[str, Any]) -> Calendar:
    try:
        return Calendar(
            revision=document["revision"],
            reviewed_years=document["reviewed_years"],
            sources=document.get("sources", ()),
            days=map(_day, document["days"]),
            questions=map(_question, document.get("questions", ())),
        )
    except (KeyError, TypeError) as error:
        raise BadCalendarError(
            f"văn bản lịch thiếu hoặc sai {error}", f"the calendar document lacks or misstates {error}"
        ) from error


def calendar_to_document(calendar: Calendar) -> dict[str, Any]:
    return {
        "revision": calendar.revision,
        "reviewed_years": sorted(calendar.reviewed_years),
        "sources": list(calendar.sources),
        "days": _rows(calendar.days.values()),
        "questions": [
            {
                "code": question.code,
                **question.text._asdict(),
                "source": question.source,
                "options": [
                    {"code": option.code, **option.text._asdict(), "days": _rows(option.days)}
                    for option in question.options
                ],
            }
            for question in calendar.questions
        ],
    }


def _flag(cell: str) -> bool:
    if cell not in ("yes", "no"):
        raise BadCalendarError(f"{cell!r} không phải yes hay no", f"{cell!r} is neither yes nor no")
    return cell == "yes"


def _day(row: Mapping[str, Any]) -> Day:
    try:
        decided_on = row.get("decided_on")
        return Day(
            on=date.fromisoformat(row["date"]),
            off=_yes_or_no(row["off"]),
            kind=Kind(row["kind"]),
            name=Text(row["vi"], row["en"]),
            notice=row.get("notice", ""),
            decided_on=date.fromisoformat(decided_on) if decided_on else None,
            confirmed=_yes_or_no(row.get("confirmed", True)),
            question=row.get("question", ""),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadCalendarError(
            f"không đọc được dòng lịch {dict(row)}: {error}",
            f"the calendar row {dict(row)} cannot be read: {error}",
        ) from error


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value


def _question(row: Mapping[str, Any]) -> Question:
    return Question(
        code=row["code"],
        text=Text(row["vi"], row["en"]),
        source=row["source"],
        options=tuple(
            Option(
                code=option["code"],
                text=Text(option["vi"], option["en"]),
                days=tuple(map(_day, option["days"])),
            )
            for option in row["options"]
        ),
    )


def _rows(days: Iterable[Day]) -> list[dict[str, Any]]:
    return [
        {
            "date": day.on.isoformat(),
            "off": day.off,
            "kind": day.kind.value,
            **day.name._asdict(),
            "notice": day.notice,
            "decided_on": day.decided_on.isoformat() if day.decided_on else None,
            "confirmed": day.confirmed,
            "question": day.question,
        }
        for day in days
    ]
