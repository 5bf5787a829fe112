"""One letter a working day, outside of quiet hours, with a cap; and the second channel when nobody looks."""

from datetime import date, time, timedelta
from itertools import count
from uuid import UUID

import pytest

from services.notify.channels.base import Channel, ChannelError
from services.notify.channels.inbox import InboxChannel
from services.notify.domain.bundle import MOST, Waiting, bundle
from services.notify.domain.ladder import Notice
from services.notify.domain.message import Reason
from services.notify.domain.window import QUIET, Quiet, first_sending
from services.notify.handlers.phones import set_quiet_hours
from shared.contracts.visits import Role
from tests.notify.conftest import As, Cast, Replica
from tests.notify.world import LAST_DAY, Duty, Pigeon, World, days_around, local, person

DAYS = frozenset(days_around(LAST_DAY).values())
ids = count(1)


def waiting(notice: Notice = Notice.REMINDER, *, first_late: bool = False, tried: bool = False) -> Waiting:
    return Waiting(
        message_id=UUID(int=next(ids)), notice=notice, first_late=first_late, tried=tried, days=DAYS
    )


# --- What leaves when ---


def test_the_first_letter_of_a_day_takes_everything_along() -> None:
    """Whatever waits on a working morning is one letter."""
    messages = [waiting(), waiting(Notice.OVERDUE, first_late=True), waiting(Notice.CORRECTION)]

    decided = bundle(messages, local("2026-11-24 07:30"), letters_today=0, rings=True)

    assert decided.now == tuple(each.message_id for each in messages)
    assert decided.later == ()


@pytest.mark.parametrize(
    ("message", "letters_today", "leaves"),
    [
        (waiting(Notice.OVERDUE, first_late=True), 1, True),
        (waiting(Notice.OVERDUE, first_late=True), MOST - 1, True),
        (waiting(Notice.OVERDUE, first_late=True), MOST, False),
        (waiting(Notice.OVERDUE), 1, False),
        (waiting(Notice.REMINDER), 1, False),
        (waiting(Notice.CORRECTION), 1, False),
        (waiting(Notice.URGENT), 99, True),
    ],
)
def test_after_the_bundle_only_the_first_word_of_lateness_leaves(
    message: Waiting, letters_today: int, leaves: bool
) -> None:
    """And even that not without end; the rest has its turn the next working morning. An alarm waits for nothing."""
    decided = bundle([message], local("2026-11-24 10:00"), letters_today=letters_today, rings=True)

    assert bool(decided.now) is leaves
    if not leaves:
        [later] = decided.later
        assert (later.send_at, later.reason) == (local("2026-11-25 07:30"), Reason.NEXT_BUNDLE)


def test_an_alarm_travels_alone_and_at_any_hour() -> None:
    """Nobody has to look for it in a list."""
    alarm = waiting(Notice.URGENT)

    decided = bundle([waiting(), alarm], local("2026-11-22 02:00"), letters_today=0, rings=True)

    assert decided.now == (alarm.message_id,)
    assert decided.later == ()


@pytest.mark.parametrize(("rings", "leaves"), [(True, False), (False, True)])
def test_what_is_tried_again_at_night_rings_no_phone(rings: bool, leaves: bool) -> None:
    """A push service that comes back at three waits till morning; a mail server may have its mail."""
    decided = bundle([waiting(tried=True)], local("2026-11-25 03:00"), letters_today=0, rings=rings)

    assert bool(decided.now) is leaves


NIGHT, LUNCH, LATE = QUIET, Quiet(time(11, 30), time(13, 30)), Quiet(time(16), time(9, 15))


@pytest.mark.parametrize(
    ("quiet", "at", "rings"),
    [
        (NIGHT, "2026-11-24 06:59", "2026-11-24 07:30"),
        (NIGHT, "2026-11-24 07:30", "2026-11-24 07:30"),
        (NIGHT, "2026-11-24 16:59", "2026-11-24 16:59"),
        (NIGHT, "2026-11-24 17:00", "2026-11-25 07:30"),
        (NIGHT, "2026-11-27 18:00", "2026-11-30 07:30"),
        (LUNCH, "2026-11-24 11:29", "2026-11-24 11:29"),
        (LUNCH, "2026-11-24 11:30", "2026-11-24 13:30"),
        (LUNCH, "2026-11-24 13:30", "2026-11-24 13:30"),
        (LUNCH, "2026-11-24 23:00", "2026-11-25 07:30"),
        (LATE, "2026-11-24 07:30", "2026-11-24 09:15"),
        (LATE, "2026-11-24 15:59", "2026-11-24 15:59"),
        (LATE, "2026-11-27 16:00", "2026-11-30 09:15"),
    ],
)
def test_quiet_hours_narrow_the_window(quiet: Quiet, at: str, rings: str) -> None:
    """Never a widening: 07:30 to 17:00 of working days, less the person's own hours."""
    assert first_sending(local(at), DAYS, quiet) == local(rings)


@pytest.mark.parametrize(
    ("quiet", "room"),
    [
        (NIGHT, True),
        (LUNCH, True),
        (Quiet(time(7, 30), time(17)), False),
        (Quiet(time(0), time(23, 59)), False),
        (Quiet(time(16, 59), time(16, 58)), True),
        (Quiet(time(17), time(7, 30)), True),
        (Quiet(time(12), time(12)), True),
    ],
)
def test_quiet_hours_that_leave_no_room_are_known(quiet: Quiet, room: bool) -> None:
    """Nobody can switch off everything by the clock without knowing it."""
    assert quiet.leaves_room is room


# --- The same in the ledger ---


@pytest.fixture
async def email(replica: Replica) -> World:
    """A replica whose e-mail is a pigeon."""
    return replica(channels=[InboxChannel(), Pigeon(name="email")])


async def test_a_morning_is_one_letter_that_counts_and_names_nobody(email: World, cast: Cast) -> None:
    """Two reminders and one overdue: one subject, three lines, three rows of one letter."""
    await email.hear(
        Duty(owner=cast.owner).due_soon(),
        Duty(owner=cast.owner).due_soon(),
        Duty(owner=cast.owner, last_day=date(2026, 11, 18)).overdue(),
    )

    await email.pass_to(local("2026-11-19 07:30"))

    [letter] = [each for each in email.flown("email").delivered if each.address == "owner@example.vn"]
    assert letter.subject == "Có 1 việc quá hạn, 2 việc đến hạn"
    assert letter.body.count("- đến hạn: báo cáo kết quả đi cơ sở") == 2
    assert (
        "- quá hạn: báo cáo kết quả đi cơ sở, dự sinh hoạt chi bộ; hết ngày thứ Tư, 18/11/2026" in letter.body
    )
    rows = await email.messages(person_id=cast.owner, channel="email")
    assert sorted(row.state for row in rows) == ["bundled", "bundled", "sent"]
    assert len({row.letter_id for row in rows}) == 1
    assert len(await email.messages(person_id=cast.owner, channel="inbox", state="delivered")) == 3


async def test_what_comes_after_the_bundle_waits_for_the_next_one(email: World, cast: Cast) -> None:
    """Visible in the ledger with its reason; on the next working morning it is there."""
    await email.hear(Duty(owner=cast.owner).due_soon())
    await email.pass_to(local("2026-11-19 07:30"))
    late = Duty(owner=cast.owner)
    await email.hear(late.due_soon())

    await email.pass_to(local("2026-11-19 09:00"))

    [row] = await email.messages(late, channel="email")
    assert (row.state, row.reason, row.send_at) == ("pending", "next_bundle", local("2026-11-20 07:30"))
    await email.pass_to(local("2026-11-20 07:30"))
    [row] = await email.messages(late, channel="email")
    assert row.state == "sent"


async def test_a_duty_that_is_done_leaves_the_bundle(email: World, cast: Cast) -> None:
    """The bundle is what the ledger says when it leaves: no word of what was done in the night."""
    done, open_ = Duty(owner=cast.owner), Duty(owner=cast.owner)
    await email.hear(done.due_soon(), open_.due_soon())
    await email.pass_to(local("2026-11-19 00:00"))

    await email.hear(done.closed())
    await email.pass_to(local("2026-11-19 07:30"))

    [letter] = email.flown("email").delivered
    assert letter.subject == "Có 1 việc đến hạn"
    assert [row.state for row in await email.messages(done, channel="email")] == ["suppressed"]


async def test_a_person_is_told_at_their_own_hour(email: World, cast: Cast) -> None:
    """Quiet till nine: the letter of the morning comes at nine, that of the others at half past seven."""
    async with email.database.begin() as tx:
        await set_quiet_hours(tx, cast.owner, Quiet(time(19), time(9)))
    await email.hear(Duty(owner=cast.owner).overdue())
    box = email.flown("email")

    await email.pass_to(local("2026-11-24 07:30"))
    early = [each.address for each in box.delivered]
    await email.pass_to(local("2026-11-24 09:00"))

    assert early == ["clerk@example.vn"]
    assert [each.address for each in box.delivered] == ["clerk@example.vn", "owner@example.vn"]


# --- The second channel ---


@pytest.fixture
async def both(replica: Replica, cast: Cast) -> World:
    """A replica with phones and e-mail; the owner has a phone."""
    channels: list[Channel] = [InboxChannel(), Pigeon(name="webpush"), Pigeon(name="email")]
    world = replica(channels=channels)
    await phone_of(world, cast.owner)
    return world


async def phone_of(world: World, person_id: UUID) -> None:
    async with world.database.begin() as tx:
        await tx.execute(
            """
            INSERT INTO push_subscription
                (subscription_id, person_id, session_id, endpoint_sha256, sealed, label, created_at)
            VALUES (gen_random_uuid(), :id, gen_random_uuid(), :digest, '', 'máy', :now)
            """,
            id=person_id,
            digest=str(person_id),
            now=tx.now,
        )


async def states(world: World, person_id: UUID) -> dict[str, tuple[str, str]]:
    rows = await world.messages(person_id=person_id)
    return {row.channel: (row.state, row.reason) for row in rows}


async def test_a_phone_comes_first_and_mail_where_nobody_looks(both: World, cast: Cast) -> None:
    """Taken by the phone's service and not looked at for four hours: the next channel has its turn, once."""
    await both.hear(Duty(owner=cast.owner).due_soon())

    await both.pass_to(local("2026-11-19 07:30"))
    rung = await states(both, cast.owner)
    await both.pass_to(local("2026-11-19 11:29"))
    patient = await states(both, cast.owner)
    for _ in range(2):
        await both.pass_to(local("2026-11-19 11:30"))

    assert rung == patient == {"inbox": ("delivered", "accepted"), "webpush": ("sent", "accepted")}
    assert await states(both, cast.owner) == {
        "inbox": ("delivered", "accepted"),
        "webpush": ("failed", "not_seen"),
        "email": ("sent", "accepted"),
    }
    assert both.counted("notify_unseen_total") == 1


@pytest.mark.parametrize("how", ["touched", "opened", "acknowledged", "done"])
async def test_whoever_looked_is_not_told_again(both: World, cast: Cast, as_person: As, how: str) -> None:
    """Touching the notification, opening the message, "Tôi đang làm", or doing it: each is enough."""
    duty = Duty(owner=cast.owner)
    await both.hear(duty.due_soon())
    await both.pass_to(local("2026-11-19 07:30"))
    me = await as_person(cast.owner)
    [pushed] = await both.messages(person_id=cast.owner, channel="webpush")
    [shown] = await both.messages(person_id=cast.owner, channel="inbox")

    match how:
        case "touched":
            await me.put(f"/notify/api/letters/{pushed.letter_id}/seen")
        case "opened":
            await me.put(f"/notify/api/inbox/{shown.message_id}/read")
        case "acknowledged":
            path = f"/notify/api/escalations/{duty.duty_id}/acknowledgement"
            await me.put(path, json={"until": "2026-11-20"})
        case _:
            await both.hear(duty.closed())
    await both.pass_to(local("2026-11-19 12:00"))

    found = await states(both, cast.owner)
    assert "email" not in found
    assert found["inbox"][0] == ("read" if how in ("touched", "opened") else "delivered")
    assert found["webpush"] == (("read", "opened") if how in ("touched", "opened") else ("sent", "accepted"))


async def test_nobody_sees_somebody_elses_letter(both: World, cast: Cast, as_person: As) -> None:
    """204 for a foreign letter as for none, and nothing moves."""
    await both.hear(Duty(owner=cast.owner).due_soon())
    await both.pass_to(local("2026-11-19 07:30"))
    [pushed] = await both.messages(person_id=cast.owner, channel="webpush")
    other = await as_person(cast.clerk)

    answer = await other.put(f"/notify/api/letters/{pushed.letter_id}/seen")

    assert answer.status_code == 204
    assert (await states(both, cast.owner))["webpush"] == ("sent", "accepted")


async def test_a_phone_that_is_gone_passes_the_letter_on_at_once(replica: Replica, cast: Cast) -> None:
    """No waiting for patience: a permanent refusal is the next channel's turn now."""
    mail = Pigeon(name="email")
    gone = Pigeon(name="webpush", failures=[ChannelError("no_phone", permanent=True)])
    both = replica(channels=[InboxChannel(), gone, mail])
    await phone_of(both, cast.owner)
    await both.hear(Duty(owner=cast.owner).due_soon())

    await both.pass_to(local("2026-11-19 07:30"))

    assert (await states(both, cast.owner))["webpush"] == ("failed", "no_phone")
    assert [letter.address for letter in mail.delivered] == ["owner@example.vn"]


async def test_a_push_service_that_asks_for_time_gets_it(replica: Replica, cast: Cast) -> None:
    """429 with Retry-After: not before, and not forgotten."""
    busy = Pigeon(
        name="webpush",
        failures=[ChannelError("push_429", permanent=False, retry_after=timedelta(minutes=30))],
    )
    both = replica(channels=[InboxChannel(), busy])
    await phone_of(both, cast.owner)
    await both.hear(Duty(owner=cast.owner).due_soon())

    await both.pass_to(local("2026-11-19 07:30"))
    [row] = await both.messages(person_id=cast.owner, channel="webpush")
    await both.pass_to(local("2026-11-19 08:00"))

    assert (row.state, row.reason, row.send_at) == ("pending", "push_429", local("2026-11-19 08:00"))
    assert len(busy.delivered) == 1


async def test_only_ones_own_duties_can_be_answered_from_the_message(both: World, cast: Cast) -> None:
    """The office is told of a member's duty and cannot say "I am on it" for them."""
    await phone_of(both, cast.clerk)
    duty = Duty(owner=cast.owner)
    await both.hear(duty.overdue())

    await both.pass_to(local("2026-11-24 07:30"))

    letters = {letter.address: letter for letter in both.flown("webpush").delivered}
    assert letters[str(cast.owner)].own_duties == (duty.duty_id,)
    assert letters[str(cast.owner)].until == date(2026, 11, 25)
    assert letters[str(cast.clerk)].own_duties == ()


# --- The person's own hours over HTTP ---


async def test_quiet_hours_are_ones_own_and_leave_some_room(cast: Cast, as_person: As) -> None:
    """20:00 to 07:00 until said otherwise; never all of the window."""
    me = await as_person(cast.owner)
    path = "/notify/api/quiet-hours"

    before = (await me.get(path)).json()
    kept = await me.put(path, json={"starts": "18:30", "ends": "08:30"})
    full = await me.put(path, json={"starts": "07:00", "ends": "17:00"})
    nonsense = await me.put(path, json={"starts": "24:00", "ends": "8:30"})

    assert before == {"starts": "20:00", "ends": "07:00"}
    assert kept.status_code == 200
    assert (await me.get(path)).json() == {"starts": "18:30", "ends": "08:30"}
    assert (full.status_code, full.json()["errors"][0]["pointer"]) == (422, "/starts")
    assert nonsense.status_code == 422
    assert (await (await as_person(cast.clerk)).get(path)).json() == before


async def test_a_cap_holds_for_each_person_and_channel_alone(email: World, cast: Cast) -> None:
    """Many duties turn late over a day: no more than three letters to one member, however it comes."""
    other = person(Role.COMMITTEE_MEMBER, email="other@example.vn")
    await email.hear(other)
    for hour in range(8, 16):
        late = [Duty(owner=cast.owner), Duty(owner=cast.owner)]
        await email.hear(*(duty.overdue() for duty in late))
        await email.pass_to(local(f"2026-11-24 {hour:02}:00"))
    await email.hear(Duty(owner=other.person_id).overdue())
    await email.pass_to(local("2026-11-24 16:00"))

    addresses = [letter.address for letter in email.flown("email").delivered]
    assert addresses.count("owner@example.vn") == MOST
    assert addresses.count("other@example.vn") == 1
    await email.pass_to(local("2026-11-25 07:30"))
    assert await email.messages(person_id=cast.owner, channel="email", state="pending") == []
