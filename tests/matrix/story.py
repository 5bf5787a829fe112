"""What is on record before anybody asks: one dossier for everybody, and four that are nobody's own.

Whatever the routes of one service make is made here by those routes; only what a person of that role could not do
(an inspector was a member once, and has an old visit) goes in below them. Every request of the story can be sent
again and changes nothing, so that the cells of the matrix need no order.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from services.feedback.clockwork import Clockwork as DueDates
from services.feedback.domain.owed import answer_duty_id, report_duty_id
from services.feedback.metrics import FeedbackMetrics
from services.feedback.store.calendars import CalendarBook
from services.notify.channels.inbox import InboxChannel
from services.notify.clockwork import Clockwork as Ladders
from services.notify.metrics import NotifyMetrics
from services.notify.sender import Limits, Sender
from services.visits import handlers
from services.visits.domain.register import Register, UnitRow
from services.visits.domain.visit import TransferredKind
from services.visits.handlers import RecordVisit
from services.visits.schemas.visits import VisitIn
from services.visits.store import devices, passkeys, photos, transfers
from services.visits.store.directory import Assignment
from services.visits.store.passkeys import Passkey
from services.visits.store.transfers import Transfer
from shared import directory
from shared.acting import Acting
from shared.clock import local_date
from shared.ids import derived_id, uuid7
from shared.metrics import Metrics
from shared.uow import UnitOfWork
from tests.matrix.asking import ORIGIN
from tests.matrix.cast import (
    AGENCIES,
    BYSTANDERS,
    CELLS,
    FORMER,
    NEIGHBOUR,
    OURS,
    PERSONS,
    THEIRS,
    Persona,
    put_person,
    settle,
    unit,
    unit_id,
)
from tests.matrix.world import World, in_turns
from tests.support.photos import jpeg

FORWARDED: Final = {"number": "12-CV/VP", "sent_at": "2026-11-15T08:00:00+07:00"}
ACKNOWLEDGED: Final = {"acknowledged_at": "2026-11-16T08:00:00+07:00"}
ANSWERED: Final = {
    "answered_at": "2026-11-18T09:00:00+07:00",
    "document_number": "45/UBND",
    "summary": "Đã nạo vét.",
}
REPLIED: Final = {"replied_at": "2026-11-19T09:00:00+07:00", "summary": "Đã báo chi bộ."}
CONTACT: Final = {"contact": "Bà Nga, ngõ 3"}
ASKED_FOR: Final = {"days": 2, "reason": "Cần thêm thời gian"}
KEPT_VIEW: Final = {"name": "Trễ hạn", "choice": {"status": ["overdue"]}}
REFUSED: Final = {"granted": False, "note": "Chưa cần"}
REQUESTED: Final = {"kind": "correct", "about": "Sai ngày sinh"}
DONE: Final = {"done": True, "note": "Đã sửa"}
DRAFT: Final = {
    "notice": "Thông báo 1",
    "decided_on": "2026-11-20",
    "days": [{"date": "2026-12-21", "off": True, "kind": "compensatory", "vi": "Nghỉ bù", "en": "Off"}],
}
LADDER: Final[dict[str, Any]] = {
    "valid_from": "2026-11-23",
    "basis": "Thông báo 2",
    "alarm": {"name": "urgent", "targets": [{"role": "permanent_board"}], "channels": []},
    "rungs": [{"name": "late", "offset": 2, "targets": [{"role": "office_clerk"}], "channels": []}],
}
PHOTO: Final = jpeg()
UNTIL: Final = {"until": "2026-11-27"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything that is on record about one visit, and about the person who made it."""

    owner: Persona
    cell: str
    agency: str
    restricted: bool = False
    of_agency: bool = False
    """The duty meant is the agency's to answer, not the visitor's to report."""
    visit_id: UUID = field(default_factory=uuid7)
    answered: UUID = field(default_factory=uuid7)
    """An issue that went its whole way."""
    waiting: UUID = field(default_factory=uuid7)
    """One that its agency has not answered."""
    photo_id: UUID = field(default_factory=uuid7)
    transfer_id: UUID = field(default_factory=uuid7)
    device_id: UUID = field(default_factory=uuid7)
    kept_device_id: UUID = field(default_factory=uuid7)
    passkey_id: UUID = field(default_factory=uuid7)
    assignment_id: UUID = field(default_factory=uuid7)
    request_id: UUID = field(default_factory=uuid7)
    unheld_id: UUID = field(default_factory=uuid7)
    plan_id: UUID = field(default_factory=uuid7)
    objection_id: UUID = field(default_factory=uuid7)
    view_id: UUID = field(default_factory=uuid7)
    import_id: UUID = field(default_factory=uuid7)

    @property
    def committee_id(self) -> UUID:
        return self.owner.committee_id

    @property
    def guest(self) -> Persona:
        """Somebody whom the office may invite, and whose account it may close."""
        return Persona(name=f"guest-{self.owner.name}", columns=("member",), committee_id=self.committee_id)

    @property
    def invited(self) -> Persona:
        """Somebody whose invitation the office may take back."""
        return Persona(name=f"invited-{self.owner.name}", columns=("member",), committee_id=self.committee_id)

    def forwarding_id(self, issue_id: UUID) -> UUID:
        return derived_id(issue_id, "forwarding")

    @property
    def duty_id(self) -> UUID:
        if self.of_agency:
            return answer_duty_id(self.forwarding_id(self.waiting))
        return report_duty_id(self.visit_id)

    @property
    def extension_id(self) -> UUID:
        return derived_id(self.duty_id, "extension")

    @property
    def body(self) -> dict[str, Any]:
        """The visit as the phone sent it: on a Saturday, to be reported by Thursday."""
        return visit_body(self.cell, self.answered, self.waiting, restricted=self.restricted)

    def forwarded(self) -> dict[str, Any]:
        return FORWARDED | {"agency_unit_id": str(unit_id(self.agency, self.committee_id))}


def visit_body(cell: str, *issue_ids: UUID, restricted: bool = False, notes: str = "") -> dict[str, Any]:
    """A meeting with an issue for each id."""
    return {
        "kind": "meeting_attendance",
        "unit_code": cell,
        "started_at": "2026-11-14T08:00:00+07:00",
        "ended_at": "2026-11-14T10:00:00+07:00",
        "device": {"id": "phone-1", "seq": 1, "recorded_at": "2026-11-14T10:05:00+07:00"},
        "meeting": {"kind": "regular"},
        "notes": notes,
        "issues": [
            {
                "id": str(issue_id),
                "kind": "petition",
                "field": "environment",
                "title": "Rãnh thoát nước bị tắc",
                "access_class": "ideology" if restricted else "normal",
            }
            for issue_id in issue_ids
        ],
    }


@dataclass
class Story:
    """The world with everything on record, and where to find it."""

    world: World
    own: dict[str, Dossier]
    """By the name of the persona."""
    unit: Dossier
    secret: Dossier
    bystanders: dict[UUID, Dossier]
    """By committee: the records of somebody else."""
    messages: dict[UUID, UUID] = field(default_factory=dict)
    """By person: a message in their inbox."""
    invitations: dict[UUID, UUID] = field(default_factory=dict)
    """By person invited."""

    def dossiers(self) -> Iterator[Dossier]:
        yield from (*self.own.values(), self.unit, self.secret, *self.bystanders.values())


async def tell(world: World) -> Story:
    """Everything happens, in the order in which it would."""
    await settle(world)
    ours, theirs = BYSTANDERS[OURS], BYSTANDERS[THEIRS]
    story = Story(
        world,
        {persona.name: _own(persona) for persona in PERSONS},
        unit=Dossier(owner=ours, cell="CA", agency="QA", of_agency=True),
        secret=Dossier(owner=ours, cell="CA", agency="QA", of_agency=True, restricted=True),
        bystanders={OURS: _own(ours), THEIRS: _own(theirs)},
    )
    async with world.visits.database.begin() as tx:
        await handlers.record_visits([_recorded(each) for each in story.dossiers()], tx)
        for dossier in story.dossiers():
            await _keep_photo(dossier, tx)
        for dossier in (*story.own.values(), *story.bystanders.values()):
            await _keep_of_person(dossier, story, tx)
        for dossier in story.bystanders.values():
            await _import_a_cell(dossier, tx)
    await world.carry()
    await in_turns(_go_the_whole_way(world, dossier) for dossier in story.dossiers())
    for committee_id, office, board in ((OURS, "clerk", "board"), (THEIRS, "neighbour", "neighbour")):
        for who, path, body in _of_the_committee(committee_id, office, board):
            await world.must(who, "PUT", path, body)
    await world.must("clerk", "PUT", "/feedback/api/calendar/revisions/2", DRAFT)
    await _grow_late(story)
    for persona in BYSTANDERS.values():
        duty_id = story.bystanders[persona.committee_id].duty_id
        await world.must(persona.name, "PUT", f"/notify/api/escalations/{duty_id}/acknowledgement", UNTIL)
        await _plan_and_object(world, story.bystanders[persona.committee_id])
    confirmed = f"/visits/api/visits/{story.unit.visit_id}/confirmation"
    await world.must("cell", "PUT", confirmed, CONFIRMED)
    return story


def committee_records(committee_id: UUID) -> dict[str, UUID]:
    """The ids of what a committee decided, by kind."""
    kinds = (
        "quota",
        "reach",
        "absence",
        "evening",
        "assignment",
        "retention",
        "term",
        "policy",
        "contact_retention",
        "succession",
        "body",
        "commendation",
        "revoked",
        "good_practice",
    )
    ids = {kind: derived_id(committee_id, "decided", kind) for kind in kinds}
    return ids | {"body": derived_id(committee_id, "body", "permanent_board")}


def _own(persona: Persona) -> Dossier:
    place = persona.committee_id
    return Dossier(owner=persona, cell=CELLS[place][-1], agency=AGENCIES[place][-1])


def _recorded(dossier: Dossier) -> RecordVisit:
    return RecordVisit(
        visit_id=dossier.visit_id,
        visitor_id=dossier.owner.person_id,
        committee_id=dossier.committee_id,
        visit=VisitIn.model_validate_json(json.dumps(dossier.body)).as_visit(),
        by=Acting(committee_id=dossier.committee_id, person_id=dossier.owner.person_id),
    )


async def _keep_photo(dossier: Dossier, tx: Any) -> None:
    """A photograph of the first issue, below the route: who holds no such post any more has one too."""
    kept = await photos.add(
        tx,
        photo_id=dossier.photo_id,
        visit_id=dossier.visit_id,
        issue_id=dossier.answered,
        sha256=hashlib.sha256(PHOTO).hexdigest(),
        picture=PHOTO,
        by=dossier.owner.person_id,
    )
    assert kept


async def _keep_of_person(dossier: Dossier, story: Story, tx: Any) -> None:
    """A transfer, an assignment, two devices, two passkeys of the person; two guests, one of them invited."""
    owner, today = dossier.owner.person_id, local_date(tx.now)
    transfer = Transfer(
        transfer_id=dossier.transfer_id,
        committee_id=dossier.committee_id,
        recorded_by=owner,
        **TRANSFER | {"kind": TransferredKind.COMPLAINT, "transferred_on": today - timedelta(days=2)},
    )
    assert await transfers.insert(tx, transfer)
    assignment = Assignment(
        assignment_id=dossier.assignment_id,
        version=1,
        committee_id=dossier.committee_id,
        person_id=owner,
        unit_id=unit_id(dossier.cell, dossier.committee_id),
        duty="attend_meeting",
        valid_from=today,
        valid_to=None,
        basis_document="05-TB/ĐU",
    )
    await handlers.put_assignment(assignment, tx, by=owner)
    for device_id in (dossier.device_id, dossier.kept_device_id):
        await devices.add(tx, device_id, person_id=owner, token_sha256=device_id.hex, name="Máy", seen=today)
    for passkey_id in (dossier.passkey_id, uuid7()):
        passkey = Passkey(
            passkey_id=passkey_id,
            credential_id=passkey_id.bytes,
            person_id=owner,
            name="Khóa",
            public_key=b"",
            sign_count=0,
            added_at=tx.now,
        )
        assert await passkeys.add(tx, passkey)
    await put_person(tx, dossier.guest)
    await put_person(tx, dossier.invited)
    for person_id in (dossier.invited.person_id, owner):
        person = await directory.person_by_id(tx, person_id)
        assert person is not None
        invitation, _ = await handlers.invite(person, tx, by=None)
        story.invitations[person_id] = invitation.invitation_id


TRANSFER: Final = {
    "kind": "complaint",
    "register_number": "15/PC-VPĐU",
    "receiving_office": "Thanh tra thành phố",
    "visit_id": None,
    "transferred_on": "2026-11-20",
}


async def _go_the_whole_way(world: World, dossier: Dossier) -> None:
    """Both issues are passed on, one is answered; a contact is kept, more days are asked for and refused."""
    theirs = dossier.committee_id == THEIRS
    office = NEIGHBOUR.name if theirs else "board" if dossier.restricted else "clerk"
    board = NEIGHBOUR.name if theirs else "board"
    # Of a restricted issue only who sits in office and permanent board at once can keep a contact.
    keeper = NEIGHBOUR.name if theirs else "stale" if dossier.restricted else "clerk"
    api = "/feedback/api"
    for issue_id in (dossier.answered, dossier.waiting):
        sent = f"{api}/issues/{issue_id}/forwardings/{dossier.forwarding_id(issue_id)}"
        await world.must(office, "PUT", sent, dossier.forwarded())
        await world.must(keeper, "PUT", f"{api}/issues/{issue_id}/contact", CONTACT)
        if issue_id == dossier.answered:
            await world.must(office, "PUT", f"{sent}/acknowledgement", ACKNOWLEDGED)
            await world.must(office, "PUT", f"{sent}/answer", ANSWERED)
            await world.must(office, "PUT", f"{api}/issues/{issue_id}/reply", REPLIED)
    asking = f"{api}/duties/{dossier.duty_id}/extensions/{dossier.extension_id}"
    await world.must(office, "PUT", asking, ASKED_FOR)
    await world.must(board, "PUT", f"{asking}/decision", REFUSED)
    asker = dossier.owner.name
    if dossier.owner in BYSTANDERS.values():
        await world.must(asker, "PUT", f"{api}/saved-views/{dossier.view_id}", KEPT_VIEW)
    if asker not in ("former", "phone") and not dossier.of_agency:
        request = f"{dossier.request_id}"
        await world.must(asker, "PUT", f"{api}/me/requests/{request}", REQUESTED)
        await world.must(
            NEIGHBOUR.name if theirs else "clerk", "PUT", f"{api}/requests/{request}/answer", DONE
        )


def _of_the_committee(
    committee_id: UUID, office: str, board: str
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What each committee decides: who, where, what."""
    ids, visits, feedback = committee_records(committee_id), "/visits/api", "/feedback/api"
    yield office, f"{visits}/quotas/{ids['quota']}", quota("2027-01-01")
    yield office, f"{visits}/reaches/{ids['reach']}", reach("2027-01-01")
    yield office, f"{visits}/absences/{ids['absence']}", absence(committee_id)
    yield office, f"{visits}/evenings/{ids['evening']}", EVENING
    yield board, f"{visits}/retention/{ids['retention']}", KEPT
    yield board, f"{visits}/terms/{ids['term']}", TERM
    yield board, f"{feedback}/policies/{ids['policy']}", POLICY
    yield board, f"{feedback}/retention/{ids['contact_retention']}", KEPT
    yield office, "/notify/api/ladders/1", LADDER
    for code in ("OLD", "NEW"):
        yield office, f"{visits}/units/{unit_id(code, committee_id)}", unit_body(code)
    yield office, f"{visits}/successions/{ids['succession']}", succession("OLD", "NEW")
    for kind in ("commendation", "revoked"):
        yield office, f"{feedback}/commendations/{ids[kind]}", commendation(committee_id)
    yield board, f"{feedback}/commendations/{ids['revoked']}/revocation", REVOKED
    yield office, f"{feedback}/good-practices/{ids['good_practice']}/versions/1", good_practice(committee_id)


KEPT: Final = {"days": 99, "citation": "07-QĐ/ĐU", "valid_from": "2027-01-01"}
EVENING: Final = {"month": "2027-02-01", "day": "2027-02-16"}
TERM: Final = {"first_day": "2031-01-01", "last_day": "2035-12-31", "basis_document": "05-NQ/ĐU"}
POLICY: Final = {
    "kind": "report",
    "rule": "working_days",
    "days": 3,
    "owed_to": "permanent_board",
    "citation": "05-QĐ/ĐU",
    "valid_from": "2027-01-01",
}


REVOKED: Final = {"reason": "Quyết định khác thay thế"}


def commendation(committee_id: UUID) -> dict[str, Any]:
    return {
        "unit_id": str(unit_id(CELLS[committee_id][0], committee_id)),
        "reason": "Giữ nếp sinh hoạt",
        "deciding_body": "Ban Thường vụ",
        "decided_on": "2026-09-02",
    }


def good_practice(committee_id: UUID) -> dict[str, Any]:
    return {
        "unit_id": str(unit_id(CELLS[committee_id][0], committee_id)),
        "title": "Tổ nghe dân",
        "body": "Trực tối thứ Sáu.",
    }


def reach(valid_from: str) -> dict[str, Any]:
    return {"body": None, "deepest": 3, "valid_from": valid_from, "basis_document": "06-TB/ĐU"}


def quota(valid_from: str) -> dict[str, Any]:
    return {
        "kind": "field_trip",
        "period": "month",
        "min_count": 2,
        "valid_from": valid_from,
        "basis_document": "05-TB/ĐU",
    }


def absence(committee_id: UUID) -> dict[str, Any]:
    return {
        "person_id": str(BYSTANDERS[committee_id].person_id),
        "first": "2026-10-01",
        "last": "2026-12-31",
        "reason": "training",
    }


def unit_body(code: str) -> dict[str, Any]:
    made = unit(code)
    return {"code": code, "name": made.name, "kind": made.kind}


def succession(old: str, new: str) -> dict[str, Any]:
    return {
        "predecessors": [old],
        "successors": [new],
        "effective_on": "2026-11-20",
        "basis_document": "12-QĐ/ĐU",
    }


async def _import_a_cell(dossier: Dossier, tx: UnitOfWork) -> None:
    """An import of a register that its office may undo."""
    cell = UnitRow(
        line=2,
        code="N901",
        name="Chi bộ mới nhập",
        kind="party_cell",
        parent_code=None,
        cell_type=None,
        attention=None,
        recognition=None,
    )
    register = Register(root_code="", units=(cell,), people=(), visits=(), issues=(), is_history=False)
    await handlers.import_register(
        register, tx, committee_id=dossier.committee_id, import_id=dossier.import_id
    )


async def _plan_and_object(world: World, dossier: Dossier) -> None:
    """A visit that is planned, one that was not held, and a word to one's own record."""
    who, api = dossier.owner, "/visits/api"
    await world.must(who.name, "PUT", f"{api}/plans/{dossier.plan_id}", plan(who, dossier.cell))
    await world.must(who.name, "PUT", f"{api}/unheld/{dossier.unheld_id}", unheld(dossier.cell))
    await world.must(who.name, "PUT", f"{api}/me/objections/{dossier.objection_id}", OBJECTED)


CONFIRMED: Final = {"version": 1, "outcome": "confirmed"}
OBJECTED: Final = {"period": "2026-11", "text": "Thiếu một buổi"}


def plan(of: Persona, cell: str) -> dict[str, Any]:
    return {
        "person_id": str(of.person_id),
        "unit_id": str(unit_id(cell, of.committee_id)),
        "kind": "field_trip",
        "day": "2026-12-03",
    }


def unheld(cell: str) -> dict[str, Any]:
    return {
        "kind": "field_trip",
        "unit_code": cell,
        "planned_at": "2026-11-17T08:00:00+07:00",
        "outcome": "cancelled",
        "reason": "weather",
        "device": {"id": "phone-1", "seq": 2, "recorded_at": "2026-11-17T10:05:00+07:00"},
    }


async def _grow_late(story: Story) -> None:
    """What fell due is announced, and everybody finds a message about their own report in the inbox."""
    world = story.world
    database = world.feedback.database
    book = CalendarBook()
    await DueDates(database, book, FeedbackMetrics(Metrics("feedback"), database, book)).sweep()
    await world.carry()
    told = world.notify.database
    metrics = NotifyMetrics(Metrics("notify"), told)
    await Ladders(told, metrics, ()).sweep()
    await Sender(
        told, [InboxChannel()], metrics, public_url=ORIGIN, limits=Limits(workers=1, lease=60.0)
    ).deliver_pending()
    await world.carry()
    for dossier in (*story.own.values(), *story.bystanders.values()):
        if dossier.owner is FORMER:  # nobody is told who holds no post
            continue
        story.messages[dossier.owner.person_id] = await world.id_of(
            "notify",
            "SELECT message_id FROM message WHERE person_id = :person AND duty_id = :duty AND channel = 'inbox'",
            person=dossier.owner.person_id,
            duty=dossier.duty_id,
        )
