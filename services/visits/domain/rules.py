"""What makes a visit unfit to be recorded: functions of the visit, the visitor's facts and `now`.

Every broken rule is told at once, each with its field, so that a phone shows them beside what was typed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from services.visits.domain.visit import Meeting, Report, Visit
from shared.contracts.visits import VisitKind
from shared.errors import FieldError

CLOCK_TOLERANCE: Final = timedelta(hours=1)
"""A phone's clock may run ahead by this much."""

OLDEST: Final = timedelta(days=400)
ON_BEHALF_OLDEST: Final = timedelta(days=31)
"""A note that a member dictates is typed within a month; what is older is the register's, with the office's name."""
ISSUES_AT_MOST: Final = 50

TRANSFERRED_OUT: Final = (
    "Khiếu nại, tố cáo, tin mật không ghi ở đây: chuyển cơ quan có thẩm quyền, chỉ giữ số và nơi tiếp nhận.",
    "Complaints, denunciations and classified matters go to the competent office; "  # noqa: ISC004  # one sentence
    "keep only register number and receiving office (PUT /visits/api/transfers/{id}).",
)
"""How such a matter is refused: with the way it must go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchangeable:
    """What an edit may not touch."""

    kind: VisitKind
    unit_id: UUID
    day: date


def broken_rules(visit: Visit, *, now: datetime) -> list[FieldError]:
    """Everything that keeps this visit from being recorded at `now`."""
    return [*_broken_times(visit, now), *broken_content(visit, now=now)]


def broken_content(visit: Visit, *, now: datetime) -> list[FieldError]:
    """What would be wrong at any time: the rules that also hold for a new version of an old visit."""
    return [
        *_broken_span(visit),
        *_broken_meeting(visit),
        *_broken_issues(visit),
        *(broken_report(visit.report, visit.started_at, now=now, at="/report") if visit.report else ()),
    ]


def broken_on_behalf(visit: Visit, *, now: datetime) -> list[FieldError]:
    """What a member may write, but an assistant not for them: days long past, and matters few may know of."""
    return [*_broken_back_dating(visit, now), *broken_secrecy(visit)]


def broken_secrecy(visit: Visit) -> list[FieldError]:
    """A restricted matter goes from the member to its few readers, through nobody's hands."""
    return [
        _broken(
            f"/issues/{place}/access_class",
            "restricted-on-behalf",
            "Việc thuộc loại hạn chế do chính cấp ủy viên ghi, không ghi thay.",
            "A matter of a restricted class is recorded by the member in person, not on their behalf.",
            issue.access_class,
        )
        for place, issue in enumerate(visit.issues)
        if issue.is_restricted
    ]


def broken_portfolios(visit: Visit, portfolios: frozenset[str]) -> list[FieldError]:
    """A matter may be settled on the spot only within the visitor's own portfolios; else it is forwarded."""
    return [
        _broken(
            f"/issues/{place}/resolved_on_spot",
            "outside-portfolio",
            "Chỉ được giải quyết tại chỗ việc thuộc lĩnh vực đồng chí phụ trách; việc này phải được chuyển đi.",
            "Only a matter within your own portfolio may be resolved on the spot; this one must be forwarded.",
            issue.field,
        )
        for place, issue in enumerate(visit.issues)
        if issue.resolved_on_spot and issue.field not in portfolios
    ]


def broken_report(report: Report, started_at: datetime, *, now: datetime, at: str = "") -> list[FieldError]:
    """A report is signed after the visit began and not in the future."""
    if report.claimed_at < started_at:
        return [
            _broken(
                f"{at}/claimed_at",
                "report-before-visit",
                "Thời điểm ký báo cáo trước khi chuyến đi bắt đầu.",
                "The report is signed before the visit began.",
                report.claimed_at.isoformat(),
            )
        ]
    if report.claimed_at > now + CLOCK_TOLERANCE:
        return [_in_future(f"{at}/claimed_at", report.claimed_at)]
    return []


def broken_edit(visit: Visit, *, unit_id: UUID | None, was: "Unchangeable") -> list[FieldError]:
    """Kind, unit and local date stand for ever: they anchor deadlines (I4)."""
    changed = {
        "/kind": (visit.kind, was.kind),
        "/unit_id": (unit_id, was.unit_id),
        "/started_at": (visit.day, was.day),
    }
    return [
        _broken(
            pointer,
            "cannot-change",
            f"Không sửa được loại, đơn vị và ngày của chuyến đi vì thời hạn tính từ đó (đang ghi: {old}). "
            "Nếu ghi nhầm, hãy ghi một chuyến đi mới và báo Văn phòng.",
            f"Kind, unit and day cannot change, because deadlines start there (recorded: {old}). "
            "If they are wrong, record a new visit and tell the office.",
            new,
        )
        for pointer, (new, old) in changed.items()
        if new != old
    ]


def _broken_times(visit: Visit, now: datetime) -> Iterator[FieldError]:
    for pointer, instant in (("/started_at", visit.started_at), ("/ended_at", visit.ended_at)):
        if instant > now + CLOCK_TOLERANCE:
            yield _in_future(pointer, instant)
    if visit.started_at < now - OLDEST:
        yield _broken(
            "/started_at",
            "too-old",
            f"Chuyến đi đã quá {OLDEST.days} ngày; hãy gửi Văn phòng để nhập theo sổ.",
            f"The visit is more than {OLDEST.days} days old; let the office import it from the register.",
            visit.started_at.isoformat(),
        )


def _broken_back_dating(visit: Visit, now: datetime) -> Iterator[FieldError]:
    if visit.started_at < now - ON_BEHALF_OLDEST:
        yield _broken(
            "/started_at",
            "back-dated",
            f"Chỉ ghi thay được chuyến đi trong {ON_BEHALF_OLDEST.days} ngày gần đây. "
            "Chuyến đi cũ hơn do cấp ủy viên tự ghi, hoặc gửi Văn phòng nhập theo sổ; ngày nộp luôn là ngày thật.",
            f"Only a visit of the last {ON_BEHALF_OLDEST.days} days is recorded on behalf. An older one is recorded "
            "by the member, or by the office from the register; the day of filing is always the true one.",
            visit.started_at.isoformat(),
        )


def _broken_span(visit: Visit) -> Iterator[FieldError]:
    if visit.ended_at < visit.started_at:
        yield _broken(
            "/ended_at",
            "ends-before-start",
            "Giờ kết thúc trước giờ bắt đầu.",
            "The end lies before the start.",
            visit.ended_at.isoformat(),
        )


def _broken_meeting(visit: Visit) -> Iterator[FieldError]:
    if visit.kind is VisitKind.FIELD_TRIP:
        if visit.meeting is not None:
            yield _broken(
                "/meeting",
                "meeting-on-trip",
                "Chuyến đi cơ sở không có phần sinh hoạt chi bộ; hãy để trống.",
                "A field trip has no meeting; leave it null.",
            )
        return
    if visit.meeting is None:
        yield _broken(
            "/meeting",
            "meeting-required",
            "Dự sinh hoạt chi bộ thì phải ghi loại sinh hoạt.",
            "An attended meeting needs its kind.",
        )
        return
    yield from _broken_counts(visit.meeting)


def _broken_counts(meeting: Meeting) -> Iterator[FieldError]:
    if meeting.summoned is None:
        return
    counted = sum(count or 0 for count in (meeting.present, meeting.excused, meeting.unexcused))
    if counted > meeting.summoned:
        yield _broken(
            "/meeting/present",
            "more-than-summoned",
            f"Số có mặt và vắng ({counted}) nhiều hơn số được triệu tập ({meeting.summoned}).",
            f"Present and absent ({counted}) are more than were summoned ({meeting.summoned}).",
            counted,
        )


def _broken_issues(visit: Visit) -> Iterator[FieldError]:
    if len(visit.issues) > ISSUES_AT_MOST:
        yield _broken(
            "/issues",
            "too-many",
            f"Mỗi chuyến đi ghi nhiều nhất {ISSUES_AT_MOST} vấn đề.",
            f"A visit holds at most {ISSUES_AT_MOST} issues.",
            len(visit.issues),
        )
    if visit.nothing_raised and visit.issues:
        yield _broken(
            "/nothing_raised",
            "issues-raised",
            "Đã đánh dấu không có ý kiến nhưng lại có vấn đề kèm theo.",
            "The visit says nothing was raised, yet it carries issues.",
        )
    if visit.kind is VisitKind.MEETING_ATTENDANCE and not visit.issues and not visit.nothing_raised:
        yield _broken(
            "/nothing_raised",
            "statement-required",
            "Buổi sinh hoạt không có vấn đề nào thì phải xác nhận “không có ý kiến”.",
            "A meeting without issues must state that nothing was raised.",
        )
    seen: set[UUID] = set()
    for place, issue in enumerate(visit.issues):
        if issue.issue_id in seen:
            yield _broken(
                f"/issues/{place}/id",
                "duplicate",
                "Mã vấn đề bị lặp trong chuyến đi này.",
                "This issue id stands twice in the visit.",
                issue.issue_id,
            )
        seen.add(issue.issue_id)


def _in_future(pointer: str, instant: datetime) -> FieldError:
    return _broken(
        pointer,
        "in-future",
        "Thời điểm này ở tương lai so với giờ máy chủ.",
        "This time lies in the future of the server's clock.",
        instant.isoformat(),
    )


def _broken(pointer: str, rule: str, vi: str, en: str, value: object = None) -> FieldError:
    return FieldError(
        pointer=pointer, rule=rule, vi=vi, en=en, value=None if value is None else str(value)[:80]
    )
