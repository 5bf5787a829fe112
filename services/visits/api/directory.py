"""The directory over HTTP: written by the office, read by everybody of the committee.

A thing is named by an id made by the client or by its code; a code that is not yet known makes the same id
wherever it is sent from, so that sending again is safe.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from services.visits import handlers, views
from services.visits.api.shown import shared_fields
from services.visits.domain.cadence import Quota
from services.visits.domain.reach import Reach
from services.visits.schemas.common import UnitName
from services.visits.schemas.directory import (
    AssignmentIn,
    AssignmentList,
    AssignmentOut,
    MeOut,
    PersonIn,
    PersonList,
    PersonOut,
    PostIn,
    PostOut,
    QuotaIn,
    QuotaList,
    QuotaOut,
    ReachIn,
    ReachList,
    ReachOut,
    SuccessionIn,
    SuccessionOut,
    UnitIn,
    UnitList,
    UnitOut,
)
from services.visits.store.directory import Assignment, Succession
from shared import directory
from shared.access import RULES, Principal, allow
from shared.clock import local_date
from shared.contracts.visits import PostHeld
from shared.errors import NotFound, invalid
from shared.http import json_body
from shared.ids import derived_id
from shared.uow import Database, UnitOfWork

Editor = Annotated[Principal, Depends(allow(RULES.edit_directory))]
Reader = Annotated[Principal, Depends(allow(RULES.read_directory))]
Reference = Annotated[str, Path(min_length=1, max_length=64, description="An id, or a code")]
Grantor = Annotated[Principal, Depends(allow(RULES.grant_posts))]
UnitReader = Annotated[Principal, Depends(allow(RULES.read_units))]
Search = Annotated[str, Query(alias="q", max_length=200)]
Cursor = Annotated[str | None, Query(max_length=4000)]
Limit = Annotated[int, Query(ge=1, le=500)]


def build_router(database: Database) -> APIRouter:
    router = APIRouter(prefix="/visits/api", tags=["directory"])
    _add_units(router, database)
    _add_people(router, database)
    _add_plans(router, database)
    return router


def _add_units(router: APIRouter, database: Database) -> None:
    @router.put("/units/{unit}", status_code=201, responses={200: {"model": UnitOut}})
    async def put_unit(
        principal: Editor,
        unit: Reference,
        body: Annotated[UnitIn, Depends(json_body(UnitIn))],
        response: Response,
    ) -> UnitOut:
        """Create a unit, or say what has changed about it since `effective_on`."""

        async def put(tx: UnitOfWork) -> tuple[Any, bool]:
            parents = await _unit_ids(tx, principal, [body.parent_code] if body.parent_code else [])
            command = handlers.PutUnit(
                unit_id=await _unit_id(tx, principal, unit),
                committee_id=principal.committee_id,
                parent_id=parents[body.parent_code] if body.parent_code else None,
                **body.model_dump(exclude={"parent_code"}),
            )
            return await handlers.put_unit(command, tx, by=principal.person_id)

        event, is_new = await database.run(put)
        response.status_code = 201 if is_new else 200
        return UnitOut(**shared_fields(event, UnitOut))

    @router.get("/units")
    async def list_units(
        principal: UnitReader,
        search: Search = "",
        kind: Annotated[str | None, Query(max_length=40)] = None,
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> UnitList:
        """The committee's units in Vietnamese order; the search knows neither case nor marks."""
        async with database.read() as tx:
            page = await views.units(
                tx, principal.committee_id, search=search, kind=kind, cursor=cursor, limit=limit
            )
        units = [UnitOut(**shared_fields(row, UnitOut)) for row in page.rows]
        return UnitList(units=units, next_cursor=page.next_cursor)

    @router.put("/successions/{succession_id}", status_code=201, responses={200: {"model": SuccessionOut}})
    async def put_succession(
        principal: Editor,
        succession_id: UUID,
        body: Annotated[SuccessionIn, Depends(json_body(SuccessionIn))],
        response: Response,
    ) -> SuccessionOut:
        """Merge or divide units on a day. The successors are created first, like any unit."""

        async def succeed(tx: UnitOfWork) -> bool:
            ids = await _unit_ids(tx, principal, {*body.predecessors, *body.successors})
            succession = Succession(
                succession_id=succession_id,
                committee_id=principal.committee_id,
                predecessors=frozenset(ids[code] for code in body.predecessors),
                successors=frozenset(ids[code] for code in body.successors),
                effective_on=body.effective_on,
                basis_document=body.basis_document,
            )
            return await handlers.succeed_units(succession, tx, by=principal.person_id)

        response.status_code = 201 if await database.run(succeed) else 200
        return SuccessionOut(succession_id=succession_id)


def _add_people(router: APIRouter, database: Database) -> None:
    @router.put("/people/{person}", status_code=201, responses={200: {"model": PersonOut}})
    async def put_person(
        principal: Grantor,
        person: Reference,
        body: Annotated[PersonIn, Depends(json_body(PersonIn))],
        response: Response,
    ) -> PersonOut:
        """Create a person, or say what has changed; `posts` are all posts, past and present."""

        async def put(tx: UnitOfWork) -> tuple[Any, bool]:
            person_id = await _person_id(tx, principal, person)
            units = await _unit_ids(tx, principal, {post.unit_code for post in body.posts})
            command = handlers.PutPerson(
                person_id=person_id,
                committee_id=principal.committee_id,
                code=body.code,
                full_name=body.full_name,
                email=body.email,
                portfolios=body.portfolios,
                posts=tuple(_post(person_id, post, units) for post in body.posts),
            )
            return await handlers.put_person(command, tx)

        event, is_new = await database.run(put)
        response.status_code = 201 if is_new else 200
        return _person_out(event)

    @router.get("/people")
    async def list_people(
        principal: Editor, search: Search = "", cursor: Cursor = None, limit: Limit = 100
    ) -> PersonList:
        """The committee's people by given name; the search knows neither case nor marks."""
        async with database.read() as tx:
            page = await views.people(tx, principal.committee_id, search=search, cursor=cursor, limit=limit)
        people = [
            PersonOut(
                **shared_fields(row, PersonOut)
                | {
                    "posts": [
                        PostOut(**shared_fields(directory.post_of_json(post), PostOut)) for post in row.posts
                    ]
                }
            )
            for row in page.rows
        ]
        return PersonList(people=people, next_cursor=page.next_cursor)

    @router.get("/me")
    async def get_me(principal: Annotated[Principal, Depends(allow(RULES.signed_in))]) -> MeOut:
        """What the directory says of the person who is signed in."""
        async with database.read() as tx:
            person = await directory.person_by_id(tx, principal.person_id)
            committee = await directory.unit_by_id(tx, principal.committee_id)
        if person is None or committee is None:
            raise NotFound("Không tìm thấy.", "There is no such thing.")
        return MeOut(
            **_person_out(person).model_dump(),
            committee=UnitName(unit_id=committee.unit_id, code=committee.code, name=committee.name),
            roles=sorted(principal.roles),
        )


def _add_plans(router: APIRouter, database: Database) -> None:
    @router.put("/assignments/{assignment_id}", status_code=201, responses={200: {"model": AssignmentOut}})
    async def put_assignment(
        principal: Editor,
        assignment_id: UUID,
        body: Annotated[AssignmentIn, Depends(json_body(AssignmentIn))],
        response: Response,
    ) -> AssignmentOut:
        """Ask a member to go to a unit, or put them in charge of it, for a time."""

        async def put(tx: UnitOfWork) -> tuple[Assignment, bool]:
            people = await directory.people_by_code(tx, principal.committee_id, [body.person_code])
            if body.person_code not in people:
                raise _unknown("/person_code", body.person_code)
            units = await _unit_ids(tx, principal, [body.unit_code], at=body.valid_from)
            wanted = Assignment(
                assignment_id=assignment_id,
                version=1,
                committee_id=principal.committee_id,
                person_id=people[body.person_code].person_id,
                unit_id=units[body.unit_code],
                duty=body.duty,
                valid_from=body.valid_from,
                valid_to=body.valid_to,
                basis_document=body.basis_document,
            )
            return await handlers.put_assignment(wanted, tx, by=principal.person_id)

        assignment, is_new = await database.run(put)
        response.status_code = 201 if is_new else 200
        return AssignmentOut(**shared_fields(assignment, AssignmentOut))

    @router.get("/assignments")
    async def list_assignments(
        principal: Reader, person_id: UUID | None = None, unit_id: UUID | None = None, limit: Limit = 200
    ) -> AssignmentList:
        """Who is asked to go where; a member sees their own, an assistant those of whom they serve, the office all."""
        sees_all = RULES.read_visits.reach(principal).all if RULES.read_visits.admits(principal) else False
        async with database.read() as tx:
            rows = await views.assignments(
                tx,
                principal.committee_id,
                person_id=person_id if sees_all or person_id in principal.served else principal.person_id,
                unit_id=unit_id,
                limit=limit,
            )
        return AssignmentList(
            assignments=[AssignmentOut(**shared_fields(row, AssignmentOut)) for row in rows]
        )

    @router.put("/quotas/{quota_id}", status_code=200)
    async def put_quota(
        principal: Editor, quota_id: UUID, body: Annotated[QuotaIn, Depends(json_body(QuotaIn))]
    ) -> QuotaOut:
        """Say how often members go out, from a day on; what was asked before stays for the past."""
        quota = Quota(
            kind=body.kind, period=body.period, min_count=body.min_count, valid_from=body.valid_from
        )
        await database.run(
            lambda tx: handlers.put_quota(
                quota_id, principal.committee_id, quota, tx, basis_document=body.basis_document
            )
        )
        return QuotaOut(quota_id=quota_id, **body.model_dump())

    @router.get("/quotas")
    async def list_quotas(principal: Reader) -> QuotaList:
        """Every quota the committee ever set."""
        async with database.read() as tx:
            rows = await views.quotas(tx, principal.committee_id)
        return QuotaList(quotas=[QuotaOut(**shared_fields(row, QuotaOut)) for row in rows])

    @router.put("/reaches/{reach_id}", status_code=200)
    async def put_reach(
        principal: Editor, reach_id: UUID, body: Annotated[ReachIn, Depends(json_body(ReachIn))]
    ) -> ReachOut:
        """Say how deep assignments may go, for a body or for everybody, from a day on."""
        reach = Reach(**body.model_dump())
        await database.run(lambda tx: handlers.put_reach(reach_id, principal.committee_id, reach, tx))
        return ReachOut(reach_id=reach_id, **body.model_dump())

    @router.get("/reaches")
    async def list_reaches(principal: Reader) -> ReachList:
        """Every rule on how deep assignments may go that the committee ever set."""
        async with database.read() as tx:
            rows = await views.reaches(tx, principal.committee_id)
        return ReachList(reaches=[ReachOut(**shared_fields(row, ReachOut)) for row in rows])


async def _unit_id(tx: UnitOfWork, principal: Principal, reference: str) -> UUID:
    if (given := as_id(reference)) is not None:
        return given
    found = await directory.units_by_code(tx, principal.committee_id, [reference], at=local_date(tx.now))
    return found[reference].unit_id if found else derived_id(principal.committee_id, "unit", reference)


async def _person_id(tx: UnitOfWork, principal: Principal, reference: str) -> UUID:
    if (given := as_id(reference)) is not None:
        return given
    found = await directory.people_by_code(tx, principal.committee_id, [reference])
    return found[reference].person_id if found else derived_id(principal.committee_id, "person", reference)


async def _unit_ids(
    tx: UnitOfWork, principal: Principal, codes: Iterable[str], *, at: date | None = None
) -> dict[str, UUID]:
    """The units of the committee with these codes. Raises Invalid for one that does not exist."""
    wanted = list(codes)
    found = await directory.units_by_code(tx, principal.committee_id, wanted, at=at or local_date(tx.now))
    for code in wanted:
        if code not in found:
            raise _unknown("/unit_code", code)
    return {code: unit.unit_id for code, unit in found.items()}


def as_id(reference: str) -> UUID | None:
    try:
        return UUID(reference)
    except ValueError:
        return None


def _post(person_id: UUID, post: PostIn, units: dict[str, UUID]) -> PostHeld:
    unit_id = units[post.unit_code]
    return PostHeld(
        post_id=post.id or derived_id(person_id, post.role, str(unit_id), str(post.valid_from)),
        role=post.role,
        body=post.body,
        title=post.title,
        unit_id=unit_id,
        valid_from=post.valid_from,
        valid_to=post.valid_to,
        serves=tuple(sorted(set(post.serves))),
    )


def _person_out(person: Any) -> PersonOut:
    return PersonOut(
        **shared_fields(person, PersonOut)
        | {"posts": [PostOut(**shared_fields(post, PostOut)) for post in person.posts]}
    )


def _unknown(pointer: str, code: str) -> Exception:
    return invalid(
        pointer,
        "unknown-code",
        vi=f"Không có mã {code} trong đảng bộ của đồng chí.",
        en=f"Your committee has no code {code}.",
        value=code,
    )
