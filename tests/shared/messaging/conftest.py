"""Nodes on a bus of their own, stopped after the test whatever it did to them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.engines import RunningNats
from tests.conftest import Fresh
from tests.support.messaging import Consumer, Node, Producer, Wire, recording_schema, wire


@dataclass
class World:
    """Two databases, a bus, and the nodes a test made of them."""

    source: str
    target: str
    nats: RunningNats
    wire: Wire
    running: list[Node] = field(default_factory=list)

    async def producer(self, **options: Any) -> Producer:
        node = Producer(self.source, self.nats.url("visits"), **options)
        self.running.append(node)
        return await node.start()

    async def consumer(self, **options: Any) -> Consumer:
        node = Consumer(self.target, self.nats.url("feedback"), **options)
        self.running.append(node)
        return await node.start()

    async def pause_relay(self, producer: Producer) -> None:
        """What is committed from now on stays in the outbox until `resume_relay`."""
        producer.halt.set()
        producer.database.committed.set()
        producer.bus.refusal.set()
        await asyncio.gather(*producer.tasks)
        producer.halt.clear()

    async def resume_relay(self, producer: Producer) -> None:
        producer.tasks = [asyncio.create_task(producer.relay.run(producer.halt))]

    async def crash(self, node: Node) -> None:
        self.running.remove(node)
        await node.crash()

    async def stop(self, node: Node) -> None:
        self.running.remove(node)
        await node.stop()


@pytest.fixture
async def world(database: Fresh, private_nats: RunningNats) -> AsyncIterator[World]:
    made = World(
        source=await database("visits", recording_schema),
        target=await database("feedback", recording_schema),
        nats=private_nats,
        wire=await wire(private_nats.admin_url),
    )
    try:
        yield made
    finally:
        for node in made.running:
            await node.stop()
        with suppress(Exception):
            await made.wire.client.close()
