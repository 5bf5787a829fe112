import pytest
from hypothesis import settings

from services.feedback.domain import Calendar, builtin_calendar

# The properties are about dates; a busy machine must not turn them into a test of its speed.
settings.register_profile("dates", deadline=None)
settings.load_profile("dates")


@pytest.fixture(scope="session")
def calendar() -> Calendar:
    return builtin_calendar()
