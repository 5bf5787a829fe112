"""notify over HTTP: one's own inbox and channels, the ledger, "I am on it", and the committee's ladders."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from services.notify import views
from services.notify.domain.digest import periods
from services.notify.domain.ladder import LadderError, LadderPolicy, parse_ladder
from services.notify.domain.message import EMAIL
from services.notify.handlers import people
from services.notify.handlers.ladders import set_ladder
from services.notify.personal import SECTIONS
from services.notify.schemas import (
    Acknowledgement,
    AcknowledgementIn,
    Channels,
    ChannelsIn,
    DigestList,
    DigestOut,
    Email,
    Gap,
    InboxMessage,
    InboxPage,
    Ladder,
    LadderIn,
    Ladders,
    LedgerMessage,
    LedgerPage,
    Reachability,
)
from services.notify.store import digests
from services.notify.templates import due_in_vietnamese, render
from shared.access import RULES, Principal, allow
from shared.clock import local_date
from shared.contracts.notify import MessageState
from shared.errors import invalid
from shared.http import Instant, json_body
from shared.personal import PersonalData, personal_data
from shared.uow import Database, UnitOfWork

SignedIn = Annotated[Principal, Depends(allow(RULES.signed_in))]
Reader = Annotated[Principal, Depends(allow(RULES.read_messages))]
Office = Annotated[Principal, Depends(allow(RULES.set_ladder))]
Limit = Annotated[int, Query(ge=1, le=200)]
Version = Annotated[int, Path(ge=0, le=1_000_000)]


def build_router(database: Database, *, ringing: Collection[str], public_url: str) -> APIRouter:
    """The routes, on this database."""
    router = APIRouter(prefix="/notify/api")

    @router.get("/inbox", tags=["inbox"])
    async def get_inbox(principal: SignedIn, after: UUID | None = None, limit: Limit = 50) -> InboxPage:
        """One's own messages, newest first, and how many were never opened."""
        async with database.read() as tx:
            restricted = RULES.read_restricted.reach(principal)
            shown = await views.inbox(tx, principal.person_id, restricted, after=after, limit=limit)
            unread = await views.unread(tx, principal.person_id, restricted)
        return InboxPage(unread=unread, messages=[_inbox_message(each, public_url) for each in shown])

    @router.get("/digests", tags=["inbox"])
    async def get_digests(principal: SignedIn) -> DigestList:
        """One's own digests of this week and this month; none where there was nothing to tell."""
        async with database.read() as tx:
            found = await digests.newest(tx, principal.person_id, periods(tx.now))
        return DigestList(
            digests=[
                DigestOut(scope=each.scope, period=each.period, as_of=each.as_of, **asdict(each.figures))
                for each in found
            ]
        )

    @router.put("/inbox/{message_id}/read", tags=["inbox"], status_code=204)
    async def put_read(principal: SignedIn, message_id: UUID) -> Response:
        """Mark one of one's own messages as read; again changes nothing."""
        async with database.begin() as tx:
            restricted = RULES.read_restricted.reach(principal)
            await people.open_message(tx, message_id, principal.person_id, restricted)
        return Response(status_code=204)

    @router.get("/messages", tags=["ledger"])
    async def get_messages(
        principal: Reader,
        duty_id: UUID | None = None,
        person_id: UUID | None = None,
        channel: Annotated[str | None, Query(max_length=40)] = None,
        state: MessageState | None = None,
        since: Instant | None = None,
        after: UUID | None = None,
        limit: Limit = 50,
    ) -> LedgerPage:
        """Who was told what, by which channel, and what became of it; newest first."""
        async with database.read() as tx:
            rows = await views.ledger(
                tx,
                RULES.read_messages.reach(principal),
                RULES.read_restricted.reach(principal),
                duty_id=duty_id,
                person_id=person_id,
                channel=channel,
                state=None if state is None else state.value,
                since=since,
                after=after,
                limit=limit,
            )
        return LedgerPage(messages=[LedgerMessage.model_validate(row._asdict()) for row in rows])

    @router.put("/escalations/{duty_id}/acknowledgement", tags=["escalations"])
    async def put_acknowledgement(
        principal: SignedIn,
        duty_id: UUID,
        acknowledgement: Annotated[AcknowledgementIn, Depends(json_body(AcknowledgementIn))],
    ) -> Acknowledgement:
        """Say "I am on it": the owner is not told again before that date ends. The clock of the duty runs on."""
        async with database.begin() as tx:
            resumes_at = await people.acknowledge(tx, duty_id, principal.person_id, acknowledgement.until)
        return Acknowledgement(duty_id=duty_id, until=acknowledgement.until, resumes_at=resumes_at)

    @router.get("/channels", tags=["channels"])
    async def get_channels(principal: SignedIn) -> Channels:
        """How one can be reached beside the inbox."""
        async with database.read() as tx:
            return await _channels(tx, principal, ringing)

    @router.put("/channels", tags=["channels"])
    async def put_channels(
        principal: SignedIn, channels: Annotated[ChannelsIn, Depends(json_body(ChannelsIn))]
    ) -> Channels:
        """Turn one's own e-mail on or off, and say where it goes."""
        async with database.begin() as tx:
            await people.set_email(
                tx, principal.person_id, enabled=channels.email.enabled, address=channels.email.address
            )
            return await _channels(tx, principal, ringing)

    @router.get("/me/data", tags=["privacy"])
    async def get_own_data(principal: SignedIn) -> PersonalData:
        """Everything this service keeps about oneself, with Vietnamese labels."""
        async with database.read() as tx:
            return await personal_data(tx, "notify", principal.person_id, SECTIONS)

    _add_ladders(router, database)
    return router


def _add_ladders(router: APIRouter, database: Database) -> None:
    @router.get("/ladders", tags=["ladders"])
    async def get_ladders(principal: Reader) -> Ladders:
        """Every version of the committee's ladder, and which one duties get today."""
        async with database.read() as tx:
            known, current = await views.ladders(tx, principal.committee_id)
        return Ladders(in_force=current, ladders=[_ladder(policy) for policy in known])

    @router.get("/ladder-gaps", tags=["ladders"])
    async def get_ladder_gaps(
        principal: Reader, days: Annotated[int, Query(ge=1, le=92)] = 30
    ) -> Reachability:
        """Steps that would reach nobody within so many days from today on, before anybody has to find out."""
        async with database.read() as tx:
            first = local_date(tx.now)
            last = first + timedelta(days=days - 1)
            found = await views.gaps(tx, principal.committee_id, first, last)
        return Reachability(first=first, last=last, gaps=[Gap.model_validate(asdict(each)) for each in found])

    @router.get("/ladders/{version}", tags=["ladders"])
    async def get_ladder(principal: Reader, version: Version) -> Ladder:
        """One version; 0 is the default."""
        async with database.read() as tx:
            return _ladder(await views.ladder(tx, principal.committee_id, version))

    @router.put("/ladders/{version}", tags=["ladders"], status_code=201, responses={200: {"model": Ladder}})
    async def put_ladder(
        principal: Office,
        version: Version,
        ladder: Annotated[LadderIn, Depends(json_body(LadderIn))],
        response: Response,
    ) -> Ladder:
        """Write a version that holds from a date on; until then it may be rewritten. Running escalations keep theirs."""
        policy = _policy(principal, version, ladder)
        async with database.begin() as tx:
            new = await set_ladder(tx, policy)
            written = await views.ladder(tx, principal.committee_id, version)
        response.status_code = 201 if new else 200
        return _ladder(written)


def _policy(principal: Principal, version: int, ladder: LadderIn) -> LadderPolicy:
    rungs = ladder.model_dump(include={"alarm", "rungs"})
    try:
        parsed = parse_ladder({"version": version, **rungs, "alarm": rungs["alarm"] | {"offset": None}})
    except LadderError as wrong:
        raise invalid("/rungs", "unfit-ladder", vi=wrong.vi, en=str(wrong)) from None
    return LadderPolicy(
        committee_id=principal.committee_id,
        valid_from=ladder.valid_from,
        basis=ladder.basis,
        ladder=parsed,
        decided_by=principal.person_id,
    )


def _ladder(policy: LadderPolicy) -> Ladder:
    return Ladder.model_validate(asdict(policy) | policy.ladder.dump())


async def _channels(tx: UnitOfWork, principal: Principal, ringing: Collection[str]) -> Channels:
    row = await views.email_of(tx, principal.person_id)
    return Channels(
        email=Email(available=EMAIL in ringing, enabled=row.enabled, address=row.address, chosen=row.chosen)
    )


def _inbox_message(shown: views.Shown, public_url: str) -> InboxMessage:
    draft = shown.draft
    text = render(draft, public_url)
    return InboxMessage(
        message_id=draft.message_id,
        duty_id=draft.duty_id,
        notice=draft.notice,
        rung=draft.rung,
        duty_kind=draft.duty_kind,
        due_at=draft.due_at,
        due_text=due_in_vietnamese(draft.due_at, provisional=draft.provisional),
        provisional=draft.provisional,
        subject=text.subject,
        body=text.body,
        delivered_at=shown.delivered_at,
        read=shown.read,
        on_it_until=shown.on_it_until,
    )
