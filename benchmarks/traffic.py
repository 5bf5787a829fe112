"""What the loads send: one visit with one issue, as a phone sends it, the same bytes to us and to the peers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from benchmarks.load import request
from shared.contracts.visits import IssueField, IssueKind, IssueSnapshot, VisitKind, VisitRecorded
from shared.ids import uuid7


def visit(unit_code: str, *, seq: int) -> dict[str, object]:
    """The body of a field trip that ended an hour ago and raised one issue."""
    ended = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    return {
        "kind": "field_trip",
        "unit_code": unit_code,
        "started_at": (ended - timedelta(hours=2)).isoformat(),
        "ended_at": ended.isoformat(),
        "device": {"id": str(uuid4()), "seq": seq, "recorded_at": ended.isoformat()},
        "notes": "Đi kiểm tra tuyến mương và nghe bà con phản ánh tại nhà văn hóa.",
        "nothing_raised": False,
        "issues": [
            {
                "id": str(uuid7()),
                "kind": "petition",
                "field": "environment",
                "title": "Rãnh thoát nước bị tắc, nước thải tràn ra đường",
                "detail": "Đoạn trước nhà văn hóa ngập mỗi khi mưa, đề nghị nạo vét trước mùa mưa.",
                "urgency": "normal",
                "access_class": "normal",
                "resolved_on_spot": False,
            }
        ],
    }


def visits(path: str, *, unit_code: str, headers: str = "") -> Iterator[bytes]:
    """Endless requests, each a new visit; `path` is where visits live, without a trailing slash."""
    seq = 0
    while True:
        seq += 1
        body = json.dumps(visit(unit_code, seq=seq), ensure_ascii=False).encode()
        yield request("PUT", f"{path}/{uuid7()}", body, headers=headers)


def recorded_event() -> VisitRecorded:
    """What leaves for feedback when such a visit is accepted."""
    ended = datetime.now(UTC) - timedelta(hours=1)
    person = uuid7()
    return VisitRecorded(
        visit_id=uuid7(),
        version=1,
        committee_id=uuid7(),
        unit_id=uuid7(),
        visitor_id=person,
        recorded_by=person,
        kind=VisitKind.FIELD_TRIP,
        started_at=ended - timedelta(hours=2),
        ended_at=ended,
        accepted_at=ended,
        issues=(
            IssueSnapshot(
                issue_id=uuid7(),
                kind=IssueKind.PETITION,
                field=IssueField.ENVIRONMENT,
                title="Rãnh thoát nước bị tắc, nước thải tràn ra đường",
                detail="Đoạn trước nhà văn hóa ngập mỗi khi mưa, đề nghị nạo vét trước mùa mưa.",
            ),
        ),
    )
