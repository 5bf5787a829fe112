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
    engine = create_engine(await database("feedback", migrate_feedback))
    try:
        yield Feedback(Database(engine, clock), clock)
    finally:
        await engine.dispose()


@pytest.fixture
async def desk(feedback: Feedback) -> Desk:
    return await Desk(feedback).open()
