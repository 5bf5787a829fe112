"""When a duty of the feedback service is due, and why: pure rules, nothing but the standard library.

`deadline.due_date` is the one function that dates a duty; `calendar.Calendar` is one revision of the days
off it relies on; `trace` and `sentence` say why; `revision` says what a new calendar would change.
The same facts give the same date and the same words on every host, whatever its clock, zone or locale.
"""

from services.feedback.domain.calendar import Calendar, Day, Kind, Option, Question
from services.feedback.domain.deadline import (
    VIETNAM,
    Due,
    DueTable,
    due_date,
    extend,
    local_date,
    moments,
    parse_start,
    shift_working_days,
)
from services.feedback.domain.document import builtin_calendar, calendar_from_document, calendar_to_document
from services.feedback.domain.errors import (
    BadCalendarError,
    BadPolicyError,
    BadStartError,
    DeadlineError,
    OutOfRangeError,
)
from services.feedback.domain.policy import Policy, Rule
from services.feedback.domain.revision import Direction, Lateness, Move, OpenDuty, moves
from services.feedback.domain.sentence import EVENT, FIELD_TRIP, MEETING, explain, to_json
from services.feedback.domain.trace import Step, replay
from services.feedback.domain.words import Text

__all__ = [
    "EVENT",
    "FIELD_TRIP",
    "MEETING",
    "VIETNAM",
    "BadCalendarError",
    "BadPolicyError",
    "BadStartError",
    "Calendar",
    "Day",
    "DeadlineError",
    "Direction",
    "Due",
    "DueTable",
    "Kind",
    "Lateness",
    "Move",
    "OpenDuty",
    "Option",
    "OutOfRangeError",
    "Policy",
    "Question",
    "Rule",
    "Step",
    "Text",
    "builtin_calendar",
    "calendar_from_document",
    "calendar_to_document",
    "due_date",
    "explain",
    "extend",
    "local_date",
    "moments",
    "moves",
    "parse_start",
    "replay",
    "shift_working_days",
    "to_json",
]
