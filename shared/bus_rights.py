"""What each service may do on the bus, and nothing else: one list, from who reads whom.

A service publishes its own events and its own receipts, reads and acknowledges by its own consumers, and
makes again its own stream and its own consumers when they are gone. It changes, empties, deletes and
overhears nothing. deploy/nats/nats.conf says the same, and a test compares the two.
"""

from collections.abc import Iterable

PAIRS = (
    ("feedback", "visits"),
    ("visits", "feedback"),
    ("notify", "visits"),
    ("notify", "feedback"),
    ("feedback", "notify"),
)
"""Consumer and producer."""


def may_publish(service: str) -> list[str]:
    """Subjects that a service may send to, requests to JetStream among them."""
    own = service.upper()
    return [
        f"{service}.>",
        f"relays.{service}.wake",
        f"$JS.API.STREAM.INFO.{own}",
        f"$JS.API.STREAM.CREATE.{own}",
        *(subject for producer in _read_by(service) for subject in _consuming(service, producer)),
    ]


def may_subscribe(service: str) -> list[str]:
    """Subjects that a service may listen to."""
    return [f"_INBOX_{service}.>", f"receipts.{service}.*", f"relays.{service}.wake"]


def _read_by(service: str) -> Iterable[str]:
    return (producer for consumer, producer in PAIRS if consumer == service)


def _consuming(service: str, producer: str) -> Iterable[str]:
    consumer = f"{producer.upper()}.{service}-{producer}"
    yield f"receipts.{producer}.{service}"
    yield f"$JS.API.STREAM.INFO.{producer.upper()}"
    yield f"$JS.API.CONSUMER.INFO.{consumer}"
    yield f"$JS.API.CONSUMER.DURABLE.CREATE.{consumer}"
    yield f"$JS.API.CONSUMER.MSG.NEXT.{consumer}"
    yield f"$JS.ACK.{consumer}.>"
