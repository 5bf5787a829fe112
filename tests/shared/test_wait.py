"""`eventually` is what every other test waits with."""

import pytest

from tests.support.wait import eventually


async def test_it_waits_until_the_condition_holds_and_returns_its_value() -> None:
    """Sync and async conditions alike."""
    seen: list[int] = []

    def third_time() -> list[int]:
        seen.append(1)
        return seen if len(seen) == 3 else []

    async def at_once() -> str:
        return "ready"

    assert await eventually(third_time, every=0) == [1, 1, 1]
    assert await eventually(at_once) == "ready"


async def test_a_failed_assertion_means_not_yet_and_becomes_the_reason_in_the_end() -> None:
    """The reader of a failed test sees what was still wrong."""

    def never() -> bool:
        raise AssertionError("two of three arrived")

    with pytest.raises(AssertionError, match="not true within") as failure:
        await eventually(never, timeout=0.01)

    assert str(failure.value.__cause__) == "two of three arrived"


async def test_any_other_error_is_not_waited_for() -> None:
    """A broken condition fails at once."""

    def broken() -> bool:
        raise KeyError("x")

    with pytest.raises(KeyError):
        await eventually(broken)
