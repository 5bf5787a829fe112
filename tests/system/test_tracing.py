"""One trace from the request to the duty it caused: through a shared transaction, outbox, stream and inbox."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.feedback import app as feedback_app
from services.feedback.settings import FeedbackSettings
from services.visits.app import build
from services.visits.settings import VisitsSettings
from shared.db import migrate
from shared.engines import RunningNats
from shared.ids import uuid7
from shared.service import Service
from shared.settings import SettingsError, from_values
from shared.tracing import Tracing
from tests.conftest import Fresh
from tests.support.logs import captured_logs
from tests.support.messaging import wire
from tests.support.wait import eventually
from tests.visits.world import ORIGIN, World, meeting, migrate_visits, open_world


@dataclass
class Traced:
    """Visits and feedback on a bus, each keeping its spans for the test to read."""

    visits: World
    feedback: Service
    told_by_visits: InMemorySpanExporter
    told_by_feedback: InMemorySpanExporter

    async def put(self, *, traceparent: str | None = None, visit_id: UUID | None = None) -> UUID:
        """Record a visit and wait until feedback has taken it in."""
        visit_id = visit_id or uuid7()
        headers = {"traceparent": traceparent} if traceparent else {}
        client = await self.visits.client("M1")
        answer = await client.put(f"/visits/api/visits/{visit_id}", json=meeting(), headers=headers)
        assert answer.status_code == 201, answer.text

        async def owed() -> bool:
            async with self.feedback.database.read() as tx:
                return bool(await tx.scalar("SELECT count(*) FROM duty WHERE visit_id = :id", id=visit_id))

        await eventually(owed)
        return visit_id

    async def contexts(self, table_of: Service) -> dict[str, str | None]:
        """What the outbox carries, by what the events are about."""
        async with table_of.database.read() as tx:
            return {row.key: row.traceparent for row in await tx.all("SELECT key, traceparent FROM outbox")}


@asynccontextmanager
async def traced(database: Fresh, nats: RunningNats) -> AsyncIterator[Traced]:
    await (await wire(nats.admin_url)).client.close()
    visits_dsn = await database("visits", migrate_visits)
    register = await open_world(visits_dsn)
    feedback = feedback_app.build(
        from_values(
            FeedbackSettings,
            database_url=await database("feedback", lambda dsn: migrate(dsn, feedback_app.MIGRATIONS)),
            nats_url=nats.url("feedback"),
        ),
        register.clock,
    )
    settings = from_values(
        VisitsSettings, database_url=visits_dsn, nats_url=nats.url("visits"), public_url=ORIGIN
    )
    visits = World(build(settings, register.clock), register.clock)
    exporters = InMemorySpanExporter(), InMemorySpanExporter()
    for service, exporter in zip((visits.service, feedback), exporters, strict=True):
        service.tracing.start(service.name, SimpleSpanProcessor(exporter), ratio=0.0)
    try:
        async with visits.service.running(), feedback.running():
            yield Traced(visits, feedback, *exporters)
    finally:
        await visits.close()
        await register.close()


def given(number: int, *, sampled: bool = True) -> str:
    return f"00-{number:032x}-{number:016x}-{int(sampled):02x}"


def trace_of(span: ReadableSpan) -> int:
    assert span.context is not None
    return int(span.context.trace_id)


async def test_a_sampled_request_is_one_trace_from_the_put_to_the_duty(
    database: Fresh, private_nats: RunningNats
) -> None:
    """The caller's trace goes on in visits and below it in feedback, whose own event carries it further."""
    async with traced(database, private_nats) as world:
        with captured_logs("INFO") as log:
            visit_id = await world.put(traceparent=given(7))

        (request,) = (
            each for each in world.told_by_visits.get_finished_spans() if each.name.startswith("PUT")
        )
        (taken,) = (
            each for each in world.told_by_feedback.get_finished_spans() if "visits.visit" in each.name
        )
        assert {trace_of(request), trace_of(taken)} == {7}
        assert request.parent is not None
        assert taken.parent is not None
        assert request.context is not None
        assert (request.parent.span_id, taken.parent.span_id) == (7, request.context.span_id)
        assert request.name == "PUT /visits/api/visits/{visit_id}"
        assert taken.name == "process visits.visit.recorded.v1"
        told_on = (await world.contexts(world.feedback))[str(visit_id)]
        assert told_on is not None
        assert told_on.startswith(f"00-{7:032x}-")
        (line,) = (event for event in log.events if event["event"] == "request")
        assert line["trace_id"] == f"{7:032x}"


async def test_no_span_tells_which_visit_which_person_or_what_was_written(
    database: Fresh, private_nats: RunningNats
) -> None:
    """Attributes are of a closed list; none holds an address, an id or a text."""
    async with traced(database, private_nats) as world:
        await world.put(traceparent=given(7))

        spans = world.told_by_visits.get_finished_spans() + world.told_by_feedback.get_finished_spans()

    told = {name: value for span in spans for name, value in (span.attributes or {}).items()}
    # Whether the session's own event came in the same batch is chance.
    assert told.pop("messaging.batch.message_count") in {1, 2, 3}
    assert told == {
        "http.request.method": "PUT",
        "http.route": "/visits/api/visits/{visit_id}",
        "http.response.status_code": 201,
        "messaging.system": "nats",
        "messaging.operation.type": "process",
        "messaging.destination.name": "visits.visit.recorded.v1",
        "messaging.consumer.group.name": "feedback-visits",
    }


@pytest.mark.parametrize("traceparent", [None, given(7, sampled=False), "00-nonsense-01"])
async def test_what_is_not_sampled_leaves_no_span_and_no_context(
    traceparent: str | None, database: Fresh, private_nats: RunningNats
) -> None:
    """Neither here nor anywhere after: nobody draws again."""
    async with traced(database, private_nats) as world:
        visit_id = await world.put(traceparent=traceparent)

        assert not world.told_by_visits.get_finished_spans()
        assert not world.told_by_feedback.get_finished_spans()
        assert (await world.contexts(world.visits.service))[str(visit_id)] is None
        assert (await world.contexts(world.feedback))[str(visit_id)] is None


async def test_visits_that_share_a_transaction_keep_their_own_traces(
    database: Fresh, private_nats: RunningNats
) -> None:
    """The context travels with the command: every third request is in no trace, whoever began the flush."""
    async with traced(database, private_nats) as world:
        numbers = range(1, 25)
        ids = await asyncio.gather(*(world.put(traceparent=given(n) if n % 3 else None) for n in numbers))

        for service in (world.visits.service, world.feedback):
            contexts = await world.contexts(service)
            traces = [contexts[str(visit_id)] for visit_id in ids]
            assert [int(trace[3:35], 16) if trace else 0 for trace in traces] == [
                n if n % 3 else 0 for n in numbers
            ]


async def test_without_an_exporter_a_sampled_context_is_passed_on_as_it_came(
    database: Fresh,
) -> None:
    """A service that records nothing itself does not cut the trace of those around it."""
    world = await open_world(await database("visits", migrate_visits))
    visit_id, client = uuid7(), await world.client("M1")

    await client.put(f"/visits/api/visits/{visit_id}", json=meeting(), headers={"traceparent": given(7)})

    rows = await world.rows("SELECT traceparent FROM outbox WHERE key = :key", key=str(visit_id))
    assert [row.traceparent for row in rows] == [given(7)]
    await world.close()


def test_off_means_that_opentelemetry_is_not_even_imported() -> None:
    """No endpoint, no SDK: nothing is paid for what nobody asked for."""
    code = (
        "import sys, services.visits.app, services.feedback.app, services.notify.app\n"
        "from shared.tracing import Tracing\n"
        "Tracing.from_environment('visits', {})\n"
        "sys.exit(any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("share", ["two", "-0.1", "1.01", "nan"])
def test_a_share_that_is_none_stops_the_start_and_is_named(share: str) -> None:
    """As every wrong setting does."""
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_SAMPLER_ARG": share}

    with pytest.raises(SettingsError, match="OTEL_TRACES_SAMPLER_ARG"):
        Tracing.from_environment("visits", environment)
