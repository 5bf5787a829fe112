"""A visit that was planned and did not take place. It is no visit: it fills no quota and owes no report."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.visits.domain.rules import CLOCK_TOLERANCE, OLDEST
from services.visits.domain.visit import Device
from shared.contracts.visits import VisitKind
from shared.errors import FieldError

AHEAD: Final = timedelta(days=92)
"""A meeting may be called off so long before its day."""


class UnheldOutcome(StrEnum):
    CANCELLED = "cancelled"
    NOBODY_MET = "nobody_met"


class UnheldReason(StrEnum):
    """Why, by a code that can be counted; there is no free text in which somebody could be named."""

    WEATHER = "weather"
    RESCHEDULED = "rescheduled"
    CALLED_AWAY = "called_away"
    ILLNESS = "illness"
    NOBODY_CAME = "nobody_came"
    TOO_FEW = "too_few"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnheldVisit:
    """What a phone says of it."""

    kind: VisitKind
    unit: UUID | str
    planned_at: datetime
    outcome: UnheldOutcome
    reason: UnheldReason
    device: Device

    @property
    def content_hash(self) -> str:
        """The identity of what was said: the same content sent again is the same record."""
        content = {
            "kind": self.kind,
            "unit": str(self.unit),
            "planned_at": self.planned_at.isoformat(),
            "outcome": self.outcome,
            "reason": self.reason,
            "device": [self.device.id, self.device.seq, self.device.recorded_at.isoformat()],
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def broken_unheld(visit: UnheldVisit, *, now: datetime) -> list[FieldError]:
    """What keeps it from being recorded at `now`: nobody was missed at a time that has not come."""
    latest = now + (AHEAD if visit.outcome is UnheldOutcome.CANCELLED else CLOCK_TOLERANCE)
    if now - OLDEST <= visit.planned_at <= latest:
        return []
    return [
        FieldError(
            pointer="/planned_at",
            rule="in-future" if visit.planned_at > latest else "too-old",
            vi="Thời điểm này không khớp: quá xa so với giờ máy chủ.",
            en="This time does not fit: it is too far from the server's clock.",
            value=visit.planned_at.isoformat(),
        )
    ]
