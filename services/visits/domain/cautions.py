"""What a visit's writer should look at again: a person in a free text, a clock that runs ahead.

A caution never refuses. The same content gets the same cautions, so that a repeated request gets the
same receipt.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from services.visits.domain.visit import Visit
from shared.cautions import Caution, personal_cautions

CLOCK_AHEAD: Final = timedelta(minutes=10)


def cautions_about(visit: Visit, *, accepted_at: datetime) -> list[Caution]:
    """Hints at persons in free text, and a phone clock that runs ahead. The same content warns the same."""
    found = [caution for pointer, text in _texts(visit) for caution in personal_cautions(pointer, text)]
    if visit.device and visit.device.corrected_at > accepted_at + CLOCK_AHEAD:
        found.append(
            Caution(
                pointer="/device/recorded_at",
                code="clock-ahead",
                vi="Đồng hồ của máy chạy nhanh hơn giờ máy chủ; hãy chỉnh lại.",
                en="The device's clock runs ahead of the server's; please set it.",
            )
        )
    return found


def _texts(visit: Visit) -> Iterator[tuple[str, str]]:
    yield "/notes", visit.notes
    for place, issue in enumerate(visit.issues):
        yield f"/issues/{place}/title", issue.title
        yield f"/issues/{place}/detail", issue.detail
    if visit.report:
        yield "/report/summary", visit.report.summary
