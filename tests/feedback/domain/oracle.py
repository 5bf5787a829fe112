"""An independent reading of the rule: the table of notices typed in again, one day counted after the other.
It shares no line with the engine, so that the two can only agree by both being right.
"""

from datetime import date, datetime, timedelta

WEEKDAYS_OFF = {
    2024: "1/1 8/2 9/2 12/2 13/2 14/2 18/4 29/4 30/4 1/5 2/9 3/9",
    2025: "1/1 27/1 28/1 29/1 30/1 31/1 7/4 30/4 1/5 2/5 1/9 2/9",
    2026: "1/1 2/1 16/2 17/2 18/2 19/2 20/2 27/4 30/4 1/5 31/8 1/9 2/9 24/11",
    2027: "1/1 4/2 5/2 8/2 9/2 10/2 16/4 30/4 3/5 2/9 3/9 24/11",
}
WORKED_SATURDAYS = {2024: "4/5", 2025: "26/4", 2026: "10/1 22/8", 2027: ""}
FIRST, LAST = date(2024, 1, 1), date(2027, 12, 31)


def _dates(table: dict[int, str]) -> set[date]:
    return {
        date(year, int(month), int(day))
        for year, row in table.items()
        for day, month in (cell.split("/") for cell in row.split())
    }


_OFF, _WORKED = _dates(WEEKDAYS_OFF), _dates(WORKED_SATURDAYS)


def works(day: date) -> bool:
    if day.weekday() >= 5:
        return day in _WORKED
    return day not in _OFF


def due_at(start: date, rule: str, days: int) -> datetime:
    day = start
    left = days
    while left:
        day += timedelta(days=1)
        if rule != "working_days" or works(day):
            left -= 1
    while rule == "calendar_roll" and not works(day):
        day += timedelta(days=1)
    return datetime.fromisoformat(f"{day + timedelta(days=1)}T00:00:00+07:00")
