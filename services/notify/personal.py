"""What notify keeps about a person."""

from collections.abc import Sequence
from typing import Final

from shared.personal import Section

SECTIONS: Final[Sequence[Section]] = (
    Section(
        name="messages",
        vi="Thông báo đã gửi",
        en="Messages",
        fields={
            "duty_id": "Mã việc",
            "notice": "Loại",
            "rung": "Bậc",
            "channel": "Kênh",
            "state": "Tình trạng",
            "reason": "Vì sao",
            "written_at": "Ghi lúc",
            "sent_at": "Gửi lúc",
            "changed_at": "Đổi lúc",
        },
        source="message WHERE person_id = :person_id ORDER BY written_at, message_id",
    ),
    Section(
        name="digests",
        vi="Bản tổng hợp tuần và tháng",
        en="Digests",
        fields={
            "scope": "Phạm vi",
            "period": "Kỳ",
            "late": "Quá hạn",
            "soon": "Sắp đến hạn",
            "as_of": "Tính đến",
            "state": "Tình trạng",
        },
        source="digest WHERE person_id = :person_id ORDER BY period, scope",
    ),
    Section(
        name="channels",
        vi="Kênh liên lạc",
        en="Channels",
        fields={"channel": "Kênh", "enabled": "Bật", "address": "Địa chỉ", "changed_at": "Đổi lúc"},
        source="contact_channel WHERE person_id = :person_id ORDER BY channel",
    ),
    Section(
        name="phones",
        vi="Máy nhận tin nhắc",
        en="Phones that ring",
        fields={"label": "Máy", "created_at": "Bật lúc", "last_ok_at": "Nhận gần nhất"},
        source="push_subscription WHERE person_id = :person_id ORDER BY created_at",
    ),
    Section(
        name="quiet_hours",
        vi="Giờ yên lặng",
        en="Quiet hours",
        fields={"starts": "Từ", "ends": "Đến", "changed_at": "Đổi lúc"},
        source="quiet_hours WHERE person_id = :person_id",
    ),
    Section(
        name="acknowledgements",
        vi="Việc đã nhận xử lý",
        en="Acknowledgements",
        fields={"duty_id": "Mã việc", "until": "Đến hết ngày", "acknowledged_at": "Nhận lúc"},
        source="acknowledgement WHERE person_id = :person_id ORDER BY acknowledged_at",
    ),
)
