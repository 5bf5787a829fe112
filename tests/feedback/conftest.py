"""feedback on a fresh PostgreSQL database, with a clock that the test moves."""

from collections.abc import AsyncIterator

import pytest

from services.feedback import MIGRATIONS
from shared.clock import RehearsalClock
from shared.db import create_engine, migrate
from shared.uow import Database
from tests.conftest import Fresh
from tests.feedback.desk import Desk
from tests.feedback.given import NOW, Feedback


async def migrate_feedback(dsn: str) -> None:
    await migrate(dsn, MIGRATIONS)


@pytest.fixture
def clock() -> RehearsalClock:
    return RehearsalClock(NOW)


@pytest.fixture
async def feedback(database: Fresh, clock: RehearsalClock) -> AsyncIterator[Feedback]:
    dsn = await database("feedback", migrate_feedback)
    engine, requests = create_engine(dsn), create_engine(dsn, requests=True)
    everywhere = Database(engine, clock)
    try:
        yield Feedback(everywhere, everywhere.for_requests(requests), clock)
    finally:
        await requests.dispose()
        await engine.dispose()


@pytest.fixture
async def desk(feedback: Feedback) -> Desk:
    return await Desk(feedback).open()
