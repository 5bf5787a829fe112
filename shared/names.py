"""What the words of the contracts are called in Vietnamese, on paper and in spreadsheets.

Screens have their words in `web/`; these are for what leaves as a file, comes in as one, or goes into a calendar.
"""

from collections.abc import Mapping
from typing import Final

from shared.contracts.visits import AccessClass, IssueField, IssueKind, MeetingKind, Urgency, VisitKind

VISIT_KINDS: Final[Mapping[VisitKind, str]] = {
    VisitKind.FIELD_TRIP: "Đi cơ sở",
    VisitKind.MEETING_ATTENDANCE: "Dự sinh hoạt chi bộ",
}
MEETING_KINDS: Final[Mapping[MeetingKind, str]] = {
    MeetingKind.REGULAR: "Thường kỳ",
    MeetingKind.THEMATIC: "Chuyên đề",
    MeetingKind.COMBINED: "Thường kỳ kết hợp chuyên đề",
}
ISSUE_KINDS: Final[Mapping[IssueKind, str]] = {
    IssueKind.OPINION: "Ý kiến",
    IssueKind.PETITION: "Kiến nghị",
    IssueKind.PROPOSAL: "Đề xuất",
    IssueKind.REFLECTION: "Phản ánh",
    IssueKind.CONCERN: "Tâm tư, nguyện vọng",
}
ISSUE_FIELDS: Final[Mapping[IssueField, str]] = {
    IssueField.ENVIRONMENT: "Môi trường",
    IssueField.CULTURE: "Văn hóa",
    IssueField.TRANSPORT: "Giao thông",
    IssueField.EDUCATION_HEALTH: "Giáo dục, y tế",
    IssueField.ELECTRICITY_WATER: "Điện, nước",
    IssueField.PARTY_WORK: "Công tác Đảng",
    IssueField.LAND: "Đất đai",
    IssueField.SECURITY: "An ninh, trật tự",
    IssueField.ECONOMY: "Kinh tế",
    IssueField.OTHER: "Lĩnh vực khác",
}
URGENCIES: Final[Mapping[Urgency, str]] = {
    Urgency.NORMAL: "Bình thường",
    Urgency.URGENT: "Khẩn",
}
ACCESS_CLASSES: Final[Mapping[AccessClass, str]] = {
    AccessClass.NORMAL: "Bình thường",
    AccessClass.IDEOLOGY: "Hạn chế: tình hình tư tưởng",
    AccessClass.ABOUT_NAMED_OFFICIAL: "Hạn chế: nói về cán bộ cụ thể",
}
