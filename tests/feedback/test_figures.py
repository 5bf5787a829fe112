"""Figures are counted from facts as of a moment, and agree with registers counted by others."""

import json
from collections import Counter
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.feedback.domain import Policy, builtin_calendar, due_date
from services.feedback.views import figures
from services.feedback.views.morning import unvisited
from shared.contracts.envelope import Event
from shared.contracts.visits import AccessClass, Urgency, VisitKind
from tests.feedback import registers
from tests.feedback.given import Feedback

CALENDAR = builtin_calendar()


class Midnight(NamedTuple):
    """The first instant of the day so many days later."""

    days: int


DATA = Path(__file__).parents[1] / "data" / "registers"


async def take_all(feedback: Feedback, events: list[Event]) -> None:
    for start in range(0, len(events), 500):
        await feedback.take(*events[start : start + 500])


async def test_the_register_of_a_ward_of_today_comes_out_right(feedback: Feedback) -> None:
    """Every key of the figures that a separate small program computed."""
    folder = DATA / "tu_son_2026"
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    await take_all(feedback, list(registers.events(registers.read(folder), history=False)))

    async with feedback.database.read() as tx:
        found = await figures(tx, None, datetime.fromisoformat(expected["as_of"]))

    feedback.clock.move_to(found.as_of)
    async with feedback.database.read() as tx:
        (ward,) = await tx.all("SELECT DISTINCT committee_id FROM visit")
        listed = await unvisited(tx, ward.committee_id)

    assert len(listed) == expected["cells_never_attended"]
    shown = {"as_of": found.as_of.isoformat(), "rule": found.rule, "days": found.days} | asdict(found.counts)
    assert {key: shown[key] for key in expected} == expected


async def test_a_closed_term_comes_out_right(feedback: Feedback) -> None:
    """2.480 trips and 833 attended meetings of 2015-2020, as the source article has them; no duties."""
    folder = DATA / "tu_son_2015_2020"
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    first, last = map(date.fromisoformat, expected["period"])
    await take_all(feedback, list(registers.events(registers.read(folder), history=True)))

    async with feedback.database.read() as tx:
        found = await figures(tx, None, feedback.clock.now(), first, last)

    shown = {"period": [day.isoformat() for day in found.period]} | asdict(found.counts)
    assert {key: shown[key] for key in expected} == expected
    assert await feedback.duties() == []


# --- Any register of the same form ---------------------------------------------------------------

DAYS = st.dates(date(2026, 1, 1), date(2026, 4, 30))
INSTANTS = DAYS.map(registers.midnight) | st.builds(
    lambda day, seconds: registers.midnight(day) + timedelta(seconds=seconds), DAYS, st.integers(0, 86_399)
)
LATER = st.none() | st.timedeltas(timedelta(), timedelta(days=14)) | st.integers(1, 14).map(Midnight)
UNITS = st.lists(
    st.tuples(
        st.sampled_from(["party_cell", "grassroots_organisation", "agency"]), st.sampled_from(["", "model"])
    ),
    min_size=1,
    max_size=5,
)
ISSUES = st.lists(
    st.tuples(
        st.sampled_from(list(AccessClass)), st.sampled_from(list(Urgency)), st.booleans(), LATER, LATER
    ),
    max_size=3,
)
VISITS = st.lists(
    st.tuples(
        st.sampled_from(list(VisitKind)), st.integers(0, 9), st.integers(0, 9), INSTANTS, LATER, ISSUES
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    units=UNITS,
    people=st.integers(1, 4),
    visits=VISITS,
    as_of=INSTANTS,
    days=st.none() | st.tuples(DAYS, st.integers(0, 90)),
    history=st.booleans(),
)
async def test_any_register_counts_as_a_naive_reading_does(  # each is one part of a register
    feedback: Feedback,
    units: list,
    people: int,
    visits: list,
    as_of: datetime,
    days: tuple[date, int] | None,
    history: bool,
) -> None:
    """Two committees side by side; facts after the moment, agencies unknown, history or not: the same counts."""
    run = uuid4()  # drawn ones come again, and the database remembers
    tables = register(units, people, visits)
    await take_all(feedback, list(registers.events(tables, history=history, name=f"{run}/ours")))
    await take_all(feedback, list(registers.events(tables, history=history, name=f"{run}/theirs")))
    period = (days[0], days[0] + timedelta(days=days[1])) if days else (None, None)

    async with feedback.database.read() as tx:
        found = await figures(tx, registers.registered_id(f"{run}/ours", "unit", "R"), as_of, *period)

    assert asdict(found.counts) == naive(tables, as_of, *period, history=history)


def register(units: list, people: int, visits: list) -> dict[str, list[dict[str, str]]]:
    """The rows of a register, as its CSV files would have them."""
    tables: dict[str, list[dict[str, str]]] = {"visits": [], "issues": []}
    blank = {"cell_type": "", "attention": ""}
    tables["units"] = [
        {"code": "R", "name": "Đảng bộ", "kind": "party_organisation", "parent_code": "", "recognition": ""}
        | blank,
        *(
            {"code": f"U{n}", "name": f"U{n}", "kind": kind, "parent_code": "R", "recognition": known} | blank
            for n, (kind, known) in enumerate(units)
        ),
    ]
    tables["people"] = [
        {"code": f"M{n}", "full_name": "An", "post": "", "body": "executive_committee", "committee": "R"}
        for n in range(people)
    ]
    for n, (kind, person, unit, started, filed, issues) in enumerate(visits):
        tables["visits"].append(
            {
                "ref": f"V{n}",
                "kind": kind.value,
                "visitor_code": f"M{person % people}",
                "unit_code": f"U{unit % len(units)}",
                "started_at": started.isoformat(),
                "ended_at": (started + timedelta(hours=1)).isoformat(),
                "meeting_kind": "",
                "report_filed_at": after(started, filed),
            }
        )
        tables["issues"] += [
            {
                "ref": f"V{n}-{m}",
                "visit_ref": f"V{n}",
                "kind": "petition",
                "field": "land",
                "title": "Đất",
                "urgency": urgency.value,
                "access_class": access_class.value,
                "resolved_on_spot": "yes" if resolved else "no",
                "forwarded_to": "",
                "forwarded_at": after(started, sent),
                "answered_at": after(started, answered) if sent is not None else "",
            }
            for m, (access_class, urgency, resolved, sent, answered) in enumerate(issues)
        ]
    return tables


def after(start: datetime, later: timedelta | Midnight | None) -> str:
    """Some time after, or exactly the midnight some days after: where the due instants lie."""
    if later is None:
        return ""
    if isinstance(later, timedelta):
        return (start + later).isoformat()
    day = start.date() + timedelta(days=later.days)
    return registers.midnight(day).isoformat()


def naive(
    tables: dict[str, list[dict[str, str]]],
    as_of: datetime,
    first: date | None,
    last: date | None,
    *,
    history: bool,
) -> dict[str, int | None]:
    """The same counts, read off the rows one by one."""
    instant = datetime.fromisoformat
    known = [row for row in tables["visits"] if instant(row["started_at"]) <= as_of]
    first = first or min((instant(row["started_at"]).date() for row in known), default=as_of.date())
    last = last or as_of.date()
    made = {row["ref"]: row for row in known if first <= instant(row["started_at"]).date() <= last}
    raised = [row for row in tables["issues"] if row["visit_ref"] in made]
    issues = [row for row in raised if row["access_class"] == "normal"]
    until = min(last, as_of.date())
    trips = [row for row in made.values() if row["kind"] == "field_trip"]
    meetings = [row for row in made.values() if row["kind"] == "meeting_attendance"]
    cells = {row["code"]: row for row in tables["units"] if row["kind"] == "party_cell"}
    attended = Counter(row["unit_code"] for row in meetings)
    models = {code for code, row in cells.items() if row["recognition"] == "model"}
    months = months_of(first, min(last, as_of.date()))
    return {
        "members": len(tables["people"]),
        "grassroots_organisations": sum(u["kind"] == "grassroots_organisation" for u in tables["units"]),
        "party_cells": len(cells),
        "model_cells": len(models),
        "field_trips": len(trips),
        "meetings_attended": len(meetings),
        "members_with_a_trip_every_month": sum(
            bool(months)
            and {instant(t["started_at"]).strftime("%Y-%m") for t in trips if t["visitor_code"] == p["code"]}
            >= months
            for p in tables["people"]
        ),
        "cells_never_attended": sum(code not in attended for code in cells),
        "most_attended_cell": max((attended[code] for code in cells), default=0),
        "meetings_to_model_cells": sum(attended[code] for code in models),
        "issues": len(issues),
        "issues_resolved_on_spot": sum(row["resolved_on_spot"] == "yes" for row in issues),
        "issues_urgent": sum(row["urgency"] == "urgent" for row in issues),
        "restricted_issues": in_fives(
            [
                instant(made[row["visit_ref"]]["started_at"]).date()
                for row in raised
                if row["access_class"] != "normal"
            ],
            first,
            until,
            as_of,
        ),
        **states(
            "report",
            [] if history else [(r["started_at"], r["report_filed_at"]) for r in made.values()],
            as_of,
        ),
        **states(
            "forward",
            []
            if history
            else [
                (made[row["visit_ref"]]["started_at"], row["forwarded_at"])
                for row in issues
                if row["resolved_on_spot"] == "no"
            ],
            as_of,
        ),
    }


def in_fives(days: list[date], first: date, until: date, as_of: datetime) -> int | None:
    """Those of whole quarters that are over, where a quarter has five."""
    quarters = Counter((day.year, (day.month - 1) // 3) for day in days)
    counted = [
        count
        for (year, quarter), count in quarters.items()
        for begins, ends in [
            (date(year, 3 * quarter + 1, 1), date(year + quarter // 3, (3 * quarter + 3) % 12 + 1, 1))
        ]
        if count >= 5 and first <= begins and ends <= until + timedelta(days=1) and ends <= as_of.date()
    ]
    return sum(counted) if counted else None


def states(kind: str, duties: list[tuple[str, str]], as_of: datetime) -> dict[str, int]:
    counted = Counter(
        state(datetime.fromisoformat(started), datetime.fromisoformat(done) if done else None, as_of)
        for started, done in duties
    )
    names = ("on_time", "late", "missing_overdue", "missing_not_due")
    return {f"{kind}_{name}": counted[name] for name in names} | {
        f"{kind}_due_by_as_of": len(duties) - counted["missing_not_due"]
    }


def state(started: datetime, done: datetime | None, as_of: datetime) -> str:
    due_at = due_date(started, Policy(), CALENDAR).due_at
    if done and done <= as_of:
        return "on_time" if done < due_at else "late"
    return "missing_overdue" if due_at <= as_of else "missing_not_due"


def months_of(first: date, last: date) -> set[str]:
    days = (last - first).days
    return {(first + timedelta(days=n)).strftime("%Y-%m") for n in range(days + 1)}
