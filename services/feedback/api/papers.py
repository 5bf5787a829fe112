"""Reports in the words and the layout of an office. What leaves as a file is what stands on the screen."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Final

from services.feedback.api.exports import KINDS
from services.feedback.domain.cadence import Standing
from services.feedback.domain.deadline import local_date
from services.feedback.domain.evaluation import METHOD, Facts
from services.feedback.store.evaluations import Frozen, Objection
from services.feedback.views.figures import FEWEST, Figures
from services.feedback.views.issues import IssueState
from services.feedback.views.reports import OpenMatter, Report
from shared.contracts.visits import AbsenceReason, Period
from shared.documents import Document, moment_words
from shared.names import ISSUE_FIELDS, VISIT_KINDS
from shared.sheets import Cell, Column, Sheet

FIGURES: Final = {
    "members": "Số cấp ủy viên",
    "grassroots_organisations": "Số tổ chức cơ sở đảng",
    "party_cells": "Số chi bộ",
    "model_cells": "Số chi bộ mẫu",
    "field_trips": "Lượt đi cơ sở",
    "meetings_attended": "Lượt dự sinh hoạt chi bộ",
    "members_with_a_trip_every_month": "Cấp ủy viên tháng nào cũng đi cơ sở",
    "cells_never_attended": "Chi bộ chưa có ai dự sinh hoạt",
    "most_attended_cell": "Số lượt dự ở chi bộ được dự nhiều nhất",
    "meetings_to_model_cells": "Lượt dự sinh hoạt ở chi bộ mẫu",
    "issues": "Ý kiến, kiến nghị của cơ sở",
    "issues_resolved_on_spot": "Ý kiến giải quyết tại chỗ",
    "issues_urgent": "Ý kiến khẩn",
    "restricted_issues": "Vấn đề hạn chế người biết",
    "report_on_time": "Báo cáo đúng hạn",
    "report_late": "Báo cáo trễ hạn",
    "report_missing_overdue": "Báo cáo quá hạn, chưa gửi",
    "report_missing_not_due": "Báo cáo chưa đến hạn",
    "report_due_by_as_of": "Báo cáo đã gửi hoặc đã đến hạn",
    "forward_on_time": "Ý kiến chuyển đúng hạn",
    "forward_late": "Ý kiến chuyển trễ hạn",
    "forward_missing_overdue": "Ý kiến quá hạn, chưa chuyển",
    "forward_missing_not_due": "Ý kiến chưa đến hạn chuyển",
    "forward_due_by_as_of": "Ý kiến đã chuyển hoặc đã đến hạn chuyển",
}
"""What each count is called on paper, in the order in which they are read."""
_ROMAN: Final = ("", "I", "II", "III", "IV")
_STANDINGS: Final = {
    Standing.DONE: "Đủ",
    Standing.LATE: "Chưa đủ",
    Standing.EXCUSED: "Được miễn",
    Standing.NOT_YET: "Đang trong kỳ",
    Standing.AHEAD: "Chưa đến kỳ",
    Standing.NOT_ASKED: "Không giao",
}
_REASONS: Final = {
    AbsenceReason.TRAINING: "Đi học, bồi dưỡng",
    AbsenceReason.DUTY_TRAVEL: "Đi công tác dài ngày",
    AbsenceReason.LEAVE: "Nghỉ theo chế độ",
    AbsenceReason.OTHER_TASK: "Nhiệm vụ khác cấp ủy giao",
}
_STATES: Final = {
    IssueState.RAISED: "Chưa chuyển",
    IssueState.FORWARDED: "Đã chuyển",
    IssueState.ACKNOWLEDGED: "Cơ quan đã nhận",
    IssueState.ANSWERED: "Đã trả lời, chưa báo chi bộ",
    IssueState.REOPENED: "Chi bộ đề nghị xem lại",
}
_ATTENTION: Final = {"difficult": "Có khó khăn", "weak": "Còn yếu"}


def report_paper(told: Report) -> Document:
    """The report of a period."""
    found = told.figures
    first, last = found.period
    return Document(
        organ=told.committee,
        kind="BC",
        day=local_date(found.as_of),
        title="Báo cáo kết quả đi cơ sở và dự sinh hoạt chi bộ",
        about=f"Từ ngày {first:%d/%m/%Y} đến ngày {last:%d/%m/%Y}, tính đến {moment_words(found.as_of)}",
        parts=[
            Sheet(
                name="1. Số liệu chung",
                about="",
                columns=[Column("Chỉ tiêu", 44), Column("Số liệu", 14)],
                rows=[[name, _count(found, key)] for key, name in FIGURES.items()],
            ),
            _shares(found),
            _punctuality(told),
            Sheet(
                name="4. Theo tháng",
                about="",
                columns=[
                    Column("Tháng", 14),
                    Column("Lượt đi cơ sở"),
                    Column("Lượt dự sinh hoạt"),
                    Column("Ý kiến"),
                ],
                rows=[
                    [f"{each.first:%m/%Y}", each.field_trips, each.meetings_attended, each.issues]
                    for each in told.months
                ],
            ),
            Sheet(
                name="5. Ý kiến theo lĩnh vực",
                about="",
                columns=[
                    Column("Lĩnh vực", 24),
                    Column("Ý kiến"),
                    Column("Giải quyết tại chỗ"),
                    Column("Đã chuyển"),
                    Column("Đã trả lời"),
                    Column("Đã báo chi bộ"),
                ],
                rows=[
                    [
                        ISSUE_FIELDS[each.field],
                        each.issues,
                        each.resolved_on_spot,
                        each.forwarded,
                        each.answered,
                        each.told_the_cell,
                    ]
                    for each in told.fields
                ],
            ),
            _late(told),
            _commended(told),
            _practices(told),
        ],
        notes=[
            "Tỉ lệ đúng hạn tính trên mọi việc đã xong hoặc đã đến hạn, kể cả việc quá hạn chưa làm.",
            f"Hạn báo cáo là {found.days} ngày, theo quy định có hiệu lực tại thời điểm tính.",
            f"Vấn đề hạn chế người biết chỉ nêu tổng số của những quý có từ {FEWEST} vấn đề trở lên.",
        ],
    )


def follow_up_paper(committee: str, matters: Sequence[OpenMatter], at: datetime) -> Document:
    """What the periodic meeting of those who follow cells goes through: difficulties by cell, with their status."""
    return Document(
        organ=committee,
        kind="BC",
        day=local_date(at),
        title="Khó khăn, kiến nghị của cơ sở chưa có kết quả",
        about=f"Phục vụ họp giao ban, tính đến {moment_words(at)}",
        parts=[
            Sheet(
                name="Kiến nghị theo chi bộ",
                about=f"{len(matters)} kiến nghị chưa có kết quả báo lại chi bộ; chi bộ có khó khăn xếp trước",
                columns=[
                    Column("Chi bộ", 26),
                    Column("Nội dung", 34),
                    Column("Nêu ngày", 14),
                    Column("Cơ quan", 22),
                    Column("Tình trạng", 18),
                    Column("Hạn", 14),
                    Column("Cam kết", 14),
                ],
                rows=[_matter(each, at) for each in matters],
            )
        ],
        notes=["Vấn đề hạn chế người biết không có trong bảng này."],
    )


def sheet_paper(
    committee: str, period: str, facts: Facts, frozen: Frozen | None, said: Sequence[Objection]
) -> Document:
    """What one member did in a quarter or a year against what was asked of them."""
    year, _, quarter = period.partition("-Q")
    span = f"quý {_ROMAN[int(quarter)]} năm {year}" if quarter else f"năm {year}"
    state = f"đã chốt lần {frozen.edition} lúc" if frozen else "bản nháp, số liệu lúc"
    return Document(
        organ=committee,
        kind="PĐG",
        day=local_date(facts.as_of),
        title="Phiếu theo dõi thực hiện chế độ đi cơ sở",
        about=f"Đồng chí {facts.full_name}, {span}; {state} {moment_words(facts.as_of)}",
        parts=[
            Sheet(
                name="1. Thực hiện định mức",
                about="",
                columns=[
                    Column("Nhiệm vụ", 26),
                    Column("Kỳ", 14),
                    Column("Đã thực hiện"),
                    Column("Định mức"),
                    Column("Kết quả", 22),
                ],
                rows=[
                    [
                        VISIT_KINDS[each.kind],
                        f"tháng {each.first:%m/%Y}"
                        if each.period is Period.MONTH
                        else f"quý {(each.first.month + 2) // 3}/{each.first.year}",
                        each.done,
                        each.required,
                        _STANDINGS[each.standing],
                    ]
                    for each in facts.asked
                ],
            ),
            Sheet(
                name="2. Báo cáo và chuyển ý kiến",
                about="",
                columns=[
                    Column("Việc", 26),
                    Column("Đúng hạn"),
                    Column("Trễ hạn"),
                    Column("Quá hạn, chưa làm"),
                    Column("Chưa đến hạn"),
                ],
                rows=[
                    [KINDS[each.kind], each.on_time, each.late, each.missing_overdue, each.missing_not_due]
                    for each in facts.kept
                ],
            ),
            Sheet(
                name="3. Tháng được miễn",
                about="",
                columns=[Column("Tháng", 14), Column("Lý do", 40)],
                rows=[[f"{each.month:%m/%Y}", _REASONS[each.reason]] for each in facts.excused],
            ),
            Sheet(
                name="4. Các chuyến đi, buổi dự sinh hoạt",
                about="Căn cứ của mục 1",
                columns=[
                    Column("Ngày", 14),
                    Column("Loại", 26),
                    Column("Nơi đến", 40),
                    Column("Theo phân công"),
                ],
                rows=[
                    [
                        local_date(each.started_at),
                        VISIT_KINDS[each.kind],
                        each.unit_name,
                        "có" if each.assigned else "không",
                    ]
                    for each in facts.visits
                ],
            ),
            Sheet(
                name="5. Ý kiến của đồng chí",
                about="",
                columns=[Column("Lúc", 18), Column("Ý kiến", 60)],
                rows=[[each.made_at, each.body or "(nội dung đã xóa theo thời hạn lưu)"] for each in said],
            ),
            *_praised(facts),
        ],
        notes=[
            (
                f"Cách tính: bản {frozen.method if frozen else METHOD}. Mỗi kỳ so với định mức có hiệu lực ngày đầu kỳ; "
                "kỳ mà mọi tháng được miễn thì không tính định mức. Phiếu không chấm điểm, không xếp hạng."
            ),
            "Việc thuộc diện hạn chế người biết không có trong phiếu.",
        ],
    )


def _praised(facts: Facts) -> list[Sheet]:
    """A sheet that was frozen before sheets told of commendations reads as it did."""
    if facts.commended is None:
        return []
    return [
        Sheet(
            name="6. Biểu dương, khen thưởng",
            about="",
            columns=[
                Column("Ngày", 14),
                Column("Nội dung", 44),
                Column("Cơ quan quyết định", 24),
                Column("Số văn bản", 18),
            ],
            rows=[
                [each.decided_on, each.reason, each.deciding_body, each.document_number]
                for each in facts.commended
            ],
        )
    ]


def _matter(matter: OpenMatter, at: datetime) -> list[Cell]:
    promised = matter.promised_on
    kept = promised is None or promised >= local_date(at)
    attention = _ATTENTION.get(matter.attention or "")
    return [
        f"{matter.unit_name} ({attention.lower()})" if attention else matter.unit_name,
        f"{matter.title} (khẩn)" if matter.urgent else matter.title,
        local_date(matter.raised_at),
        "; ".join(matter.agencies),
        _STATES[matter.state],
        matter.due_on,
        promised if kept else f"{promised:%d/%m/%Y}, đã qua",
    ]


def _count(found: Figures, key: str) -> Cell:
    count: int | None = getattr(found.counts, key)
    return f"dưới {FEWEST}" if count is None else count


def _shares(found: Figures) -> Sheet:
    counts = found.counts
    return Sheet(
        name="2. Độ phủ",
        about="",
        columns=[Column("Chỉ tiêu", 44), Column("Tỉ lệ", 14)],
        rows=[
            [
                "Chi bộ đã có người dự sinh hoạt",
                _percent(counts.party_cells - counts.cells_never_attended, counts.party_cells),
            ],
            ["Chi bộ mẫu trong tổng số chi bộ", _percent(counts.model_cells, counts.party_cells)],
            [
                "Lượt dự ở chi bộ mẫu trong tổng số lượt dự",
                _percent(counts.meetings_to_model_cells, counts.meetings_attended),
            ],
            [
                "Cấp ủy viên tháng nào cũng đi cơ sở",
                _percent(counts.members_with_a_trip_every_month, counts.members),
            ],
        ],
    )


def _punctuality(told: Report) -> Sheet:
    return Sheet(
        name="3. Việc theo hạn",
        about="",
        columns=[
            Column("Việc", 26),
            Column("Đúng hạn"),
            Column("Trễ hạn"),
            Column("Quá hạn, chưa làm"),
            Column("Chưa đến hạn"),
            Column("Tỉ lệ đúng hạn"),
        ],
        rows=[
            [
                KINDS[each.kind],
                each.on_time,
                each.late,
                each.missing_overdue,
                each.missing_not_due,
                _percent(each.on_time, each.due),
            ]
            for each in told.punctuality
        ],
    )


def _late(told: Report) -> Sheet:
    return Sheet(
        name="6. Việc quá hạn chưa làm",
        about=f"{len(told.late)} việc quá hạn tại thời điểm tính, việc đến hạn trước xếp trước",
        columns=[
            Column("STT", 6),
            Column("Việc", 22),
            Column("Người phụ trách", 24),
            Column("Đơn vị", 28),
            Column("Nội dung", 32),
            Column("Hạn", 14),
        ],
        rows=[
            [
                number,
                KINDS[each.duty.kind],
                each.owner_name,
                each.unit_name,
                each.title,
                each.duty.last_day,
            ]
            for number, each in enumerate(told.late, start=1)
        ],
    )


def _commended(told: Report) -> Sheet:
    return Sheet(
        name="7. Biểu dương, khen thưởng",
        about="Theo ngày quyết định, trừ quyết định đã hủy bỏ",
        columns=[
            Column("Ngày", 14),
            Column("Đơn vị, cá nhân", 28),
            Column("Nội dung", 40),
            Column("Cơ quan quyết định", 24),
            Column("Số văn bản", 18),
        ],
        rows=[
            [each.decided_on, each.subject, each.reason, each.deciding_body, each.document_number]
            for each in told.commended
        ],
    )


def _practices(told: Report) -> Sheet:
    return Sheet(
        name="8. Cách làm hay",
        about="Theo ngày ghi",
        columns=[
            Column("Ngày", 14),
            Column("Đơn vị", 28),
            Column("Tên", 32),
            Column("Cách làm", 50),
        ],
        rows=[[each.recorded_on, each.unit_name, each.title, each.body] for each in told.practices],
    )


def _percent(part: int, whole: int) -> str:
    """One place after the comma, as offices write it; of nothing there is no share."""
    if whole == 0:
        return "–"
    tenths = round(Fraction(part * 1000, whole))
    return f"{tenths // 10},{tenths % 10}%"
