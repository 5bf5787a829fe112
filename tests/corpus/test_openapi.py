"""All three OpenAPI documents hold: no answer is a fault, none outside its schema, and no refusal tells how we are made.

Requests come from the documents themselves: the edges of every parameter and field, then random ones, half of
them wrong. They are the same in every run; `make soak` asks ten times as many.
"""

from collections.abc import Iterator

import httpx2
import pytest
import requests
import schemathesis
from schemathesis.core.failures import FailureGroup

from services.installation import unconnected
from shared.contracts.envelope import Producer
from shared.contracts.visits import Role
from tests.support.edge import ORIGIN
from tests.support.fuzz import CHECKS, LEAK, Fuzz, as_schemathesis, closed
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
    fuzz = _asked(world, service, boundaries=8, random=8)

    assert fuzz.findings.wrong == {}, fuzz.findings.told
    assert _untouched(world)


@pytest.mark.soak
@pytest.mark.parametrize("service", ["visits", "feedback", "notify"])
def test_no_answer_is_a_fault_in_five_hundred_of_each(world: Whole, service: Producer) -> None:
    """The same with every edge and five hundred random requests an operation."""
    fuzz = _asked(world, service, boundaries=1_000, random=250)

    assert fuzz.findings.wrong == {}, fuzz.findings.told


@pytest.mark.parametrize(("body", "found"), [({}, 0), ({"secret": 1}, 1)])
def test_a_field_that_no_document_lists_is_found(body: dict[str, int], found: int) -> None:
    """ASVS 15.3.1: the documents are read as closed, so that an answer with one field more is outside its schema."""
    [feedback] = [service for service in unconnected() if service.name == "feedback"]
    schema = schemathesis.openapi.from_dict(closed(feedback.app.openapi()), config=schemathesis.Config())
    [ready] = [each.ok() for each in schema.get_all_operations() if each.ok().path.endswith("/readyz")]
    asked = requests.Request("GET", f"{ORIGIN}/feedback/readyz").prepare()
    answer = httpx2.Response(
        200, json={"ready": True, "problems": {}} | body, request=httpx2.Request("GET", asked.url or "")
    )

    failures: tuple[Exception, ...] = ()
    try:
        ready.Case().validate_response(as_schemathesis(asked, answer), checks=CHECKS)
    except FailureGroup as group:
        failures = tuple(group.exceptions)

    assert len(failures) == found


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("Traceback (most recent call last)", True),
        ('File "/srv/app.py", line 7', True),
        ("SELECT * FROM duty", True),
        ("relation violates a constraint", True),
        ("cannot read /home/app/x", True),
        ("ValueError: no", True),
        ("VisitIn", True),
        ("Không tìm thấy.", False),
        ("Select one of: open, closed.", False),
    ],
)
def test_what_tells_how_we_are_made_is_recognised(text: str, tells: bool) -> None:
    """ASVS 16.5.1: a trace, a query, a path of the machine, the name of a class; and no sentence for people."""
    assert bool(LEAK.search(text)) is tells


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
    assert fuzz.findings.cases > 12 * len(operations)
    print(f"{service}: {len(operations)} operations, {fuzz.findings.cases} requests")  # noqa: T201  # of a run with -s
    return fuzz


def _untouched(world: Whole) -> bool:
    """Nobody who asked lost or won a post meanwhile: the answers were those to their roles."""

    async def roles() -> dict[Role, frozenset[Role]]:
        sessions = world.services["visits"].sessions
        return {role: (await sessions.principal(await world.sign_in(role))).roles for role in PEOPLE}

    return all(role in held for role, held in world.wait(roles()).items())
