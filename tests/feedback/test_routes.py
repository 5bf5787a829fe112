"""Every route names its rule, and nothing is told to who is not signed in."""

from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from services.feedback.views import figures
from shared.access import unguarded_routes
from tests.feedback.desk import Desk
from tests.feedback.given import COMMITTEE, MEMBER, SECRETARY, Feedback, id_of, issue, visit


async def test_no_route_is_unguarded(desk: Desk) -> None:
    """A route without a rule is a hole."""
    assert unguarded_routes(desk.app) == []


@pytest.mark.parametrize(
    "path", ["/duties", "/issues", "/figures", "/deadline", "/calendar/revisions", "/policies"]
)
async def test_nobody_reads_without_signing_in(desk: Desk, path: str) -> None:
    """401, whatever is asked for."""
    assert (await desk.get(None, path)).status_code == 401


async def test_figures_are_those_of_ones_own_committee(feedback: Feedback, desk: Desk) -> None:
    """The HTTP answer is the view's, as of the moment asked about."""
    await feedback.take(visit("evening", issue("ditch")), visit("theirs", committee_id=id_of("neighbour")))

    shown = await desk.read(SECRETARY, "/figures", as_of="2026-10-13T00:00:00+07:00")

    async with feedback.database.read() as tx:
        found = await figures(tx, COMMITTEE, datetime(2026, 10, 12, 17, tzinfo=UTC))
    assert shown["meetings_attended"] == 1
    assert (shown["report_missing_overdue"], shown["as_of"]) == (1, "2026-10-13T00:00:00+07:00")
    assert {key: shown[key] for key in asdict(found.counts)} == asdict(found.counts)


async def test_anybody_may_ask_when_something_would_be_due(desk: Desk) -> None:
    """What-if, by the calendar in force, with its explanation."""
    shown = await desk.read(
        MEMBER, "/deadline", **{"from": "2026-02-09T08:00+07:00"}, rule="calendar_roll", days=5
    )
    wrong = await desk.get(MEMBER, "/deadline", **{"from": "9/2/2026"})

    assert shown["due_at"] == "2026-02-24T00:00:00+07:00"
    assert wrong.status_code == 422
