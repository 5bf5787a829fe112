import pytest

from services.feedback.domain import Calendar, builtin_calendar


@pytest.fixture(scope="session")
def calendar() -> Calendar:
    return builtin_calendar()
