"""One duty from its first warning to the top of the ladder, and everything that may stop it on the way."""

import asyncio
from dataclasses import replace
from datetime import date
from itertools import pairwise
from uuid import uuid4

import pytest

from services.notify.channels.inbox import InboxChannel
from services.notify.clockwork import BATCH
from services.notify.domain.message import NOBODY
from shared.contracts.feedback import DutyClosure, DutyDueSoon
from shared.contracts.notify import MessageChanged
from shared.contracts.visits import AccessClass, Role
from tests.notify.conftest import Cast, Replica
from tests.notify.world import AGENCY_UNIT, Duty, Pigeon, World, local, person
from tests.support.wait import eventually


@pytest.fixture
async def mailing(replica: Replica) -> World:
    """A replica whose mail goes by a pigeon that we can ask."""
    pigeon = Pigeon(name="email")
    return replace(replica(channels=[InboxChannel(), pigeon]), pigeon=pigeon)


async def test_a_duty_that_nobody_does_climbs_to_the_permanent_board(world: World, cast: Cast) -> None:
    """F37, F47, F48: Reminders to the owner, a chase to owner and office, then the group head, then the board: each once."""
    await world.hear(Duty(owner=cast.owner).due_soon())

    for day in ("11-18", "11-19", "11-20", "11-23", "11-24", "11-25", "11-26", "11-27", "11-30", "12-15"):
        await world.pass_to(local(f"2026-{day} 07:30"))
        await world.pass_to(local(f"2026-{day} 12:00"))

    told = [(rung, who) for rung, who, _ in await world.told()]
    expected = [
        ("reminder-2", cast.owner),
        ("reminder-0", cast.owner),
        ("chase-1", cast.owner),
        ("chase-1", cast.clerk),
        ("chase-3", cast.head),
        ("escalation-5", cast.board),
    ]
    assert sorted(expected) == sorted(told)


async def test_no_age_ends_a_duty(world: World, cast: Cast) -> None:
    """A year later it is owed as on the first day, nothing more was said, and doing it is still news.

    Others got it wrong: what nobody answered is closed by its age.
    """
    duty = Duty(owner=cast.owner)
    await world.hear(duty.overdue())
    await world.pass_to(local("2026-12-15 12:00"))
    told = await world.told()

    await world.pass_to(local("2027-12-15 12:00"))

    assert await world.told() == told
    async with world.database.read() as tx:
        assert await tx.scalar("SELECT count(*) FROM escalation WHERE stopped_reason IS NULL") == 1
    await world.hear(duty.closed())
    async with world.database.read() as tx:
        assert await tx.scalar("SELECT stopped_reason FROM escalation") == "done"


async def test_each_state_of_a_message_leaves_as_one_event(world: World, cast: Cast) -> None:
    """F53: Pending is version 1, delivered version 2; the record's timeline shows both."""
    duty = Duty(owner=cast.owner)
    await world.hear(duty.due_soon())

    await world.pass_to(local("2026-11-19 08:00"))

    events = [MessageChanged.model_validate_json(payload) for payload in await world.published()]
    assert [(event.version, event.state) for event in events] == [(1, "pending"), (2, "delivered")]
    assert {duty.duty_id} == {event.duty_id for event in events}


async def test_doing_the_duty_silences_the_ladder(world: World, cast: Cast) -> None:
    """What waits is taken back in the transaction that records the closing, with its reason."""
    duty = Duty(owner=cast.owner)
    await world.hear(duty.due_soon())
    world.clock.move_to(local("2026-11-19 07:30"))
    await world.clockwork.sweep()

    await world.hear(duty.closed())
    await world.pass_to(local("2026-12-15 08:00"))

    rows = await world.messages()
    assert [(row.rung, row.state, row.reason) for row in rows] == [("reminder-2", "suppressed", "done")]


async def test_a_duty_no_longer_owed_says_so(world: World, cast: Cast) -> None:
    """The ledger tells a duty that was done from one that fell away."""
    duty = Duty(owner=cast.owner)
    await world.hear(duty.due_soon())
    world.clock.move_to(local("2026-11-19 07:30"))
    await world.clockwork.sweep()

    await world.hear(duty.closed(closure=DutyClosure.NOT_OWED))

    assert [row.reason for row in await world.messages()] == ["not_owed"]
    assert world.counted("notify_suppressed_total", reason="not_owed") == 1


async def test_what_was_rolled_back_is_not_counted(world: World, cast: Cast) -> None:
    """A batch that is done again counts what it took back once."""
    duty = Duty(owner=cast.owner)
    await world.hear(duty.due_soon())
    world.clock.move_to(local("2026-11-19 07:30"))
    await world.clockwork.sweep()

    async def hear_and_break() -> None:
        async with world.database.begin() as tx:
            await world.consumers.handle([duty.closed()], tx)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await hear_and_break()
    after_the_rollback = world.counted("notify_suppressed_total", reason="done")
    await world.hear(duty.closed())

    assert (after_the_rollback, world.counted("notify_suppressed_total", reason="done")) == (0, 1)


@pytest.mark.parametrize("together", [True, False])
async def test_a_closing_that_arrives_before_the_lateness_wins(
    world: World, cast: Cast, together: bool
) -> None:
    """Out of order, in one batch or in two, a closed duty is never chased."""
    duty = Duty(owner=cast.owner)
    world.clock.move_to(local("2026-11-24 08:00"))

    if together:
        await world.hear(duty.closed(version=3), duty.overdue(version=2), duty.due_soon())
    else:
        await world.hear(duty.closed(version=3))
        await world.hear(duty.overdue(version=2), duty.overdue(version=2))
    await world.pass_to(local("2026-12-15 08:00"))

    assert await world.messages() == []


async def test_duplicates_of_every_event_tell_nobody_twice(world: World, cast: Cast) -> None:
    """The same events again, at any time, change nothing."""
    duty = Duty(owner=cast.owner)
    for instant in ("2026-11-19 08:00", "2026-11-23 08:00", "2026-11-24 08:00"):
        await world.hear(duty.due_soon(), duty.overdue(version=2), duty.due_soon())
        await world.pass_to(local(instant))
        await world.pass_to(local(instant))

    assert len(await world.told()) == 4


async def test_after_an_outage_only_the_highest_rung_speaks(world: World, cast: Cast) -> None:
    """Ten days down, one message, and it names the steps that were left out."""
    await world.hear(Duty(owner=cast.owner).due_soon())

    await world.pass_to(local("2026-12-01 08:00"))

    [message] = await world.messages()
    assert ("escalation-5", cast.board) == (message.rung, message.person_id)
    assert message.skipped == ["reminder-2", "reminder-0", "chase-1", "chase-3"]


async def test_a_late_notice_stands_in_the_inbox_at_once_and_rings_in_the_morning(
    world: World, mailing: World, cast: Cast
) -> None:
    """The inbox disturbs nobody, so that midnight is early enough; e-mail waits for 07:30."""
    await mailing.hear(Duty(owner=cast.owner).due_soon())
    await mailing.pass_to(local("2026-11-23 08:00"))
    mailing.pigeon.delivered.clear()

    await mailing.pass_to(local("2026-11-24 00:00"))
    at_midnight = await world.told(rung="chase-1")
    await mailing.pass_to(local("2026-11-24 07:29"))
    before_the_morning = list(mailing.pigeon.delivered)
    await mailing.pass_to(local("2026-11-24 07:30"))

    assert {("chase-1", cast.owner, "delivered"), ("chase-1", cast.clerk, "delivered")} == set(at_midnight)
    assert before_the_morning == []
    assert sorted(letter.address for letter in mailing.pigeon.delivered) == [
        "clerk@example.vn",
        "owner@example.vn",
    ]


async def test_a_jump_past_the_due_date_needs_no_second_one(mailing: World, cast: Cast) -> None:
    """Rehearsed from before the first warning to a minute past `due_at`: inbox now, e-mail when it is 08:00."""
    duty = Duty(owner=cast.owner)
    mailing.clock.move_to(local("2026-11-24 00:01"))
    stop = asyncio.Event()
    loops = [mailing.clockwork.run, *(run for _, run in mailing.sender.loops())]
    running = [asyncio.create_task(run(stop)) for run in loops]

    async def in_the_inbox() -> bool:
        return ("chase-1", cast.owner, "delivered") in await mailing.told()

    await mailing.hear(duty.overdue())
    await eventually(in_the_inbox)
    assert mailing.pigeon.delivered == []

    mailing.clock.move_to(local("2026-11-24 08:00"))
    await eventually(lambda: len(mailing.pigeon.delivered) == 2)
    stop.set()
    await asyncio.gather(*running)


async def test_lateness_before_a_day_off_is_told_and_chased_on_the_first_working_day(
    world: World, mailing: World, cast: Cast
) -> None:
    """Late from Saturday: the inbox says so, and on Monday owner and office get the chase, once by e-mail."""
    duty = Duty(owner=cast.owner, last_day=date(2026, 11, 20))
    mailing.clock.move_to(local("2026-11-21 00:01"))
    await mailing.hear(duty.overdue())

    await mailing.pass_to(local("2026-11-21 00:01"))
    [on_saturday] = await world.messages(channel="inbox")
    await mailing.pass_to(local("2026-11-22 12:00"))
    on_sunday = list(mailing.pigeon.delivered)
    await mailing.pass_to(local("2026-11-23 00:00"))
    chased = await world.told(rung="chase-1")
    await mailing.pass_to(local("2026-11-23 07:30"))

    assert (on_saturday.person_id, on_saturday.notice, on_saturday.state) == (
        cast.owner,
        "overdue",
        "delivered",
    )
    assert on_sunday == []
    assert {("chase-1", cast.owner, "delivered"), ("chase-1", cast.clerk, "delivered")} == set(chased)
    assert sorted(letter.address for letter in mailing.pigeon.delivered) == [
        "clerk@example.vn",
        "owner@example.vn",
    ]


async def test_a_higher_rung_takes_back_the_e_mail_of_a_lower_one(
    world: World, mailing: World, cast: Cast
) -> None:
    """What waits for the morning is superseded, not added; what stands in the inbox stays."""
    await mailing.hear(Duty(owner=cast.owner).due_soon())

    await mailing.pass_to(local("2026-11-20 18:00"))
    await mailing.pass_to(local("2026-11-22 12:00"))
    await mailing.pass_to(local("2026-11-23 07:30"))

    assert [(row.rung, row.channel, row.state, row.reason) for row in await world.messages()] == [
        ("reminder-2", "email", "suppressed", "superseded"),
        ("reminder-2", "inbox", "delivered", "accepted"),
        ("reminder-0", "email", "sent", "accepted"),
        ("reminder-0", "inbox", "delivered", "accepted"),
    ]
    assert mailing.counted("notify_suppressed_total", reason="superseded") == 1


async def test_an_urgent_duty_alarms_the_standing_committee_at_once(world: World, cast: Cast) -> None:
    """At 23:00 on a Sunday, without waiting for a window or a due date, and once."""
    duty = Duty(owner=cast.owner, urgent=True)
    world.clock.move_to(local("2026-11-15 23:00"))

    await world.hear(duty.opened())
    await world.clockwork.sweep()
    await world.hear(duty.opened(), duty.due_soon())
    await world.pass_to(local("2026-11-15 23:01"))

    assert [("urgent", cast.head, "delivered")] == await world.told()


async def test_an_ordinary_duty_is_not_announced_when_it_opens(world: World, cast: Cast) -> None:
    """Opening is no news to its owner."""
    await world.hear(Duty(owner=cast.owner).opened())

    await world.pass_to(local("2026-11-17 08:00"))

    assert await world.messages() == []


async def test_a_vacant_rung_passes_to_the_next_one_now(world: World, cast: Cast) -> None:
    """F49: Nobody is group head: the board hears at once, the gap stands in the ledger and ops see a number."""
    await world.hear(
        person(Role.STANDING_COMMITTEE, person_id=cast.head, until=date(2026, 11, 20), version=2),
        person(Role.PERMANENT_BOARD, person_id=cast.board, until=date(2026, 11, 20), version=2),
    )
    await world.hear(Duty(owner=cast.owner).due_soon())

    await world.pass_to(local("2026-11-26 08:00"))

    rows = await world.messages()
    assert [(row.rung, row.person_id, row.state, row.reason) for row in rows] == [
        ("chase-3", NOBODY, "suppressed", "no_notification_sent"),
        ("escalation-5", NOBODY, "suppressed", "no_notification_sent"),
    ]
    assert world.counted("notify_unreachable_total") == 2


async def test_a_role_without_a_holder_falls_back(world: World, cast: Cast) -> None:
    """The permanent board stands in for a vacant group head."""
    await world.hear(
        person(Role.STANDING_COMMITTEE, person_id=cast.head, until=date(2026, 11, 20), version=2)
    )
    await world.hear(Duty(owner=cast.owner).due_soon())

    await world.pass_to(local("2026-11-26 08:00"))

    assert [("chase-3", cast.board, "delivered")] == await world.told()


async def test_the_assistants_of_the_owner_are_reminded_too_and_nobody_elses(
    world: World, cast: Cast
) -> None:
    """Before the due date only, while they serve the owner, and never of a matter that few may know of."""
    mine, other, former = person(Role.ASSISTANT, serves=(cast.owner,)), uuid4(), uuid4()
    await world.hear(
        mine,
        person(Role.ASSISTANT, person_id=other, serves=(cast.clerk,)),
        person(Role.ASSISTANT, person_id=former, serves=(cast.owner,), until=date(2026, 11, 18)),
    )
    secret = Duty(owner=cast.owner)
    restricted = DutyDueSoon(
        duty=secret.snapshot(1, access_class=AccessClass.IDEOLOGY), moments=secret.moments
    )
    await world.hear(Duty(owner=cast.owner).due_soon(), restricted)

    for day in ("2026-11-19", "2026-11-23", "2026-11-24"):
        await world.pass_to(local(f"{day} 08:00"))

    heard = await world.told(person_id=mine.person_id)
    assert [rung for rung, _, _ in heard] == ["reminder-2", "reminder-0"]
    assert await world.told(person_id=other) == await world.told(person_id=former) == []
    assert await world.told(duty=secret, person_id=mine.person_id) == []
    assert len(await world.told(duty=secret, person_id=cast.owner)) == 3


async def test_an_owner_who_left_the_committee_is_replaced_by_the_office(world: World, cast: Cast) -> None:
    """Who holds no post today is not reminded."""
    await world.hear(person(Role.COMMITTEE_MEMBER, person_id=cast.owner, until=date(2026, 11, 17), version=2))
    await world.hear(Duty(owner=cast.owner).due_soon())

    await world.pass_to(local("2026-11-19 08:00"))

    assert [("reminder-2", cast.clerk, "delivered")] == await world.told()


@pytest.mark.usefixtures("cast")
async def test_an_answer_is_owed_by_the_agency(world: World) -> None:
    """A duty of a unit is told to those who hold the agency's post there."""
    agent = person(Role.AGENCY, unit_id=AGENCY_UNIT)
    await world.hear(agent, person(Role.AGENCY, unit_id=uuid4()))
    await world.hear(Duty(owner_unit=AGENCY_UNIT).due_soon())

    await world.pass_to(local("2026-11-19 08:00"))

    assert [("reminder-2", agent.person_id, "delivered")] == await world.told()


async def test_one_person_with_several_posts_is_told_once_per_rung(world: World, cast: Cast) -> None:
    """Owner and clerk in one person: one chase."""
    both = person(Role.COMMITTEE_MEMBER, also=[Role.OFFICE_CLERK])
    await world.hear(both, person(Role.OFFICE_CLERK, person_id=cast.clerk, until=date(2026, 1, 1), version=2))
    await world.hear(Duty(owner=both.person_id).due_soon())

    await world.pass_to(local("2026-11-24 08:00"))

    assert [("chase-1", both.person_id, "delivered")] == await world.told()


async def test_a_moved_date_starts_the_ladder_again(world: World, cast: Cast) -> None:
    """An extension takes back what waits; the new date has its own reminders."""
    duty = Duty(owner=cast.owner)
    await world.hear(duty.due_soon())
    world.clock.move_to(local("2026-11-19 07:30"))
    await world.clockwork.sweep()

    await world.hear(duty.moved(date(2026, 11, 30)))
    await world.pass_to(local("2026-11-25 08:00"))
    assert [("reminder-2", cast.owner, "suppressed")] == await world.told()
    await world.pass_to(local("2026-11-26 08:00"))

    assert [("reminder-2", cast.owner, "delivered")] == await world.told(due_version=2)


async def test_a_late_event_of_the_old_date_changes_nothing(world: World, cast: Cast) -> None:
    """A move is never undone by a message that was on its way."""
    duty = Duty(owner=cast.owner)
    await world.hear(duty.due_soon(), duty.moved(date(2026, 11, 30), version=3))

    await world.hear(duty.overdue(version=2))
    await world.pass_to(local("2026-11-24 08:00"))

    assert await world.messages() == []


async def test_those_who_heard_of_lateness_hear_of_the_new_date(world: World, cast: Cast) -> None:
    """The correction goes to exactly the people who got the overdue notice, once, with the new date."""
    duty = Duty(owner=cast.owner)
    await world.hear(duty.due_soon(), duty.overdue())
    await world.pass_to(local("2026-11-24 08:00"))

    await world.hear(duty.moved(date(2026, 12, 4)), duty.moved(date(2026, 12, 4)))
    assert [(row.rung, row.state) for row in await world.messages(channel="inbox", state="pending")] == [
        ("correction", "pending")
    ] * 2
    await world.pass_to(local("2026-11-24 09:00"))

    corrections = await world.messages(rung="correction", channel="inbox")
    assert {cast.owner, cast.clerk} == {row.person_id for row in corrections}
    assert {("delivered", 2)} == {(row.state, row.due_version) for row in corrections}
    assert {local("2026-12-05 00:00")} == {row.due_at for row in corrections}


async def test_a_date_moved_twice_is_corrected_to_the_last_one(world: World, cast: Cast) -> None:
    """The first correction, still waiting for the morning, gives way to the second."""
    duty = Duty(owner=cast.owner)
    await world.hear(duty.due_soon())
    await world.pass_to(local("2026-11-24 08:00"))

    world.clock.move_to(local("2026-11-24 20:00"))
    await world.hear(duty.moved(date(2026, 12, 4)))
    await world.hear(duty.on(date(2026, 12, 4)).moved(date(2026, 12, 8), version=3))
    await world.pass_to(local("2026-11-25 08:00"))

    corrections = await world.messages(rung="correction", person_id=cast.owner, channel="inbox")
    assert sorted((row.due_version, row.state) for row in corrections) == [
        (2, "suppressed"),
        (3, "delivered"),
    ]


async def test_a_reminder_alone_needs_no_correction(world: World, cast: Cast) -> None:
    """A reminder was never wrong: the new date has reminders of its own."""
    duty = Duty(owner=cast.owner)
    await world.hear(duty.due_soon())
    await world.pass_to(local("2026-11-19 08:00"))

    await world.hear(duty.moved(date(2026, 12, 4)))

    assert await world.messages(rung="correction") == []


async def test_ten_thousand_due_escalations_are_all_climbed_the_oldest_first(
    world: World, cast: Cast
) -> None:
    """No page limit starves the longest waiting: batch after batch goes by age, and each is told once."""
    await world.hear(Duty(owner=cast.owner).due_soon())
    async with world.database.begin() as tx:
        await tx.execute(MANY)
    world.clock.move_to(local("2026-11-19 00:00"))

    climbed = await world.clockwork.sweep()

    async with world.database.read() as tx:
        ages = [row.waiting_since for row in await tx.all(AGES_AS_TOLD)]
        told = await tx.first("SELECT count(*) AS messages, count(DISTINCT duty_id) AS duties FROM message")
    batches = [ages[start : start + BATCH] for start in range(0, len(ages), BATCH)]
    assert told is not None
    assert 10_000 == climbed == len(ages) == told.messages == told.duties
    assert all(max(older) <= min(newer) for older, newer in pairwise(batches))


# Ten thousand escalations like the one there is, due since moments in no order. How long each has waited is kept
# in `due_at`, which climbing leaves alone.
MANY = """
WITH one AS (DELETE FROM escalation RETURNING *),
many AS (SELECT gen_random_uuid() AS id,
                timestamptz '2026-11-01' + number * 7919 % 10007 * interval '1 minute' AS since
         FROM generate_series(1, 10000) AS number)
INSERT INTO escalation
SELECT copy.* FROM one, many, jsonb_populate_record(
    CAST(NULL AS escalation),
    to_jsonb(one) || jsonb_build_object('duty_id', id, 'next_at', since, 'due_at', since)) AS copy
"""
AGES_AS_TOLD = """
SELECT due_at AS waiting_since FROM outbox
JOIN escalation ON duty_id = CAST(key AS uuid) ORDER BY seq
"""


async def test_an_escalation_that_cannot_be_read_does_not_stop_the_others(world: World, cast: Cast) -> None:
    """A frozen ladder from another time is passed over, counted, and looked at again later."""
    broken, sound = Duty(owner=cast.owner), Duty(owner=cast.owner)
    await world.hear(broken.due_soon(), sound.due_soon())
    async with world.database.begin() as tx:
        await tx.execute(
            "UPDATE escalation SET ladder = '{}', next_at = next_at - interval '1 day' WHERE duty_id = :id",
            id=broken.duty_id,
        )

    await world.pass_to(local("2026-11-19 08:00"))

    assert 1 == len(await world.told(duty=sound)) == len(await world.told())
    assert world.counted("notify_unreadable_escalations_total") == 1
