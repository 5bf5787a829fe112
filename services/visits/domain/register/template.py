"""The workbook that an office fills in: a page for each part, its headings, and the words to choose from.

Codes and dates are formatted as text, so that a spreadsheet program neither drops leading zeros nor turns a
day into a month.
"""

import io
from collections.abc import Mapping
from typing import Final

from services.visits.domain.register.model import Attention, Body, Recognition
from services.visits.domain.register.reading import FORMS, GUIDE, ISSUES, LISTS_PAGE, PEOPLE, UNITS, VISITS
from services.visits.domain.register.words import CELL_TYPES, LISTS, NO, UNIT_KINDS, YES
from shared.contracts.visits import AccessClass, IssueField, IssueKind, MeetingKind, Urgency, VisitKind

_ROWS: Final = 2_000
"""Rows that are formatted and offer their lists; more may be filled in."""

_CHOICES: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    (UNITS.file, "kind"): UNIT_KINDS,
    (UNITS.file, "cell_type"): CELL_TYPES,
    (UNITS.file, "attention"): LISTS[Attention],
    (UNITS.file, "recognition"): LISTS[Recognition],
    (PEOPLE.file, "body"): LISTS[Body],
    (VISITS.file, "kind"): LISTS[VisitKind],
    (VISITS.file, "meeting_kind"): LISTS[MeetingKind],
    (VISITS.file, "nothing_raised"): {YES: YES, NO: NO},
    (ISSUES.file, "kind"): LISTS[IssueKind],
    (ISSUES.file, "field"): LISTS[IssueField],
    (ISSUES.file, "urgency"): LISTS[Urgency],
    (ISSUES.file, "access_class"): LISTS[AccessClass],
    (ISSUES.file, "resolved_on_spot"): {YES: YES, NO: NO},
}
_HEADINGS: Final = {
    (form.file, column): f"{form.sheet}: {heading}"
    for form in FORMS
    for column, heading in form.headings.items()
}
_WIDE: Final = frozenset({"name", "full_name", "post", "title"})
_GUIDE: Final = (
    "Cách điền",
    "Mỗi trang là một phần của sổ; phần nào không có thì để trống. Dòng đầu là tên cột, xin giữ nguyên.",
    "Cột có dấu * phải điền. Cột tô nền có danh sách để chọn.",
    "Ngày giờ viết ngày trước: 03/11/2026 19:00. Không nhớ giờ thì chỉ ghi ngày.",
    "Mã đơn vị, mã người, mã chuyến, mã ý kiến do cơ quan đặt, mỗi mã một lần; nhập lại cùng mã là sửa dòng cũ.",
    "Chuyến đi không có ý kiến nào thì ghi “Có” ở cột “Không có ý kiến”.",
    "Lĩnh vực phụ trách: nhiều lĩnh vực cách nhau bằng dấu chấm phẩy (;).",
    "Sổ không có cột “Báo cáo lúc” được coi là sổ cũ để tra cứu: không đặt hạn báo cáo.",
    "Chỉ ghi sự việc: không ghi tên, số điện thoại, số căn cước của người dân.",
)


def template() -> bytes:
    """An .xlsx with no row filled in; reading it again finds nothing to say."""
    import xlsxwriter
    from xlsxwriter.utility import xl_range_abs

    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        plain = {"font_name": "Times New Roman", "font_size": 12, "valign": "top"}
        cell = book.add_format(plain | {"num_format": "@"})
        choice = book.add_format(plain | {"num_format": "@", "bg_color": "#FBF6EF"})
        head = book.add_format(plain | {"bold": True, "bg_color": "#F3E9DD", "border": 1, "text_wrap": True})
        title = book.add_format(plain | {"bold": True, "font_size": 14})
        told = book.add_format(plain | {"text_wrap": True})
        guide = book.add_worksheet(GUIDE)
        guide.set_column(0, 0, 100)
        for line, text in enumerate(_GUIDE):
            guide.write_string(line, 0, text, told if line else title)
        ranges: dict[tuple[str, str], str] = {}
        pages = [(form, book.add_worksheet(form.sheet)) for form in FORMS]
        lists = book.add_worksheet(LISTS_PAGE)
        for place, (where, choices) in enumerate(_CHOICES.items()):
            lists.set_column(place, place, 24)
            lists.write_string(0, place, _HEADINGS[where], head)
            for line, name in enumerate(choices.values(), start=1):
                lists.write_string(line, place, name, cell)
            ranges[where] = f"='{LISTS_PAGE}'!" + xl_range_abs(1, place, len(choices), place)
        for form, page in pages:
            page.freeze_panes(1, 0)
            for place, (column, heading) in enumerate(form.headings.items()):
                source = ranges.get((form.file, column))
                page.set_column(place, place, 36 if column in _WIDE else 18, choice if source else cell)
                page.write_string(0, place, f"{heading} *" if column in form.required else heading, head)
                if source:
                    options = {"validate": "list", "source": source, "error_type": "warning"}
                    page.data_validation(1, place, _ROWS, place, options)
    return made.getvalue()
