"""What a visit's writer should look at again: a person in a free text, a clock that runs ahead.

A caution never refuses. The same content gets the same cautions, so that a repeated request gets the
same receipt.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.visits.domain.visit import Visit
from shared.text import PersonalHint, personal_hints

CLOCK_AHEAD: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """Something its writer should look at again; never a refusal."""

    pointer: str
    code: str
    vi: str
    en: str


def cautions_about(visit: Visit, *, accepted_at: datetime) -> list[Caution]:
    """Hints at persons in free text, and a phone clock that runs ahead. The same content warns the same."""
    found = [caution for pointer, text in _texts(visit) for caution in personal_cautions(pointer, text)]
    if visit.device and visit.device.recorded_at > accepted_at + CLOCK_AHEAD:
        found.append(
            Caution(
                pointer="/device/recorded_at",
                code="clock-ahead",
                vi="Đồng hồ của máy chạy nhanh hơn giờ máy chủ; hãy chỉnh lại.",
                en="The device's clock runs ahead of the server's; please set it.",
            )
        )
    return found


def personal_cautions(pointer: str, text: str) -> list[Caution]:
    return [
        Caution(pointer=pointer, code=hint, vi=_HINTS[hint][0], en=_HINTS[hint][1])
        for hint in sorted(personal_hints(text))
    ]


def _texts(visit: Visit) -> Iterator[tuple[str, str]]:
    yield "/notes", visit.notes
    for place, issue in enumerate(visit.issues):
        yield f"/issues/{place}/title", issue.title
        yield f"/issues/{place}/detail", issue.detail
    if visit.report:
        yield "/report/summary", visit.report.summary


_HINTS: Final = {
    PersonalHint.IDENTITY_NUMBER: (
        "Có dãy 12 chữ số giống số căn cước; hãy bỏ nếu không cần.",
        "Twelve digits look like an identity number; remove them unless needed.",
    ),
    PersonalHint.PHONE_NUMBER: (
        "Có số giống số điện thoại; hãy bỏ nếu không cần.",
        "This looks like a phone number; remove it unless needed.",
    ),
    PersonalHint.NAMED_COMRADE: (
        "Hãy ghi sự việc, không ghi tên người nói.",
        "Record the matter, not the person's name.",
    ),
}
