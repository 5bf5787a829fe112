"""The committee's grid and the member's own meters count by one rule, each service from its own records."""

from datetime import UTC, date, datetime
from typing import Any

from services.demo import demo_register
from services.feedback.consumers import Consumer
from services.feedback.views.grid import grid
from services.visits.domain.absences import Absence
from services.visits.domain.cadence import Quota
from services.visits.domain.register import read_register, register_id
from services.visits.handlers import import_register, put_quota
from services.visits.handlers.absences import put_absence
from services.visits.handlers.telling import tell_untold
from services.visits.views import own_cadence
from shared import directory
from shared.clock import RehearsalClock
from shared.contracts import EVENTS
from shared.contracts.visits import AbsenceReason, Period, VisitKind
from shared.db import create_engine
from shared.ids import uuid7
from shared.uow import Database
from tests.conftest import Fresh
from tests.feedback.conftest import migrate_feedback
from tests.visits.world import migrate_visits

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
COMMITTEE = register_id("TS", "unit", "TS")


async def test_both_services_count_the_same_for_every_member(database: Fresh) -> None:
    """F56: done and required of every member of the demo's register, with a new quota and a member excused."""
    visits = Database(create_engine(await database("visits", migrate_visits)), RehearsalClock(NOW))
    feedback = Database(create_engine(await database("feedback", migrate_feedback)), RehearsalClock(NOW))
    register = read_register(demo_register())
    async with visits.begin() as tx:
        await import_register(register, tx)
        monthly = Quota(
            kind=VisitKind.MEETING_ATTENDANCE, period=Period.MONTH, min_count=1, valid_from=date(2026, 8, 15)
        )
        await put_quota(uuid7(), COMMITTEE, monthly, tx, basis_document="05-QĐ/ĐU")
        excused = Absence(
            absence_id=uuid7(),
            version=1,
            committee_id=COMMITTEE,
            person_id=register_id("TS", "person", "M12"),
            first=date(2026, 3, 1),
            last=date(2026, 6, 30),
            reason=AbsenceReason.TRAINING,
        )
        await put_absence(excused, tx, by=COMMITTEE)
    await pass_on(visits, feedback)

    async with feedback.read() as tx:
        shown = await grid(tx, COMMITTEE, 2026)
    async with visits.read() as tx:
        people = [p for p in await directory.people(tx, COMMITTEE) if p.code.startswith("M")]
        own = {person.person_id: await own_cadence(tx, person, 2026) for person in people}

    assert {line.person.person_id for line in shown.lines} == set(own)
    for line in shown.lines:
        for kind in VisitKind:
            counted = [
                (c.span.period, c.span.first, c.span.last, c.done, c.required) for c in line.cells[kind]
            ]
            assert counted == [
                (c.period, c.first, c.last, c.done, c.required) for c in own[line.person.person_id][kind]
            ]
    for each in (visits, feedback):
        await each.engine.dispose()


async def test_what_stood_before_it_was_told_is_told_once(database: Fresh) -> None:
    """An installation from before: quotas and plans reach feedback by housekeeping, and a second round tells nothing."""
    visits = Database(create_engine(await database("visits", migrate_visits)), RehearsalClock(NOW))
    feedback = Database(create_engine(await database("feedback", migrate_feedback)), RehearsalClock(NOW))
    async with visits.begin() as tx:
        await tx.execute(
            """
            INSERT INTO quota (quota_id, committee_id, kind, period, min_count, valid_from, basis_document)
            VALUES (gen_random_uuid(), :ward, 'field_trip', 'month', 2, '2026-01-01', '')
            """,
            ward=COMMITTEE,
        )
        await tx.execute(
            """
            INSERT INTO plan (plan_id, version, committee_id, person_id, unit_id, kind, day, made_by, made_at,
                              changed_by, changed_at)
            VALUES (gen_random_uuid(), 3, :ward, :ward, :ward, 'field_trip', '2026-12-03', :ward, now(), :ward, now())
            """,
            ward=COMMITTEE,
        )
        await tx.execute(
            """
            INSERT INTO unheld_visit (unheld_id, committee_id, unit_id, visitor_id, kind, planned_at, outcome, reason,
                                      content_hash, recorded_by, accepted_at)
            VALUES (gen_random_uuid(), :ward, :ward, :ward, 'field_trip', '2026-10-03T18:30:00Z', 'cancelled',
                    'weather', '', :ward, now())
            """,
            ward=COMMITTEE,
        )

    assert await tell_untold(visits, date(2026, 11, 22)) == 3
    assert await tell_untold(visits, date(2026, 11, 23)) == 0
    await pass_on(visits, feedback)

    async with feedback.read() as tx:
        assert (await tx.scalar("SELECT version FROM plan")) == 3
        assert (await tx.scalar("SELECT min_count FROM quota")) == 2
        assert (await tx.scalar("SELECT day FROM unheld")) == date(2026, 10, 4)  # the local day
    for each in (visits, feedback):
        await each.engine.dispose()


async def pass_on(visits: Database, feedback: Database) -> None:
    """What visits told, newest first and some of it twice, as no bus would be worse."""
    async with visits.read() as tx:
        rows: Any = await tx.all("SELECT subject, payload FROM outbox ORDER BY seq DESC")
    told = [EVENTS[row.subject].model_validate_json(row.payload) for row in rows]
    consumer = Consumer()
    for start in range(0, len(told), 200):
        async with feedback.begin() as tx:
            await consumer.handle(told[max(0, start - 20) : start + 200], tx)
