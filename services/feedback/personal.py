"""What feedback keeps about a person."""

from collections.abc import Sequence
from typing import Final

from shared.personal import Section

SECTIONS: Final[Sequence[Section]] = (
    Section(
        name="visits",
        vi="Chuyến đi",
        en="Visits",
        fields={
            "visit_id": "Mã chuyến đi",
            "kind": "Loại",
            "started_at": "Bắt đầu",
            "report_filed_at": "Nộp báo cáo lúc",
            "erased_at": "Xóa nội dung lúc",
        },
        source="visit WHERE visitor_id = :person_id ORDER BY started_at",
    ),
    Section(
        name="issues",
        vi="Vấn đề đã phản ánh",
        en="Issues raised",
        fields={
            "issue_id": "Mã vấn đề",
            "visit_id": "Mã chuyến đi",
            "access_class": "Mức truy cập",
            "title": "Tiêu đề",
            "detail": "Nội dung",
            "urgency": "Mức độ",
        },
        source="""issue WHERE visit_id IN (SELECT visit_id FROM visit WHERE visitor_id = :person_id)
                  ORDER BY visit_id, issue_id""",
    ),
    Section(
        name="returns",
        vi="Báo cáo được trả lại",
        en="Reports returned",
        fields={
            "visit_id": "Mã chuyến đi",
            "report_version": "Bản",
            "returned_at": "Trả lại lúc",
            "comment": "Góp ý",
        },
        source="""report_return WHERE visit_id IN (SELECT visit_id FROM visit WHERE visitor_id = :person_id)
                  ORDER BY returned_at""",
    ),
    Section(
        name="duties",
        vi="Việc phải làm",
        en="Duties",
        fields={
            "kind": "Loại",
            "visit_id": "Mã chuyến đi",
            "due_at": "Hạn",
            "first_due_at": "Hạn ban đầu",
            "closed_at": "Xong lúc",
            "closure": "Kết quả",
        },
        source="duty WHERE owner_person_id = :person_id ORDER BY due_at, duty_id",
    ),
    Section(
        name="extensions",
        vi="Gia hạn đã xin",
        en="Extensions asked for",
        fields={
            "duty_id": "Mã việc",
            "days": "Số ngày",
            "reason": "Lý do",
            "asked_at": "Xin lúc",
            "granted": "Đồng ý",
            "note": "Ý kiến",
        },
        source="extension WHERE asked_by = :person_id ORDER BY asked_at",
    ),
    Section(
        name="forwardings",
        vi="Lần chuyển do đồng chí ghi",
        en="Forwardings recorded",
        fields={
            "issue_id": "Mã vấn đề",
            "number": "Số văn bản",
            "sent_at": "Chuyển lúc",
            "proof": "Ghi chú",
            "answer_summary": "Nội dung trả lời",
        },
        source="forwarding WHERE :person_id IN (recorded_by, answer_recorded_by) ORDER BY sent_at",
    ),
    Section(
        name="notes",
        vi="Điều cơ quan báo lại do đồng chí ghi",
        en="Words of agencies recorded",
        fields={
            "issue_id": "Mã vấn đề",
            "kind": "Loại",
            "text": "Nội dung",
            "promised_on": "Ngày cam kết",
            "said_at": "Lúc",
            "reply": "Trả lời",
        },
        source="agency_note WHERE :person_id IN (said_by, replied_by) ORDER BY said_at",
    ),
    Section(
        name="replies",
        vi="Trả lời chi bộ do đồng chí ghi",
        en="Replies recorded",
        fields={"issue_id": "Mã vấn đề", "replied_at": "Trả lời lúc", "summary": "Nội dung"},
        source="reply WHERE recorded_by = :person_id ORDER BY replied_at",
    ),
    Section(
        name="verdicts",
        vi="Ý kiến của chi bộ về trả lời do đồng chí ghi",
        en="The cell's word on answers",
        fields={"issue_id": "Mã vấn đề", "settled": "Đã xong", "reason": "Lý do", "given_at": "Lúc"},
        source="verdict WHERE given_by = :person_id ORDER BY given_at",
    ),
    Section(
        name="messages",
        vi="Thông báo về việc của đồng chí",
        en="Messages on the timeline",
        fields={"duty_id": "Mã việc", "rung": "Bậc", "channel": "Kênh", "state": "Tình trạng", "at": "Lúc"},
        source="duty_message WHERE person_id = :person_id ORDER BY at",
    ),
    Section(
        name="requests",
        vi="Yêu cầu về dữ liệu cá nhân",
        en="Requests about personal data",
        fields={
            "kind": "Loại",
            "about": "Nội dung",
            "asked_at": "Gửi lúc",
            "due_at": "Hạn trả lời",
            "done": "Đã làm",
            "note": "Trả lời",
            "answered_at": "Trả lời lúc",
        },
        source="data_request WHERE person_id = :person_id ORDER BY asked_at",
    ),
)
