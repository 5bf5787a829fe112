"""faststream-outbox as a relay to JetStream, as its tutorial writes it and as well as it can be tuned."""

from typing import Any

from faststream.nats import NatsBroker
from faststream_outbox import OutboxBroker, make_outbox_table
from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import create_async_engine

METADATA = MetaData()
OUTBOX = make_outbox_table(METADATA)
QUEUE = "visits"

DEFAULT: dict[str, Any] = {}
#: The best of a sweep over 8 to 128 workers, fetches of 500 and 1,000 and flushes of 1 to 500.
TUNED: dict[str, Any] = {
    "max_workers": 32,
    "fetch_batch_size": 1000,
    "min_fetch_interval": 0.01,
    "terminal_flush_batch_size": 500,
}


def brokers(
    dsn: str, nats_url: str, *, subject: str, stream: str, options: dict[str, Any]
) -> tuple[NatsBroker, OutboxBroker]:
    """The two brokers, the relay between them already declared; start the first, then the second."""
    nats = NatsBroker(nats_url, logger=None)
    outbox = OutboxBroker(create_async_engine(dsn, pool_size=40), outbox_table=OUTBOX, logger=None)

    @nats.publisher(subject, stream=stream, timeout=5)
    @outbox.subscriber(QUEUE, **options)
    async def relay(event: dict[str, Any]) -> dict[str, Any]:
        return event

    return nats, outbox
