"""A committee decides for itself how long things may take and which of its bodies receives them."""

from datetime import date
from typing import Any

from services.feedback.domain.owed import forward_duty_id, report_duty_id
from shared.contracts.visits import Urgency
from tests.feedback.desk import Desk
from tests.feedback.given import CELL, CLERK, COMMITTEE, SECRETARY, Feedback, id_of, issue, visit
from tests.support.people import body, unit

PATH = f"/policies/{id_of('policy')}"
POLICY = {
    "kind": "forward",
    "rule": "calendar_roll",
    "days": 5,
    "owed_to": "permanent_board",
    "citation": "Quy chế 05-QC/ĐU",
    "valid_from": "2026-10-01",
}
BOARD, STANDING, OFFICE = "Thường trực Đảng ủy", "Ban Thường vụ Đảng ủy", "Văn phòng Đảng ủy"


async def recipients(desk: Desk) -> dict[str, tuple[str, str | None]]:
    """Per duty the code and the name of the body that receives it."""
    duties = (await desk.read(CLERK, "/duties"))["duties"]
    return {duty["duty_id"]: (duty["owed_to"], duty["owed_to_name"]) for duty in duties}


def evening() -> Any:
    return visit("evening", issue("ditch"), issue("flood", urgency=Urgency.URGENT))


async def test_reports_go_to_the_permanent_board_and_what_is_urgent_to_the_standing_committee(
    feedback: Feedback, desk: Desk
) -> None:
    """Two bodies, each by the name that the committee gives it, in the list and in one duty."""
    await feedback.take(evening())

    flood = forward_duty_id(id_of("flood"))
    assert await recipients(desk) == {
        str(report_duty_id(id_of("evening"))): ("permanent_board", BOARD),
        str(forward_duty_id(id_of("ditch"))): ("permanent_board", BOARD),
        str(flood): ("standing_committee", STANDING),
    }
    assert (await desk.read(CLERK, f"/duties/{flood}"))["duty"]["owed_to_name"] == STANDING


async def test_the_recipients_are_the_committees_own_decision(feedback: Feedback, desk: Desk) -> None:
    """Another body for one and the same kind of duty, urgent or not; the default asks nobody."""
    await feedback.take(body(COMMITTEE, "committee_office", OFFICE, since=date(2025, 7, 1)))
    decided = await desk.put(SECRETARY, PATH, POLICY | {"owed_to": "committee_office"})
    assert decided.status_code == 201
    assert decided.json()["urgent_owed_to"] == "standing_committee"

    await feedback.take(evening())

    told = await recipients(desk)
    assert told[str(forward_duty_id(id_of("ditch")))] == ("committee_office", OFFICE)
    assert told[str(forward_duty_id(id_of("flood")))] == ("standing_committee", STANDING)
    assert told[str(report_duty_id(id_of("evening")))] == ("permanent_board", BOARD)


async def test_a_recipient_stands_in_the_committee(feedback: Feedback, desk: Desk) -> None:
    """On the first day of the policy; the refusal names the field."""
    await feedback.take(body(COMMITTEE, "committee_office", OFFICE, since=date(2026, 10, 2)))

    too_early = await desk.put(SECRETARY, PATH, POLICY | {"owed_to": "committee_office"})
    unknown = await desk.put(SECRETARY, PATH, POLICY | {"urgent_owed_to": "mass_board"})

    assert (too_early.status_code, unknown.status_code) == (422, 422)
    assert too_early.json()["errors"][0]["pointer"] == "/owed_to"
    assert unknown.json()["errors"][0]["pointer"] == "/urgent_owed_to"


async def test_the_cell_itself_may_be_the_recipient(feedback: Feedback, desk: Desk) -> None:
    """It is a unit and no body, and is called by its own name."""
    await feedback.take(unit(COMMITTEE, "C001", "Chi bộ khu phố Đông Ngàn 1", unit_id=CELL, version=2))
    decided = await desk.put(SECRETARY, PATH, POLICY | {"kind": "report", "owed_to": "party_cell"})
    assert decided.status_code == 201

    await feedback.take(visit("evening"))

    assert list((await recipients(desk)).values()) == [("party_cell", "Chi bộ khu phố Đông Ngàn 1")]
