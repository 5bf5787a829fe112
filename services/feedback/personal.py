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
        name="assignments",
        vi="Phân công",
        en="Assignments",
        fields={"duty": "Nhiệm vụ", "unit_id": "Mã đơn vị", "valid_from": "Từ ngày", "valid_to": "Đến ngày"},
        source="assignment WHERE person_id = :person_id ORDER BY valid_from",
    ),
    Section(
        name="absences",
        vi="Thời gian vắng mặt có lý do",
        en="Excused absences",
        fields={"first": "Từ ngày", "last": "Đến ngày", "reason": "Lý do", "withdrawn": "Đã rút"},
        source="absence WHERE person_id = :person_id ORDER BY first",
    ),
    Section(
        name="plans",
        vi="Kế hoạch đi cơ sở",
        en="Planned visits",
        fields={"unit_id": "Mã đơn vị", "kind": "Loại", "day": "Ngày", "cancelled": "Lý do không đi"},
        source="plan WHERE person_id = :person_id ORDER BY day",
    ),
    Section(
        name="unheld",
        vi="Chuyến đi không thực hiện được",
        en="Visits that did not take place",
        fields={"unit_id": "Mã đơn vị", "kind": "Loại", "day": "Ngày"},
        source="unheld WHERE person_id = :person_id ORDER BY day",
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
        name="acknowledgements",
        vi="Việc đã nhận xử lý",
        en="Acknowledgements",
        fields={"duty_id": "Mã việc", "until": "Đến hết ngày", "at": "Nhận lúc"},
        source="duty_acknowledgement WHERE person_id = :person_id ORDER BY at",
    ),
    Section(
        name="chases",
        vi="Lần đôn đốc do đồng chí gửi",
        en="Chases by hand",
        fields={"duty_id": "Mã việc", "chased_at": "Đôn đốc lúc", "note": "Lời nhắn"},
        source="duty_chase WHERE chased_by = :person_id AND skipped IS NULL ORDER BY chased_at, duty_id",
    ),
    Section(
        name="phones",
        vi="Điện thoại còn bản chưa gửi",
        en="Phones and what they have not sent",
        fields={"seen_at": "Báo lúc", "drafts": "Bản nháp", "unsent": "Chưa gửi"},
        source="phone_seen WHERE person_id = :person_id ORDER BY seen_at DESC",
    ),
    Section(
        name="saved_views",
        vi="Bộ lọc đã lưu",
        en="Saved views",
        fields={"name": "Tên", "choice": "Bộ lọc", "saved_at": "Lưu lúc"},
        source="saved_view WHERE person_id = :person_id ORDER BY view_id",
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
