"""The rules of a visit and the counting of quotas: pure functions, tabulated and played with."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.visits.domain.cadence import FIRST_QUOTAS, Count, Membership, Quota, cadence
from services.visits.domain.passwords import broken_password, composed
from services.visits.domain.reach import Reach, reach_of
from services.visits.domain.rules import (
    CLOCK_TOLERANCE,
    OLDEST,
    Unchangeable,
    broken_content,
    broken_edit,
    broken_rules,
)
from services.visits.domain.snapshots import issue_snapshot
from services.visits.domain.visit import Did, Issue, Meeting, Visit, canonical, content_hash
from services.visits.schemas.visits import VisitIn
from shared.contracts.visits import AccessClass, IssueField, IssueKind, MeetingKind, Period, VisitKind
from tests.visits.world import issue, meeting, trip

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
UNIT = UUID(int=7)
ALWAYS = [Membership(first=None, last=None)]


def visit(started_at: datetime = NOW, lasting: timedelta = timedelta(hours=1)) -> Visit:
    return Visit(
        kind=VisitKind.FIELD_TRIP,
        unit=UNIT,
        started_at=started_at,
        ended_at=started_at + lasting,
        device=None,
        meeting=None,
        notes="",
        nothing_raised=True,
        issues=(),
    )


@given(offset=st.timedeltas(min_value=timedelta(days=-900), max_value=timedelta(days=30)))
def test_a_visit_is_told_between_400_days_and_an_hour_from_now(offset: timedelta) -> None:
    """The edges belong to the member."""
    broken = {each.rule for each in broken_rules(visit(NOW + offset, timedelta()), now=NOW)}

    assert ("too-old" in broken) == (offset < -OLDEST)
    assert ("in-future" in broken) == (offset > CLOCK_TOLERANCE)


@given(
    summoned=st.integers(0, 50),
    present=st.integers(0, 50),
    excused=st.integers(0, 50),
    kind=st.sampled_from(MeetingKind),
)
def test_no_more_are_present_or_absent_than_were_summoned(
    summoned: int, present: int, excused: int, kind: MeetingKind
) -> None:
    """Counts add up, or the phone is told."""
    attended = Visit(
        kind=VisitKind.MEETING_ATTENDANCE,
        unit=UNIT,
        started_at=NOW,
        ended_at=NOW,
        device=None,
        meeting=Meeting(kind=kind, summoned=summoned, present=present, excused=excused),
        notes="",
        nothing_raised=True,
        issues=(),
    )

    broken = {each.rule for each in broken_content(attended, now=NOW)}

    assert ("more-than-summoned" in broken) == (present + excused > summoned)


@given(st.permutations(sorted(meeting())))
def test_the_order_of_keys_does_not_change_what_was_said(names: list[str]) -> None:
    """Two writers of one record have one hash."""
    body = meeting()

    first = VisitIn.model_validate_json(json.dumps(body)).as_visit()
    second = VisitIn.model_validate_json(json.dumps({name: body[name] for name in names})).as_visit()

    assert content_hash(canonical(first)) == content_hash(canonical(second))


@given(field=st.sampled_from(["notes", "title", "seq", "instant", "urgency"]))
def test_every_part_of_the_content_counts(field: str) -> None:
    """Other content never passes for the same."""
    matter = issue()
    changed = {
        "notes": {"notes": "khác"},
        "title": {"issues": [matter | {"title": "Khác"}]},
        "seq": {"device": {"id": "phone-1", "seq": 2, "recorded_at": "2026-11-20T10:05:00+07:00"}},
        "instant": {"ended_at": "2026-11-20T10:00:01+07:00"},
        "urgency": {"issues": [matter | {"urgency": "urgent"}]},
    }[field]

    said = VisitIn.model_validate_json(json.dumps(trip(issues=[matter]))).as_visit()
    other = VisitIn.model_validate_json(json.dumps(trip(issues=[matter]) | changed)).as_visit()

    assert canonical(said) != canonical(other)


def test_an_edit_may_move_the_hour_but_not_the_day_the_kind_or_the_unit() -> None:
    """Deadlines start there (I4); 17:30 in Greenwich is tomorrow in Từ Sơn."""
    was = Unchangeable(kind=VisitKind.FIELD_TRIP, unit_id=UNIT, day=date(2026, 11, 22))

    def broken(started_at: datetime, unit_id: UUID = UNIT) -> list[str]:
        return [each.pointer for each in broken_edit(visit(started_at), unit_id=unit_id, was=was)]

    assert broken(datetime(2026, 11, 21, 17, 30, tzinfo=UTC)) == []
    assert broken(datetime(2026, 11, 22, 17, 30, tzinfo=UTC)) == ["/started_at"]
    assert broken(NOW, UUID(int=8)) == ["/unit_id"]


def test_a_worry_is_a_kind_and_nobody_who_raised_it_has_a_field() -> None:
    """Practices 9 and 10: opinion, petition, proposal, reflection, concern; the matter, never the speaker."""

    def taken(**more: str) -> Visit:
        return VisitIn.model_validate_json(json.dumps(meeting(issues=[issue(**more)]))).as_visit()

    assert [taken(kind=kind).issues[0].kind for kind in IssueKind] == list(IssueKind)
    for name in ("raised_by", "speaker", "full_name", "raiser"):
        with pytest.raises(ValidationError, match="Extra inputs"):
            taken(**{name: "Nguyễn Văn An"})


def test_what_was_done_there_and_what_meeting_it_was_are_codes() -> None:
    """Practices 24 and 25: a list to tick off, and regular, thematic or both; nothing else is taken."""
    whole = meeting(did=[each.value for each in Did])

    assert VisitIn.model_validate_json(json.dumps(whole)).as_visit().did == tuple(Did)
    for kind in MeetingKind:
        told = VisitIn.model_validate_json(json.dumps(whole | {"meeting": {"kind": kind}})).as_visit()
        assert told.meeting is not None
        assert told.meeting.kind is kind
    for wrong in ({"did": ["slept"]}, {"meeting": {"kind": "party"}}):
        with pytest.raises(ValidationError):
            VisitIn.model_validate_json(json.dumps(whole | wrong))


def test_a_restricted_issue_keeps_its_way_and_loses_its_matter() -> None:
    """Class, urgency and the way it goes are needed elsewhere; what it is about is not."""
    matter = Issue(
        issue_id=UNIT,
        kind=IssueKind.CONCERN,
        field=IssueField.PARTY_WORK,
        title="Tâm tư",
        access_class=AccessClass.IDEOLOGY,
    )

    left = issue_snapshot(matter, None).model_dump(exclude_none=True)

    assert left == {
        "issue_id": UNIT,
        "access_class": "ideology",
        "urgency": "normal",
        "resolved_on_spot": False,
    }


def shown(counts: list[Count]) -> list[tuple[str, int, int]]:
    return [(f"{each.first:%d/%m}-{each.last:%d/%m}", each.done, each.required) for each in counts]


def test_a_year_has_twelve_months_of_trips_and_four_quarters_of_meetings() -> None:
    """The quota a committee starts with."""
    days = [date(2024, 1, 31), date(2024, 2, 29), date(2024, 2, 1), date(2023, 12, 31)]

    trips = cadence(2024, VisitKind.FIELD_TRIP, quotas=FIRST_QUOTAS, days=days, memberships=ALWAYS)
    meetings = cadence(2024, VisitKind.MEETING_ATTENDANCE, quotas=FIRST_QUOTAS, days=days, memberships=ALWAYS)

    assert shown(trips)[:3] == [("01/01-31/01", 1, 1), ("01/02-29/02", 2, 1), ("01/03-31/03", 0, 1)]
    assert len(trips) == 12
    assert shown(meetings) == [
        ("01/01-31/03", 3, 1),
        ("01/04-30/06", 0, 1),
        ("01/07-30/09", 0, 1),
        ("01/10-31/12", 0, 1),
    ]


def test_a_quota_raised_in_the_year_asks_more_from_the_next_period_on() -> None:
    """From one meeting a quarter to one a month: the article says both."""
    monthly = Quota(
        kind=VisitKind.MEETING_ATTENDANCE, period=Period.MONTH, min_count=1, valid_from=date(2026, 8, 15)
    )

    counts = cadence(
        2026, VisitKind.MEETING_ATTENDANCE, quotas=[*FIRST_QUOTAS, monthly], days=[], memberships=ALWAYS
    )

    assert [each.period for each in counts] == [Period.QUARTER] * 3 + [Period.MONTH] * 3
    assert counts[-1].last == date(2026, 12, 31)


def test_a_quota_is_owed_by_who_sits_on_the_committee_when_the_period_begins() -> None:
    """A member taken on in mid-March owes nothing for March."""
    since = [Membership(first=date(2026, 3, 15), last=date(2026, 5, 31))]

    counts = cadence(2026, VisitKind.FIELD_TRIP, quotas=FIRST_QUOTAS, days=[], memberships=since)

    assert [each.required for each in counts] == [0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0]


@given(
    st.lists(
        st.tuples(st.sampled_from(Period), st.integers(0, 3), st.dates(date(2025, 1, 1), date(2026, 12, 31))),
        max_size=5,
    )
)
def test_the_periods_of_a_year_cover_it_once(quotas: list[tuple[Period, int, date]]) -> None:
    """Whatever quotas come and go, every day belongs to one period."""
    known = [
        Quota(kind=VisitKind.FIELD_TRIP, period=period, min_count=count, valid_from=day)
        for period, count, day in quotas
    ]

    counts = cadence(2026, VisitKind.FIELD_TRIP, quotas=known, days=[date(2026, 5, 5)], memberships=ALWAYS)

    assert counts[0].first == date(2026, 1, 1)
    assert counts[-1].last == date(2026, 12, 31)
    for before, after in pairwise(counts):
        assert after.first == before.last + timedelta(days=1)
    assert sum(each.done for each in counts) == 1


def test_a_password_is_long_enough_and_not_on_everybodys_lips() -> None:
    """Eight letters of any alphabet; composed and decomposed Vietnamese is one password."""
    refused = ["1234567", "12345678", "MATKHAU123", "aaaaaaaa", "x" * 1025]
    accepted = ["con đò nhỏ", "ướt áo mưa", "x1ấ" * 341, " đủ tám "]

    assert all(broken_password(password) for password in refused)
    assert not any(broken_password(password) for password in accepted)
    assert composed("mo\u031b\u0301 ruo\u0323\u0302ng") == composed("mớ ruộng")


REACHES = [
    Reach(body=None, deepest=1, valid_from=date(2026, 1, 1), basis_document="1"),
    Reach(body=None, deepest=2, valid_from=date(2026, 7, 1), basis_document="2"),
    Reach(body="permanent_board", deepest=3, valid_from=date(2026, 3, 1), basis_document="3"),
    Reach(body="standing_committee", deepest=0, valid_from=date(2026, 3, 1), basis_document="4"),
]


@pytest.mark.parametrize(
    ("bodies", "day", "document"),
    [
        ((), date(2025, 12, 31), None),
        ((), date(2026, 1, 1), "1"),
        ((), date(2026, 7, 1), "2"),
        (("executive_committee",), date(2026, 7, 1), "2"),
        (("permanent_board",), date(2026, 2, 28), "1"),
        (("permanent_board",), date(2026, 3, 1), "3"),
        (("standing_committee",), date(2026, 8, 1), "4"),
        (("standing_committee", "permanent_board"), date(2026, 8, 1), "3"),
    ],
)
def test_the_reach_of_a_day_is_that_of_ones_own_body(
    bodies: tuple[str, ...], day: date, document: str | None
) -> None:
    """The rule on one's own body before the one on everybody, the later before the earlier, the wider of two."""
    reach = reach_of(reversed(REACHES), bodies, day)

    assert (reach and reach.basis_document) == document
    assert reach is None or (reach.allows(reach.deepest), reach.allows(None)) == (True, True)
    assert reach is None or not reach.allows(reach.deepest + 1)
