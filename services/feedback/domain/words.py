"""Vietnamese first, English second: the two languages every explanation is written in.
Nothing here depends on the locale of the host: names of days are ours, never strftime's.
"""

from datetime import date
from typing import NamedTuple

_WEEKDAYS_VI = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class Text(NamedTuple):
    """The same thing said in Vietnamese and in English."""

    vi: str
    en: str


def weekday(day: date) -> Text:
    index = day.weekday()
    return Text(_WEEKDAYS_VI[index], _WEEKDAYS_EN[index])


def written(day: date) -> Text:
    """23/02/2026, as every Vietnamese office writes it; 23 February 2026 leaves no doubt abroad."""
    return Text(
        f"{day.day:02}/{day.month:02}/{day.year}", f"{day.day} {_MONTHS_EN[day.month - 1]} {day.year}"
    )


def in_full(day: date) -> Text:
    """thứ Hai, 23/02/2026."""
    name, date_ = weekday(day), written(day)
    return Text(f"{name.vi}, {date_.vi}", f"{name.en}, {date_.en}")
