"""The policy: role by rule, scope by record, and no route without a rule."""

from dataclasses import replace
from datetime import date
from typing import Annotated
from uuid import UUID

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request

from shared.access import (
    RULES,
    Place,
    Principal,
    Rule,
    Scope,
    allow,
    public,
    unguarded_routes,
    visible_or_404,
)
from shared.contracts.visits import Role
from shared.directory import Post
from shared.errors import Forbidden, NotFound
from shared.ids import uuid7
from tests.support.edge import client_of, tiny_service

TODAY = date(2026, 11, 22)
WARD, NEIGHBOUR, CELL, OTHER_CELL = uuid7(), uuid7(), uuid7(), uuid7()
ALL_RULES: list[Rule] = [rule for rule in vars(type(RULES)).values() if isinstance(rule, Rule)]

# What each role may do: C in the whole committee, O on own records, S on those of the members whom one serves,
# U at the units of the post, N no record.
MATRIX = """
                    member follow assist clerk board standing cell agency inspector ops
record_visit          O      O      S      -     O      O      -     -       -      -
file_report           O      O      -      -     O      O      -     -       -      -
draft_report          -      -      S      -     -      -      -     -       -      -
approve_own           O      O      -      -     O      O      -     -       -      -
confirm_record        -      -      -      -     -      -      U     -       -      -
answer_dispute        O      O      -      C     O      O      -     -       -      -
read_served           -      -      S      -     -      -      -     -       -      -
read_visits           O      O      S      C     C      C      U     -       C      -
import_queue          -      -      -      C     -      -      -     -       -      -
read_issues           O      O      S      C     C      C      U     U       C      -
read_profiles         C      C      -      C     C      C      U     -       C      -
make_plans            O      O      -      C     O      O      -     -       -      -
object_to_record      O      -      -      -     O      O      -     -       -      -
read_objections       -      -      -      C     C      -      -     -       C      -
read_imports          -      -      -      C     -      -      -     -       -      -
import_register       -      -      -      C     -      -      -     -       -      -
read_restricted       O      O      -      -     C      O      -     -       C      -
read_duties           O      O      S      C     C      C      -     U       C      -
read_figures          O      O      -      C     C      C      -     -       C      -
read_freshness        -      -      -      C     C      C      -     -       C      -
keep_views            O      O      -      O     O      O      -     O       -      -
chase_duties          -      -      -      C     C      -      -     -       -      -
read_coverage         -      -      -     C     C      C     -     -       C      -
read_sheets           O      -      -      C     C      C      -     -       C      -
freeze_sheets         -      -      -      C     C      -      -     -       -      -
record_praise         -      -      -      C     C      -      -     -       -      -
read_praise           C      C      -      C     C      C      C     -       C      -
return_report         -      -      -      C     C      -      -     -       -      -
forward_issue         -      -      -      C     C      -      -     -       -      -
record_answer         -      -      -      C     C      -      -     U       -      -
reply_to_cell         O      O      -      C     C      O      -     -       -      -
judge_answer          -      -      -      -     -      -      U     -       -      -
request_extension     O      O      -      -     O      O      -     U       -      -
grant_extension       -      -      -      -     C      -      -     -       -      -
record_extension      -      -      -      C     C      -      -     -       -      -
record_transfer       O      O      -      C     O      O      -     -       -      -
read_transfers        O      O      -      C     C      C      -     -       C      -
keep_contact          -      -      -      C     -      -      -     -       -      -
answer_data_request   -      -      -      C     -      -      -     -       -      -
set_retention         -      -      -      -     C      -      -     -       -      -
propose_calendar      -      -      -      C     -      -      -     -       -      -
approve_calendar      -      -      -      -     C      -      -     -       -      -
set_policy            -      -      -      -     C      -      -     -       -      -
edit_directory        -      -      -      C     -      -      -     -       -      -
read_directory        C      C      C      C     C      C      C     -       C      -
read_units            C      C      C      C     C      C      C     -       C      -
grant_posts           -      -      -      C     -      -      -     -       -      -
manage_accounts       -      -      -      C     -      -      -     -       -      -
read_messages         O      O      -      C     C      C      -     -       C      C
set_ladder            -      -      -      C     -      -      -     -       -      -
read_audit            -      -      -      -     -      -      -     -       C      -
operate               -      -      -      -     -      -      -     -       -      N
"""
COLUMNS = {
    "member": Role.COMMITTEE_MEMBER,
    "follow": Role.FOLLOWER,
    "assist": Role.ASSISTANT,
    "clerk": Role.OFFICE_CLERK,
    "board": Role.PERMANENT_BOARD,
    "standing": Role.STANDING_COMMITTEE,
    "cell": Role.CELL_SECRETARY,
    "agency": Role.AGENCY,
    "inspector": Role.INSPECTOR,
    "ops": Role.OPS,
}
LETTERS = {Scope.COMMITTEE: "C", Scope.OWN: "O", Scope.SERVED: "S", Scope.UNIT: "U", Scope.NOTHING: "N"}


def signed_in(*roles: Role, at: UUID = CELL, until: date | None = None) -> Principal:
    """Somebody who holds these roles at one unit."""
    return Principal(
        person_id=uuid7(),
        committee_id=WARD,
        session_id=uuid7(),
        full_name="Nguyễn Thị Hồng",
        posts=tuple(
            Post(post_id=uuid7(), role=role, body="b", title="t", unit_id=at, valid_from=None, valid_to=until)
            for role in roles
        ),
        today=TODAY,
    )


def test_the_matrix_of_roles_and_rules_is_the_policy() -> None:
    """Every cell is asserted; a rule or a grant that is not in the table fails here."""
    header, *lines = MATRIX.strip("\n").splitlines()
    roles = [COLUMNS[word] for word in header.split()]
    wanted = {name: dict(zip(roles, cells, strict=True)) for name, *cells in map(str.split, lines)}

    found = {
        rule.name: {role: LETTERS[rule.grants[role]] if role in rule.grants else "-" for role in roles}
        for rule in ALL_RULES
        if rule.grants
    }

    assert found == wanted


def test_an_inspector_changes_nothing_and_ops_reads_no_matter() -> None:
    """The two roles that look widest are the narrowest."""
    assert {rule.name for rule in ALL_RULES if Role.INSPECTOR in rule.grants} == {
        "read_visits",
        "read_profiles",
        "read_objections",
        "read_issues",
        "read_restricted",
        "read_duties",
        "read_figures",
        "read_freshness",
        "read_coverage",
        "read_sheets",
        "read_praise",
        "read_directory",
        "read_units",
        "read_messages",
        "read_transfers",
        "read_audit",
    }
    assert {rule.name for rule in ALL_RULES if Role.OPS in rule.grants} == {"read_messages", "operate"}


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("role", Role)
def test_no_rule_reaches_a_neighbouring_committee(rule: Rule, role: Role) -> None:
    """Whoever one is, and even if one's own name or unit stands on the record."""
    principal = signed_in(role)
    place = Place(
        committee_id=NEIGHBOUR, person_ids=frozenset({principal.person_id}), unit_ids=frozenset({CELL})
    )

    assert not rule.covers(principal, place)


@pytest.mark.parametrize(
    ("role", "own", "at_my_unit", "elsewhere"),
    [
        (Role.COMMITTEE_MEMBER, True, False, False),
        (Role.OFFICE_CLERK, True, True, True),
        (Role.CELL_SECRETARY, False, True, False),
        (Role.AGENCY, False, True, False),
        (Role.OPS, False, False, False),
    ],
)
def test_a_scope_decides_which_records_lie_behind_a_door(
    role: Role, own: bool, at_my_unit: bool, elsewhere: bool
) -> None:
    """Lists and single records use the same reach."""
    principal = signed_in(role)
    places = [
        Place(committee_id=WARD, person_ids=frozenset({principal.person_id})),
        Place(committee_id=WARD, person_ids=frozenset({uuid7()}), unit_ids=frozenset({CELL})),
        Place(committee_id=WARD, person_ids=frozenset({uuid7()}), unit_ids=frozenset({OTHER_CELL})),
    ]

    assert [RULES.read_issues.covers(principal, place) for place in places] == [own, at_my_unit, elsewhere]


def test_several_posts_add_up() -> None:
    """A member who is also a cell's secretary sees own visits and those of the cell."""
    principal = signed_in(Role.COMMITTEE_MEMBER, Role.CELL_SECRETARY)

    reach = RULES.read_visits.reach(principal)

    assert (reach.all, reach.person_id, reach.unit_ids) == (False, principal.person_id, (CELL,))


def test_a_post_that_ended_yesterday_gives_nothing() -> None:
    """Rights follow the posts of today; the last day still counts."""
    gone = signed_in(Role.OFFICE_CLERK, until=date(2026, 11, 21))
    last_day = replace(gone, posts=tuple(replace(held, valid_to=TODAY) for held in gone.posts))

    assert (gone.roles, last_day.roles) == (frozenset(), frozenset({Role.OFFICE_CLERK}))
    with pytest.raises(Forbidden):
        RULES.forward_issue.check(gone)


def test_a_hidden_record_and_a_missing_one_are_refused_alike() -> None:
    """The answer to a guessed id tells nothing (I10)."""
    principal = signed_in(Role.COMMITTEE_MEMBER)
    hidden = Place(committee_id=WARD, person_ids=frozenset({uuid7()}))
    own = Place(committee_id=WARD, person_ids=frozenset({principal.person_id}))

    refusals = []
    for record, place in ((None, None), ("visit", hidden), ("visit", None)):
        with pytest.raises(NotFound) as refused:
            visible_or_404(principal, RULES.read_visits, record, place)
        refusals.append((refused.value.vi, refused.value.en, refused.value.errors))

    assert len(set(refusals)) == 1
    assert visible_or_404(principal, RULES.read_visits, "visit", own) == "visit"


class Doorman:
    """A source of principals that knows one person."""

    def __init__(self, principal: Principal) -> None:
        self._principal = principal

    async def of(self, _request: Request) -> Principal:
        return self._principal


def guarded_service(*roles: Role) -> FastAPI:
    app = tiny_service(sessions=Doorman(signed_in(*roles)))
    router = APIRouter(prefix="/visits/api")

    @router.get("/figures")
    async def read_figures(
        principal: Annotated[Principal, Depends(allow(RULES.read_figures))],
    ) -> dict[str, str]:
        return {"committee": str(principal.committee_id)}

    app.include_router(router)
    return app


@pytest.mark.parametrize(("role", "status"), [(Role.INSPECTOR, 200), (Role.OPS, 403), (Role.AGENCY, 403)])
async def test_a_guard_lets_through_whom_its_rule_admits(role: Role, status: int) -> None:
    """Without a role that the rule grants, the door stays shut."""
    async with client_of(guarded_service(role)) as client:
        answer = await client.get("/visits/api/figures")

    assert answer.status_code == status


def test_a_route_without_a_rule_is_found() -> None:
    """Forgetting the guard is a failing test in every service, however the route was added."""
    app = guarded_service()
    assert unguarded_routes(app) == []

    inner, outer = APIRouter(), APIRouter()

    @inner.get("/forgotten")
    async def forgotten() -> None: ...

    @inner.get("/open", dependencies=[Depends(public)])
    async def opened() -> None: ...

    outer.include_router(inner, prefix="/api")
    app.include_router(outer, prefix="/visits")
    app.mount("/files", app)

    assert unguarded_routes(app) == ["GET /visits/api/forgotten", "/files"]
