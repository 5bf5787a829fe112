"""The texts of messages, Vietnamese first. They name a kind of duty and a date, never a person or a matter (I12).

One file per notice: the subject on the first line, then the body. The inbox and e-mail show the same words.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from string import Template

from services.notify.domain.ladder import Notice
from services.notify.domain.message import Draft
from shared.clock import local_date
from shared.contracts.feedback import DutyKind

_DUTIES = {
    DutyKind.REPORT: ("báo cáo kết quả đi cơ sở, dự sinh hoạt chi bộ", "report on a visit"),
    DutyKind.FORWARD: (
        "chuyển ý kiến, kiến nghị đến cơ quan có thẩm quyền",
        "forward an issue to the competent agency",
    ),
    DutyKind.ANSWER: ("trả lời ý kiến, kiến nghị đã chuyển đến", "answer a forwarded issue"),
    DutyKind.REPLY_TO_CELL: ("trả lời chi bộ", "reply to the Party cell"),
}
_WEEKDAYS_VI = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
_WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Text:
    """What a person reads."""

    subject: str
    body: str


def render(draft: Draft, public_url: str) -> Text:
    """The text of a message."""
    duty_vi, duty_en = _DUTIES[draft.duty_kind]
    subject, body = _template(draft.notice)
    text = body.substitute(
        duty_vi=duty_vi,
        duty_en=duty_en,
        due_vi=due_in_vietnamese(draft.due_at, provisional=draft.provisional),
        due_en=due_in_english(draft.due_at, provisional=draft.provisional),
        skipped_vi=_skipped("Các bước nhắc đã bỏ qua do hệ thống gián đoạn", draft.skipped),
        skipped_en=_skipped("Steps left out because the system was interrupted", draft.skipped),
        link=f"{public_url.rstrip('/')}/notify/",
    )
    return Text(subject, re.sub(r"\n\n\n+", "\n\n", text))


def due_in_vietnamese(due_at: datetime, *, provisional: bool = False) -> str:
    """`hết ngày thứ Hai, 23/11/2026`: the last day belongs to the member until midnight."""
    day = local_date(due_at - timedelta(microseconds=1))
    return f"hết ngày {_WEEKDAYS_VI[day.weekday()]}, {day:%d/%m/%Y}" + (" (tạm tính)" if provisional else "")


def due_in_english(due_at: datetime, *, provisional: bool = False) -> str:
    day = local_date(due_at - timedelta(microseconds=1))
    return f"end of {_WEEKDAYS_EN[day.weekday()]}, {day:%d/%m/%Y}" + (" (provisional)" if provisional else "")


def _skipped(label: str, rungs: tuple[str, ...]) -> str:
    return f"{label}: {', '.join(rungs)}.\n" if rungs else ""


@cache
def _template(notice: Notice) -> tuple[str, Template]:
    subject, _, body = files(__package__).joinpath(f"{notice}.txt").read_text("utf-8").partition("\n")
    return subject, Template(body)
