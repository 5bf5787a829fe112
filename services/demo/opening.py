"""Opening the demo: the made-up register, and one made-up person for each role that a register does not know.

It goes into an empty installation only, through the handlers that everybody else's records go through, so
that nothing in the demo could not have happened. There are no passwords: each start prints links that sign
one person of each role in once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.resources.abc import Traversable
from uuid import UUID

from services.visits.domain.register import IssueRow, Register, VisitRow, read_register, register_id
from services.visits.handlers.bodies import PutBody, put_body
from services.visits.handlers.directory import PutPerson, put_person
from services.visits.handlers.register import import_register
from services.visits.handlers.sign_in import issue_sign_in_link
from shared import directory
from shared.clock import RehearsalClock
from shared.contracts.visits import PostHeld, Role
from shared.ids import derived_id
from shared.uow import Database

Say = Callable[[str], None]

COMMITTEE = "TS"
"""The code of the demo's committee."""

LINK_VALID = timedelta(days=1)
LINK_VALID_IN_REHEARSAL = timedelta(days=400)
"""A rehearsal plays a year in a minute; its links must not run out meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    """Somebody with one post at one unit, whom no register names; in a body of the committee or in none."""

    code: str
    full_name: str
    title: str
    role: Role
    unit_code: str
    email: str
    body: str = ""
    serves: tuple[str, ...] = ()
    """The codes of the members whom an assistant serves."""


BODIES = {
    "committee_office": "Văn phòng Đảng ủy",
    "inspection_committee": "Ủy ban Kiểm tra Đảng ủy",
}
"""The bodies that a register does not know of, by code."""

PEOPLE = (
    DemoPerson(
        code="VP1",
        full_name="Nguyễn Thị Minh",
        title="Chuyên viên Văn phòng Đảng ủy",
        body="committee_office",
        role=Role.OFFICE_CLERK,
        unit_code=COMMITTEE,
        email="van-phong@tu-son.invalid",
    ),
    DemoPerson(
        code="KT1",
        full_name="Trần Văn Khải",
        title="Ủy viên Ủy ban Kiểm tra",
        body="inspection_committee",
        role=Role.INSPECTOR,
        unit_code=COMMITTEE,
        email="kiem-tra@tu-son.invalid",
    ),
    DemoPerson(
        code="QT1",
        full_name="Phạm Quốc Tuấn",
        title="Quản trị hệ thống",
        body="committee_office",
        role=Role.OPS,
        unit_code=COMMITTEE,
        email="quan-tri@tu-son.invalid",
    ),
    DemoPerson(
        code="CB1",
        full_name="Ngô Thị Hiền",
        title="Bí thư Chi bộ khu phố Đông Ngàn 1",
        role=Role.CELL_SECRETARY,
        unit_code="C001",
        email="dong-ngan-1@tu-son.invalid",
    ),
    DemoPerson(
        code="CQ1",
        full_name="Vũ Đình Lâm",
        title="Đầu mối tiếp nhận, UBND phường",
        role=Role.AGENCY,
        unit_code="A01",
        email="ubnd@tu-son.invalid",
    ),
    DemoPerson(
        code="GV1",
        full_name="Lưu Thị Thu Hà",
        title="Chuyên viên giúp việc cấp ủy viên",
        body="committee_office",
        role=Role.ASSISTANT,
        unit_code=COMMITTEE,
        email="giup-viec@tu-son.invalid",
        serves=("M12", "M13", "M14"),
    ),
)

_GUIDES: tuple[tuple[str, str], ...] = (
    ("M12", "Ủy viên Ban Chấp hành"),
    ("VP1", "Văn phòng Đảng ủy"),
    ("M01", "Thường trực Đảng ủy"),
    ("M04", "Ban Thường vụ"),
    ("CQ1", "Cơ quan xử lý"),
    ("CB1", "Bí thư chi bộ"),
    ("KT1", "Ủy ban Kiểm tra"),
    ("QT1", "Quản trị hệ thống"),
    ("GV1", "Giúp việc cấp ủy viên"),
)
"""Whom a newcomer may be: the code of one person for each role, in the order of an issue's way."""


@dataclass(frozen=True, slots=True)
class DemoLink:
    """A token that signs one person in once, at `/visits/sign-in/{token}`."""

    role_vi: str
    full_name: str
    token: str


async def open_demo(database: Database, folder: Traversable, say: Say) -> bool:
    """Fill an empty installation with the demo register as far as it had come by now, and with its people.

    False when the installation was not empty, and nothing was done.
    """
    async with database.begin() as tx:
        if await directory.committees(tx):
            return False
        register = trimmed(read_register(folder), tx.now)
        await import_register(register, tx, files=["Sổ mẫu phường Từ Sơn"])
        for code, name in BODIES.items():
            await put_body(_body(code, name), tx)
        for person in PEOPLE:
            await put_person(_put(person), tx)
    say(
        f"Đã nạp sổ mẫu phường Từ Sơn: {len(register.visits)} chuyến đi, {len(register.issues)} ý kiến "
        "(the made-up register of a ward is in)."
    )
    return True


async def demo_links(database: Database) -> list[DemoLink]:
    """A fresh link for one person of each role; none in an installation without the demo's people."""
    valid_for = LINK_VALID_IN_REHEARSAL if isinstance(database.clock, RehearsalClock) else LINK_VALID
    async with database.begin() as tx:
        if await directory.person_by_id(tx, _person_id(PEOPLE[0].code)) is None:
            return []
        people = await directory.people_by_ids(tx, [_person_id(code) for code, _ in _GUIDES])
        return [
            DemoLink(
                role_vi,
                people[_person_id(code)].full_name,
                await issue_sign_in_link(_person_id(code), valid_for, tx),
            )
            for code, role_vi in _GUIDES
            if _person_id(code) in people
        ]


def trimmed(register: Register, now: datetime) -> Register:
    """The register as its clerk would have kept it until `now`: no visit, report or answer from later."""
    visits = tuple(_visit_until(visit, now) for visit in register.visits if visit.ended_at <= now)
    refs = {visit.ref for visit in visits}
    issues = tuple(_issue_until(issue, now) for issue in register.issues if issue.visit_ref in refs)
    return replace(register, visits=visits, issues=issues)


def _visit_until(visit: VisitRow, now: datetime) -> VisitRow:
    if visit.report_filed_at is not None and visit.report_filed_at > now:
        return replace(visit, report_filed_at=None)
    return visit


def _issue_until(issue: IssueRow, now: datetime) -> IssueRow:
    if issue.forwarded_at is not None and issue.forwarded_at > now:
        return replace(issue, forwarded_to=None, forwarded_at=None, answered_at=None)
    if issue.answered_at is not None and issue.answered_at > now:
        return replace(issue, answered_at=None)
    return issue


def _body(code: str, name: str) -> PutBody:
    return PutBody(
        body_id=register_id(COMMITTEE, "body", code),
        committee_id=register_id(COMMITTEE, "unit", COMMITTEE),
        code=code,
        name=name,
    )


def _put(person: DemoPerson) -> PutPerson:
    person_id = _person_id(person.code)
    post = PostHeld(
        post_id=derived_id(person_id, person.role),
        role=person.role,
        body=person.body,
        title=person.title,
        unit_id=register_id(COMMITTEE, "unit", person.unit_code),
        serves=tuple(sorted(_person_id(code) for code in person.serves)),
    )
    return PutPerson(
        person_id=person_id,
        committee_id=register_id(COMMITTEE, "unit", COMMITTEE),
        code=person.code,
        full_name=person.full_name,
        email=person.email,
        posts=(post,),
    )


def _person_id(code: str) -> UUID:
    return register_id(COMMITTEE, "person", code)
