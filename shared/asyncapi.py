"""The AsyncAPI document of a service: what it publishes and what it reads, from the contracts themselves."""

import json
from collections.abc import Sequence
from typing import Any

from faststream.nats import JStream, NatsBroker, PullSub
from faststream.specification.asyncapi import AsyncAPI

from shared.contracts.envelope import Event
from shared.topology import stream_of


def document(
    name: str,
    *,
    title: str,
    version: str,
    publishes: Sequence[type[Event]],
    reads: Sequence[type[Event]],
) -> dict[str, Any]:
    """AsyncAPI 3.0 of one service. The broker made here is never connected."""
    broker = NatsBroker("nats://localhost:4222", logger=None)
    for event in publishes:
        broker.publisher(
            event.subject,
            schema=event,
            title=event.subject,
            description=event.__doc__,
            stream=JStream(stream_of(name), declare=False),
        )
    for event in reads:
        producer = event.subject.split(".", 1)[0]

        async def read(body: Any) -> None: ...

        read.__annotations__["body"] = event
        broker.subscriber(
            event.subject,
            title=event.subject,
            description=event.__doc__,
            stream=JStream(stream_of(producer), declare=False),
            durable=f"{name}-{producer}",
            pull_sub=PullSub(),
        )(read)
    specification = AsyncAPI(broker, title=title, version=version).to_specification()
    # FastStream keeps endpoints in a set: without an order the document would change from run to run.
    return dict(json.loads(json.dumps(json.loads(specification.to_json()), sort_keys=True)))
