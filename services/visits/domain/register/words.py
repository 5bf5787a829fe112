"""What a register's words are called in Vietnamese: offices write these, programs write the codes.

Either is read, in any case and with or without marks. The lists of kinds and of cell types are open: a word
of one's own is taken as it stands, if it is a plain one.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from services.visits.domain.register.model import AGENCY_KIND, ROOT_KIND, Attention, Body, Recognition
from shared import names
from shared.contracts.visits import AccessClass, IssueField, IssueKind, MeetingKind, Urgency, VisitKind
from shared.text import fold

_Word = TypeVar("_Word", bound=StrEnum)


def _by_code(named: Mapping[_Word, str]) -> Mapping[str, str]:
    return {str(word): name for word, name in named.items()}


LISTS: Final[Mapping[type[StrEnum], Mapping[str, str]]] = {
    VisitKind: _by_code(names.VISIT_KINDS),
    MeetingKind: _by_code(names.MEETING_KINDS),
    IssueKind: _by_code(names.ISSUE_KINDS),
    IssueField: _by_code(names.ISSUE_FIELDS),
    Urgency: _by_code(names.URGENCIES),
    AccessClass: _by_code(names.ACCESS_CLASSES),
    Body: {
        Body.PERMANENT_BOARD: "Thường trực cấp ủy",
        Body.STANDING_COMMITTEE: "Ban Thường vụ",
        Body.EXECUTIVE_COMMITTEE: "Ban Chấp hành",
    },
    Attention: {
        Attention.DIFFICULT: "Có khó khăn",
        Attention.WEAK: "Còn yếu",
        Attention.FOCUS: "Trọng điểm",
    },
    Recognition: {
        Recognition.MODEL: "Điển hình",
        Recognition.FOUR_GOOD: "Bốn tốt",
        Recognition.CLEAN_STRONG: "Trong sạch, vững mạnh",
    },
}
"""The closed lists."""

UNIT_KINDS: Final[Mapping[str, str]] = {
    ROOT_KIND: "Đảng bộ",
    "party_cell": "Chi bộ",
    AGENCY_KIND: "Cơ quan",
}
CELL_TYPES: Final[Mapping[str, str]] = {
    "village": "Thôn, ấp",
    "residential_quarter": "Khu phố",
    "agency": "Cơ quan",
    "school": "Trường học",
    "health_station": "Trạm y tế",
    "enterprise": "Doanh nghiệp",
    "cooperative": "Hợp tác xã",
    "armed_forces": "Lực lượng vũ trang",
}
YES: Final = "Có"
NO: Final = "Không"
YES_OR_NO: Final[Mapping[str, bool]] = {"yes": True, "co": True, "x": True, "no": False, "khong": False}
"""By the folded word. An office ticks with an x."""


def code_of(written: str, named: Mapping[str, str]) -> str | None:
    """The code that a cell means, by itself or by its name."""
    if written in named:
        return written
    wanted = fold(written)
    return next((code for code, name in named.items() if fold(name) == wanted), None)
