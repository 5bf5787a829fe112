"""The texts of messages, Vietnamese first. They name a kind of duty and a date, never a person or a matter (I12).

One file per notice: the subject on the first line, then the body; and one for a day's bundle of them. The inbox
and e-mail show the same words, a phone shows the subject.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from string import Template
from typing import Literal

from services.notify.domain.digest import Digest, Scope
from services.notify.domain.ladder import Notice
from services.notify.domain.message import Draft
from shared.clock import LOCAL, local_date
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


_COUNTED = {
    Notice.OVERDUE: "{n} việc quá hạn",
    Notice.CHASED: "{n} việc quá hạn được đôn đốc",
    Notice.REMINDER: "{n} việc đến hạn",
    Notice.CORRECTION: "{n} việc được đính chính thời hạn",
    Notice.URGENT: "{n} việc khẩn",
}
_STANDS = {
    Notice.OVERDUE: ("quá hạn", "overdue"),
    Notice.CHASED: ("quá hạn, được đôn đốc", "overdue, asked for"),
    Notice.REMINDER: ("đến hạn", "due"),
    Notice.CORRECTION: ("thời hạn mới", "new due date"),
    Notice.URGENT: ("khẩn", "urgent"),
}
_LINES = 20


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


def render_all(drafts: Sequence[Draft], public_url: str) -> Text:
    """The text of a letter: of its one message, or how many duties it tells of and when each is due."""
    if len(drafts) == 1:
        return render(drafts[0], public_url)
    counts = Counter(draft.notice for draft in drafts)
    counted = [phrase.format(n=counts[notice]) for notice, phrase in _COUNTED.items() if counts[notice] > 0]
    body = _file("bundle").substitute(
        count=len(drafts),
        lines_vi=_lines(drafts, "vi"),
        lines_en=_lines(drafts, "en"),
        link=f"{public_url.rstrip('/')}/notify/",
    )
    return Text(f"Có {', '.join(counted)}", body)


def render_digest(digest: Digest, public_url: str) -> Text:
    """The letter of a digest: figures and dates, and where each duty can be seen."""
    figures = digest.figures
    oldest = figures.oldest_due_at
    path = "/feedback/#register=status:overdue" if digest.scope is Scope.COMMITTEE else "/visits/"
    subject, _, body = _read(f"digest_{digest.scope}").partition("\n")
    said = {
        "late": figures.late,
        "soon": figures.soon,
        "period": f"{digest.period:%d/%m/%Y}",
        "month": f"{digest.period:%m/%Y}",
        "as_of": f"{digest.as_of.astimezone(LOCAL):%H:%M %d/%m/%Y}",
        "oldest_vi": due_in_vietnamese(oldest) if oldest else "",
        "oldest_en": due_in_english(oldest) if oldest else "",
        "link": f"{public_url.rstrip('/')}{path}",
    }
    return Text(Template(subject).substitute(said), Template(body).substitute(said))


def _lines(drafts: Sequence[Draft], language: Literal["vi", "en"]) -> str:
    """One line a duty, the most pressing first; how many more there are where they would be too many to read."""
    ordered = sorted(drafts, key=lambda draft: (draft.due_at, draft.message_id))
    lines = [_line_vi(draft) if language == "vi" else _line_en(draft) for draft in ordered[:_LINES]]
    if more := len(ordered) - len(lines):
        lines.append(f"- và {more} việc khác" if language == "vi" else f"- and {more} more")
    return "\n".join(lines)


def _line_vi(draft: Draft) -> str:
    due = due_in_vietnamese(draft.due_at, provisional=draft.provisional)
    return f"- {_STANDS[draft.notice][0]}: {_DUTIES[draft.duty_kind][0]}; {due}"


def _line_en(draft: Draft) -> str:
    due = due_in_english(draft.due_at, provisional=draft.provisional)
    return f"- {_STANDS[draft.notice][1]}: {_DUTIES[draft.duty_kind][1]}; {due}"


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
    subject, _, body = _read(notice).partition("\n")
    return subject, Template(body)


@cache
def _file(name: str) -> Template:
    return Template(_read(name))


def _read(name: str) -> str:
    return files(__package__).joinpath(f"{name}.txt").read_text("utf-8")
