"""Everything that serves is killed at random while 40 phones send; at the end nothing is lost or doubled.

The seed of a run is printed; `FV_SEED=…` draws the same visits and the same faults again.
"""

# ruff: noqa: S311, T201  # drawn from a seed on purpose; what a run saw is printed

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from uuid import UUID

import pytest

from services.commands.operations import verify
from services.installation import NAMES
from services.visits.handlers import PutPerson, put_person
from services.visits.handlers.directory import person_event
from shared import directory, quarantine
from shared.clock import LOCAL, local_date
from shared.ids import uuid7
from tests.feedback.domain import oracle
from tests.support.cluster import Cluster, cluster, services_of
from tests.support.nemesis import Nemesis
from tests.support.phone import Entry, Phone, issue_body, visit_body
from tests.support.servers import temporary_folder
from tests.support.smtp import PostOffice, post_office
from tests.support.wait import eventually
from tests.support.ward import CELLS, MEMBERS, open_ward, person_id, signed_in

PHONES = 40
VISITS = 2_000
FAULTS_OF_EACH_KIND = 7
DRAINED_WITHIN = 150.0
REACHED_BY_MAIL = {"M04": "m04@tu-son.invalid", "M05": "m05@tu-son.invalid"}
"""Two of the Standing Committee have an address: urgent matters go there at once, at any hour."""

LADDER = (("reminder-2", -2), ("reminder-0", 0), ("chase-1", 1), ("chase-3", 3), ("escalation-5", 5))
STANDING_COMMITTEE = [person_id(f"M{number:02}") for number in range(4, 12)]
TOLD = {
    "chase-1": [person_id("VP1")],
    "chase-3": STANDING_COMMITTEE,
    "escalation-5": [person_id(f"M{number:02}") for number in range(1, 4)],
}

Duty = tuple[str, UUID]
"""Its kind, and the visit or issue it is about."""


@pytest.mark.fault
@pytest.mark.xdist_group("heavy")
async def test_nothing_is_lost_or_doubled_while_everything_dies() -> None:
    """Phone list = visits = feedback, each duty once, each message once, after 42 kills and a lost stream."""
    seed = int(os.environ.get("FV_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"FV_SEED={seed}")
    rng, began = random.Random(seed), time.monotonic()
    with temporary_folder() as folder:
        async with (
            post_office() as office,
            cluster(folder / "data", **office.settings(), smtp_timeout=5, lease=10) as running,
        ):
            await _open_ward_with_mail(running)
            async with services_of(running):
                phones, nemesis = await _evening_of_faults(running, rng)
                struck = time.monotonic() - began
                await running.installation.settled(within=DRAINED_WITHIN)
                await eventually(lambda: _nothing_waits(running), 60.0, every=0.5)
                await running.installation.settled(within=DRAINED_WITHIN)
                drained = time.monotonic() - began - struck
            await _check_everything(running, phones, office, folder / "data")
            _report(phones, nemesis, office, struck=struck, drained=drained)


# --- The evening ---------------------------------------------------------------------------------


async def _open_ward_with_mail(running: Cluster) -> None:
    await open_ward(running.installation)
    async with running.installation.database("visits") as database, database.begin() as tx:
        for code, email in REACHED_BY_MAIL.items():
            person = await directory.person_by_id(tx, person_id(code))
            assert person is not None
            says = person_event(person).model_dump(exclude={"version", "posts", "email"})
            await put_person(PutPerson(**says, posts=person_event(person).posts, email=email), tx)


async def _evening_of_faults(running: Cluster, rng: random.Random) -> tuple[list[Phone], Nemesis]:
    """The phones send while the nemesis strikes; both come to an end."""
    async with AsyncExitStack() as stack:
        phones = []
        for number in range(PHONES):
            code = MEMBERS[number % len(MEMBERS)]
            client = await stack.enter_async_context(
                signed_in(running.installation, running.urls["visits"], code)
            )
            queue = [_entry(rng, f"phone-{number}", seq) for seq in range(VISITS // PHONES)]
            phones.append(Phone(client, queue, random.Random(rng.random())))
        nemesis = Nemesis(running, rng, each=FAULTS_OF_EACH_KIND)
        async with asyncio.TaskGroup() as evening:
            evening.create_task(nemesis.run())
            for phone in phones:
                evening.create_task(phone.send_all(nemesis.turn))
        return phones, nemesis


def _entry(rng: random.Random, device: str, seq: int) -> Entry:
    """A visit of the last five weeks, so that a part of the duties is overdue when it is born."""
    ago = timedelta(hours=2, minutes=rng.randrange(35 * 24 * 60))
    issues = [issue_body(urgent=rng.random() < 0.03) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
    body = visit_body(
        rng.choice(CELLS),
        datetime.now(UTC) - ago,
        *issues,
        device=device,
        seq=seq,
        meeting=rng.random() < 0.5,
        reported=rng.random() < 0.4,
    )
    return Entry(uuid7(), body, twice=rng.random() < 0.03)


async def _nothing_waits(running: Cluster) -> bool:
    """No threshold, rung or message whose time has come is still to be dealt with."""
    now = datetime.now(UTC)
    alarms = await running.rows("feedback", "SELECT 1 FROM alarm WHERE next_at <= :now", now=now)
    rungs = await running.rows("notify", "SELECT 1 FROM escalation WHERE next_at <= :now", now=now)
    messages = await running.rows(
        "notify", "SELECT 1 FROM message WHERE state = 'pending' AND send_at <= :now", now=now
    )
    return not (alarms or rungs or messages)


# --- The checks ----------------------------------------------------------------------------------


async def _check_everything(
    running: Cluster, phones: Sequence[Phone], office: PostOffice, data_dir: Path
) -> None:
    entries = [entry for phone in phones for entry in phone.queue]
    await _check_visits(running, phones)
    await _check_outboxes(running)
    await _check_duties(running, entries)
    await _check_overdue_told_once(running)
    await _check_ledger(running, entries)
    await _check_letters(running, office)
    said: list[str] = []
    assert await verify(data_dir, say=said.append), said


async def _check_visits(running: Cluster, phones: Sequence[Phone]) -> None:
    """Phone list = visits list = feedback list, with the receipts that the phones hold."""
    held = {visit_id: receipt for phone in phones for visit_id, receipt in phone.receipts.items()}
    assert len(held) == VISITS
    kept = await running.rows("visits", "SELECT visit_id, version, content_hash FROM visit_version")
    known = await running.rows("feedback", "SELECT visit_id, version FROM visit")
    assert {row.visit_id: (row.version, row.content_hash) for row in kept} == {
        visit_id: (receipt["version"], receipt["content_hash"]) for visit_id, receipt in held.items()
    }
    assert len(kept) == len(known) == VISITS
    assert {row.visit_id for row in known} == held.keys()
    assert not await running.rows("visits", "SELECT 1 FROM visit_conflict")
    assert {receipt["receipt_number"] for receipt in held.values()}.__len__() == VISITS


async def _check_outboxes(running: Cluster) -> None:
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


async def _check_duties(running: Cluster, entries: Sequence[Entry]) -> None:
    """Each expected duty once, due when an independent reader of the calendar says, here and in visits' copy."""
    expected = Counter(
        (duty, due_at, closed) for entry in entries for duty, due_at, closed in _expected_duties(entry)
    )
    of_feedback = await running.rows(
        "feedback", "SELECT kind, visit_id, issue_id, due_at, first_due_at, closed_at FROM duty"
    )
    of_visits = await running.rows(
        "visits", "SELECT kind, visit_id, issue_id, due_at, first_due_at, closed_at FROM duty_copy"
    )
    for rows in (of_feedback, of_visits):
        found = Counter(
            ((row.kind, row.issue_id or row.visit_id), row.due_at, row.closed_at is not None) for row in rows
        )
        assert found == expected
        assert all(row.first_due_at == row.due_at for row in rows)
    opened = await running.rows("feedback", _OPENED)
    assert len(opened) == expected.total()
    assert all(row.times == 1 for row in opened)


def _expected_duties(entry: Entry) -> Iterator[tuple[Duty, datetime, bool]]:
    start = local_date(datetime.fromisoformat(entry.body["started_at"]))
    due_at = oracle.due_at(start, "calendar_roll", 5)
    yield ("report", entry.visit_id), due_at, "report" in entry.body
    for issue_id in entry.issue_ids:
        yield ("forward", issue_id), due_at, False


async def _check_overdue_told_once(running: Cluster) -> None:
    told = Counter(row.duty_id for row in await running.rows("feedback", _OVERDUE))
    late = await running.rows(
        "feedback",
        "SELECT duty_id FROM duty WHERE closed_at IS NULL AND due_at <= :now",
        now=datetime.now(UTC),
    )
    assert told == Counter(str(row.duty_id) for row in late)


async def _check_ledger(running: Cluster, entries: Sequence[Entry]) -> None:
    """Each open duty told whom the ladder names, each urgent matter the Standing Committee; each once."""
    rows = await running.rows(
        "notify", "SELECT duty_id, due_version, rung, person_id, channel, notice, state FROM message"
    )
    one = Counter((row.duty_id, row.due_version, row.rung, row.person_id, row.channel) for row in rows)
    assert max(one.values()) == 1
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
            people = {*TOLD.get(rung, ()), *((duty.owner_person_id,) if rung in _TO_OWNER else ())}
            expected |= {(duty.duty_id, rung, person) for person in people}
        if duty.issue_id in urgent:
            expected |= {(duty.duty_id, "urgent", person) for person in STANDING_COMMITTEE}
    assert {(row.duty_id, row.rung, row.person_id) for row in rows if row.channel == "inbox"} == expected
    on_timeline = await running.rows("feedback", "SELECT message_id, state FROM duty_message")
    in_ledger = await running.rows("notify", "SELECT message_id, state FROM message")
    assert {tuple(row) for row in on_timeline} == {tuple(row) for row in in_ledger}


_TO_OWNER = frozenset({"reminder-2", "reminder-0", "chase-1"})


def _rung_reached(due_at: datetime, now: datetime) -> str | None:
    """The highest rung whose morning has come, by counting working days one after the other."""
    last_day = local_date(due_at - timedelta(seconds=1))
    reached = [name for name, offset in LADDER if _morning(_working_day(last_day, offset)) <= now]
    return reached[-1] if reached else None


def _working_day(day: date, offset: int) -> date:
    step = timedelta(days=1 if offset > 0 else -1)
    for _ in range(abs(offset)):
        day += step
        while not oracle.works(day):
            day += step
    return day


def _morning(day: date) -> datetime:
    return datetime.combine(day, time_of_day(7, 30), LOCAL)


async def _check_letters(running: Cluster, office: PostOffice) -> None:
    """Every e-mail of the ledger that left reached the mail server; what came twice bears the same id."""
    sent = await running.rows(
        "notify", "SELECT message_id FROM message WHERE channel = 'email' AND state = 'sent'"
    )
    assert sent
    assert {letter["Message-ID"] for letter in office.letters} == {
        f"<{row.message_id}@tu-son.invalid>" for row in sent
    }


def _report(
    phones: Sequence[Phone], nemesis: Nemesis, office: PostOffice, *, struck: float, drained: float
) -> None:
    statuses: Counter[int] = Counter()
    for phone in phones:
        statuses.update(phone.statuses)
    again = len(office.letters) - len({letter["Message-ID"] for letter in office.letters})
    print(f"faults {dict(nemesis.done)}, {nemesis.done.total()} in all, in {struck:.0f} s")
    print(f"answers to the phones (0: none) {dict(sorted(statuses.items()))}")
    print(f"letters {len(office.letters)}, of them {again} a second time; drained in {drained:.0f} s")
    assert statuses[500] == 0, "a phone was told that the fault is ours"


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
