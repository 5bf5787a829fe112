"""Metrics of one service on a registry of its own: what operators ask, cheap enough to ask often.

Counters are moved where things land; states (how many, how old) are read from the database when somebody
asks, and remembered for a few seconds. Labels are few and fixed: never an id, never a name.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

Reading = float | Mapping[tuple[str, ...], float]
log = structlog.get_logger()

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(slots=True)
class _AtScrape:
    """A gauge that is read when asked for."""

    name: str
    gauge: Gauge
    read: Callable[[], Awaitable[Reading]]
    ttl: float
    labelled: bool
    fresh_until: float = field(default=0.0)


class Metrics:
    """The instruments of one service. Names are written in full: `feedback_open_duties`."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, service: str) -> None:
        self.service = service
        self.registry = CollectorRegistry()
        self._at_scrape: list[_AtScrape] = []
        self._failed = self.counter(
            "metrics_read_failures_total", "Gauges that could not be read at a scrape.", labels=("gauge",)
        )

    def counter(self, name: str, help: str, *, labels: Sequence[str] = ()) -> Counter:  # noqa: A002  # Prometheus' own word
        return Counter(name, help, labels, registry=self.registry)

    def gauge(self, name: str, help: str, *, labels: Sequence[str] = ()) -> Gauge:  # noqa: A002  # Prometheus' own word
        return Gauge(name, help, labels, registry=self.registry)

    def histogram(
        self,
        name: str,
        help: str,  # noqa: A002  # Prometheus' own word
        *,
        labels: Sequence[str] = (),
        buckets: Sequence[float] = _BUCKETS,
    ) -> Histogram:
        return Histogram(name, help, labels, buckets=buckets, registry=self.registry)

    def at_scrape(
        self,
        name: str,
        help: str,  # noqa: A002  # Prometheus' own word
        read: Callable[[], Awaitable[Reading]],
        *,
        labels: Sequence[str] = (),
        ttl: float = 5.0,
    ) -> None:
        """A gauge whose value `read` tells: a number, or one per tuple of label values."""
        self._failed.labels(name)
        gauge = self.gauge(name, help, labels=labels)
        self._at_scrape.append(_AtScrape(name, gauge, read, ttl, bool(labels)))

    async def expose(self) -> bytes:
        """Everything, in Prometheus' text format. A gauge that cannot be read keeps its last value."""
        for source in self._at_scrape:
            if source.fresh_until < time.monotonic():
                await self._refresh(source)
        return generate_latest(self.registry)

    async def _refresh(self, source: _AtScrape) -> None:
        try:
            reading = await source.read()
        except Exception:  # one broken gauge must not hide the others
            self._failed.labels(source.name).inc()
            log.warning("metric unreadable", metric=source.name, exc_info=True)
            return
        source.fresh_until = time.monotonic() + source.ttl
        if isinstance(reading, Mapping):
            source.gauge.clear()
            for values, number in reading.items():
                source.gauge.labels(*values).set(number)
        else:
            source.gauge.set(reading)
