"""The first administrator: a committee and one person in it, in an installation where nobody is yet.

There is no default account and no default password: the person gets an invitation like everybody after.
"""

from services.visits.domain.register import register_id
from services.visits.handlers.bodies import PutBody, put_body
from services.visits.handlers.directory import PutPerson, PutUnit, put_person, put_unit
from services.visits.handlers.invitations import invite
from shared import directory
from shared.contracts.visits import PostHeld, Role
from shared.errors import Conflict
from shared.ids import derived_id
from shared.uow import UnitOfWork

_OFFICE = "committee_office"
_POSTS = ((Role.OFFICE_CLERK, "Văn phòng cấp ủy"), (Role.OPS, "Quản trị hệ thống"))


async def first_administrator(
    *, name: str, code: str, committee_code: str, committee_name: str, tx: UnitOfWork
) -> str:
    """Found a committee with one person who may invite the others; the token. Raises Conflict."""
    if await directory.committees(tx):
        raise Conflict(
            "Đã có cấp ủy trong hệ thống; Văn phòng mời người khác từ trang của mình.",
            "there is a committee already; its office invites whoever is missing",
        )
    committee_id = register_id(committee_code, "unit", committee_code)
    person_id = register_id(committee_code, "person", code)
    await put_unit(
        PutUnit(
            unit_id=committee_id,
            committee_id=committee_id,
            code=committee_code,
            name=committee_name,
            kind="party_organisation",
        ),
        tx,
    )
    await put_body(
        PutBody(
            body_id=derived_id(committee_id, "body", _OFFICE),
            committee_id=committee_id,
            code=_OFFICE,
            name="Văn phòng cấp ủy",
        ),
        tx,
    )
    posts = tuple(
        PostHeld(
            post_id=derived_id(person_id, role),
            role=role,
            body=_OFFICE,
            title=title,
            unit_id=committee_id,
        )
        for role, title in _POSTS
    )
    await put_person(
        PutPerson(person_id=person_id, committee_id=committee_id, code=code, full_name=name, posts=posts),
        tx,
    )
    person = await directory.person_by_id(tx, person_id)
    if person is None:
        raise AssertionError("the person was put a moment ago")
    _, token = await invite(person, tx, by=None)
    return token
