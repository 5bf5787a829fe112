"""Visits become duties: once each, in any order, and no clock ever moves."""

from datetime import date
from itertools import pairwise
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.feedback.domain.duty import Duty
from services.feedback.domain.owed import (
    answer_duty_id,
    forward_duty_id,
    register_forwarding_id,
    report_duty_id,
)
from shared.contracts.feedback import DutiesOpened, DutyClosed, DutyClosure, DutyKind
from shared.contracts.notify import MessageChanged, MessageState
from shared.contracts.visits import AccessClass, Urgency, VisitKind, VisitRecorded
from tests.feedback.given import AGENCY, MEMBER, NOW, Feedback, id_of, issue, local, visit


async def test_a_meeting_with_nothing_raised_owes_a_report(feedback: Feedback) -> None:
    """The report is owed per meeting, not per issue, and the day of the meeting is day zero."""
    await feedback.take(visit("quiet"))

    (duty,) = await feedback.duties()

    assert duty.kind is DutyKind.REPORT
    assert duty.owner_person_id == MEMBER
    assert duty.anchor == date(2026, 10, 5)
    assert duty.due_at == duty.first_due_at == local("2026-10-13 00:00")


async def test_a_plain_field_trip_owes_a_report_too(feedback: Feedback) -> None:
    """No rule names a deadline for it; the default policy does."""
    await feedback.take(visit("trip", kind=VisitKind.FIELD_TRIP))

    assert [duty.kind for duty in await feedback.duties()] == [DutyKind.REPORT]


async def test_every_issue_that_was_not_resolved_on_the_spot_must_be_forwarded(feedback: Feedback) -> None:
    """Two obligations, one clock."""
    await feedback.take(visit("evening", issue("ditch"), issue("lamp", resolved_on_spot=True)))

    assert {duty.duty_id for duty in await feedback.duties()} == {
        report_duty_id(id_of("evening")),
        forward_duty_id(id_of("ditch")),
    }
    (opened,) = await feedback.published()
    assert isinstance(opened, DutiesOpened)
    assert len(opened.duties) == 2


async def test_the_clock_starts_at_the_visit_however_late_it_arrives(feedback: Feedback) -> None:
    """A phone without signal for a month gives nobody a month more."""
    await feedback.take(visit("late", accepted_at=local("2026-11-05 08:00")))

    (duty,) = await feedback.duties()

    assert duty.due_at == local("2026-10-13 00:00")


async def test_an_evening_in_tu_son_is_not_yesterday_in_london(feedback: Feedback) -> None:
    """The anchor is the date in Viet Nam: 1:00 there is still the day before in UTC."""
    await feedback.take(visit("night", started="2026-10-06 01:00"))

    (duty,) = await feedback.duties()

    assert duty.anchor == date(2026, 10, 6)


async def test_a_report_filed_exactly_at_the_due_instant_is_late(feedback: Feedback) -> None:
    """On time means before 00:00 after the last day, by the moment of filing and not of arriving."""
    await feedback.take(
        visit("in time", filed="2026-10-12 23:59:59.999999"), visit("late", filed="2026-10-13 00:00")
    )

    statuses = {duty.visit_id: duty.status(NOW) for duty in await feedback.duties()}

    assert statuses == {id_of("in time"): "on_time", id_of("late"): "late"}


async def test_an_edit_moves_no_clock(feedback: Feedback) -> None:
    """F46: Another start in a newer version changes the fact, not what is owed and since when.

    Others got it wrong: a re-send or any edit restarts the clock.
    """
    await feedback.take(visit("evening"))
    await feedback.take(visit("evening", version=2, started="2026-10-20 19:00"))

    (duty,) = await feedback.duties()

    assert (duty.anchor, duty.due_version) == (date(2026, 10, 5), 1)


async def test_an_older_version_that_comes_late_sets_the_clock(feedback: Feedback) -> None:
    """The end is the same as if the versions had come in order."""
    await feedback.take(visit("evening", version=2, started="2026-10-20 19:00"))
    await feedback.take(visit("evening"))

    (duty,) = await feedback.duties()

    assert (duty.anchor, duty.first_due_at) == (date(2026, 10, 5), local("2026-10-13 00:00"))
    assert (await feedback.told())[duty.duty_id] == duty.snapshot()


async def test_an_issue_withdrawn_by_a_newer_version_is_no_longer_owed(feedback: Feedback) -> None:
    """Its duty is closed as not owed, and whoever was to be told of it is told to stop.

    Others got it wrong: what was turned off keeps notifying.
    """
    await feedback.take(visit("evening", issue("ditch"), issue("lamp")))
    await feedback.take(visit("evening", issue("lamp", resolved_on_spot=True), version=2))

    ends = {duty.kind: duty.closure for duty in await feedback.duties()}

    assert ends == {DutyKind.REPORT: None, DutyKind.FORWARD: DutyClosure.NOT_OWED}
    closed = [event for event in await feedback.published() if isinstance(event, DutyClosed)]
    assert {event.duty.duty_id for event in closed} == {
        forward_duty_id(id_of("ditch")),
        forward_duty_id(id_of("lamp")),
    }


async def test_a_duty_that_is_owed_after_all_opens_again(feedback: Feedback) -> None:
    """Its due date stays where it was; the reminders start over, hence another due version."""
    await feedback.take(visit("evening", issue("lamp")))
    await feedback.take(visit("evening", issue("lamp", resolved_on_spot=True), version=2))
    await feedback.take(visit("evening", issue("lamp"), version=3))

    duty = await feedback.duty(forward_duty_id(id_of("lamp")))

    assert (duty.closed_at, duty.due_version, duty.due_at) == (None, 2, local("2026-10-13 00:00"))


async def test_what_a_paper_register_says_meets_the_duties(feedback: Feedback) -> None:
    """Forwarded on paper meets the forwarding and opens the agency's answer; answered on paper meets that."""
    await feedback.take(
        visit(
            "paper",
            issue("sent", forwarded_to=AGENCY, forwarded_at=local("2026-10-07 09:00")),
            issue(
                "answered",
                forwarded_to=AGENCY,
                forwarded_at=local("2026-10-13 00:00"),
                answered_at=local("2026-10-20 10:00"),
            ),
        )
    )

    duties = {duty.duty_id: duty for duty in await feedback.duties()}

    sent, answered = id_of("sent"), id_of("answered")
    assert duties[forward_duty_id(sent)].status(NOW) == "on_time"
    assert duties[forward_duty_id(answered)].status(NOW) == "late"
    waiting = duties[answer_duty_id(register_forwarding_id(sent))]
    assert (waiting.owner_unit_id, waiting.closed_at) == (AGENCY, None)
    assert waiting.due_at == local("2026-10-22 00:00")  # ten working days from 7/10
    assert duties[answer_duty_id(register_forwarding_id(answered))].closed_at == local("2026-10-20 10:00")


async def test_a_register_of_the_past_owes_nothing(feedback: Feedback) -> None:
    """It is kept for the figures."""
    await feedback.take(visit("2016", issue("old"), history=True, started="2016-03-04 19:00"))

    assert await feedback.duties() == []
    assert await feedback.published() == []
    assert len(await feedback.rows("SELECT 1 FROM visit")) == 1


async def test_a_restricted_issue_is_an_id_and_a_class(feedback: Feedback) -> None:
    """Whatever a message says of it, no text of it is kept or told."""
    await feedback.take(
        visit("evening", issue("talk", access_class=AccessClass.IDEOLOGY, title="kín", detail="kín"))
    )

    (row,) = await feedback.rows("SELECT title, detail, access_class FROM issue")

    assert tuple(row) == (None, None, "ideology")
    assert (await feedback.duty(forward_duty_id(id_of("talk")))).access_class is AccessClass.IDEOLOGY


async def test_an_urgent_issue_is_told_as_urgent(feedback: Feedback) -> None:
    """Also when it becomes urgent only in a newer version."""
    await feedback.take(visit("evening", issue("flood")))
    await feedback.take(visit("evening", issue("flood", urgency=Urgency.URGENT), version=2))

    assert (await feedback.told())[forward_duty_id(id_of("flood"))].urgency is Urgency.URGENT


async def test_messages_join_the_timeline_newest_state_first(feedback: Feedback) -> None:
    """F53: An older state that comes late changes nothing."""
    states = [MessageState.PENDING, MessageState.SENT, MessageState.DELIVERED]
    messages = [
        MessageChanged(
            message_id=id_of("message"),
            version=version,
            duty_id=report_duty_id(id_of("evening")),
            due_version=1,
            rung="chase",
            person_id=MEMBER,
            channel="inbox",
            state=state,
            reason="",
            at=NOW,
        )
        for version, state in enumerate(states, start=1)
    ]
    await feedback.take(messages[2], messages[1])
    await feedback.take(messages[0], messages[2])

    (row,) = await feedback.rows("SELECT state, version FROM duty_message")

    assert tuple(row) == ("delivered", 3)


# --- Any order, any number of times (I2) ---------------------------------------------------------

MOMENTS = st.sampled_from(["2026-10-06 08:00", "2026-10-12 23:59:59", "2026-10-13 00:00", "2026-10-15 09:30"])
ISSUES = st.builds(
    lambda urgency, resolved, sent, answered: {
        "urgency": urgency,
        "resolved_on_spot": resolved,
        **({"forwarded_to": AGENCY, "forwarded_at": local(sent)} if sent else {}),
        **({"answered_at": local(answered)} if sent and answered else {}),
    },
    st.sampled_from(list(Urgency)),
    st.booleans(),
    st.none() | MOMENTS,
    st.none() | st.just("2026-10-30 08:00"),
)
VERSIONS = st.builds(
    dict,
    started=st.sampled_from(["2026-10-05 19:00", "2026-10-05 08:00", "2026-10-07 19:00"]),
    filed=st.none() | MOMENTS,
    issues=st.dictionaries(st.sampled_from(["a", "b", "c"]), ISSUES, max_size=3),
    withdrawn=st.sampled_from([None, None, None, local("2026-10-20 08:00")]),
)
STORIES = st.lists(st.lists(VERSIONS, min_size=1, max_size=4), min_size=1, max_size=3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=STORIES, data=st.data())
async def test_any_order_of_versions_ends_the_same(
    feedback: Feedback, story: list, data: st.DataObject
) -> None:
    """F46: In order one by one, or shuffled, repeated and batched anyhow: the same facts, duties and due dates."""
    run = uuid4()  # drawn ones come again, and the database remembers
    in_order = events_of(story, f"{run}/in order")
    shuffled = data.draw(
        st.lists(st.sampled_from(range(len(in_order))), max_size=len(in_order)).flatmap(
            lambda again: st.permutations([*range(len(in_order)), *again])
        )
    )
    cuts = sorted(data.draw(st.sets(st.integers(1, len(shuffled)), max_size=4)) | {0, len(shuffled)})

    for event in in_order:
        await feedback.take(event)
    anyhow = events_of(story, f"{run}/anyhow")
    for start, end in pairwise(cuts):
        await feedback.take(*(anyhow[n] for n in shuffled[start:end]))

    assert await end_state(feedback, story, f"{run}/anyhow") == await end_state(
        feedback, story, f"{run}/in order"
    )


async def test_whoever_reads_every_event_knows_every_duty(feedback: Feedback) -> None:
    """State and message leave together: the newest snapshot told of a duty is the duty."""
    story = [
        {"started": "2026-10-05 19:00", "filed": None, "issues": {"a": {}, "b": {}}},
        {
            "started": "2026-10-05 19:00",
            "filed": "2026-10-08 08:00",
            "issues": {"a": {"resolved_on_spot": True}},
        },
        {"started": "2026-10-05 19:00", "filed": "2026-10-08 08:00", "issues": {"a": {}, "c": {}}},
    ]
    for event in events_of([story], "told"):
        await feedback.take(event)

    assert await feedback.told() == {duty.duty_id: duty.snapshot() for duty in await feedback.duties()}


def events_of(story: list, namespace: str) -> list[VisitRecorded]:
    return [
        visit(
            f"{namespace}/{number}",
            *(issue(f"{namespace}/{number}/{name}", **facts) for name, facts in told["issues"].items()),
            version=version,
            started=told["started"],
            filed=told["filed"],
            withdrawn_at=told.get("withdrawn"),
        )
        for number, versions in enumerate(story)
        for version, told in enumerate(versions, start=1)
    ]


async def end_state(feedback: Feedback, story: list, namespace: str) -> list[object]:
    """Everything that must not depend on order, by names instead of ids.

    What is not owed and what was never opened are the same; so are an issue removed and one never named.
    """
    duties = {duty.duty_id: duty for duty in await feedback.duties()}
    found: list[object] = []
    for number in range(len(story)):
        visit_id = id_of(f"{namespace}/{number}")
        found.append(await feedback.rows(f"{VISIT} WHERE visit_id = :id", id=visit_id))
        found.append(as_told(duties.get(report_duty_id(visit_id))))
        for name in ("a", "b", "c"):
            issue_id = id_of(f"{namespace}/{number}/{name}")
            found.append(await feedback.rows(f"{ISSUE} WHERE issue_id = :id AND NOT removed", id=issue_id))
            found.append(as_told(duties.get(forward_duty_id(issue_id))))
            found.append(as_told(duties.get(answer_duty_id(register_forwarding_id(issue_id)))))
    return found


VISIT = "SELECT version, withdrawn_at, anchor, anchor_version, started_at, report_filed_at, kind FROM visit"
ISSUE = "SELECT urgency, resolved_on_spot, title FROM issue"


def as_told(duty: Duty | None) -> object:
    if duty is None or duty.closure is DutyClosure.NOT_OWED:
        return None
    return (duty.anchor, duty.due_at, duty.first_due_at, duty.urgency, duty.owner_unit_id, duty.closed_at)
