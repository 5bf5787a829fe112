"""Keeping the bodies of a committee, such as Thường trực, Ban Thường vụ, Văn phòng: dated rows with a code.

Posts and policies name a body by its code. So a code never changes, at most one body bears it on any day,
and nobody takes up a post in a body that does not stand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.visits.store import directory as store
from shared import directory
from shared.clock import local_date
from shared.contracts.visits import BodyChanged, PostHeld
from shared.directory import Body
from shared.errors import Conflict, NotFound, invalid
from shared.uow import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBody:
    """Create a body or say what has changed."""

    body_id: UUID
    committee_id: UUID
    code: str
    name: str
    valid_from: date | None = None
    valid_to: date | None = None
    successor_ids: tuple[UUID, ...] = ()


async def put_body(command: PutBody, tx: UnitOfWork) -> tuple[BodyChanged, bool]:
    """The body as it now stands, and whether it is new. Raises NotFound, Conflict, Invalid."""
    await store.lock_committee(tx, command.committee_id)
    there = await directory.body_by_id(tx, command.body_id)
    if there is not None and there.committee_id != command.committee_id:
        raise NotFound("Không tìm thấy.", "There is no such thing.")
    others = [
        body for body in await directory.bodies(tx, command.committee_id) if body.body_id != command.body_id
    ]
    _check_body(command, there, others)
    event = BodyChanged(
        body_id=command.body_id,
        version=there.version + 1 if there else 1,
        committee_id=command.committee_id,
        code=command.code,
        name=command.name,
        valid_from=command.valid_from,
        valid_to=command.valid_to,
        successor_ids=tuple(sorted(set(command.successor_ids))),
    )
    if there is not None and event.model_copy(update={"version": there.version}) == body_event(there):
        return body_event(there), False
    await change_bodies([event], tx)
    return event, there is None


async def change_bodies(events: Sequence[BodyChanged], tx: UnitOfWork) -> None:
    """Store and publish the next versions of bodies; the committee is locked by the caller."""
    await directory.advance(tx, events)
    for event in events:
        tx.audit(
            "body.put",
            "body",
            event.body_id,
            was={"version": event.version - 1},
            became={"version": event.version, "code": event.code, "valid_to": event.valid_to},
            committee_id=event.committee_id,
        )
        tx.publish(event, key=event.body_id)


def body_event(body: Body) -> BodyChanged:
    """The snapshot of a body as it stands."""
    return BodyChanged(**{name: getattr(body, name) for name in BodyChanged.model_fields})


async def check_bodies_of_posts(tx: UnitOfWork, committee_id: UUID, posts: Sequence[PostHeld]) -> None:
    """Refuse a post whose body the committee does not have on the day that the post is taken up.

    A post without a first day is judged as of now, or of its last day once that is past.
    """
    bodies = await directory.bodies(tx, committee_id)
    today = local_date(tx.now)
    for place, post in enumerate(posts):
        if post.body:
            day = post.valid_from or min(today, post.valid_to or today)
            _must_stand(bodies, post.body, day, f"/posts/{place}/body")


async def check_body(tx: UnitOfWork, committee_id: UUID, code: str, day: date, pointer: str) -> None:
    """Refuse the code of a body that the committee does not have on this day."""
    _must_stand(await directory.bodies(tx, committee_id), code, day, pointer)


def _must_stand(bodies: Iterable[Body], code: str, day: date, pointer: str) -> None:
    if not any(body.code == code and body.stands(day) for body in bodies):
        raise invalid(
            pointer,
            "unknown-body",
            vi=f"Ngày {day:%d/%m/%Y} cấp ủy không có cơ quan nào mang mã {code}.",
            en=f"On {day} the committee has no body with the code {code}.",
            value=code,
        )


def _check_body(command: PutBody, there: Body | None, others: Iterable[Body]) -> None:
    if there is not None and there.code != command.code:
        raise invalid(
            "/code",
            "cannot-change",
            vi=f"Mã {there.code} không đổi được vì chức danh và quy định gọi theo mã; hãy lập cơ quan mới.",
            en=f"The code {there.code} cannot change, because posts and policies use it; create a new body.",
            value=command.code,
        )
    if command.valid_from and command.valid_to and command.valid_to < command.valid_from:
        raise invalid(
            "/valid_to",
            "ends-before-start",
            vi="Ngày kết thúc trước ngày bắt đầu.",
            en="The last day lies before the first.",
            value=command.valid_to,
        )
    if any(body.code == command.code and _overlap(body, command) for body in others):
        raise Conflict(f"Mã {command.code} đang được dùng.", f"The code {command.code} is in use.")
    if set(command.successor_ids) - {body.body_id for body in others}:
        raise invalid(
            "/successor_ids",
            "unknown-body",
            vi="Cơ quan kế tục phải là một cơ quan khác của cùng cấp ủy.",
            en="A successor must be another body of the same committee.",
        )


def _overlap(body: Body, command: PutBody) -> bool:
    return (body.valid_from or date.min) <= (command.valid_to or date.max) and (
        command.valid_from or date.min
    ) <= (body.valid_to or date.max)
