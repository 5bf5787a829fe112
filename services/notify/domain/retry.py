"""How often a message is tried again: 1 minute, then twice as long up to an hour, for a day in all."""

from datetime import timedelta

_FIRST = timedelta(minutes=1)
_LONGEST = timedelta(hours=1)
_IN_ALL = timedelta(hours=24)


def retry_after(attempts: int) -> timedelta | None:
    """How long to wait after the failed attempt number `attempts` (from 1), or None to give up."""
    waited = sum((_delay(attempt) for attempt in range(1, attempts)), timedelta())
    return _delay(attempts) if waited < _IN_ALL else None


def _delay(attempt: int) -> timedelta:
    return min(_FIRST * (1 << min(attempt - 1, 10)), _LONGEST)
