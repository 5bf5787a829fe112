"""A paper register as the events that visits would publish after importing it."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid5

from shared.clock import LOCAL
from shared.contracts.envelope import Event
from shared.contracts.visits import (
    AccessClass,
    IssueField,
    IssueKind,
    IssueSnapshot,
    MeetingKind,
    PersonChanged,
    PostHeld,
    RegisterFacts,
    ReportSnapshot,
    Role,
    UnitChanged,
    Urgency,
    VisitKind,
    VisitRecorded,
)

Row = Mapping[str, str]
_BODIES = {"permanent_board": Role.PERMANENT_BOARD, "standing_committee": Role.STANDING_COMMITTEE}


def read(folder: Path) -> dict[str, list[Row]]:
    """The CSV files of a register by name; one that is not there has no rows."""
    return {
        name: list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())) if path.exists() else []
        for name in ("units", "people", "visits", "issues")
        for path in [folder / f"{name}.csv"]
    }


def events(tables: Mapping[str, Iterable[Row]], *, history: bool, name: str = "register") -> Iterator[Event]:
    """Units, people and visits, each once; `name` keeps two registers apart."""
    id_of = partial(registered_id, name)
    units = {row["code"]: row for row in tables["units"]}
    for unit in units.values():
        yield UnitChanged(
            unit_id=id_of("unit", unit["code"]),
            version=1,
            committee_id=id_of("unit", root_of(unit["code"], units)),
            code=unit["code"],
            name=unit["name"],
            kind=unit["kind"],
            parent_id=id_of("unit", unit["parent_code"]) if unit["parent_code"] else None,
            cell_type=unit["cell_type"] or None,
            attention=unit["attention"] or None,
            recognition=unit["recognition"] or None,
        )
    for person in tables["people"]:
        committee_id = id_of("unit", person["committee"])
        roles = [Role.COMMITTEE_MEMBER, *filter(None, [_BODIES.get(person["body"])])]
        yield PersonChanged(
            person_id=id_of("person", person["code"]),
            version=1,
            committee_id=committee_id,
            code=person["code"],
            full_name=person["full_name"],
            posts=tuple(
                PostHeld(
                    post_id=id_of("post", f"{person['code']}/{role}"),
                    role=role,
                    body=person["body"],
                    title=person["post"],
                    unit_id=committee_id,
                )
                for role in roles
            ),
        )
    raised: dict[str, list[Row]] = {}
    for issue in tables["issues"]:
        raised.setdefault(issue["visit_ref"], []).append(issue)
    people = {row["code"]: row for row in tables["people"]}
    for visit in tables["visits"]:
        filed = _instant(visit.get("report_filed_at"))
        yield VisitRecorded(
            visit_id=id_of("visit", visit["ref"]),
            version=1,
            committee_id=id_of("unit", people[visit["visitor_code"]]["committee"]),
            unit_id=id_of("unit", visit["unit_code"]),
            visitor_id=id_of("person", visit["visitor_code"]),
            recorded_by=id_of("person", visit["visitor_code"]),
            kind=VisitKind(visit["kind"]),
            meeting_kind=MeetingKind(visit["meeting_kind"]) if visit["meeting_kind"] else None,
            started_at=datetime.fromisoformat(visit["started_at"]),
            ended_at=datetime.fromisoformat(visit["ended_at"]),
            accepted_at=datetime.fromisoformat(visit["ended_at"]) + timedelta(days=400),
            nothing_raised=visit.get("nothing_raised") == "yes",
            history=history,
            from_register=True,
            issues=tuple(
                IssueSnapshot(
                    issue_id=id_of("issue", issue["ref"]),
                    access_class=AccessClass(issue["access_class"]),
                    kind=IssueKind(issue["kind"]),
                    field=IssueField(issue["field"]),
                    title=issue["title"],
                    urgency=Urgency(issue["urgency"]),
                    resolved_on_spot=issue["resolved_on_spot"] == "yes",
                    paper=RegisterFacts(
                        forwarded_to=id_of("unit", issue["forwarded_to"]) if issue["forwarded_to"] else None,
                        forwarded_at=_instant(issue["forwarded_at"]),
                        answered_at=_instant(issue["answered_at"]),
                    ),
                )
                for issue in raised.get(visit["ref"], [])
            ),
            report=ReportSnapshot(version=1, filed_at=filed) if filed else None,
        )


def registered_id(name: str, kind: str, code: str) -> UUID:
    """The id that stands for a code of the register `name`."""
    return uuid5(UUID(int=0), f"{name}/{kind}/{code}")


def root_of(code: str, units: Mapping[str, Row]) -> str:
    while parent := units[code]["parent_code"]:
        code = parent
    return code


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def midnight(day: date) -> datetime:
    """The first instant of the day in Viet Nam."""
    return datetime(day.year, day.month, day.day, tzinfo=LOCAL)
