"""Bad messages: each in quarantine with its reason, its neighbours applied at once, its text in no log."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from shared.contracts.envelope import ERASED_BODY, Event
from shared.contracts.visits import SessionChanged
from shared.errors import Conflict, Invalid, NotFound
from shared.inbox import Poison
from shared.quarantine import discard
from shared.uow import UnitOfWork
from tests.shared.messaging.conftest import World
from tests.support.logs import captured_logs
from tests.support.messaging import SUBJECT, Consumer, record, session
from tests.support.wait import eventually

CANARY = "Đồng-chí-A-nói"
GOOD = session(token=CANARY).model_dump_json().encode()
FIELDS: dict[str, Any] = json.loads(GOOD)


def body(**changes: object) -> bytes:
    """A good body with some fields changed; None takes the field away."""
    fields = FIELDS | changes
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()


HELD: dict[str, tuple[str, bytes, dict[str, Any]]] = {
    "107 empty": ("schema", b"", {}),
    "108 not JSON": ("schema", f"{CANARY} {{".encode(), {}),
    "108 not UTF-8": ("schema", b"\xff\xfe" + GOOD, {}),
    "108 one key twice": ("schema", GOOD[:-1] + b',"version":1}', {}),
    "108 NaN": ("schema", GOOD[:-1] + b',"odd":NaN}', {}),
    "108 beyond every double": ("schema", GOOD[:-1] + b',"odd":1e400}', {}),
    "108 a number that readers round": ("schema", GOOD[:-1] + b',"odd":9007199254740993}', {}),
    "108 half of a pair": ("schema", GOOD[:-1] + b',"odd":"\\ud800"}', {}),
    "108 NUL": ("schema", GOOD[:-1] + b',"odd":"\\u0000"}', {}),
    "108 a byte order mark": ("schema", b"\xef\xbb\xbf" + GOOD, {}),
    "109 array": ("schema", b"[" + GOOD + b"]", {}),
    "109 deep": ("schema", b"[" * 100_000, {}),
    "110 wrong type": ("schema", body(version=CANARY), {}),
    "110 missing field": ("schema", body(person_id=None), {}),
    "110 naive time": ("schema", body(opened_at="2026-11-22T08:00:00"), {}),
    "110 refused by the database": ("refused", body(version=1 << 40), {}),
    "111 version 99": (
        "unknown_version",
        GOOD,
        {"subject": "visits.session.session_changed.v99"},
    ),
    "114 id missing": ("envelope", GOOD, {"without": "ce-id"}),
    "114 id not UUID": ("envelope", GOOD, {"ce_id": CANARY}),
    "118 from 2099": ("future", GOOD, {"ce_time": "2099-01-01T00:00:00+00:00"}),
    "119 wrong producer": ("forged", GOOD, {"ce_source": "/field-visits/feedback"}),
    "119 foreign producer": ("envelope", GOOD, {"ce_source": f"/{CANARY}"}),
    "119 type is not the subject": ("forged", GOOD, {"on": "visits.visit.recorded.v1"}),
    "121 long header": ("envelope", GOOD, {"ce_time": CANARY * 3000}),
    "121 odd header": ("envelope", GOOD, {"ce_id": '\\u0000 \x00 \x7f "'}),
    "sequence missing": ("envelope", GOOD, {"without": "ce-sequence"}),
    "sequence zero": ("envelope", GOOD, {"ce_sequence": "0"}),
    "sequence above bigint": ("envelope", GOOD, {"ce_sequence": str(1 << 70)}),
    "sequence of 5,000 digits": ("envelope", GOOD, {"ce_sequence": "9" * 5000}),
    "time naive": ("envelope", GOOD, {"ce_time": "2026-11-22T08:00:00"}),
    "time at the end of time": ("future", GOOD, {"ce_time": "9999-12-31T23:59:59-14:00"}),
    "specversion": ("envelope", GOOD, {"ce_specversion": "0.3"}),
}

APPLIED: dict[str, tuple[bytes, dict[str, Any]]] = {
    "112 unknown extra field": (body(new_field={"deep": [CANARY]}), {}),
    "113 missing optional": (body(closed_at=None), {}),
    "126 400 days old": (GOOD, {"ce_time": "2025-10-18T00:00:00+00:00"}),
}


async def test_each_bad_message_is_held_with_its_reason_between_good_ones(world: World) -> None:
    """T9 The whole corpus between good neighbours: they are applied within a second, no text in a log."""
    with captured_logs() as logs:
        consumer = await world.consumer()
        await world.wire.good()
        await consumer.has(1)

        for _reason, data, how in HELD.values():
            await world.wire.send(data, **how)
        for data, how in APPLIED.values():
            await world.wire.send(data, **how)
        await world.wire.good()
        await consumer.has(2 + len(APPLIED), 1.0)
        await eventually(world.wire.idle)

    reasons = [(row.subject, row.reason) for row in await consumer.held()]
    expected = [(how.get("on", how.get("subject", SUBJECT)), reason) for reason, _, how in HELD.values()]
    assert sorted(expected) == sorted(reasons)
    assert CANARY not in logs.text
    assert not any(CANARY in row.detail for row in await consumer.held())


@pytest.mark.parametrize(
    ("subject", "headers"),
    [
        (SUBJECT.encode(), b"NATS/1.0\r\n\r\n"),
        (SUBJECT.encode(), b"NATS/1.0 \xff\xfe\xfd\r\nce-id: 1\r\n\r\n"),
        (SUBJECT.encode(), b"NATS/1.0 503\r\n\r\n"),
        (SUBJECT.encode(), b"NATS/1.0\r\n\xff\xff: \xff\r\nnonsense\r\n: : :\r\n\r\n"),
        (b"visits.\xff\xfe", b"NATS/1.0\r\nce-id: \xff\r\n\r\n"),
        (b"visits." + b"x" * 400, b"NATS/1.0\r\nce-id: 1\r\n\r\n"),
    ],
    ids=[
        "none",
        "status unreadable",
        "status of the server",
        "names unreadable",
        "subject unreadable",
        "long",
    ],
)
async def test_bytes_no_client_would_send_do_not_end_the_reading(
    world: World, subject: bytes, headers: bytes
) -> None:
    """121, 123 A stored message cannot silence the consumer, whatever its header block and subject are."""
    consumer = await world.consumer()

    await world.wire.raw(subject, headers, CANARY.encode())
    await world.wire.good()

    await consumer.has(1, 3.0)
    await eventually(world.wire.idle)
    (held,) = await consumer.held()
    assert held.reason == "envelope"


async def test_an_id_repeated_is_applied_once_and_reused_is_held(world: World) -> None:
    """115, 116 The same body again is a duplicate; another body is held, and the first one stays."""
    consumer = await world.consumer()
    first, other = session(1), session(2)
    sent = await world.wire.send(first.model_dump_json().encode())

    for _ in range(3):
        await world.wire.send(first.model_dump_json().encode(), ce_id=sent["ce-id"])
        await world.wire.send(other.model_dump_json().encode(), ce_id=sent["ce-id"])
    await world.wire.good()
    await consumer.has(2)

    (held,) = await consumer.held()
    assert held.reason == "id_reused"
    assert (await consumer.applied())[0] == first.session_id
    await consumer.inbox.replay(held.id, by="a person")
    assert other.session_id in await consumer.applied()


@pytest.mark.parametrize("erased_first", [True, False])
async def test_an_event_erased_at_its_origin_is_no_forgery_of_itself(
    world: World, *, erased_first: bool
) -> None:
    """Its number counts, whichever form comes first; nothing is held, and a late original is not set aside either."""
    consumer = await world.consumer()
    first, second = (ERASED_BODY, GOOD) if erased_first else (GOOD, ERASED_BODY)

    sent = await world.wire.send(first)
    await world.wire.send(second, ce_id=sent["ce-id"])
    await world.wire.good()
    await consumer.has(1 if erased_first else 2)
    await eventually(world.wire.idle)

    assert await consumer.held() == []


async def test_a_forged_message_id_loses_nothing(world: World) -> None:
    """120 Somebody used the id of an event that was still to come: JetStream drops it, the receipt brings it."""
    producer = await world.producer()
    await world.pause_relay(producer)
    event = session()
    await producer.publish(event)
    async with producer.database.read() as tx:
        event_id = await tx.scalar("SELECT event_id FROM outbox")
    await world.wire.send(b"forged", msg_id=str(event_id), seq=900_000)

    await world.resume_relay(producer)
    consumer = await world.consumer()

    await consumer.has(1)
    assert await consumer.applied() == [event.session_id]


async def test_a_thousand_bad_messages_in_a_row_do_not_stop_good_ones(world: World) -> None:
    """124 Unreadable ones and refused ones; a good one behind them is applied in a moment."""

    async def refuse_odd(events: Sequence[Event], tx: UnitOfWork) -> None:
        for event in events:
            if isinstance(event, SessionChanged) and event.version % 2:
                raise Invalid("Số lẻ", "an odd number")
        await record(events, tx)

    for _ in range(10):
        await asyncio.gather(*(world.wire.send(b"{}") for _ in range(97)))
        await asyncio.gather(*(world.wire.good(session(1)) for _ in range(3)))
    await world.wire.good(session(2))

    consumer = await world.consumer(handler=refuse_odd)

    await consumer.has(1, 30.0)
    await eventually(lambda: consumer.messages("quarantined") == 1000)
    assert await reasons(consumer) == {"schema": 970, "refused": 30}


async def reasons(consumer: Consumer) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in await consumer.held():
        counts[row.reason] = counts.get(row.reason, 0) + 1
    return counts


async def test_held_messages_count_as_taken_in_and_are_not_sent_again(world: World) -> None:
    """A message of our own producer that cannot be read here is held once, and its receipt is complete."""

    async def refuse(_events: Sequence[Event], _tx: UnitOfWork) -> None:
        raise Invalid("Không", "no")

    producer, consumer = await world.producer(), await world.consumer(handler=refuse)
    await producer.publish(session(), session())

    await eventually(lambda: producer.confirmed(2))

    assert await reasons(consumer) == {"refused": 2}


class SessionChangedAnew(SessionChanged):
    """The next version of the same event."""

    subject: ClassVar[str] = "visits.session.session_changed.v2"


async def test_a_newer_version_is_parked_and_replayed_after_the_upgrade(world: World) -> None:
    """111 Nothing is dropped: the service that understands it applies it, once."""
    old = await world.consumer()
    event = session(7)
    await world.wire.send(event.model_dump_json().encode(), subject=SessionChangedAnew.subject)
    await eventually(old.held)
    await world.stop(old)

    new = await world.consumer(known=(SessionChanged, SessionChangedAnew))
    assert await new.inbox.replay_understood() == 1
    assert await new.inbox.replay_understood() == 0

    async with new.database.read() as tx:
        assert await tx.scalar("SELECT version FROM applied") == 7
    assert [row.status for row in await new.held("replayed")] == ["replayed"]


async def test_a_person_replays_or_discards_once(world: World) -> None:
    """A decision is final, two at the same moment are one, and what still cannot be applied stays held."""
    consumer = await world.consumer()
    await world.wire.send(b"{}")
    await world.wire.send(body(), ce_time="2099-01-01T00:00:00+00:00")
    await eventually(lambda: consumer.messages("quarantined") == 2)
    unreadable, future = await consumer.held()

    with pytest.raises(Poison):
        await consumer.inbox.replay(unreadable.id, by="ops")
    assert len(await consumer.held()) == 2
    async with consumer.database.begin() as tx:
        await discard(tx, unreadable.id, by="ops")
    for number, error in ((unreadable.id, Conflict), (4711, NotFound)):
        with pytest.raises(error):
            await consumer.inbox.replay(number, by="ops")
        with pytest.raises(error):
            async with consumer.database.begin() as tx:
                await discard(tx, number, by="ops")
    async with consumer.database.begin() as tx:
        await tx.execute(
            "UPDATE quarantine SET headers = jsonb_set(headers, '{ce-time}', '\"2026-01-01T00:00:00+00:00\"') "
            "WHERE id = :id",
            id=future.id,
        )
    outcomes = await asyncio.gather(
        *(consumer.inbox.replay(future.id, by=f"ops {n}") for n in range(5)), return_exceptions=True
    )

    assert sum(outcome is None for outcome in outcomes) == 1
    assert await consumer.count() == 1
    assert await consumer.held() == []
