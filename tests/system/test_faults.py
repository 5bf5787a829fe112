"""Everything that serves is killed at random while 40 phones send; at the end nothing is lost or doubled.

The seed of a run is printed; `FV_SEED=…` draws the same visits and the same faults again.
"""

# ruff: noqa: S311, T201  # drawn from a seed on purpose; what a run saw is printed

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.commands.operations import verify
from services.visits.handlers import PutPerson, put_person
from services.visits.handlers.directory import person_event
from shared import directory
from shared.ids import uuid7
from tests.support.cluster import Cluster, cluster, services_of
from tests.support.nemesis import Nemesis
from tests.support.phone import Entry, Phone, issue_body, visit_body
from tests.support.proofs import (
    prove_duties,
    prove_ledger,
    prove_letters,
    prove_outboxes,
    prove_overdue_told_once,
    prove_visits,
)
from tests.support.servers import temporary_folder
from tests.support.smtp import PostOffice, post_office
from tests.support.wait import eventually
from tests.support.ward import CELLS, MEMBERS, open_ward, person_id, signed_in

PHONES = 40
VISITS = 7
"""Of each phone, for each fault of a kind."""
OVER_WITHIN = 400.0
DRAINED_WITHIN = 150.0
REACHED_BY_MAIL = {"M04": "m04@tu-son.invalid", "M05": "m05@tu-son.invalid"}
"""Two of the Standing Committee have an address: urgent matters go there at once, at any hour."""


@pytest.mark.fault
@pytest.mark.xdist_group("heavy")
@pytest.mark.parametrize("each", [2, pytest.param(7, marks=pytest.mark.soak)])
async def test_nothing_is_lost_or_doubled_while_everything_dies(each: int) -> None:
    """Phone list = visits = feedback, each duty once, each message once, after 12 or 42 kills and a lost stream."""
    seed = int(os.environ.get("FV_SEED") or random.SystemRandom().randrange(1_000_000))
    print(f"FV_SEED={seed}")
    rng, began = random.Random(seed), time.monotonic()
    with temporary_folder() as folder:
        async with (
            post_office() as office,
            cluster(
                folder / "data", **office.settings(), smtp_timeout=5, push_timeout=5, lease=10
            ) as running,
        ):
            await _open_ward_with_mail(running)
            async with services_of(running):
                phones, nemesis = await _evening_of_faults(running, rng, each)
                struck = time.monotonic() - began
                await running.installation.settled(within=DRAINED_WITHIN)
                await eventually(lambda: _nothing_waits(running), 60.0, every=0.5)
                await running.installation.settled(within=DRAINED_WITHIN)
                drained = time.monotonic() - began - struck
            await _prove_everything(running, phones, office, folder / "data")
            _report(phones, nemesis, office, struck=struck, drained=drained)


async def _open_ward_with_mail(running: Cluster) -> None:
    await open_ward(running.installation)
    async with running.installation.database("visits") as database, database.begin() as tx:
        for code, email in REACHED_BY_MAIL.items():
            person = await directory.person_by_id(tx, person_id(code))
            assert person is not None
            says = person_event(person).model_dump(exclude={"version", "posts", "email"})
            await put_person(PutPerson(**says, posts=person_event(person).posts, email=email), tx)


async def _evening_of_faults(running: Cluster, rng: random.Random, each: int) -> tuple[list[Phone], Nemesis]:
    """The phones send while the nemesis strikes; both come to an end."""
    codes = [MEMBERS[number % len(MEMBERS)] for number in range(PHONES)]
    async with signed_in(running.installation, running.urls["visits"], codes) as clients:
        phones = [
            Phone(
                client,
                [_entry(rng, f"phone-{number}", seq) for seq in range(VISITS * each)],
                random.Random(rng.random()),
            )
            for number, client in enumerate(clients)
        ]
        nemesis = Nemesis(running, rng, each=each)
        async with asyncio.timeout(OVER_WITHIN), asyncio.TaskGroup() as evening:
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


async def _prove_everything(
    running: Cluster, phones: Sequence[Phone], office: PostOffice, data_dir: Path
) -> None:
    entries = [entry for phone in phones for entry in phone.queue]
    await prove_visits(running, phones)
    await prove_outboxes(running)
    await prove_duties(running, entries)
    await prove_overdue_told_once(running)
    await prove_ledger(running, entries)
    await prove_letters(running, office)
    said: list[str] = []
    assert await verify(data_dir, say=said.append), said


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
