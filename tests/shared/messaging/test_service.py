"""A whole service on the bus: what it says of itself while its parts come and go, and how it stops."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from shared.clock import SystemClock
from shared.contracts.visits import SessionChanged
from shared.service import Service
from shared.settings import ServiceSettings, from_values
from tests.shared.messaging.conftest import World
from tests.support.messaging import DURABLE, STREAM, record, session
from tests.support.wait import eventually


@asynccontextmanager
async def feedback(world: World, migrations: Path) -> AsyncIterator[Service]:
    settings = from_values(
        ServiceSettings,
        database_url=world.target,
        nats_url=world.nats.url("feedback"),
        reconcile_interval=0.5,
    )
    service = Service("feedback", settings, SystemClock(), title="", migrations=migrations, patience=1)
    service.consume("visits", record, [SessionChanged])
    async with service.running():
        yield service


async def ready(service: Service) -> bool:
    return not await service.problems()


async def test_a_service_says_what_keeps_it_from_being_ready(world: World, tmp_path: Path) -> None:
    """Ready; not while NATS is away or a consumer is not as it should be; ready again without a restart."""
    async with feedback(world, tmp_path) as service:
        await eventually(lambda: ready(service))

        world.nats.kill()
        await eventually(lambda: _says(service, "bus"))
        await world.nats.start()
        await eventually(lambda: ready(service))

        info = await world.wire.js.consumer_info(STREAM, DURABLE)
        assert info.config is not None
        info.config.max_deliver = 3
        await world.wire.js.add_consumer(STREAM, info.config)
        await eventually(lambda: _says(service, "topology"))


async def _says(service: Service, part: str) -> bool:
    return part in await service.problems()


async def test_a_service_stops_in_twenty_seconds_although_everything_is_dead(
    world: World, tmp_path: Path
) -> None:
    """SIGTERM is obeyed with NATS gone and a message in hand."""
    async with feedback(world, tmp_path) as service:
        await eventually(lambda: ready(service))
        await world.wire.good(session())
        world.nats.kill()
        await eventually(lambda: _says(service, "bus"))
        began = time.monotonic()

    assert time.monotonic() - began < 20
    await world.nats.start()


async def test_a_restarted_service_applies_what_an_older_one_could_not_read(
    world: World, tmp_path: Path
) -> None:
    """The parked message is replayed by the start of the version that knows it; nobody has to remember."""
    old = await world.consumer(known=())
    event = session()
    async with old.database.begin() as tx:
        await tx.execute(
            "INSERT INTO quarantine (consumer, stream, stream_seq, subject, headers, payload, reason, detail, "
            "deliveries, held_at, fingerprint) VALUES ('feedback', :stream, 1, :subject, CAST(:headers AS jsonb), "
            ":payload, 'unknown_version', '', 1, :now, '')",
            stream=STREAM,
            subject=event.subject,
            headers=await _headers(world, event),
            payload=event.model_dump_json().encode(),
            now=tx.now,
        )
    await eventually(lambda: old.messages("ignored") == 1)
    await world.stop(old)

    async with feedback(world, tmp_path):
        successor = await world.consumer()
        await successor.has(1)
        await eventually(lambda: successor.held("replayed"))


async def _headers(world: World, event: SessionChanged) -> str:
    """Those of the same message in the stream, as JSON."""
    return json.dumps(await world.wire.send(event.model_dump_json().encode()))
