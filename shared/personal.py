"""What is kept about a person, shown to that person: every service tells its own part in the same form.

A section is a heading in Vietnamese and English, the name of each field in Vietnamese, and the rows. Sections
are queries of the service that keeps the rows, each bound to `:person_id` alone; nothing here takes an id from
a request, so that nobody is ever shown somebody else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One kind of thing that a service keeps about people."""

    name: str
    vi: str
    en: str
    fields: Mapping[str, str]
    """Column to its name in Vietnamese, in the order of reading."""
    source: str
    """What follows `SELECT … FROM`, with `:person_id`."""


class SectionOut(BaseModel):
    """A heading, what its fields are called, and the rows."""

    name: str
    heading: str
    heading_en: str
    fields: dict[str, str]
    rows: list[dict[str, Any]]


class PersonalData(BaseModel):
    """All that one service keeps about the person who asks; `kept` says for how long."""

    service: str
    person_id: UUID
    as_of: AwareDatetime
    kept: list[str]
    sections: list[SectionOut]


KEPT: Sequence[str] = (
    "Nội dung do đồng chí ghi: hết nhiệm kỳ + 1 năm, hoặc theo quyết định của cấp ủy (texts: end of term + 1 year)",
    "Thông tin liên hệ của người dân: 90 ngày sau khi trả lời xong (contacts: 90 days after closing)",
    "Nhật ký kiểm tra: 5 năm (audit: 5 years)",
    "Số liệu thống kê, không kèm nội dung: không thời hạn (figures without texts: for ever)",
)


async def personal_data(
    tx: UnitOfWork, service: str, person_id: UUID, sections: Sequence[Section]
) -> PersonalData:
    """The rows of every section, as of now."""
    return PersonalData(
        service=service,
        person_id=person_id,
        as_of=tx.now,
        kept=list(KEPT),
        sections=[await _shown(tx, section, person_id) for section in (*DIRECTORY, *sections)],
    )


async def _shown(tx: UnitOfWork, section: Section, person_id: UUID) -> SectionOut:
    columns = ", ".join(section.fields)
    rows = await tx.all(f"SELECT {columns} FROM {section.source}", person_id=person_id)
    return SectionOut(
        name=section.name,
        heading=section.vi,
        heading_en=section.en,
        fields=dict(section.fields),
        rows=[row._asdict() for row in rows],
    )


DIRECTORY: Sequence[Section] = (
    Section(
        name="person",
        vi="Danh bạ",
        en="Directory entry",
        fields={
            "code": "Mã",
            "full_name": "Họ và tên",
            "email": "Thư điện tử",
            "portfolios": "Lĩnh vực phụ trách",
            "version": "Lần sửa",
        },
        source="directory_person WHERE person_id = :person_id",
    ),
    Section(
        name="posts",
        vi="Chức vụ",
        en="Posts",
        fields={
            "title": "Chức danh",
            "body": "Cơ quan",
            "role": "Vai trò",
            "unit_name": "Đơn vị",
            "valid_from": "Từ ngày",
            "valid_to": "Đến ngày",
            "served": "Giúp việc cho",
        },
        source="""(SELECT post.*, unit.name AS unit_name,
                          (SELECT string_agg(full_name, ', ' ORDER BY sort_key) FROM directory_person AS member
                           WHERE member.person_id = ANY(post.serves)) AS served
                   FROM directory_post AS post
                   LEFT JOIN directory_unit AS unit USING (unit_id)) AS post
                  WHERE person_id = :person_id ORDER BY valid_from, post_id""",
    ),
    Section(
        name="sessions",
        vi="Phiên đăng nhập",
        en="Sessions",
        fields={"opened_at": "Mở lúc", "expires_at": "Hết hạn lúc", "closed_at": "Đóng lúc"},
        source="directory_session WHERE person_id = :person_id ORDER BY opened_at DESC",
    ),
)
"""Every service keeps these."""
