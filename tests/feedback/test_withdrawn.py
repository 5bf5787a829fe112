"""A visit that was taken in by mistake and withdrawn counts nowhere, as if it had never been."""

from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from services.feedback.domain.owed import report_duty_id
from services.feedback.views import figures
from services.feedback.views.coverage import Choice, coverage
from services.feedback.views.grid import grid
from services.feedback.views.morning import morning, unvisited
from shared.contracts.feedback import DutyClosed, DutyClosure, DutyKind
from shared.contracts.visits import VisitKind, VisitRecorded
from shared.ids import derived_id
from tests.feedback import registers
from tests.feedback.given import Feedback, id_of, issue, local, visit
from tests.feedback.test_figures import DATA, take_all

WARD: Path = DATA / "tu_son_2026"
AS_OF = datetime.fromisoformat("2026-11-22T08:00:00+07:00")


async def told(feedback: Feedback, committee_id: UUID, as_of: datetime) -> dict[str, Any]:
    """What the committee reads of all visits together."""
    async with feedback.database.read() as tx:
        found = asdict(await figures(tx, committee_id, as_of))
        found.pop("as_of")
        shown = await coverage(tx, committee_id, Choice())
        desk = asdict(await morning(tx, committee_id))
        desk.pop("as_of", None)
        return {
            "figures": found,
            "cells": shown.cells,
            "unvisited": await unvisited(tx, committee_id),
            "grid": (await grid(tx, committee_id, 2026)).lines,
            "morning": desk,
        }


def mistaken(event: VisitRecorded, number: int) -> VisitRecorded:
    """The same visit recorded a second time, at a time of its own."""
    later = event.started_at + timedelta(minutes=number)
    return event.model_copy(
        update={
            "visit_id": derived_id(event.visit_id, "mistaken"),
            "started_at": later,
            "issues": tuple(
                each.model_copy(update={"issue_id": derived_id(each.issue_id, "mistaken")})
                for each in event.issues
            ),
        }
    )


async def test_what_was_withdrawn_counts_nowhere_from_then_on(feedback: Feedback) -> None:
    """Figures, grid, coverage and morning are as before; as of a moment in between they are as they were then."""
    events = list(registers.events(registers.read(WARD), history=False))
    await take_all(feedback, events)
    recorded = [event for event in events if isinstance(event, VisitRecorded)]
    (committee_id,) = {event.committee_id for event in recorded}
    wrong = [mistaken(event, number) for number, event in enumerate(recorded[::9])]
    feedback.clock.move_to(AS_OF)
    before = await told(feedback, committee_id, AS_OF)

    feedback.clock.move_to(AS_OF + timedelta(hours=1))
    await take_all(feedback, list(wrong))
    between = await told(feedback, committee_id, AS_OF + timedelta(hours=1))
    feedback.clock.move_to(AS_OF + timedelta(hours=2))
    at = feedback.clock.now()
    await take_all(feedback, [event.model_copy(update={"version": 2, "withdrawn_at": at}) for event in wrong])

    assert await told(feedback, committee_id, at) == before
    trips = sum(event.kind is VisitKind.FIELD_TRIP for event in wrong)
    assert between["figures"]["counts"]["field_trips"] == before["figures"]["counts"]["field_trips"] + trips
    past = await told(feedback, committee_id, AS_OF + timedelta(hours=1))
    assert past["figures"]["counts"]["field_trips"] == between["figures"]["counts"]["field_trips"]


async def test_nothing_is_owed_for_what_was_withdrawn(feedback: Feedback) -> None:
    """Every open duty ends, told to whoever waits for it: nobody is reminded of a visit that never was."""
    drain, lamp = (
        issue("drain"),
        issue("lamp", forwarded_to=id_of("office"), forwarded_at=local("2026-10-06 08:00")),
    )
    await feedback.take(visit("evening", drain, lamp))
    await feedback.take(visit("evening", drain, lamp, version=2, withdrawn_at=local("2026-10-06 09:00")))

    duties = await feedback.duties()

    assert {duty.kind for duty in duties} == {DutyKind.REPORT, DutyKind.FORWARD, DutyKind.ANSWER}
    assert {duty.closure for duty in duties} == {DutyClosure.NOT_OWED}
    closed = {event.duty.duty_id for event in await feedback.published() if isinstance(event, DutyClosed)}
    assert closed >= {duty.duty_id for duty in duties}
    assert report_duty_id(id_of("evening")) in closed
    assert await feedback.rows("SELECT issue_id FROM issue WHERE NOT removed") == []
