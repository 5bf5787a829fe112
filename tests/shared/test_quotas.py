"""Quotas: a burst passes, a flood does not, and who waits gets through."""

from uuid import uuid4

import pytest

from shared.errors import TooMany
from shared.http.quotas import Allowance, Quotas

ME = uuid4()


def test_a_bucket_fills_again_as_time_passes() -> None:
    """Sixty a minute: sixty at once, then one a second."""
    now = [0.0]
    allowance = Allowance(60, clock=lambda: now[0])

    burst = [allowance.wait("me") for _ in range(61)]
    now[0] = 1.0
    after = [allowance.wait("me") for _ in range(2)]

    assert burst == [0.0] * 60 + [1.0]
    assert after == [0.0, 1.0]
    assert allowance.wait("somebody else") == 0.0


def test_no_limit_is_no_limit() -> None:
    """Nothing is even counted."""
    quotas = Quotas()

    for _ in range(10_000):
        quotas.write("10.0.0.1", uuid4())
        quotas.knock("10.0.0.1")


def test_a_person_and_an_address_have_a_bucket_each() -> None:
    """Many people behind one address are held to the address's limit, and told when to come back."""
    quotas = Quotas(person=2, address=5)

    for _ in range(2):
        quotas.write("10.0.0.1", ME)
    with pytest.raises(TooMany) as alone:
        quotas.write("10.0.0.1", ME)
    for _ in range(5):
        quotas.write("10.0.0.2", uuid4())
    with pytest.raises(TooMany) as together:
        quotas.write("10.0.0.2", uuid4())

    assert alone.value.retry_after == 30
    assert together.value.retry_after == 12


def test_a_flood_of_addresses_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Full buckets are forgotten; they say nothing."""
    monkeypatch.setattr("shared.http.quotas._BUCKETS", 100)
    now = [0.0]
    allowance = Allowance(60, clock=lambda: now[0])

    for number in range(1_000):
        now[0] += 1.0
        allowance.wait(number)

    assert len(allowance._buckets) <= 100
