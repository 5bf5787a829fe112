"""Proofs over everything that was kept: nothing lost, nothing doubled, every date and every message right.

Expectations come from what the phones queued and from readers of their own: the calendar is counted day by
day, the ladder climbed rung by rung, with no line of the services.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from services.installation import NAMES
from shared import quarantine
from shared.clock import LOCAL, local_date
from tests.feedback.domain import oracle
from tests.support.cluster import Cluster
from tests.support.phone import Entry, Phone
from tests.support.smtp import PostOffice
from tests.support.ward import person_id

LADDER = (("reminder-2", -2), ("reminder-0", 0), ("chase-1", 1), ("chase-3", 3), ("escalation-5", 5))
STANDING_COMMITTEE = [person_id(f"M{number:02}") for number in range(4, 12)]
TOLD = {
    "chase-1": [person_id("VP1")],
    "chase-3": STANDING_COMMITTEE,
    "escalation-5": [person_id(f"M{number:02}") for number in range(1, 4)],
}
TO_OWNER = frozenset({"reminder-2", "reminder-0", "chase-1"})
TO_ASSISTANTS = frozenset({"reminder-2", "reminder-0"})
SERVED_BY = {person_id(member): person_id("GV1") for member in ("M12", "M13", "M14")}
"""Members whose assistant is reminded with them; that something is late, assistants are not told."""

Duty = tuple[str, UUID]
"""Its kind, and the visit or issue it is about."""


def same(found: Iterable[Hashable], expected: Iterable[Hashable], what: str) -> None:
    """Each expected thing once and nothing else; a failure shows a few that differ, not thousands."""
    have, want = Counter(iter(found)), Counter(iter(expected))  # a mapping would count for itself
    missing, extra = want - have, have - want
    assert not missing, f"{missing.total()} missing in {what}, such as {list(missing)[:3]}"
    assert not extra, f"{extra.total()} too many in {what}, such as {list(extra)[:3]}"


async def prove_visits(running: Cluster, phones: Sequence[Phone]) -> None:
    """Phone list = visits list = feedback list, with the receipts that the phones hold."""
    queued = [entry.visit_id for phone in phones for entry in phone.queue]
    held = {visit_id: receipt for phone in phones for visit_id, receipt in phone.receipts.items()}
    same(held, queued, "the phones' receipts")
    kept = await running.rows("visits", "SELECT visit_id, version, content_hash FROM visit_version")
    same(
        ((row.visit_id, row.version, row.content_hash) for row in kept),
        ((visit_id, receipt["version"], receipt["content_hash"]) for visit_id, receipt in held.items()),
        "visits",
    )
    known = await running.rows("feedback", "SELECT visit_id, version FROM visit")
    same(((row.visit_id, row.version) for row in known), ((visit_id, 1) for visit_id in queued), "feedback")
    assert len({receipt["receipt_number"] for receipt in held.values()}) == len(queued)
    assert not await running.rows("visits", "SELECT 1 FROM visit_conflict")


async def prove_outboxes(running: Cluster) -> None:
    """Sequences have no gap, everything left, nothing was set aside."""
    for name in NAMES:
        (outbox,) = await running.rows(
            name,
            """
            SELECT count(*) AS rows, coalesce(max(seq), 0) AS highest,
                   (SELECT last_seq FROM outbox_head) AS head,
                   (SELECT published_seq FROM outbox_relay) AS published
            FROM outbox
            """,
        )
        assert outbox.rows == outbox.highest == outbox.head == outbox.published, name
        async with running.installation.database(name) as database, database.read() as tx:
            assert await quarantine.listing(tx, status="held") == [], name


async def prove_duties(running: Cluster, entries: Sequence[Entry]) -> None:
    """Each expected duty once, due when an independent reader of the calendar says, here and in visits' copy."""
    expected = [duty for entry in entries for duty in _expected_duties(entry)]
    of_feedback = await running.rows(
        "feedback", "SELECT kind, visit_id, issue_id, due_at, first_due_at, closed_at FROM duty"
    )
    of_visits = await running.rows(
        "visits", "SELECT kind, visit_id, issue_id, due_at, first_due_at, closed_at FROM duty_copy"
    )
    for name, rows in (("feedback", of_feedback), ("visits", of_visits)):
        found = (
            ((row.kind, row.issue_id or row.visit_id), row.due_at, row.closed_at is not None) for row in rows
        )
        same(found, expected, f"the duties of {name}")
        assert all(row.first_due_at == row.due_at for row in rows)
    opened = await running.rows("feedback", _OPENED)
    assert len(opened) == len(expected)
    assert all(row.times == 1 for row in opened)


def _expected_duties(entry: Entry) -> Iterator[tuple[Duty, datetime, bool]]:
    start = local_date(datetime.fromisoformat(entry.body["started_at"]))
    due_at = oracle.due_at(start, "calendar_roll", 5)
    yield ("report", entry.visit_id), due_at, "report" in entry.body
    for issue_id in entry.issue_ids:
        yield ("forward", issue_id), due_at, False


async def prove_overdue_told_once(running: Cluster) -> None:
    """What is overdue was announced, once; what is not was not."""
    told = [row.duty_id for row in await running.rows("feedback", _OVERDUE)]
    late = await running.rows(
        "feedback",
        "SELECT duty_id FROM duty WHERE closed_at IS NULL AND due_at <= :now",
        now=datetime.now(UTC),
    )
    same(told, (str(row.duty_id) for row in late), "announcements of overdue duties")


async def prove_ledger(running: Cluster, entries: Sequence[Entry]) -> None:
    """Each open duty told whom the ladder names, each urgent matter the Standing Committee; each once."""
    rows = await running.rows(
        "notify", "SELECT duty_id, due_version, rung, person_id, channel, notice, state FROM message"
    )
    each = [(row.duty_id, row.due_version, row.rung, row.person_id, row.channel) for row in rows]
    same(each, set(each), "the ledger")
    urgent = {
        UUID(issue["id"])
        for entry in entries
        for issue in entry.body["issues"]
        if issue["urgency"] == "urgent"
    }
    expected = set()
    for duty in await running.rows(
        "feedback", "SELECT duty_id, issue_id, due_at, owner_person_id FROM duty WHERE closed_at IS NULL"
    ):
        rung = _rung_reached(duty.due_at, datetime.now(UTC))
        if rung is not None:
            people = {*TOLD.get(rung, ()), *((duty.owner_person_id,) if rung in TO_OWNER else ())}
            if rung in TO_ASSISTANTS and duty.owner_person_id in SERVED_BY:
                people.add(SERVED_BY[duty.owner_person_id])
            expected |= {(duty.duty_id, rung, person) for person in people}
        if duty.issue_id in urgent:
            expected |= {(duty.duty_id, "urgent", person) for person in STANDING_COMMITTEE}
    in_inbox = ((row.duty_id, row.rung, row.person_id) for row in rows if row.channel == "inbox")
    same(in_inbox, expected, "the inboxes")
    on_timeline = await running.rows("feedback", "SELECT message_id, state FROM duty_message")
    in_ledger = await running.rows("notify", "SELECT message_id, state FROM message")
    same(map(tuple, on_timeline), map(tuple, in_ledger), "the timelines")


def _rung_reached(due_at: datetime, now: datetime) -> str | None:
    """The highest rung whose day has come, by counting working days one after the other."""
    last_day = local_date(due_at - timedelta(seconds=1))
    reached = [name for name, offset in LADDER if _begins(_working_day(last_day, offset)) <= now]
    return reached[-1] if reached else None


def _working_day(day: date, offset: int) -> date:
    step = timedelta(days=1 if offset > 0 else -1)
    for _ in range(abs(offset)):
        day += step
        while not oracle.works(day):
            day += step
    return day


def _begins(day: date) -> datetime:
    return datetime.combine(day, time.min, LOCAL)


async def prove_letters(running: Cluster, office: PostOffice) -> None:
    """Every e-mail of the ledger that left reached the mail server; what came twice bears the same id."""
    sent = await running.rows(
        "notify",
        """
        SELECT message_id FROM message WHERE channel = 'email' AND state = 'sent'
        UNION ALL SELECT digest_id FROM digest WHERE state = 'sent'
        """,
    )
    same(
        {letter["Message-ID"] for letter in office.letters},
        (f"<{row.message_id}@tu-son.invalid>" for row in sent),
        "the post",
    )


_OPENED = """
SELECT duty ->> 'duty_id' AS duty_id, count(*) AS times
FROM outbox, jsonb_array_elements(CAST(payload AS jsonb) -> 'duties') AS duty
WHERE subject = 'feedback.duty.opened.v1'
GROUP BY duty ->> 'duty_id'
"""

_OVERDUE = """
SELECT CAST(payload AS jsonb) -> 'duty' ->> 'duty_id' AS duty_id
FROM outbox WHERE subject = 'feedback.duty.overdue.v1'
"""
