"""The register as a file, by the same choice and the same reach as on the screen."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from services.feedback.api.choice import Choice
from services.feedback.domain import promise
from services.feedback.domain.calendar import Calendar
from services.feedback.domain.duty import Status, days_late
from services.feedback.domain.policy import Rule
from services.feedback.store.calendars import CalendarBook
from services.feedback.views import duties as views
from services.feedback.views.duties import Shown
from shared.access import RULES, Principal, allow
from shared.clock import LOCAL, local_date
from shared.contracts.feedback import DutyClosure, DutyKind
from shared.sheets import XLSX, Cell, Column, Sheet, comma_separated, download, xlsx
from shared.uow import Database

Reader = Annotated[Principal, Depends(allow(RULES.read_duties))]
MOST_ROWS: Final = 20_000


class Format(StrEnum):
    """What programs of an office open."""

    XLSX = "xlsx"
    CSV = "csv"


MEDIA: Final = {
    Format.XLSX: XLSX,
    Format.CSV: "text/csv; charset=utf-8",
}
KINDS: Final = {
    DutyKind.REPORT: "Báo cáo kết quả",
    DutyKind.FORWARD: "Chuyển ý kiến",
    DutyKind.ANSWER: "Trả lời ý kiến đã chuyển",
    DutyKind.REPLY_TO_CELL: "Trả lời chi bộ",
}
_STATES: Final = {
    Status.OPEN: "Chưa đến hạn",
    Status.OVERDUE: "Quá hạn, chưa làm",
    Status.ON_TIME: "Xong đúng hạn",
    Status.LATE: "Xong trễ hạn",
    Status.NOT_OWED: "Không còn phải làm",
}
_RUNGS: Final = {
    "urgent": "Báo việc khẩn",
    "reminder-2": "Nhắc trước hạn 2 ngày làm việc",
    "reminder-0": "Nhắc ngày cuối",
    "chase-1": "Đôn đốc sau hạn 1 ngày làm việc",
    "chase-3": "Báo tổ trưởng sau hạn 3 ngày làm việc",
    "escalation-5": "Báo Thường trực sau hạn 5 ngày làm việc",
}
"""The rungs of the ladder that a committee has by default; those of its own bear the names it gave them."""
_COLUMNS: Final = (
    Column("STT", 6),
    Column("Việc", 22),
    Column("Người phụ trách", 24),
    Column("Đơn vị", 32),
    Column("Nội dung", 44),
    Column("Ngày mốc", 12),
    Column("Hạn", 12),
    Column("Hạn ban đầu", 12),
    Column("Tình trạng", 20),
    Column("Số ngày trễ", 10),
    Column("Tính theo", 14),
    Column("Đã nhắc đến", 30),
    Column("Đã nhận làm đến", 12),
    Column("Đôn đốc lúc", 17),
    Column("Cam kết", 12),
    Column("Cam kết không giữ", 10),
    Column("Xong lúc", 17),
)


def build_router(database: Database, book: CalendarBook) -> APIRouter:
    router = APIRouter(tags=["duties"])

    @router.get(
        "/register",
        response_class=Response,
        responses={200: {"content": {media.split(";")[0]: {} for media in MEDIA.values()}}},
    )
    async def get_register(
        principal: Reader,
        choice: Annotated[Choice, Depends()],
        format: Format = Format.XLSX,  # noqa: A002  # the query's word
    ) -> Response:
        """The duties of a choice as a file, late ones first. What is restricted is in no file."""
        async with database.read() as tx:
            filters = replace(await choice.filters(tx, principal.committee_id), restricted=False)
            shown = await views.register(tx, principal, filters, limit=MOST_ROWS)
            calendar = await book.in_force(tx, as_of=filters.as_of)
            at = filters.as_of or tx.now
            # What leaves as a file is out of our hands: who took how much of it is known.
            tx.audit("register.exported", "register", principal.committee_id, became={"rows": len(shown)})
            sheet = _sheet(shown, at, calendar)
        made = xlsx(sheet) if format is Format.XLSX else comma_separated(sheet)
        name = f"Sổ theo dõi {at.astimezone(LOCAL):%Y-%m-%d}.{format}"
        return download(made, media_type=MEDIA[format], name=name)

    return router


def _sheet(shown: list[Shown], now: datetime, calendar: Calendar) -> Sheet:
    return Sheet(
        name="Sổ theo dõi việc đã giao",
        about=f"Tính đến {now.astimezone(LOCAL):%d/%m/%Y %H:%M}, {len(shown)} việc",
        columns=_COLUMNS,
        rows=[_row(number, each, now, calendar) for number, each in enumerate(shown, start=1)],
    )


def _row(number: int, shown: Shown, now: datetime, calendar: Calendar) -> list[Cell]:
    duty = shown.duty
    until = local_date(duty.closed_at or now)
    late = days_late(duty.last_day, until, duty.rule, calendar)
    return [
        number,
        KINDS[duty.kind],
        shown.owner_name,
        shown.unit_name,
        shown.title,
        duty.anchor,
        duty.last_day,
        local_date(duty.first_due_at - timedelta(seconds=1)),
        _STATES[duty.status(now)],
        0 if duty.closure is DutyClosure.NOT_OWED else late,
        "ngày làm việc" if duty.rule is Rule.WORKING_DAYS else "ngày",
        _RUNGS.get(shown.level, shown.level) if shown.level else None,
        shown.acknowledged_until,
        shown.chased_at,
        None if duty.closed_at else promise.standing(shown.promises, until),
        promise.broken(shown.promises, until) or None,
        duty.closed_at,
    ]
