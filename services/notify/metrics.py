"""What ops ask of notify: is anything late, did it land, whom did nobody reach. Labels never name a person."""

from prometheus_client import Counter

from services.notify.domain.message import EMAIL, INBOX, PUSH, Reason
from services.notify.store import escalations as escalation_store
from services.notify.store import ledger, phones
from shared.metrics import Metrics
from shared.uow import Database

OUTCOMES = ("sent", "bundled", "delivered", "retried", "failed", "lost_lease")
PUSH_OUTCOMES = ("accepted", "gone", "later", "refused")
SUPPRESSIONS = (
    Reason.DONE,
    Reason.NOT_OWED,
    Reason.DUE_DATE_MOVED,
    Reason.SUPERSEDED,
    Reason.NO_NOTIFICATION_SENT,
)


class NotifyMetrics:
    """The instruments of this service; every label starts at zero."""

    def __init__(self, metrics: Metrics, database: Database) -> None:
        self.deliveries: Counter = metrics.counter(
            "notify_deliveries", "Attempts to deliver a message", labels=("channel", "outcome")
        )
        self.suppressed: Counter = metrics.counter(
            "notify_suppressed", "Messages taken back before they were sent", labels=("reason",)
        )
        self.unreachable: Counter = metrics.counter(
            "notify_unreachable", "Rungs that found nobody holding a post"
        )
        self.duplicates_risked: Counter = metrics.counter(
            "notify_duplicates_risked", "Messages that may have been sent twice, with the same Message-ID"
        )
        self.unreadable: Counter = metrics.counter(
            "notify_unreadable_escalations", "Escalations whose row could not be read and was passed over"
        )
        self.unseen: Counter = metrics.counter(
            "notify_unseen", "Letters to phones that nobody looked at, passed on to the next channel"
        )
        self.push: Counter = metrics.counter(
            "notify_push_answers", "What push services said about one phone", labels=("outcome",)
        )
        for outcome in PUSH_OUTCOMES:
            self.push.labels(outcome)
        for channel in (INBOX, EMAIL, PUSH):
            for outcome in OUTCOMES:
                self.deliveries.labels(channel, outcome)
        for reason in SUPPRESSIONS:
            self.suppressed.labels(reason)
        self._database = database
        metrics.at_scrape(
            "notify_oldest_due_escalation_seconds",
            "How long the oldest escalation has waited for the clockwork",
            self._oldest_due,
        )
        metrics.at_scrape(
            "notify_oldest_due_message_seconds",
            "How long the oldest message has waited to be sent",
            self._oldest_message,
        )
        metrics.at_scrape("notify_phones", "Browsers that people let ring", self._phones)

    async def _oldest_due(self) -> float:
        async with self._database.read() as tx:
            due = await escalation_store.next_due(tx)
            return max((tx.now - due).total_seconds(), 0.0) if due else 0.0

    async def _oldest_message(self) -> float:
        async with self._database.read() as tx:
            due = await ledger.next_sending(tx, [INBOX, EMAIL, PUSH])
            return max((tx.now - due).total_seconds(), 0.0) if due else 0.0

    async def _phones(self) -> float:
        async with self._database.read() as tx:
            return await phones.count(tx)
