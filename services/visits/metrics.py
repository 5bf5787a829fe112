"""What operators ask of visits: what is accepted, what is refused, how the batches go, who fails to sign in."""

from collections.abc import Sequence

from prometheus_client import Counter, Histogram

from services.visits.handlers.visits import Accepted, Clashed, Outcome, Refused
from shared.metrics import Metrics

OUTCOMES = ("accepted", "repeated", "clashed", "refused")


class VisitsMetrics:
    """The instruments of this service on its registry; every label starts at zero."""

    def __init__(self, metrics: Metrics) -> None:
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
        for outcome in OUTCOMES:
            self.visits.labels(outcome)
        for result in ("opened", "refused", "slowed"):
            self.sign_ins.labels(result)

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
