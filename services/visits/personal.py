"""What visits keeps about a person."""

from collections.abc import Sequence
from typing import Final

from shared.personal import Section

SECTIONS: Final[Sequence[Section]] = (
    Section(
        name="visits",
        vi="Chuyến đi đã ghi, mọi bản",
        en="Visits recorded, every version",
        fields={
            "visit_id": "Mã chuyến đi",
            "unit_name": "Đơn vị",
            "started_at": "Bắt đầu",
            "ended_at": "Kết thúc",
            "version": "Bản",
            "accepted_at": "Tiếp nhận lúc",
            "device_id": "Máy gửi",
            "content": "Nội dung",
            "withdrawn_at": "Thu hồi lúc",
        },
        source="""(SELECT visit.visitor_id, visit.visit_id, unit.name AS unit_name, started_at, ended_at,
                          kept.version, kept.accepted_at, device_id, content, withdrawn_at
                   FROM visit JOIN visit_version AS kept USING (visit_id)
                        LEFT JOIN directory_unit AS unit USING (unit_id)) AS told
                  WHERE visitor_id = :person_id ORDER BY started_at, visit_id, version""",
    ),
    Section(
        name="imports",
        vi="Các lần nhập sổ đã làm",
        en="Imports of registers",
        fields={
            "import_id": "Mã lần nhập",
            "imported_at": "Nhập lúc",
            "files": "Tệp",
            "undone_at": "Hoàn tác lúc",
        },
        source="register_import WHERE imported_by = :person_id OR undone_by = :person_id ORDER BY imported_at",
    ),
    Section(
        name="imported",
        vi="Điều các lần nhập sổ đã đổi về mình",
        en="What imports of registers changed",
        fields={"import_id": "Mã lần nhập", "code": "Mã", "version": "Bản", "previous": "Trước đó"},
        source="register_change WHERE part = 'person' AND row_id = :person_id ORDER BY version",
    ),
    Section(
        name="photos",
        vi="Ảnh kèm vấn đề",
        en="Photographs of issues",
        fields={
            "visit_id": "Mã chuyến đi",
            "issue_id": "Mã vấn đề",
            "photo_id": "Mã ảnh",
            "size": "Số byte",
            "kept_at": "Nhận lúc",
        },
        source="""(SELECT visit.visitor_id, visit_id, issue_id, photo_id, length(picture) AS size, kept_at
                   FROM visit_photo JOIN visit USING (visit_id)) AS photo
                  WHERE visitor_id = :person_id ORDER BY kept_at, photo_id""",
    ),
    Section(
        name="reports",
        vi="Báo cáo đã nộp",
        en="Reports filed",
        fields={"visit_id": "Mã chuyến đi", "version": "Bản", "filed_at": "Nộp lúc", "summary": "Nội dung"},
        source="report_version WHERE filed_by = :person_id ORDER BY filed_at, visit_id",
    ),
    Section(
        name="drafts",
        vi="Báo cáo đã dự thảo thay",
        en="Reports drafted on behalf",
        fields={
            "visit_id": "Mã chuyến đi",
            "drafted_at": "Dự thảo lúc",
            "summary": "Nội dung",
            "approved": "Được ký",
            "decided_at": "Quyết định lúc",
        },
        source="report_draft WHERE drafted_by = :person_id ORDER BY drafted_at, draft_id",
    ),
    Section(
        name="remarks",
        vi="Ý kiến về bản ghi",
        en="What one said of a record",
        fields={
            "visit_id": "Mã chuyến đi",
            "version": "Bản",
            "kind": "Loại",
            "words": "Nội dung",
            "said_at": "Lúc",
        },
        source="remark WHERE said_by = :person_id ORDER BY said_at, visit_id, place",
    ),
    Section(
        name="clashes",
        vi="Bản gửi trùng mã, giữ để đối chiếu",
        en="Submissions kept beside others",
        fields={"visit_id": "Mã chuyến đi", "received_at": "Nhận lúc", "content": "Nội dung"},
        source="visit_conflict WHERE received_by = :person_id ORDER BY received_at",
    ),
    Section(
        name="assignments",
        vi="Phân công",
        en="Assignments",
        fields={
            "duty": "Nhiệm vụ",
            "unit_name": "Đơn vị",
            "valid_from": "Từ ngày",
            "valid_to": "Đến ngày",
            "basis_document": "Văn bản",
        },
        source="""(SELECT assignment.*, unit.name AS unit_name FROM assignment
                   LEFT JOIN directory_unit AS unit USING (unit_id)) AS assignment
                  WHERE person_id = :person_id ORDER BY valid_from""",
    ),
    Section(
        name="absences",
        vi="Thời gian vắng mặt có lý do",
        en="Excused absences",
        fields={
            "first": "Từ ngày",
            "last": "Đến ngày",
            "reason": "Lý do",
            "withdrawn": "Đã rút",
            "recorded_at": "Ghi lúc",
        },
        source="absence WHERE person_id = :person_id ORDER BY first",
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
        source="duty_copy WHERE owner_person_id = :person_id ORDER BY due_at",
    ),
    Section(
        name="plans",
        vi="Kế hoạch đi cơ sở",
        en="Planned visits",
        fields={
            "unit_name": "Đơn vị",
            "kind": "Loại",
            "day": "Ngày",
            "cancelled": "Lý do không đi",
            "changed_at": "Ghi lúc",
        },
        source="""(SELECT plan.*, unit.name AS unit_name FROM plan
                   LEFT JOIN directory_unit AS unit USING (unit_id)) AS plan
                  WHERE person_id = :person_id ORDER BY day""",
    ),
    Section(
        name="objections",
        vi="Ý kiến của đồng chí về hồ sơ của mình",
        en="What you said to your record",
        fields={"period": "Kỳ", "made_at": "Ghi lúc", "body": "Nội dung"},
        source="objection WHERE person_id = :person_id ORDER BY made_at",
    ),
    Section(
        name="merges",
        vi="Bản sửa đã ghép với bản khác",
        en="Edits put together with others",
        fields={
            "visit_id": "Mã chuyến đi",
            "version": "Bản",
            "received_at": "Nhận lúc",
            "settled_at": "Quyết định lúc",
            "content": "Nội dung",
        },
        source="visit_merge WHERE received_by = :person_id ORDER BY received_at",
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
        name="extensions",
        vi="Đề nghị gia hạn",
        en="Extensions asked for",
        fields={"days": "Số ngày", "asked_at": "Đề nghị lúc", "reason": "Lý do", "note": "Trả lời"},
        source="extension_copy WHERE asked_by = :person_id ORDER BY asked_at",
    ),
    Section(
        name="transfers",
        vi="Đơn đã chuyển cơ quan có thẩm quyền",
        en="Transfers recorded",
        fields={
            "kind": "Loại",
            "register_number": "Số thụ lý",
            "receiving_office": "Nơi tiếp nhận",
            "transferred_on": "Ngày chuyển",
        },
        source="transfer WHERE recorded_by = :person_id ORDER BY transferred_on",
    ),
    Section(
        name="account",
        vi="Tài khoản",
        en="Account",
        fields={"changed_at": "Đổi mật khẩu lúc", "closed_at": "Khóa lúc"},
        source="account WHERE person_id = :person_id",
    ),
    Section(
        name="calendar",
        vi="Địa chỉ lịch cho điện thoại",
        en="Calendar address",
        fields={"created_at": "Lập lúc", "last_read_at": "Đọc gần nhất"},
        source="calendar_feed WHERE person_id = :person_id",
    ),
    Section(
        name="devices",
        vi="Máy đã đăng nhập",
        en="Devices",
        fields={
            "name": "Tên máy",
            "first_seen": "Thấy lần đầu",
            "last_seen": "Thấy gần nhất",
            "revoked_at": "Thu hồi lúc",
        },
        source="device WHERE person_id = :person_id ORDER BY last_seen DESC",
    ),
    Section(
        name="phones",
        vi="Điện thoại báo về hàng đợi gửi",
        en="What phones said of their queues",
        fields={
            "reported_at": "Báo lúc",
            "drafts": "Bản nháp",
            "ready": "Chờ gửi",
            "failed": "Gửi chưa được",
            "refused": "Chưa nhận",
            "oldest_unsent_at": "Lâu nhất từ",
            "app_version": "Bản ứng dụng",
        },
        source="device_report WHERE person_id = :person_id ORDER BY reported_at DESC",
    ),
    Section(
        name="unheld",
        vi="Chuyến đi không thực hiện được",
        en="Visits that did not take place",
        fields={
            "planned_at": "Dự định lúc",
            "unit_name": "Đơn vị",
            "outcome": "Việc xảy ra",
            "reason": "Lý do",
            "accepted_at": "Ghi lúc",
        },
        source="""(SELECT unheld_visit.*, unit.name AS unit_name FROM unheld_visit
                   LEFT JOIN directory_unit AS unit USING (unit_id)) AS unheld
                  WHERE visitor_id = :person_id ORDER BY planned_at""",
    ),
    Section(
        name="passkeys",
        vi="Khóa đăng nhập",
        en="Passkeys",
        fields={"name": "Tên", "added_at": "Thêm lúc", "last_used_at": "Dùng gần nhất"},
        source="passkey WHERE person_id = :person_id ORDER BY added_at",
    ),
)
