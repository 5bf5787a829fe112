"""How days are counted, as dated policy: the seed rule says only "trong thời gian 05 ngày".
Each committee may choose another reading; the choice is printed in every trace.
"""

from dataclasses import dataclass
from enum import StrEnum

from services.feedback.domain.errors import BadPolicyError
from services.feedback.domain.words import Text

MOST_DAYS = 366


class Rule(StrEnum):
    """What counts as a day, and what happens when the last one is a day off."""

    CALENDAR_ROLL = "calendar_roll"
    WORKING_DAYS = "working_days"
    CALENDAR_STRICT = "calendar_strict"


RULE_TEXTS = {
    Rule.CALENDAR_ROLL: Text(
        "tính theo ngày lịch, ngày cuối trúng ngày nghỉ thì lùi đến hết ngày làm việc kế tiếp",
        "calendar days; a last day that is a day off moves to the next working day",
    ),
    Rule.WORKING_DAYS: Text("tính theo ngày làm việc", "working days"),
    Rule.CALENDAR_STRICT: Text(
        "tính theo ngày lịch, không lùi khi ngày cuối trúng ngày nghỉ",
        "calendar days; a last day that is a day off does not move",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """So many days, counted so. Callers keep the id and the citation; the reckoning ignores them."""

    rule: Rule = Rule.CALENDAR_ROLL
    days: int = 5
    policy_id: str = ""
    citation: str = ""

    def __post_init__(self) -> None:
        counted_days(self.days)


def counted_days(days: int) -> int:
    """A period or an extension runs for 1 to 366 days; anything else is a slip of the hand."""
    if type(days) is not int or not 1 <= days <= MOST_DAYS:  # True is no number of days
        raise BadPolicyError(
            f"thời hạn {days!r} ngày không nằm trong khoảng từ 1 đến {MOST_DAYS}",
            f"a period of {days!r} days is not between 1 and {MOST_DAYS}",
        )
    return days
