"""Five days of the ward, played in seconds: from a meeting to the last rung of a ladder, and to silence.

Real PostgreSQL, NATS and SMTP; people act by HTTP alone; the clock is moved as an operator would move it.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

import pytest

from shared.ids import uuid7
from tests.support.phone import issue_body, visit_body
from tests.support.rehearsal import Json, Rehearsal, local, rehearsal
from tests.support.wait import eventually
from tests.support.ward import unit_id

pytestmark = pytest.mark.xdist_group("heavy")

MEMBER, COLLEAGUE, CLERK = "M12", "M13", "VP1"
STANDING_COMMITTEE, PERMANENT_BOARD = "M04", "M01"
DUE_AT = local("2026-10-13 00:00")
WEEKLY = "Tình hình tuần"
"""The five days end with Monday 12/10, because the fifth is a Saturday."""


@pytest.fixture
async def ward() -> AsyncIterator[Rehearsal]:
    """Monday 5/10/2026, late in the evening; the member has said where e-mail reaches them."""
    async with rehearsal() as system:
        await system.move_clock("2026-10-05 21:30")
        email = {"email": {"enabled": True, "address": "an@tu-son.invalid"}}
        await system.put(MEMBER, "/notify/api/channels", email)
        yield system


async def test_five_days_from_a_meeting_to_silence(ward: Rehearsal) -> None:
    """A visit, its duties, a reminder, the ladder, the report, and nothing more."""
    # Monday evening: the member attended a cell's meeting and writes down what was asked there.
    meeting, other = str(uuid7()), str(uuid7())
    asked = issue_body("Rãnh thoát nước trước nhà văn hóa bị tắc")
    visit = visit_body("C001", local("2026-10-05 19:00"), asked, meeting=True)
    receipt = await ward.put(MEMBER, f"/visits/api/visits/{meeting}", visit)
    assert await ward.put(MEMBER, f"/visits/api/visits/{meeting}", visit) == receipt
    await ward.put(COLLEAGUE, f"/visits/api/visits/{other}", visit_body("C002", local("2026-10-05 18:00")))

    # The committee knows what is owed, until when, and why: the fifth day is a Saturday.
    duties = await ward.duties(MEMBER, count=2)
    assert {kind: _due(duty) for kind, duty in duties.items()} == {"report": DUE_AT, "forward": DUE_AT}
    report, forward = duties["report"]["duty_id"], duties["forward"]["duty_id"]
    due = (await ward.get(MEMBER, f"/feedback/api/duties/{report}"))["due"]
    assert (
        "10/10/2026 (thứ Bảy, nghỉ hằng tuần) → lùi đến hết thứ Hai, 12/10/2026" in due["explanation"]["vi"]
    )
    assert [step["date"] for step in due["trace"] if step["decision"] == "rolled"] == [
        "2026-10-10",
        "2026-10-11",
    ]

    # Thursday, two working days before the last day: two reminders in the inbox, and one e-mail that tells of both.
    await ward.move_clock("2026-10-08 08:00")
    reminders = await ward.inbox(MEMBER, "reminder", count=2)
    assert {message["duty_id"] for message in reminders} == {report, forward}
    await _letters(ward, "an@tu-son.invalid", "Có 2 việc đến hạn")

    # Tuesday after: overdue. The member hears it, and the office does.
    await ward.move_clock("2026-10-13 08:00")
    await ward.inbox(MEMBER, "overdue", count=2)
    chased = await ward.inbox(CLERK, "overdue", count=3)
    assert {message["rung"] for message in chased} == {"chase-1"}
    await _letters(ward, "an@tu-son.invalid", "Có 2 việc đến hạn", "Có 2 việc quá hạn")
    await _letters(ward, "van-phong@tu-son.invalid", "Có 3 việc quá hạn")
    assert (await ward.duties(MEMBER, count=2))["report"]["status"] == "overdue"

    # Thursday: the Standing Committee is told. Every step stands on the duty's timeline, with its result.
    await ward.move_clock("2026-10-15 08:00")
    await ward.inbox(STANDING_COMMITTEE, "overdue", count=3)
    by_email = set()
    for duty in (report, forward):
        told = await eventually(partial(_told, ward, duty, rungs=3), every=0.05)
        assert {("chase-1", "inbox", "delivered"), ("chase-3", "inbox", "delivered")} <= told
        by_email |= {state for rung, channel, state in told if (rung, channel) == ("chase-1", "email")}
    assert by_email == {"sent", "bundled"}, "the letter of one duty told of the other too"

    # The member files the report, the office forwards the matter: three days late, says the record.
    claimed = {"summary": "Đã báo cáo Thường trực.", "claimed_at": local("2026-10-15 08:00").isoformat()}
    await ward.put(MEMBER, f"/visits/api/visits/{meeting}/report", claimed)
    sent = {"agency_unit_id": str(unit_id("A02")), "number": "15-CV/VPĐU", "proof": ""}
    await ward.put(CLERK, f"/feedback/api/issues/{asked['id']}/forwardings/{uuid7()}", sent)
    for duty in (report, forward):
        closed = await eventually(partial(_closed, ward, duty), every=0.05)
        assert (closed["status"], closed["days_late"]) == ("late", 3)

    # Monday after: the ladder's last rung. The colleague's duty reaches the Permanent Board, the member's do not.
    await ward.installation.settled(within=30)
    before = len(ward.office.to("an@tu-son.invalid"))
    await ward.move_clock("2026-10-19 08:00")
    (last,) = await ward.inbox(PERMANENT_BOARD, "overdue", count=1)
    assert last["rung"] == "escalation-5"
    assert last["duty_id"] not in (report, forward)
    await ward.installation.settled(within=30)
    assert {message["rung"] for message in await ward.inbox(MEMBER, "overdue", count=2)} == {"chase-1"}
    assert len(ward.office.to("an@tu-son.invalid")) == before
    weekly = f"{WEEKLY}: 1 việc quá hạn"  # on a Monday, for who supervises (F61)
    office = ward.office
    await eventually(lambda: office.to("van-phong@tu-son.invalid")[-1]["Subject"] == weekly, 20.0)


async def test_an_urgent_matter_reaches_the_standing_committee_at_once(ward: Rehearsal) -> None:
    """At any hour, before anything is due, and only them."""
    urgent = issue_body("Cột điện nghiêng vào nhà dân", urgent=True)
    await ward.put(
        MEMBER, f"/visits/api/visits/{uuid7()}", visit_body("C001", local("2026-10-05 20:00"), urgent)
    )

    (alarm,) = await ward.inbox(STANDING_COMMITTEE, "urgent", count=1)

    assert alarm["duty_kind"] == "forward"
    assert alarm["duty_id"] == (await ward.duties(MEMBER, count=2))["forward"]["duty_id"]
    assert await ward.inbox(MEMBER, "urgent", count=0) == []


async def test_a_notice_that_came_late_reaches_what_is_open_and_corrects_what_was_said(
    ward: Rehearsal,
) -> None:
    """F39, F40, F41: the preview is what then happens, duty by duty, and the late notice is taken back.

    The office proposes, the board approves. Done duties stay as they were, the first date stays on record.
    """
    done = str(uuid7())
    await ward.put(MEMBER, f"/visits/api/visits/{uuid7()}", visit_body("C001", local("2026-10-05 19:00")))
    await ward.put(COLLEAGUE, f"/visits/api/visits/{done}", visit_body("C002", local("2026-10-05 19:00")))
    claimed = {"summary": "Đã báo cáo.", "claimed_at": local("2026-10-05 21:30").isoformat()}
    await ward.put(COLLEAGUE, f"/visits/api/visits/{done}/report", claimed)
    duty = (await ward.duties(MEMBER, count=1))["report"]["duty_id"]
    closed = await eventually(
        partial(_closed, ward, (await ward.duties(COLLEAGUE, count=1))["report"]["duty_id"]), 20.0, every=0.05
    )
    await ward.move_clock("2026-10-13 08:00")
    await ward.inbox(MEMBER, "overdue", count=1)
    day_off = {
        "date": "2026-10-12",
        "off": True,
        "kind": "swap_off",
        "vi": "nghỉ hoán đổi",
        "en": "swapped off",
    }
    notice = {"notice": "9999/TB-BNV", "decided_on": "2026-10-09", "days": [day_off]}

    revision = "/feedback/api/calendar/revisions/2"
    await ward.put(CLERK, revision, notice)
    preview = await ward.get(CLERK, f"{revision}/preview")
    assert (preview["moving_later"], preview["moving_earlier"], preview["stopping_to_be_late"]) == (1, 0, 1)
    (shift,) = preview["shifts"]
    group = {key: shift[key] for key in ("anchor", "rule", "days", "calendar_revision")}
    asked = urlencode(group | {"due_at": shift["from_due_at"]})
    (foreseen,) = (await ward.get(CLERK, f"{revision}/preview/duties?{asked}"))["duties"]
    assert (foreseen["duty_id"], _due(foreseen)) == (duty, DUE_AT)
    await ward.put(PERMANENT_BOARD, f"{revision}/approval", {})

    moved = await ward.get(MEMBER, f"/feedback/api/duties/{duty}")
    assert _due(moved["duty"]) == datetime.fromisoformat(shift["to_due_at"]) == local("2026-10-14 00:00")
    assert _due(moved["duty"], "first_due_at") == DUE_AT
    assert (moved["duty"]["status"], preview["shifts"][0]["lateness"]) == ("open", "stops")
    assert [each["cause"] for each in moved["due_dates"]] == ["opened", "calendar"]
    assert any(
        step["date"] == "2026-10-12" and step["decision"] == "rolled" for step in moved["due"]["trace"]
    )
    await ward.inbox(MEMBER, "correction", count=1)

    async def the_timeline_tells_it() -> bool:
        timeline = (await ward.get(MEMBER, f"/feedback/api/duties/{duty}"))["timeline"]
        assert {"moved_by_calendar", "correction"} <= {step["what"] for step in timeline}
        return True

    await eventually(the_timeline_tells_it, every=0.05)
    assert await _closed(ward, closed["duty_id"]) == closed

    async def the_phone_knows() -> bool:
        (own,) = (await ward.get(MEMBER, "/visits/api/duties"))["duties"]
        assert _due(own) == local("2026-10-14 00:00")
        return True

    await eventually(the_phone_knows, every=0.05)


async def test_a_granted_extension_stops_the_ladder_until_its_own_date(ward: Rehearsal) -> None:
    """Whoever was granted three more days is not chased on the first date, but reminded before the new one."""
    await ward.put(MEMBER, f"/visits/api/visits/{uuid7()}", visit_body("C001", local("2026-10-05 19:00")))
    await ward.put(COLLEAGUE, f"/visits/api/visits/{uuid7()}", visit_body("C002", local("2026-10-05 19:00")))
    duty = (await ward.duties(MEMBER, count=1))["report"]["duty_id"]
    await ward.duties(COLLEAGUE, count=1)
    extension = f"/feedback/api/duties/{duty}/extensions/{uuid7()}"

    await ward.put(MEMBER, extension, {"days": 3, "reason": "Đang xác minh thêm tại cơ sở"})
    await ward.put(PERMANENT_BOARD, f"{extension}/decision", {"granted": True, "note": "Đồng ý"})
    extended = (await ward.duties(MEMBER, count=1))["report"]
    assert _due(extended) == local("2026-10-16 00:00")
    assert _due(extended, "first_due_at") == DUE_AT

    await ward.installation.settled(within=30)
    await ward.move_clock("2026-10-13 08:00")
    await ward.inbox(COLLEAGUE, "overdue", count=1)
    await ward.inbox(MEMBER, "reminder", count=1)
    assert await ward.inbox(MEMBER, "overdue", count=0) == []

    await ward.move_clock("2026-10-16 08:00")
    await ward.inbox(MEMBER, "overdue", count=1)


def _due(duty: Json, which: str = "due_at") -> datetime:
    return datetime.fromisoformat(duty[which])


async def _letters(ward: Rehearsal, address: str, *subjects: str) -> None:
    """These letters, and no more, have come to an address, beside the digest of the week."""

    def told() -> list[str]:
        said = [str(letter["Subject"]) for letter in ward.office.to(address)]
        return [subject for subject in said if not subject.startswith(WEEKLY)]

    await eventually(lambda: len(told()) >= len(subjects))
    assert told() == [*subjects]


async def _told(ward: Rehearsal, duty: str, *, rungs: int) -> set[tuple[str, str, str]]:
    """What became of the messages about a duty: rung, channel, state; once so many rungs stand there."""
    timeline = (await ward.get(MEMBER, f"/feedback/api/duties/{duty}"))["timeline"]
    told = {(step["what"], step["channel"], step["state"]) for step in timeline if step["channel"]}
    assert len({rung for rung, _, _ in told}) == rungs, told
    assert not any(state == "pending" for _, _, state in told), told
    return told


async def _closed(ward: Rehearsal, duty: str) -> Json:
    shown = (await ward.get(CLERK, f"/feedback/api/duties/{duty}"))["duty"]
    assert shown["closed_at"] is not None
    return dict(shown)
