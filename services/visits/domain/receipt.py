"""The answer to an accepted visit: the same for the same content, however often it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.clock import local_date


def numbered(accepted_at: datetime, serial: int, series: str = "") -> str:
    """A number to read out; what is no visit has a series of its own."""
    return f"{series}{local_date(accepted_at).year}-{serial:06d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An accepted content of a visit, as the receipt tells of it."""

    visit_id: UUID
    version: int
    visitor_id: UUID
    recorded_by: UUID
    """Who wrote it down: the visitor, or whoever did it for them."""
    serial: int
    accepted_at: datetime
    content_hash: str
    report_filed_at: datetime | None
    """When the report that came with this content was first filed."""

    @property
    def receipt_number(self) -> str:
        """A number to read out on the phone."""
        return numbered(self.accepted_at, self.serial)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """An accepted report. `first_filed_at` is what punctuality is judged by; later versions do not move it."""

    visit_id: UUID
    version: int
    content_hash: str
    claimed_at: datetime
    filed_at: datetime
    first_filed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """Two contents for one place: what stands there, and what came and was kept beside it."""

    recorded: Recorded
    recorded_content: Mapping[str, object]
    received_content: Mapping[str, object]
