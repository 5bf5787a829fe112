"""A due date in words: one sentence for the phone, the printed sheet and the person on the telephone, and
the document that the command line and the HTTP API print.
"""

from datetime import date
from typing import Any, Final

from services.feedback.domain.calendar import Calendar
from services.feedback.domain.counting import Decision
from services.feedback.domain.deadline import Due
from services.feedback.domain.policy import Rule
from services.feedback.domain.trace import Step
from services.feedback.domain.words import Text, in_full, weekday, written

MEETING: Final = Text("Dự sinh hoạt", "Meeting attended")
FIELD_TRIP: Final = Text("Đi cơ sở", "Field trip")
EVENT: Final = Text("Sự việc", "Event")


def explain(due: Due, occasion: Text = EVENT) -> Text:
    """Dự sinh hoạt ngày 09/02/2026; 5 ngày kết thúc 14/02/2026 (thứ Bảy, nghỉ hằng tuần) → lùi qua Tết
    Nguyên đán đến hết thứ Hai, 23/02/2026.
    """
    began = written(due.start)
    vi, en = [f"{occasion.vi} ngày {began.vi}"], [f"{occasion.en} on {began.en}"]
    for period in _periods(due.trace):
        clause = _clause(period, due)
        vi.append(clause.vi)
        en.append(clause.en)
    sentence = Text("; ".join(vi) + ".", "; ".join(en) + ".")
    doubts = due.doubts
    if not doubts:
        return sentence
    return Text(
        f"{sentence.vi} Tạm tính, vì {'; '.join(doubt.vi for doubt in doubts)}.",
        f"{sentence.en} Provisional, because {'; '.join(doubt.en for doubt in doubts)}.",
    )


def to_json(due: Due, occasion: Text = EVENT) -> dict[str, Any]:
    return {
        "due_at": due.due_at.isoformat(),
        "provisional": due.provisional,
        "provisional_because": [doubt._asdict() for doubt in due.doubts],
        "last_day": due.last_day.isoformat(),
        "rule": due.policy.rule.value,
        "days": due.policy.days,
        "extensions": list(due.extensions),
        "calendar_revision": due.calendar_revision,
        "explanation": explain(due, occasion)._asdict(),
        "trace": [_step_to_json(step) for step in due.trace],
    }


def _step_to_json(step: Step) -> dict[str, Any]:
    return {
        "date": step.on.isoformat(),
        "decision": step.decision.value,
        "number": step.number,
        **step.reason._asdict(),
        "source": step.source._asdict(),
    }


def _periods(steps: tuple[Step, ...]) -> list[list[Step]]:
    """The steps of the policy's period, then those of each extension."""
    periods: list[list[Step]] = []
    for step in steps:
        if step.decision in (Decision.DAY_ZERO, Decision.EXTENDED):
            periods.append([])
        periods[-1].append(step)
    return periods


def _clause(period: list[Step], due: Due) -> Text:
    first, end = period[0], period[-1]
    length = _length(end.number, due.policy.rule, extension=first.decision is Decision.EXTENDED)
    rolled = [step.on for step in period if step.decision is Decision.ROLLED]
    until = in_full(end.on)
    if not rolled:
        return Text(f"{length.vi} đến hết {until.vi}", f"{length.en} until the end of {until.en}")
    counted_out, name = written(rolled[0]), weekday(rolled[0])
    why = due.calendar.status(rolled[0]).text
    past = _past(rolled, due.calendar)
    return Text(
        f"{length.vi} kết thúc {counted_out.vi} ({name.vi}, {why.vi}) → lùi{past.vi} đến hết {until.vi}",
        f"{length.en} end on {counted_out.en} ({name.en}, {why.en}) → moved{past.en} to the end of {until.en}",
    )


def _length(days: int, rule: Rule, *, extension: bool) -> Text:
    unit = " làm việc" if rule is Rule.WORKING_DAYS else ""
    unit_en = "working day" if rule is Rule.WORKING_DAYS else "day"
    plural = "" if days == 1 else "s"
    return Text(
        f"{'gia hạn ' if extension else ''}{days} ngày{unit}",
        f"{'extension, ' if extension else ''}{days} {unit_en}{plural}",
    )


def _past(rolled: list[date], calendar: Calendar) -> Text:
    """The holidays and swaps that were passed over, each named once, the one already named left out."""
    statuses = [calendar.status(day) for day in rolled]
    names = dict.fromkeys(status.text for status in statuses[1:] if status.listed)
    names.pop(statuses[0].text, None)
    if not names:
        return Text("", "")
    return Text(
        f" qua {', '.join(name.vi for name in names)}", f" past {', '.join(name.en for name in names)}"
    )
