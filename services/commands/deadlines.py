"""`field-visits deadline`: a due date and its reasons, without an installation."""

import json

from services.feedback.domain.deadline import due_date, parse_start
from services.feedback.domain.document import builtin_calendar
from services.feedback.domain.policy import Policy, Rule
from services.feedback.domain.sentence import explain as sentence
from services.feedback.domain.sentence import to_json


def explain(start: str, *, rule: str, days: int, as_json: bool) -> str:
    """The due date of `start` under a rule, as JSON or as sentences in Vietnamese and English."""
    due = due_date(parse_start(start), Policy(rule=Rule(rule), days=days), builtin_calendar())
    if as_json:
        return json.dumps(to_json(due), ensure_ascii=False)
    text = sentence(due)
    return f"{text.vi}\n{text.en}"
