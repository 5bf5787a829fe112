"""What operators ask of visits: what is accepted, what is refused, how the batches go, who fails to sign in."""

from collections.abc import Sequence

from prometheus_client import Counter, Histogram

from services.visits.handlers.visits import Accepted, Clashed, Outcome, Refused
from services.visits.store import phones
from shared.metrics import Metrics
from shared.uow import Database

OUTCOMES = ("accepted", "repeated", "clashed", "refused")


class VisitsMetrics:
    """The instruments of this service on its registry; every label starts at zero."""

    def __init__(self, metrics: Metrics, database: Database) -> None:
        self._database = database
        self.visits: Counter = metrics.counter(
            "visits_received", "Visits by what became of them", labels=("outcome",)
        )
        self.reports: Counter = metrics.counter("reports_filed", "Reports filed, new versions too")
        self.batches: Histogram = metrics.histogram(
            "visits_batch_size",
            "Visits that shared one transaction",
            buckets=(1, 2, 4, 8, 16, 32, 64),
        )
        self.sign_ins: Counter = metrics.counter("sign_ins", "Sign-ins by result", labels=("result",))
        metrics.at_scrape(
            "visits_device_sequence_gaps",
            "Numbers that phones have used and that are neither here nor on the phone",
            self._gaps,
            ttl=60.0,
        )
        metrics.at_scrape(
            "visits_oldest_unsent_seconds",
            "Age of the oldest record that a phone said it had not sent",
            self._oldest_unsent,
            ttl=60.0,
        )
        metrics.at_scrape(
            "visits_silent_phones",
            "Phones with unsent records that have not been heard of for a day",
            self._silent,
            ttl=60.0,
        )
        for outcome in OUTCOMES:
            self.visits.labels(outcome)
        for result in ("opened", "refused", "slowed"):
            self.sign_ins.labels(result)

    async def _gaps(self) -> float:
        async with self._database.read() as tx:
            return float((await phones.reports(tx)).gaps)

    async def _oldest_unsent(self) -> float:
        async with self._database.read() as tx:
            oldest = (await phones.reports(tx)).oldest_unsent_at
        return 0.0 if oldest is None else max((self._database.clock.now() - oldest).total_seconds(), 0.0)

    async def _silent(self) -> float:
        async with self._database.read() as tx:
            return float((await phones.reports(tx)).silent)

    def count(self, outcomes: Sequence[Outcome]) -> None:
        """A committed batch: what landed, not what was tried."""
        self.batches.observe(len(outcomes))
        for outcome in outcomes:
            self.visits.labels(_word(outcome)).inc()


def _word(outcome: Outcome) -> str:
    match outcome:
        case Accepted():
            return "accepted" if outcome.is_new else "repeated"
        case Clashed():
            return "clashed"
        case Refused():
            return "refused"
