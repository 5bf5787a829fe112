"""A member's phone: it makes the ids, keeps what it recorded in order, and sends until it holds a receipt.

It speaks HTTP only, and believes nothing but an answer it has read: a cut connection, a time-out or a 5xx
means "perhaps", so it sends the same again.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx2

from shared.ids import uuid7

Json = dict[str, Any]
Turn = Callable[[float], Awaitable[None]]
"""Waits until this part (0 to 1) of the queue may be sent."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A visit as the phone froze it."""

    visit_id: UUID
    body: Json
    twice: bool = False
    """The phone sends it again although it has a receipt, as after a crash of its own."""

    @property
    def issue_ids(self) -> list[UUID]:
        return [UUID(issue["id"]) for issue in self.body["issues"]]


@dataclass
class Phone:
    """One member's queue. `statuses` counts every answer; the key 0 stands for none at all."""

    client: httpx2.AsyncClient
    queue: list[Entry]
    rng: random.Random
    receipts: dict[UUID, Json] = field(default_factory=dict)
    received_at: dict[UUID, float] = field(default_factory=dict)
    """When each first receipt came, on the monotonic clock."""
    statuses: Counter[int] = field(default_factory=Counter)

    async def send_all(self, turn: Turn) -> None:
        """Send the queue in order, each entry when its turn has come, until all receipts are here."""
        for place, entry in enumerate(self.queue):
            await turn(place / len(self.queue))
            self.receipts[entry.visit_id] = await self.deliver(entry)
            self.received_at[entry.visit_id] = time.monotonic()
            if entry.twice:
                assert await self.deliver(entry) == self.receipts[entry.visit_id], "another receipt"

    async def deliver(self, entry: Entry) -> Json:
        """Send one entry until it is answered with a receipt, with growing pauses between the tries."""
        pause = 0.1
        while True:
            answer = await self._put(entry)
            if answer is not None and answer.status_code in (200, 201):
                return dict(answer.json())
            if answer is not None and answer.status_code not in (429, 500, 502, 503, 504):
                raise AssertionError(f"the phone cannot go on: {answer.status_code} {answer.text}")
            await asyncio.sleep(pause * self.rng.uniform(0.5, 1.5))
            pause = min(pause * 2, 2.0)

    async def _put(self, entry: Entry) -> httpx2.Response | None:
        try:
            answer = await self.client.put(f"/visits/api/visits/{entry.visit_id}", json=entry.body)
        except httpx2.TransportError:
            self.statuses[0] += 1
            return None
        self.statuses[answer.status_code] += 1
        return answer


def visit_body(
    unit_code: str,
    started_at: datetime,
    *issues: Json,
    device: str = "phone-1",
    seq: int = 1,
    meeting: bool = False,
    reported: bool = False,
) -> Json:
    """What a phone sends: an hour at a unit, with these issues or with nothing raised."""
    ended_at = started_at + timedelta(hours=1)
    report = {"summary": "Đã nắm tình hình tại chi bộ.", "claimed_at": ended_at.isoformat()}
    return {
        "kind": "meeting_attendance" if meeting else "field_trip",
        "unit_code": unit_code,
        "started_at": started_at.isoformat(),
        "ended_at": ended_at.isoformat(),
        "device": {"id": device, "seq": seq, "recorded_at": ended_at.isoformat()},
        "meeting": {"kind": "regular"} if meeting else None,
        "notes": "",
        "nothing_raised": not issues,
        "issues": list(issues),
        **({"report": report} if reported else {}),
    }


def issue_body(title: str = "Rãnh thoát nước bị tắc", *, urgent: bool = False, **facts: Any) -> Json:
    """One matter, under an id of the phone's own."""
    return {
        "id": str(uuid7()),
        "kind": "petition",
        "field": "environment",
        "title": title,
        "detail": "",
        "urgency": "urgent" if urgent else "normal",
        "access_class": "normal",
        "resolved_on_spot": False,
    } | facts
