"""All three OpenAPI documents hold: no answer is a fault, none outside its schema, and no refusal tells how we are made.

Requests come from the documents themselves: the edges of every parameter and field, then random ones, half of
them wrong. They are the same in every run; `make soak` asks ten times as many.
"""

from collections.abc import Iterator

import pytest

from shared.contracts.envelope import Producer
from shared.contracts.visits import Role
from tests.support.fuzz import Fuzz
from tests.support.logs import captured_logs
from tests.support.servers import Databases
from tests.support.whole import PEOPLE, Whole, whole


@pytest.fixture(scope="module")
def world(databases: Databases) -> Iterator[Whole]:
    """A ward of its own: what is asked here changes it."""
    with whole(databases) as ward:
        yield ward


@pytest.mark.parametrize("service", ["visits", "feedback", "notify"])
def test_no_answer_is_a_fault_or_outside_its_schema(world: Whole, service: Producer) -> None:
    """By people of every role, a phone and nobody: every operation, good and bad data."""
    fuzz = _asked(world, service, boundaries=12, random=14)

    assert fuzz.findings.wrong == {}, fuzz.findings.told
    assert _untouched(world)


@pytest.mark.soak
@pytest.mark.parametrize("service", ["visits", "feedback", "notify"])
def test_no_answer_is_a_fault_in_five_hundred_of_each(world: Whole, service: Producer) -> None:
    """The same with every edge and five hundred random requests an operation."""
    fuzz = _asked(world, service, boundaries=1_000, random=250)

    assert fuzz.findings.wrong == {}, fuzz.findings.told


def _asked(world: Whole, service: Producer, *, boundaries: int, random: int) -> Fuzz:
    fuzz = Fuzz(world)
    operations = fuzz.operations(service)
    with captured_logs("ERROR"):
        for operation in operations:
            fuzz.by_everybody(operation)
            fuzz.boundaries(operation, boundaries)
            fuzz.at_random(operation, random)
    asked = {operation for operation, _ in fuzz.findings.statuses}
    assert asked == {operation.label for operation in operations}
    assert fuzz.findings.cases > 20 * len(operations)
    print(f"{service}: {len(operations)} operations, {fuzz.findings.cases} requests")  # noqa: T201  # of a run with -s
    return fuzz


def _untouched(world: Whole) -> bool:
    """Nobody who asked lost or won a post meanwhile: the answers were those to their roles."""

    async def roles() -> dict[Role, frozenset[Role]]:
        sessions = world.services["visits"].sessions
        return {role: (await sessions.principal(await world.sign_in(role))).roles for role in PEOPLE}

    return all(role in held for role, held in world.wait(roles()).items())
